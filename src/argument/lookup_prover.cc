#include "argument/lookup_prover.h"

#include <algorithm>
#include <optional>

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

// A layer's fractions at even and odd positions: what the sumcheck over their parents binds. Padded to even lengths.
template <typename K>
struct Halves {
  SecretVector<K> n0, n1, d0, d1;

  // For n parents.
  explicit Halves(size_t n) {
    const size_t size = n + (n & 1);
    for (SecretVector<K>* v : {&n0, &n1, &d0, &d1}) v->resize(size);
    n0.back() = n1.back() = K::Zero();
    d0.back() = d1.back() = K::One();
  }
  // Sets those below parent `from` on from their children, two a parent.
  void Set(size_t from, std::span<const K> num, std::span<const K> den) {
    for (size_t i = 0; i < num.size() / 2; ++i) {
      n0[from + i] = num[2 * i];
      n1[from + i] = num[2 * i + 1];
      d0[from + i] = den[2 * i];
      d1[from + i] = den[2 * i + 1];
    }
  }
};

// The leaves, computed where they are wanted: they are the largest layer by far, and both times that the prover needs
// them it passes over them once.
template <typename K>
class Leaves {
 public:
  Leaves(const Plan& plan, const LookupWitness& witness, K alpha, K beta)
      : plan_(plan), witness_(witness), alpha_(alpha), beta_(beta) {
    for (size_t l = 0; l < plan.leaves.lookups.size(); ++l) blocks_.push_back({plan.leaves.lookups[l], l, false});
    for (size_t t = 0; t < plan.leaves.tables.size(); ++t) blocks_.push_back({plan.leaves.tables[t], t, true});
    std::sort(blocks_.begin(), blocks_.end(),
              [](const Source& a, const Source& b) { return a.place.first < b.place.first; });
  }

  // An even number, at least all that are not 0/1.
  size_t size() const { return plan_.leaves.used + (plan_.leaves.used & 1); }

  // Leaves [from, from + num.size()).
  void Fill(size_t from, std::span<K> num, std::span<K> den) const {
    std::fill(num.begin(), num.end(), K::Zero());
    std::fill(den.begin(), den.end(), K::One());
    const size_t to = from + num.size();
    auto block = std::upper_bound(blocks_.begin(), blocks_.end(), from,
                                  [](size_t at, const Source& b) { return at < b.place.first; });
    for (block = std::prev(block); block != blocks_.end() && block->place.first < to; ++block) {
      const size_t first = block->place.first;
      const size_t begin = std::max(from, first);
      const size_t end = std::min(to, first + (size_t{1} << block->place.log_size));
      if (begin >= end) continue;
      const auto nums = num.subspan(begin - from, end - begin);
      const auto dens = den.subspan(begin - from, end - begin);
      if (block->is_table) {
        FillTable(block->id, begin - first, nums, dens);
      } else {
        FillLookup(block->id, begin - first, nums, dens);
      }
    }
  }

 private:
  struct Source {
    LeafBlock place;
    size_t id = 0;
    bool is_table = false;
  };

  // From offset `at` of the lookup's block, in which every axis of the space has bits of its own: line by line.
  void FillLookup(size_t lookup, size_t at, std::span<K> num, std::span<K> den) const {
    const Shape& space = plan_.circuit.lookups[lookup].space;
    const size_t length = space.empty() ? 1 : space.back();
    const int line_bits = space.empty() ? 0 : AxisBits(space.back());
    for (size_t done = 0; done < num.size();) {
      const size_t within = (at + done) & ((size_t{1} << line_bits) - 1);
      const size_t n = std::min(num.size() - done, (size_t{1} << line_bits) - within);
      if (const auto line = LineAt(space, (at + done) >> line_bits); line.has_value() && within < length) {
        const size_t real = std::min(n, length - within);
        FillTuples(lookup, *line * length + within, num.subspan(done, real), den.subspan(done, real));
      }
      done += n;
    }
  }

  // The compact index of a line from its padded one; none for padding.
  static std::optional<size_t> LineAt(const Shape& space, size_t padded) {
    size_t line = 0;
    size_t stride = 1;
    for (size_t a = space.size(); a-- > 0;) {
      if (a + 1 == space.size()) continue;
      const int bits = AxisBits(space[a]);
      const size_t index = padded & ((size_t{1} << bits) - 1);
      if (index >= space[a]) return std::nullopt;
      line += index * stride;
      stride *= space[a];
      padded >>= bits;
    }
    return line;
  }

  void FillTuples(size_t lookup, size_t from, std::span<K> num, std::span<K> den) const {
    std::fill(num.begin(), num.end(), K::One());
    std::fill(den.begin(), den.end(), alpha_ - K(Goldilocks(plan_.circuit.lookups[lookup].table)));
    K power = beta_;
    for (const SecretVector<Goldilocks>& column : witness_.columns[lookup]) {
      Axpy<K>(-power, std::span<const Goldilocks>(column).subspan(from, den.size()), den);
      power = power * beta_;
    }
  }

  void FillTable(size_t id, size_t at, std::span<K> num, std::span<K> den) const {
    const Table& table = plan_.circuit.tables[id];
    const size_t end = std::min<size_t>(at + num.size(), table.size);
    for (size_t j = at; j < end; ++j) {
      K d = alpha_ - K(Goldilocks(id)) - beta_ * Goldilocks::FromSigned(table.first_key + static_cast<int64_t>(j));
      K power = beta_;
      for (const auto& column : table.values) {
        power = power * beta_;
        d = d - power * Goldilocks::FromSigned(column[j]);
      }
      num[j - at] = -K(Goldilocks(witness_.multiplicities[id][j]));
      den[j - at] = d;
    }
  }

  const Plan& plan_;
  const LookupWitness& witness_;
  K alpha_;
  K beta_;
  std::vector<Source> blocks_;  // by first leaf
};

// Calls visit(first parent, num, den) on the children of all n parents, stretch by stretch, in parallel.
template <typename K, typename Visit>
void ForEachStretch(const Leaves<K>& leaves, const Visit& visit) {
  ParallelFor(leaves.size() / 2, kGrain, [&](size_t from, size_t to) {
    SecretVector<K> num(2 * kGrain);
    SecretVector<K> den(2 * kGrain);
    for (size_t at = from; at < to; at += kGrain) {
      const size_t m = std::min(kGrain, to - at);
      const auto nums = std::span<K>(num).first(2 * m);
      const auto dens = std::span<K>(den).first(2 * m);
      leaves.Fill(2 * at, nums, dens);
      visit(at, std::span<const K>(nums), std::span<const K>(dens));
    }
  });
}
template <typename K, typename Visit>
void ForEachStretch(const Layer<K>& children, const Visit& visit) {
  ParallelFor(children.num.size() / 2, kGrain, [&](size_t from, size_t to) {
    visit(from, std::span<const K>(children.num).subspan(2 * from, 2 * (to - from)),
          std::span<const K>(children.den).subspan(2 * from, 2 * (to - from)));
  });
}

template <typename K, typename Children>
Layer<K> Parents(const Children& children, size_t n, bool root) {
  const size_t size = root ? n : n + (n & 1);
  Layer<K> out{SecretVector<K>(size), SecretVector<K>(size)};
  if (size > n) {
    out.num[n] = K::Zero();
    out.den[n] = K::One();
  }
  ForEachStretch(children, [&](size_t from, std::span<const K> num, std::span<const K> den) {
    const size_t m = num.size() / 2;
    FractionParents<K>(num, den, std::span(out.num).subspan(from, m), std::span(out.den).subspan(from, m));
  });
  return out;
}

template <typename K, typename Children>
Halves<K> Split(const Children& children, size_t n) {
  Halves<K> out(n);
  ForEachStretch(children,
                 [&](size_t from, std::span<const K> num, std::span<const K> den) { out.Set(from, num, den); });
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
std::vector<K> ProveLayer(Halves<K> halves, const std::vector<K>& z, K lambda, ProverChannel<K>& channel,
                          std::vector<K>& r) {
  auto& [n0, n1, d0, d1] = halves;
  SecretVector<K> scratch;
  if (z.empty()) return {n0[0], n1[0], d0[0], d1[0]};
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
  const Leaves<K> leaves(plan, witness, alpha, beta);
  std::vector<Layer<K>> layers;  // above the leaves
  for (int l = 1; l <= plan.leaves.log_size; ++l) {
    const bool root = l == plan.leaves.log_size;
    layers.push_back(l == 1 ? Parents<K>(leaves, leaves.size() / 2, root)
                            : Parents<K>(layers.back(), layers.back().num.size() / 2, root));
  }
  channel.SendMasked("root denominator", std::span<const K>(layers.back().den));
  layers.pop_back();

  LookupProof<K> out;
  out.beta = beta;
  for (int l = 0; l < plan.leaves.log_size; ++l) {
    const K lambda = channel.Challenge("layer lambda");
    const bool at_leaves = layers.empty();
    Halves<K> halves =
        at_leaves ? Split<K>(leaves, leaves.size() / 2) : Split<K>(layers.back(), layers.back().num.size() / 2);
    if (!at_leaves) layers.pop_back();
    std::vector<K> r;
    const std::vector<K> ends = ProveLayer(std::move(halves), out.leaf_point, lambda, channel, r);
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
