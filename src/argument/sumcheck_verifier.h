// Padded sumcheck rounds: claims stay affine in the pads.
#pragma once

#include <string_view>
#include <vector>

#include "argument/channel_verifier.h"
#include "field/multilinear.h"

namespace provenn {

// Reduces `claim` = sum over x in {0,1}^rounds of g(x) to a claim on g(r), g of degree 2 in each variable, first
// variable bound first. A round polynomial s goes as s(0) and its leading coefficient c2; s(1) = claim - s(0) needs no
// message, and s(r) = s(0)(1 - r) + s(1) r + c2 (r^2 - r).
template <typename K>
Affine<K> ReadSumcheck(std::string_view label, Affine<K> claim, size_t rounds, MaskedChannel<K>& channel,
                       std::vector<K>& r) {
  for (size_t i = 0; i < rounds; ++i) {
    const std::vector<Affine<K>> s = channel.ReceiveMasked(label, 2);
    const K c = channel.Challenge(label);
    r.push_back(c);
    if (channel.shape_only()) continue;
    claim = s[0] * (K::One() - c) + (claim - s[0]) * c + s[1] * (c * c - c);
  }
  return claim;
}

// Reduces `claim` = sum over x of eq(z, x) h(x) to a claim on h(r), h of degree `degree` (2 or 3) in each variable.
// The factor eq(z_i, .) is taken out of each round: with s(X) = sum over the rest of eq(z_rest, .) h(r, X, .),
// claim = (1 - z_i) s(0) + z_i s(1), and the next claim is s(r_i). Sent: s(0), then the coefficients of X^2, ...,
// X^degree.
template <typename K>
Affine<K> ReadZeroSumcheck(std::string_view label, Affine<K> claim, const std::vector<K>& z, int degree,
                           MaskedChannel<K>& channel, std::vector<K>& r) {
  const std::vector<K> inverses = channel.shape_only() ? std::vector<K>() : InverseOfEach<K>(z);
  for (size_t i = 0; i < z.size(); ++i) {
    const std::vector<Affine<K>> s = channel.ReceiveMasked(label, static_cast<size_t>(degree));
    const K c = channel.Challenge(label);
    r.push_back(c);
    if (channel.shape_only()) continue;
    // One challenge in |K|: the claim would not determine s(1). Rejected; what is computed after that does not matter.
    if (z[i] == K::Zero()) channel.Reject(Reason::kMalformed, label);
    const Affine<K> at_one = (claim - s[0] * (K::One() - z[i])) * inverses[i];
    // s(c) = s(0)(1 - c) + s(1) c + sum_{k>=2} c_k (c^k - c)
    claim = s[0] * (K::One() - c) + at_one * c;
    K power = c;
    for (int k = 2; k <= degree; ++k) {
      power = power * c;
      claim += s[static_cast<size_t>(k - 1)] * (power - c);
    }
  }
  return claim;
}

}  // namespace provenn
