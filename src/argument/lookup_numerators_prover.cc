#include "argument/lookup_numerators_prover.h"

#include <algorithm>

#include "field/multilinear.h"

namespace provenn {
namespace {

// Even and odd entries of a leaf array.
template <typename K>
void TakeApart(const SecretVector<K>& values, SecretVector<K>& even, SecretVector<K>& odd) {
  even.resize(values.size() / 2);
  odd.resize(values.size() / 2);
  for (size_t i = 0; i < even.size(); ++i) {
    even[i] = values[2 * i];
    odd[i] = values[2 * i + 1];
  }
}

template <typename K>
void Fold(SecretVector<K>& values, K r) {
  const size_t half = values.size() / 2;
  FoldPairs<K>(std::span<const K>(values), r, std::span<K>(values).first(half));
  values.resize(half);
}

// eq of the bits of an index at the first |z| variables.
template <typename K>
K EqAt(std::span<const K> z, size_t index) {
  K product = K::One();
  for (size_t i = 0; i < z.size(); ++i) product *= (index >> i & 1) != 0 ? z[i] : K::One() - z[i];
  return product;
}

}  // namespace

template <typename K>
LookupNumerators<K>::LookupNumerators(const Plan& plan, const LookupWitness& witness) {
  struct Values {
    Block block;
    SecretVector<K> leaves;  // along the first axis
  };
  std::vector<Values> all;
  for (size_t l = 0; l < plan.leaves.lookups.size(); ++l) {
    const LeafBlock& place = plan.leaves.lookups[l];
    Values& v = all.emplace_back();
    for (const uint32_t size : plan.circuit.lookups[l].space) {
      if (size > 1) v.block.sizes.push_back(size);
    }
    uint32_t size = 1;
    if (!v.block.sizes.empty()) {
      size = v.block.sizes.back();
      v.block.sizes.pop_back();
    }
    v.block.first = place.first;
    v.block.log_size = place.log_size;
    v.block.axis_end = AxisBits(size);
    v.leaves.assign(size_t{1} << v.block.axis_end, K::Zero());
    std::fill_n(v.leaves.begin(), size, K::One());
  }
  for (size_t t = 0; t < plan.leaves.tables.size(); ++t) {
    const LeafBlock& place = plan.leaves.tables[t];
    Values& v = all.emplace_back();
    v.block.first = place.first;
    v.block.log_size = v.block.axis_end = place.log_size;
    v.leaves.assign(size_t{1} << place.log_size, K::Zero());
    const SecretVector<uint32_t>& uses = witness.multiplicities[t];
    for (size_t j = 0; j < uses.size(); ++j) v.leaves[j] = -K(Goldilocks(uses[j]));
  }
  std::sort(all.begin(), all.end(), [](const Values& a, const Values& b) { return a.block.first < b.block.first; });
  SecretVector<K> single;  // blocks of one leaf
  for (Values& v : all) {
    if (v.block.log_size == 0) {
      single.push_back(v.leaves[0]);
      continue;
    }
    TakeApart(v.leaves, v.block.n0, v.block.n1);
    Advance(blocks_.emplace_back(std::move(v.block)));
  }
  single.resize(single.size() + (single.size() & 1), K::Zero());
  TakeApart(single, rest_n0_, rest_n1_);
  Collect();
}

template <typename K>
void LookupNumerators<K>::Advance(Block& block) {
  while (block.n0.size() == 1 && !block.sizes.empty()) {
    const uint32_t size = block.sizes.back();
    block.sizes.pop_back();
    const int bits = AxisBits(size);
    block.axis_end += bits;
    for (SecretVector<K>* n : {&block.n0, &block.n1}) {
      const K bound = n->front();
      n->assign(size_t{1} << bits, K::Zero());
      std::fill_n(n->begin(), size, bound);
    }
  }
}

template <typename K>
void LookupNumerators<K>::Collect() {
  size_t from = blocks_.size();
  while (from > 0 && blocks_[from - 1].log_size <= bound_) --from;
  SecretVector<K> n0, n1;
  for (size_t b = from; b < blocks_.size(); ++b) {
    n0.push_back(blocks_[b].n0.front());
    n1.push_back(blocks_[b].n1.front());
  }
  rest_n0_.insert(rest_n0_.begin(), n0.begin(), n0.end());
  rest_n1_.insert(rest_n1_.begin(), n1.begin(), n1.end());
  blocks_.resize(from);
  if (rest_n0_.size() % 2 == 0 || (blocks_.empty() && rest_n0_.size() == 1)) return;
  rest_n0_.push_back(K::Zero());
  rest_n1_.push_back(K::Zero());
}

template <typename K>
QuadraticRound<K> LookupNumerators<K>::Round(std::span<const K> z) const {
  QuadraticRound<K> sum{K::Zero(), K::Zero()};
  const auto add = [&](const QuadraticRound<K>& round, K weight) {
    sum.at_zero += weight * round.at_zero;
    sum.leading += weight * round.leading;
  };
  // z[v - 1] belongs to variable v of the leaves; variable bound_ is the current one.
  const auto variables = [&](int from, int to) {
    return z.subspan(static_cast<size_t>(from) - 1, static_cast<size_t>(to - from));
  };
  const int all = static_cast<int>(z.size()) + 1;
  size_t end = 0;  // of the blocks, in leaves
  for (const Block& block : blocks_) {
    end = block.first + (size_t{1} << block.log_size);
    K weight = EqAt(variables(block.log_size, all), block.first >> block.log_size);
    int at = block.axis_end;
    for (size_t a = block.sizes.size(); a-- > 0;) {
      const int bits = AxisBits(block.sizes[a]);
      weight *= EqPrefixSum(variables(at, at + bits), block.sizes[a]);
      at += bits;
    }
    const std::vector<K> eq = EqTable<K>(variables(bound_ + 1, block.axis_end));
    add(EqProductRound<K>(block.n0, block.n1, eq), weight);
  }
  const size_t pair = end >> (bound_ + 1);  // of the first two entries of the rest
  for (size_t i = 0; i + 1 < rest_n0_.size(); i += 2) {
    const K one = K::One();
    add(EqProductRound<K>(std::span<const K>(rest_n0_).subspan(i, 2), std::span<const K>(rest_n1_).subspan(i, 2),
                          std::span<const K>(&one, 1)),
        EqAt(variables(bound_ + 1, all), pair + i / 2));
  }
  return sum;
}

template <typename K>
void LookupNumerators<K>::Bind(K challenge) {
  for (Block& block : blocks_) {
    Fold(block.n0, challenge);
    Fold(block.n1, challenge);
  }
  Fold(rest_n0_, challenge);
  Fold(rest_n1_, challenge);
  ++bound_;
  for (Block& block : blocks_) Advance(block);
  Collect();
}

template class LookupNumerators<Ext2>;
template class LookupNumerators<Ext3>;

}  // namespace provenn
