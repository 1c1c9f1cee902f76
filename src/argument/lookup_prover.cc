#include "argument/lookup_prover.h"

#include <algorithm>
#include <optional>

#include "argument/eq_factors_prover.h"
#include "argument/lookup_layers_prover.h"
#include "argument/parallel_sum.h"
#include "base/parallel.h"

namespace provenn {
namespace {

size_t Even(size_t n) { return n + (n & 1); }
size_t Stretches(size_t entries) { return (entries + kStretch - 1) / kStretch; }

template <typename K, size_t kCount>
void FillWith(const std::array<K, kCount>& entry, const std::array<std::span<K>, kCount>& tables) {
  for (size_t a = 0; a < kCount; ++a) std::fill(tables[a].begin(), tables[a].end(), entry[a]);
}

// Calls body(from, count, padding) for the runs of entries of [from, end) whose leaves are all 0/1, and of the others.
// Looks at a few entries at a time: shorter runs are not worth it.
template <typename K, typename Body>
void ForEachRun(const LookupLeaves<K>& leaves, int leaf_bits, size_t from, size_t end, const Body& body) {
  constexpr size_t kAtATime = 64;
  const auto padding = [&](size_t at) {
    return leaves.ArePadding(at << leaf_bits, std::min(end, at + kAtATime) << leaf_bits);
  };
  while (from < end) {
    const bool here = padding(from);
    size_t to = from + kAtATime;
    while (to < end && padding(to) == here) to += kAtATime;
    to = std::min(to, end);
    body(from, to - from, here);
    from = to;
  }
}

// The next layer of `entries` entries, taken apart. read(from, count, buffers): their children. leaf_bits: log2 of the
// number of leaves of an entry.
template <typename K, typename Buffers, typename Read>
Children<K> BuildLayer(const LookupLeaves<K>& leaves, size_t entries, int leaf_bits, const Read& read) {
  const std::array<K, 4> padding{K::Zero(), K::Zero(), K::One(), K::One()};
  const size_t size = (entries + 1) / 2;
  Children<K> out;
  out.Resize(Even(size));
  if (out.size() > size) FillWith(padding, Part(out, size, 1));
  ParallelFor(Stretches(size), 1, [&](size_t first, size_t last) {
    Buffers buffers;
    ForEachRun(leaves, leaf_bits + 1, first * kStretch, std::min(size, last * kStretch),
               [&](size_t from, size_t count, bool skip) {
                 if (skip) return FillWith(padding, Part(out, from, count));
                 for (const size_t end = from + count; from < end; from += kStretch) {
                   const size_t n = std::min(kStretch, end - from);
                   FractionParents<K>(AsFractions<const K>(read(2 * from, 2 * n, buffers)),
                                      AsFractions<K>(Part(out, from, n)));
                 }
               });
  });
  return out;
}

// What one round of a layer's sumcheck sums over pairs of entries.
template <typename K>
struct RoundSum {
  QuadraticRound<K> round{K::Zero(), K::Zero()};
  K eq = K::Zero();

  void Add(const QuadraticRound<K>& part, K part_eq, K factor) {
    round.at_zero += part.at_zero * factor;
    round.leading += part.leading * factor;
    eq += part_eq * factor;
  }
};

// The sumcheck of sum over entries x of eq(z, x) summand(x), z their point, of a layer as in lookup_layers_prover.h.
// A pass over the tables binds a variable and at once computes the sums of the next round.
template <typename K, typename Layer>
class LayerSumcheck {
 public:
  // leaf_bits: log2 of the number of leaves of an entry.
  LayerSumcheck(const LookupLeaves<K>& leaves, int leaf_bits, Layer layer)
      : leaves_(leaves), leaf_bits_(leaf_bits), layer_(std::move(layer)), entries_(layer_.entries()) {}

  // Appends the challenges to r, and returns what the layer says of its tables at that point.
  typename Layer::Ends Prove(std::span<const K> z, ProverChannel<K>& channel, std::vector<K>& r) {
    for (; bound_ < z.size(); ++bound_) {
      const RoundSum<K> sum = Pass(Even(entries_), EqFactors<K>(z.subspan(bound_ + 1), kStretchBits - 1));
      // What is 0/1 everywhere is left out: its summand is 1, and all of eq sums to 1.
      const QuadraticRound<K> summand = layer_.Summand(sum.round, z);
      const K message[2] = {summand.at_zero + K::One() - sum.eq, summand.leading};
      channel.SendMasked("layer round", message);
      r.push_back(channel.Challenge("layer round"));
      challenge_ = r.back();
      layer_.Bind(challenge_);
      entries_ = (entries_ + 1) / 2;
    }
    std::array<K, kTables> end;
    if (z.empty()) {
      typename Layer::Buffers buffers;
      tables_.Resize(1);
      const auto children = layer_.Read(0, 1, buffers);
      for (size_t a = 0; a < kTables; ++a) tables_.of[a].front() = children[a].front();
      layer_.Shift(Part(tables_, 0, 1));
    } else {
      Pass(1, std::nullopt);
    }
    for (size_t a = 0; a < kTables; ++a) end[a] = tables_.of[a].front();
    return layer_.At(end);
  }

 private:
  static constexpr size_t kTables = Layer::kTables;
  using Tables = std::array<std::span<K>, kTables>;

  // Binds the last challenge's variable, if any, in `size` entries, of which the last may be beyond entries_; and sums
  // over them if there is an eq.
  RoundSum<K> Pass(size_t size, const std::optional<EqFactors<K>>& eq) {
    if (bound_ > 0) folded_.Resize(size);
    const RoundSum<K> total = ParallelSum(
        Stretches(size), 1, RoundSum<K>(),
        [&](size_t first, size_t last) {
          typename Layer::Buffers buffers;
          RoundSum<K> sum;
          for (size_t s = first; s < last; ++s) {
            const size_t start = s * kStretch;
            const int bits = leaf_bits_ + static_cast<int>(bound_);
            ForEachRun(leaves_, bits, start, std::min(start + kStretch, size), [&](size_t from, size_t n, bool skip) {
              if (skip && bound_ > 0) FillWith(layer_.padding(), Part(folded_, from, n));
              if (skip) return;
              const Tables now = bound_ == 0 ? layer_.Read(from, n, buffers) : Fold(from, n, buffers);
              if (!eq.has_value()) return;
              const size_t pair = (from - start) / 2;
              const std::span<const K> low = eq->Low(pair, n / 2);
              sum.Add(bound_ == 0 ? layer_.First(now, from / 2, low) : layer_.Sum(now, low), eq->LowSum(pair, n / 2),
                      eq->high(s));
            });
          }
          return sum;
        },
        [](RoundSum<K>& a, const RoundSum<K>& b) { a.Add(b.round, b.eq, K::One()); });
    std::swap(tables_, folded_);
    return total;
  }

  // Entries [from, from + n) with one variable more bound.
  Tables Fold(size_t from, size_t n, typename Layer::Buffers& buffers) {
    const size_t count = std::min(n, entries_ - from);
    const Tables before = bound_ == 1 ? layer_.Read(2 * from, 2 * count, buffers) : Part(tables_, 2 * from, 2 * count);
    const Tables now = Part(folded_, from, count);
    for (size_t a = 0; a < kTables; ++a) FoldPairs<K>(before[a], challenge_, now[a]);
    if (bound_ == 1) layer_.Shift(now);
    if (count < n) FillWith(layer_.padding(), Part(folded_, from + count, n - count));
    return Part(folded_, from, n);
  }

  const LookupLeaves<K>& leaves_;
  int leaf_bits_;
  Layer layer_;
  size_t bound_ = 0;    // variables
  size_t entries_ = 0;  // with those bound
  K challenge_;
  Arrays<K, kTables> tables_, folded_;
};

}  // namespace

template <typename K>
LookupProof<K> ProveLookups(const Plan& plan, const LookupWitness& witness, ProverChannel<K>& channel) {
  const K alpha = channel.Challenge("lookup alpha");
  const K beta = channel.Challenge("lookup beta");
  const LookupLeaves<K> leaves(plan, witness, alpha, beta);
  const LeafParents<K> parents(leaves);
  using Buffers = typename LeafParents<K>::Buffers;
  const int log_size = plan.leaves.log_size;
  std::vector<Children<K>> layers;  // from the second one above the leaves on
  for (int l = 2; l <= log_size; ++l) {
    layers.push_back(
        l == 2 ? BuildLayer<K, Buffers>(
                     leaves, parents.entries(), l,
                     [&](size_t from, size_t count, Buffers& buffers) { return parents.Get(from, count, buffers); })
               : BuildLayer<K, NoBuffers>(leaves, layers.back().size(), l, [&](size_t from, size_t count, NoBuffers&) {
                   return Part(layers.back(), from, count);
                 }));
  }
  K root;
  if (layers.empty()) {
    Buffers buffers;
    root = parents.Get(0, 1, buffers)[2].front();
  } else {
    root = layers.back().of[2].front();
    layers.pop_back();
  }
  channel.SendMasked("root denominator", std::span<const K>(&root, 1));

  LookupProof<K> out;
  out.beta = beta;
  Children<K> above;  // the layer above the one at hand
  for (int l = log_size - 1; l >= 0; --l) {
    const K lambda = channel.Challenge("layer lambda");
    std::vector<K> r;
    const auto prove = [&](auto layer) {
      return LayerSumcheck<K, decltype(layer)>(leaves, l + 1, std::move(layer)).Prove(out.leaf_point, channel, r);
    };
    std::array<K, 4> ends;
    if (l >= 2) {
      ends = prove(StoredLayer<K>(layers.back(), std::move(above), lambda));
      above = std::move(layers.back());
      layers.pop_back();
    } else if (l == 1) {
      ends = prove(LeafParentsLayer<K>(parents, std::move(above), lambda));
    } else {
      const LookupLeaves<K> shifted = leaves.Shifted(lambda);
      ends = prove(LeafLayer<K>(shifted, LookupNumerators<K>(plan, witness), lambda));
    }
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
