#include "argument/lookup_prover.h"

#include <algorithm>

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

// sum over entries x of eq(z, x) summand(x), z their point, of a layer as in lookup_layers_prover.h. Binds one variable
// after the other and returns what the layer says of its tables at the point r. A pass over the tables binds a variable
// and at once computes the sums of the next round.
template <typename K, typename Layer>
typename Layer::Ends SumLayer(const LookupLeaves<K>& leaves, int leaf_bits, Layer layer, std::span<const K> z,
                              ProverChannel<K>& channel, std::vector<K>& r) {
  constexpr size_t kTables = Layer::kTables;
  const std::array<K, kTables> padding = layer.padding();
  std::array<K, kTables> bound;
  if (z.empty()) {
    typename Layer::Buffers buffers;
    layer.Prepare(0, 1);
    const auto only = layer.Read(0, 1, buffers);
    for (size_t a = 0; a < kTables; ++a) bound[a] = only[a].front();
    return layer.At(bound);
  }
  Arrays<K, kTables> tables, folded;
  size_t entries = layer.entries();
  for (size_t k = 0;; ++k) {
    const bool last = k == z.size();  // nothing left to sum over
    const size_t size = last ? 1 : Even(entries);
    if (k > 0) folded.Resize(size);
    const EqFactors<K> eq(z.subspan(std::min(k + 1, z.size())), kStretchBits - 1);
    // Without what is 0/1 everywhere: its summand is 1, and all of eq sums to 1.
    const RoundSum<K> sum = ParallelSum(
        Stretches(entries), 1, RoundSum<K>(),
        [&](size_t first_stretch, size_t last_stretch) {
          typename Layer::Buffers buffers;
          RoundSum<K> part;
          for (size_t s = first_stretch; s < last_stretch; ++s) {
            const size_t start = s * kStretch;
            const size_t end = std::min(start + kStretch, size);
            if (k == 0) layer.Prepare(start, end - start);
            ForEachRun(leaves, leaf_bits + static_cast<int>(k), start, end, [&](size_t from, size_t all, bool skip) {
              if (k == 0 && skip) return;
              std::array<std::span<K>, kTables> now;
              if (k == 0) {
                now = layer.Read(from, all, buffers);
              } else {
                now = Part(folded, from, all);
                if (skip) return FillWith(padding, now);
                FillWith(padding, Part(folded, from + all - 1, 1));  // unless it is an entry
                const size_t count = std::min(all, entries - from);
                const auto before =
                    k == 1 ? layer.Read(2 * from, 2 * count, buffers) : Part(tables, 2 * from, 2 * count);
                for (size_t a = 0; a < kTables; ++a) FoldPairs<K>(before[a], r.back(), now[a].first(count));
              }
              if (last) return;
              const size_t pair = (from - start) / 2, pairs = all / 2;
              part.Add(layer.Sum(now, eq.Low(pair, pairs)), eq.LowSum(pair, pairs), eq.high(s));
            });
          }
          return part;
        },
        [](RoundSum<K>& a, const RoundSum<K>& b) { a.Add(b.round, b.eq, K::One()); });
    if (k == 1) layer.Release();
    std::swap(tables, folded);
    if (last) break;
    const QuadraticRound<K> summand = layer.Summand(sum.round, z);
    const K message[2] = {summand.at_zero + K::One() - sum.eq, summand.leading};
    channel.SendMasked("layer round", message);
    r.push_back(channel.Challenge("layer round"));
    layer.Bind(r.back());
    entries = (entries + 1) / 2;
  }
  for (size_t a = 0; a < kTables; ++a) bound[a] = tables.of[a].front();
  return layer.At(bound);
}

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
  for (int l = log_size - 1; l >= 0; --l) {
    const K lambda = channel.Challenge("layer lambda");
    std::vector<K> r;
    std::array<K, 4> ends;
    const std::span<const K> z(out.leaf_point);
    if (l >= 2) {
      Children<K> children = std::move(layers.back());
      layers.pop_back();
      ends = SumLayer(leaves, l + 1, StoredLayer<K>(std::move(children), lambda), z, channel, r);
    } else if (l == 1) {
      ends = SumLayer(leaves, l + 1, LeafParentsLayer<K>(parents, lambda), z, channel, r);
    } else {
      const LookupLeaves<K> shifted = leaves.Shifted(lambda);
      ends = SumLayer(leaves, l + 1, LeafLayer<K>(shifted, LookupNumerators<K>(plan, witness), lambda), z, channel, r);
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
