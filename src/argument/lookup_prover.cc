#include "argument/lookup_prover.h"

#include <algorithm>

#include "argument/halve_eq_prover.h"
#include "argument/parallel_sum.h"
#include "base/parallel.h"
#include "field/kernels.h"
#include "field/multilinear.h"

namespace provenn {
namespace {

constexpr size_t kGrain = 2048;

// One layer of the tree: fractions num/den, trimmed after the last one that is not 0/1, even length (but the root).
template <typename K>
struct Layer {
  SecretVector<K> num;
  SecretVector<K> den;
};

template <typename K>
Layer<K> MakeLeaves(const Plan& plan, const LookupWitness& witness, K alpha, K beta) {
  const size_t used = plan.leaves.used + (plan.leaves.used & 1);
  Layer<K> leaves{SecretVector<K>(used), SecretVector<K>(used)};
  ParallelFor(used, kGrain * 8, [&](size_t from, size_t to) {
    std::fill(leaves.num.begin() + static_cast<std::ptrdiff_t>(from),
              leaves.num.begin() + static_cast<std::ptrdiff_t>(to), K::Zero());
    std::fill(leaves.den.begin() + static_cast<std::ptrdiff_t>(from),
              leaves.den.begin() + static_cast<std::ptrdiff_t>(to), K::One());
  });
  for (size_t l = 0; l < plan.circuit.lookups.size(); ++l) {
    const Lookup& lookup = plan.circuit.lookups[l];
    const auto& columns = witness.columns[l];
    const size_t length = lookup.space.empty() ? 1 : lookup.space.back();
    const K base = alpha - K(Goldilocks(lookup.table));
    ParallelFor(columns[0].size() / length, std::max<size_t>(1, kGrain / length), [&](size_t from, size_t to) {
      for (size_t line = from; line < to; ++line) {
        // Padded index of the line: every axis in its own bits.
        size_t rest = line;
        size_t at = 0;
        int shift = lookup.space.empty() ? 0 : AxisBits(lookup.space.back());
        for (size_t a = lookup.space.size(); a-- > 0;) {
          if (a + 1 == lookup.space.size()) continue;
          at |= (rest % lookup.space[a]) << shift;
          rest /= lookup.space[a];
          shift += AxisBits(lookup.space[a]);
        }
        at += plan.leaves.lookups[l].first;
        for (size_t i = 0; i < length; ++i) {
          K den = base;
          K power = beta;
          for (const auto& column : columns) {
            den = den - power * column[line * length + i];
            power = power * beta;
          }
          leaves.num[at + i] = K::One();
          leaves.den[at + i] = den;
        }
      }
    });
  }
  for (size_t t = 0; t < plan.circuit.tables.size(); ++t) {
    const Table& table = plan.circuit.tables[t];
    const size_t first = plan.leaves.tables[t].first;
    ParallelFor(table.size, kGrain, [&](size_t from, size_t to) {
      for (size_t j = from; j < to; ++j) {
        K den = alpha - K(Goldilocks(t)) - beta * Goldilocks::FromSigned(table.first_key + static_cast<int64_t>(j));
        K power = beta;
        for (const auto& column : table.values) {
          power = power * beta;
          den = den - power * Goldilocks::FromSigned(column[j]);
        }
        leaves.num[first + j] = -K(Goldilocks(witness.multiplicities[t][j]));
        leaves.den[first + j] = den;
      }
    });
  }
  return leaves;
}

template <typename K>
Layer<K> Parents(const Layer<K>& children, bool root) {
  const size_t n = children.num.size() / 2;
  Layer<K> out{SecretVector<K>(n), SecretVector<K>(n)};
  if (!root && (n & 1) != 0) {
    out.num.push_back(K::Zero());
    out.den.push_back(K::One());
  }
  ParallelFor(n, kGrain, [&](size_t from, size_t to) {
    const size_t m = to - from;
    FractionParents<K>(std::span(children.num).subspan(2 * from, 2 * m),
                       std::span(children.den).subspan(2 * from, 2 * m), std::span(out.num).subspan(from, m),
                       std::span(out.den).subspan(from, m));
  });
  return out;
}

// Entries at even and odd positions of the children, padded with `filler` to an even length.
template <typename K>
void Split(const SecretVector<K>& in, K filler, SecretVector<K>& even, SecretVector<K>& odd) {
  const size_t n = in.size() / 2;
  even.resize(n + (n & 1));
  odd.resize(n + (n & 1));
  even.back() = odd.back() = filler;
  ParallelFor(n, kGrain * 4, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      even[i] = in[2 * i];
      odd[i] = in[2 * i + 1];
    }
  });
}

// v = folded v, padded with `filler` to an even length unless one entry is left in all.
template <typename K>
void FoldInto(SecretVector<K>& v, SecretVector<K>& scratch, K r, K filler, bool last) {
  const size_t n = v.size() / 2;
  scratch.resize(n);
  ParallelFor(n, kGrain, [&](size_t from, size_t to) {
    FoldPairs<K>(std::span<const K>(v).subspan(2 * from, 2 * (to - from)), r,
                 std::span(scratch).subspan(from, to - from));
  });
  if (!last && (n & 1) != 0) scratch.push_back(filler);
  v.swap(scratch);
}

// sum over parents x of eq(z, x) (lambda (n0 d1 + n1 d0) + d0 d1)(x), z the parents' point. Returns n0 n1 d0 d1 at r.
template <typename K>
std::vector<K> ProveLayer(const Layer<K>& children, const std::vector<K>& z, K lambda, ProverChannel<K>& channel,
                          std::vector<K>& r) {
  SecretVector<K> n0, n1, d0, d1, scratch;
  if (z.empty()) return {children.num[0], children.num[1], children.den[0], children.den[1]};
  Split(children.num, K::Zero(), n0, n1);
  Split(children.den, K::One(), d0, d1);
  // eq of the variables after the current one.
  SecretVector<K> eq = EqTableParallel<K>(std::span<const K>(z).subspan(1));
  for (size_t i = 0; i < z.size(); ++i) {
    const size_t pairs = n0.size() / 2;
    struct Part {
      QuadraticRound<K> round;
      K eq_sum;
    };
    const Part total = ParallelSum(
        pairs, kGrain, Part{{K::Zero(), K::Zero()}, K::Zero()},
        [&](size_t from, size_t to) {
          const auto at = [&](const SecretVector<K>& v) {
            return std::span<const K>(v).subspan(2 * from, 2 * (to - from));
          };
          Part part{
              FractionRound<K>(at(n0), at(n1), at(d0), at(d1), std::span<const K>(eq).subspan(from, to - from), lambda),
              K::Zero()};
          for (size_t j = from; j < to; ++j) part.eq_sum += eq[j];
          return part;
        },
        [](Part& a, const Part& b) {
          a.round.at_zero += b.round.at_zero;
          a.round.leading += b.round.leading;
          a.eq_sum += b.eq_sum;
        });
    // The trimmed rest is 0/1 everywhere: its summand is 1, and all of eq sums to 1.
    const K message[2] = {total.round.at_zero + K::One() - total.eq_sum, total.round.leading};
    channel.SendMasked("layer round", message);
    const K c = channel.Challenge("layer round");
    r.push_back(c);
    const bool last = i + 1 == z.size();
    FoldInto(n0, scratch, c, K::Zero(), last);
    FoldInto(n1, scratch, c, K::Zero(), last);
    FoldInto(d0, scratch, c, K::One(), last);
    FoldInto(d1, scratch, c, K::One(), last);
    if (!last) {
      HalveEq(eq);
    }
  }
  return {n0[0], n1[0], d0[0], d1[0]};
}

}  // namespace

template <typename K>
LookupProof<K> ProveLookups(const Plan& plan, const LookupWitness& witness, ProverChannel<K>& channel) {
  const K alpha = channel.Challenge("lookup alpha");
  const K beta = channel.Challenge("lookup beta");
  std::vector<Layer<K>> layers;
  layers.push_back(MakeLeaves(plan, witness, alpha, beta));
  for (int l = 1; l <= plan.leaves.log_size; ++l) layers.push_back(Parents(layers.back(), l == plan.leaves.log_size));
  channel.SendMasked("root denominator", std::span<const K>(layers.back().den));
  layers.pop_back();

  LookupProof<K> out;
  out.beta = beta;
  while (!layers.empty()) {
    const K lambda = channel.Challenge("layer lambda");
    std::vector<K> r;
    const std::vector<K> ends = ProveLayer(layers.back(), out.leaf_point, lambda, channel, r);
    layers.pop_back();
    channel.SendMasked("layer ends", std::span<const K>(ends));
    out.leaf_point.assign(1, channel.Challenge("layer child"));
    out.leaf_point.insert(out.leaf_point.end(), r.begin(), r.end());
  }
  return out;
}

#define PROVENN_INSTANTIATE(K) \
  template LookupProof<K> ProveLookups<K>(const Plan&, const LookupWitness&, ProverChannel<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
