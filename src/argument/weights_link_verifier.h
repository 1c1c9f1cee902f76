// The link from claims on the folded weights to the weights root, through rows of the codeword that stay hidden.
//
//   1. y = W eq(r) over the columns is committed (oracle B), one block per coefficient of K over F.
//   2. Row positions x_t are drawn.
//   3. The symbols of those rows, their salts, and every s-box of the Poseidon permutations that hash them are
//      committed (oracle C). In clear go only the salted digests, with their path to the weights root: a digest hides
//      its row behind 256 uniform bits of salt, and the same row always has the same digest.
//   4. S-boxes: Z = In^3 and Out = Z^2 In at every s-box, by a zero-check over all of them; In is affine in Out,
//      symbols and salts, because rounds are affine between s-boxes.
//   5. The digests are the outputs of the last permutations; sum_j eq_j(r) symbol_j(x_t) = y(x_t) for every t.
//
// Nothing about W is ever revealed, so no budget is spent however many proofs are made.
#pragma once

#include <vector>

#include "argument/channel_verifier.h"
#include "argument/claims.h"
#include "argument/contraction_verifier.h"
#include "argument/plan.h"
#include "crypto/poseidon.h"

namespace provenn {

// Leaves of the weights tree over rows' Poseidon digests.
void WeightLeaves(std::span<const PoseidonDigest> digests, std::span<Digest> leaves);

// Bits of the s-box index of the zero-check: 118 s-boxes at the low 7 bits, permutations above.
inline constexpr size_t kSboxBits = 7;

// Reads everything of the link after the contractions; r: the contraction point, whose first log2(columns) entries fold
// the weights. Fills front.roots and front.claims.
template <typename K>
void ReadWeightsLink(const Plan& plan, const std::vector<K>& r, const std::vector<WeightClaim<K>>& weight_claims,
                     MaskedChannel<K>& channel, FrontResult<K>& front);

}  // namespace provenn
