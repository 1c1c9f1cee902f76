#include "argument/lookup_prover.h"

#include <algorithm>

#include "argument/halve_eq_prover.h"
#include "argument/lookup_leaves_prover.h"
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

// The children of a layer of parents: leaves, or fractions that lie in memory.
template <typename K>
class Children {
 public:
  // Room for the children of a stretch of parents.
  struct Buffers {
    SecretVector<K> num = SecretVector<K>(2 * kGrain);
    SecretVector<K> den = SecretVector<K>(2 * kGrain);
  };
  struct Fractions {
    std::span<const K> num;
    std::span<const K> den;
  };

  explicit Children(const LookupLeaves<K>& leaves) : leaves_(&leaves), parents_(leaves.size() / 2) {}
  explicit Children(const Layer<K>& layer) : layer_(&layer), parents_(layer.num.size() / 2) {}

  size_t parents() const { return parents_; }

  // Those of parents [from, from + count), count <= kGrain.
  Fractions Get(size_t from, size_t count, Buffers& buffers) const {
    if (layer_ != nullptr) {
      return {std::span<const K>(layer_->num).subspan(2 * from, 2 * count),
              std::span<const K>(layer_->den).subspan(2 * from, 2 * count)};
    }
    const auto num = std::span<K>(buffers.num).first(2 * count);
    const auto den = std::span<K>(buffers.den).first(2 * count);
    leaves_->Fill(2 * from, num, den);
    return {num, den};
  }

 private:
  const LookupLeaves<K>* leaves_ = nullptr;
  const Layer<K>* layer_ = nullptr;
  size_t parents_;
};

template <typename K>
Layer<K> Parents(const Children<K>& children, bool root) {
  const size_t n = children.parents();
  const size_t size = root ? n : n + (n & 1);
  Layer<K> out{SecretVector<K>(size), SecretVector<K>(size)};
  if (size > n) {
    out.num[n] = K::Zero();
    out.den[n] = K::One();
  }
  ParallelFor(n, kGrain, [&](size_t from, size_t to) {
    typename Children<K>::Buffers buffers;
    for (size_t at = from; at < to; at += kGrain) {
      const size_t m = std::min(kGrain, to - at);
      const auto [num, den] = children.Get(at, m, buffers);
      FractionParents<K>(num, den, std::span(out.num).subspan(at, m), std::span(out.den).subspan(at, m));
    }
  });
  return out;
}

// Children at even and odd positions, by parent: what the sumcheck over the parents binds.
template <typename K>
struct Halves {
  SecretVector<K> n0, n1, d0, d1;

  explicit Halves(size_t size) : n0(size), n1(size), d0(size), d1(size) {}
};

// Those of a layer's children, a stretch of parents at a time.
template <typename K>
class HalvesReader {
 public:
  explicit HalvesReader(const Children<K>& children) : children_(children) {}

  // Of parents [from, from + count), count <= kGrain; beyond the last one 0/1. Valid until the next call.
  const Halves<K>& Read(size_t from, size_t count) {
    const size_t real = std::min(count, children_.parents() - from);
    const auto [num, den] = children_.Get(from, real, buffers_);
    for (size_t i = 0; i < real; ++i) {
      halves_.n0[i] = num[2 * i];
      halves_.n1[i] = num[2 * i + 1];
      halves_.d0[i] = den[2 * i];
      halves_.d1[i] = den[2 * i + 1];
    }
    for (size_t i = real; i < count; ++i) {
      halves_.n0[i] = halves_.n1[i] = K::Zero();
      halves_.d0[i] = halves_.d1[i] = K::One();
    }
    return halves_;
  }

 private:
  const Children<K>& children_;
  typename Children<K>::Buffers buffers_;
  Halves<K> halves_{kGrain};
};

// What one round of a layer's sumcheck sums over pairs of parents.
template <typename K>
struct RoundSum {
  QuadraticRound<K> round{K::Zero(), K::Zero()};
  K eq = K::Zero();

  // Pairs [from, from + eq_values.size()) of halves that start at pair `first`.
  void Add(const Halves<K>& halves, size_t first, std::span<const K> eq_values, K lambda) {
    const auto at = [&](const SecretVector<K>& v) {
      return std::span<const K>(v).subspan(2 * first, 2 * eq_values.size());
    };
    Merge({FractionRound<K>(at(halves.n0), at(halves.n1), at(halves.d0), at(halves.d1), eq_values, lambda), K::Zero()});
    for (const K& e : eq_values) eq += e;
  }
  void Merge(const RoundSum& other) {
    round.at_zero += other.round.at_zero;
    round.leading += other.round.leading;
    eq += other.eq;
  }
};

// Sends a round and draws its challenge. The trimmed rest is 0/1 everywhere: its summand is 1, and all of eq sums to 1.
template <typename K>
K SendRound(const RoundSum<K>& sum, ProverChannel<K>& channel) {
  const K message[2] = {sum.round.at_zero + K::One() - sum.eq, sum.round.leading};
  channel.SendMasked("layer round", message);
  return channel.Challenge("layer round");
}

// The first round, from the children as they are, and the halves with its variable bound: half as many, and so the
// largest arrays of a layer never exist.
template <typename K>
Halves<K> ProveFirstRound(const Children<K>& children, std::span<const K> eq, K lambda, bool last,
                          ProverChannel<K>& channel, std::vector<K>& r) {
  constexpr size_t kPairs = kGrain / 2;
  const size_t pairs = (children.parents() + 1) / 2;
  const RoundSum<K> sum = ParallelSum(
      pairs, kGrain, RoundSum<K>(),
      [&](size_t from, size_t to) {
        HalvesReader<K> reader(children);
        RoundSum<K> part;
        for (size_t at = from; at < to; at += kPairs) {
          const size_t m = std::min(kPairs, to - at);
          part.Add(reader.Read(2 * at, 2 * m), 0, eq.subspan(at, m), lambda);
        }
        return part;
      },
      [](RoundSum<K>& a, const RoundSum<K>& b) { a.Merge(b); });
  const K c = SendRound(sum, channel);
  r.push_back(c);

  Halves<K> out(last ? pairs : pairs + (pairs & 1));
  out.n0.back() = out.n1.back() = K::Zero();
  out.d0.back() = out.d1.back() = K::One();
  ParallelFor(pairs, kGrain, [&](size_t from, size_t to) {
    HalvesReader<K> reader(children);
    for (size_t at = from; at < to; at += kPairs) {
      const size_t m = std::min(kPairs, to - at);
      const Halves<K>& in = reader.Read(2 * at, 2 * m);
      const auto fold = [&](const SecretVector<K>& v, SecretVector<K>& folded) {
        FoldPairs<K>(std::span<const K>(v).first(2 * m), c, std::span<K>(folded).subspan(at, m));
      };
      fold(in.n0, out.n0);
      fold(in.n1, out.n1);
      fold(in.d0, out.d0);
      fold(in.d1, out.d1);
    }
  });
  return out;
}

// v = folded v, padded with `filler` to an even length unless one entry is left in all.
template <typename K>
void FoldInto(SecretVector<K>& v, SecretVector<K>& scratch, K r, K filler, bool last) {
  const size_t n = v.size() / 2;
  scratch.resize(last ? n : n + (n & 1));
  if (scratch.size() > n) scratch[n] = filler;
  ParallelFor(n, kGrain, [&](size_t from, size_t to) {
    FoldPairs<K>(std::span<const K>(v).subspan(2 * from, 2 * (to - from)), r,
                 std::span(scratch).subspan(from, to - from));
  });
  v.swap(scratch);
}

// sum over parents x of eq(z, x) (lambda (n0 d1 + n1 d0) + d0 d1)(x), z the parents' point. Returns n0 n1 d0 d1 at r.
template <typename K>
SecretVector<K> ProveLayer(const Children<K>& children, const std::vector<K>& z, K lambda, ProverChannel<K>& channel,
                           std::vector<K>& r) {
  if (z.empty()) {
    typename Children<K>::Buffers buffers;
    const auto [num, den] = children.Get(0, 1, buffers);
    return {num[0], num[1], den[0], den[1]};
  }
  // eq of the variables after the current one.
  SecretVector<K> eq = EqTableParallel<K>(std::span<const K>(z).subspan(1));
  Halves<K> halves = ProveFirstRound(children, std::span<const K>(eq), lambda, z.size() == 1, channel, r);
  SecretVector<K> scratch;
  for (size_t i = 1; i < z.size(); ++i) {
    HalveEq(eq);
    const RoundSum<K> sum = ParallelSum(
        halves.n0.size() / 2, kGrain, RoundSum<K>(),
        [&](size_t from, size_t to) {
          RoundSum<K> part;
          part.Add(halves, from, std::span<const K>(eq).subspan(from, to - from), lambda);
          return part;
        },
        [](RoundSum<K>& a, const RoundSum<K>& b) { a.Merge(b); });
    const K c = SendRound(sum, channel);
    r.push_back(c);
    const bool last = i + 1 == z.size();
    FoldInto(halves.n0, scratch, c, K::Zero(), last);
    FoldInto(halves.n1, scratch, c, K::Zero(), last);
    FoldInto(halves.d0, scratch, c, K::One(), last);
    FoldInto(halves.d1, scratch, c, K::One(), last);
  }
  return {halves.n0[0], halves.n1[0], halves.d0[0], halves.d1[0]};
}

}  // namespace

template <typename K>
LookupProof<K> ProveLookups(const Plan& plan, const LookupWitness& witness, ProverChannel<K>& channel) {
  const K alpha = channel.Challenge("lookup alpha");
  const K beta = channel.Challenge("lookup beta");
  const LookupLeaves<K> leaves(plan, witness, alpha, beta);
  std::vector<Layer<K>> layers;  // above the leaves
  const auto top = [&] { return layers.empty() ? Children<K>(leaves) : Children<K>(layers.back()); };
  for (int l = 1; l <= plan.leaves.log_size; ++l) layers.push_back(Parents<K>(top(), l == plan.leaves.log_size));
  channel.SendMasked("root denominator", std::span<const K>(layers.back().den));

  LookupProof<K> out;
  out.beta = beta;
  while (!layers.empty()) {
    layers.pop_back();
    const K lambda = channel.Challenge("layer lambda");
    std::vector<K> r;
    const SecretVector<K> ends = ProveLayer(top(), out.leaf_point, lambda, channel, r);
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
