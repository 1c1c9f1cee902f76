// The layers of the lookup tree, as the sumcheck over the entries of the layer above each sees them (SumLayer).
//
// A layer is kept taken apart: both children of every entry of the layer above, n0/d0 and n1/d1, so that nothing is
// split up before a sumcheck. Its summand is lambda (n0 d1 + n1 d0) + d0 d1 = lambda ((n0 + d0/lambda) d1 + n1 d0),
// and n0 + d0/lambda takes n0's place. Of the leaves, where numerators are known without an array of them, it is
// (d0 + lambda n0)(d1 + lambda n1) - lambda^2 n0 n1.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "argument/lookup_leaves_prover.h"
#include "argument/lookup_numerators_prover.h"
#include "base/secret.h"
#include "field/kernels.h"

namespace provenn {

// Entries that are worked on at a time: what belongs to them stays in the second level cache.
inline constexpr size_t kStretchBits = 10;
inline constexpr size_t kStretch = size_t{1} << kStretchBits;

// Tables of equal length, by entry.
template <typename K, size_t kCount>
struct Arrays {
  std::array<SecretVector<K>, kCount> of;

  size_t size() const { return of[0].size(); }
  void Resize(size_t size) {
    for (SecretVector<K>& v : of) v.resize(size);
  }
};
template <typename K, size_t kCount>
std::array<std::span<K>, kCount> Part(Arrays<K, kCount>& arrays, size_t from, size_t count) {
  std::array<std::span<K>, kCount> part;
  for (size_t a = 0; a < kCount; ++a) part[a] = std::span<K>(arrays.of[a]).subspan(from, count);
  return part;
}
template <typename T, typename K>
Fractions<T> AsFractions(const std::array<std::span<K>, 4>& of) {
  return {of[0], of[1], of[2], of[3]};
}

struct NoBuffers {};

// A layer taken apart; an even number of entries, the last of them 0/1 if there is one too many.
template <typename K>
using Children = Arrays<K, 4>;

// The parents of the leaves, taken apart. They are computed again wherever they are needed: kept, they would be half of
// the tree.
template <typename K>
class LeafParents {
 public:
  struct Buffers {
    SecretVector<K> even = SecretVector<K>(kStretch), odd = SecretVector<K>(kStretch);
    Children<K> children;
  };

  // Keeps a reference. Precondition: leaves for lambda = 0.
  explicit LeafParents(const LookupLeaves<K>& leaves) : leaves_(leaves) {}

  size_t entries() const { return (leaves_.pairs() + 1) / 2; }

  // Of entries [from, from + count) of the layer above. Valid until the next call with these buffers.
  std::array<std::span<K>, 4> Get(size_t from, size_t count, Buffers& buffers) const {
    if (buffers.children.size() < count) buffers.children.Resize(count);
    for (size_t at = 0; at < count; at += kStretch / 2) {
      const size_t m = std::min(kStretch / 2, count - at);
      leaves_.FillParents(2 * (from + at), std::span(buffers.even).first(2 * m), std::span(buffers.odd).first(2 * m),
                          AsFractions<K>(Part(buffers.children, at, m)));
    }
    return Part(buffers.children, 0, count);
  }

 private:
  const LookupLeaves<K>& leaves_;
};

// What the sumchecks over both kinds of layers of fractions have in common. Tables: n0 + d0/lambda, n1, d0, d1.
template <typename K>
class FractionsLayer {
 public:
  static constexpr size_t kTables = 4;
  using Ends = std::array<K, 4>;  // n0, n1, d0, d1 at the sumcheck's point

  // above: the layer of the entries itself. lambda = 0 leaves d0 d1, and numerators are only bound.
  FractionsLayer(Children<K> above, K lambda)
      : above_(std::move(above)), lambda_(lambda), inverse_(lambda == K::Zero() ? K::Zero() : lambda.Inverse()) {}

  // An entry all of whose leaves are 0/1.
  std::array<K, kTables> padding() const { return {inverse_, K::Zero(), K::One(), K::One()}; }
  // Round polynomial of the first round, of pairs from `pair` on whose children are these. At 0 the summand is
  // lambda n + d of the pair's first entry n/d.
  QuadraticRound<K> First(const std::array<std::span<K>, 4>& children, size_t pair, std::span<const K> eq) const {
    const auto inner = [&](size_t a) {
      return InnerProduct<K>(std::span<const K>(above_.of[a]).subspan(pair, eq.size()), eq);
    };
    const K at_zero = inner(2);
    if (lambda_ == K::Zero()) return {at_zero, EqProductRound<K>(children[2], children[3], eq).leading};
    return {lambda_ * inner(0) + at_zero, lambda_ * CrossLeading<K>(AsFractions<const K>(children), inverse_, eq)};
  }
  // Makes tables of children, whose first variable is bound by now.
  void Shift(const std::array<std::span<K>, 4>& children) const {
    Axpy<K>(inverse_, std::span<const K>(children[2]), children[0]);
  }
  // Round polynomial of a later round.
  QuadraticRound<K> Sum(const std::array<std::span<K>, kTables>& tables, std::span<const K> eq) const {
    if (lambda_ == K::Zero()) return EqProductRound<K>(tables[2], tables[3], eq);
    const QuadraticRound<K> cross = CrossRound<K>(AsFractions<const K>(tables), eq);
    return {lambda_ * cross.at_zero, lambda_ * cross.leading};
  }
  // The summand's round polynomial, from the sum over all entries.
  QuadraticRound<K> Summand(const QuadraticRound<K>& sum, std::span<const K> /*z*/) const { return sum; }
  void Bind(K /*challenge*/) { above_ = {}; }
  Ends At(const std::array<K, kTables>& bound) const {
    return {bound[0] - inverse_ * bound[2], bound[1], bound[2], bound[3]};
  }

 private:
  Children<K> above_;
  K lambda_;
  K inverse_;
};

template <typename K>
class StoredLayer : public FractionsLayer<K> {
 public:
  using Buffers = NoBuffers;

  // Keeps a reference to the children.
  StoredLayer(Children<K>& children, Children<K> above, K lambda)
      : FractionsLayer<K>(std::move(above), lambda), children_(children) {}

  size_t entries() const { return children_.size(); }
  std::array<std::span<K>, 4> Read(size_t from, size_t count, Buffers& /*buffers*/) const {
    return Part(children_, from, count);
  }

 private:
  Children<K>& children_;
};

template <typename K>
class LeafParentsLayer : public FractionsLayer<K> {
 public:
  using Buffers = typename LeafParents<K>::Buffers;

  LeafParentsLayer(const LeafParents<K>& parents, Children<K> above, K lambda)
      : FractionsLayer<K>(std::move(above), lambda), parents_(parents) {}

  size_t entries() const { return parents_.entries(); }
  std::array<std::span<K>, 4> Read(size_t from, size_t count, Buffers& buffers) const {
    return parents_.Get(from, count, buffers);
  }

 private:
  const LeafParents<K>& parents_;
};

// Tables: d0 + lambda n0, d1 + lambda n1.
template <typename K>
class LeafLayer {
 public:
  static constexpr size_t kTables = 2;
  using Ends = std::array<K, 4>;
  struct Buffers {
    Arrays<K, 2> tables;
  };

  // Keeps a reference. Precondition: leaves for lambda.
  LeafLayer(const LookupLeaves<K>& leaves, LookupNumerators<K> numerators, K lambda)
      : leaves_(leaves), numerators_(std::move(numerators)), lambda_(lambda) {}

  size_t entries() const { return leaves_.pairs(); }
  std::array<K, kTables> padding() const { return {K::One(), K::One()}; }
  std::array<std::span<K>, 2> Read(size_t from, size_t count, Buffers& buffers) const {
    if (buffers.tables.size() < count) buffers.tables.Resize(count);
    const auto tables = Part(buffers.tables, 0, count);
    leaves_.Fill(from, tables[0], tables[1]);
    return tables;
  }
  QuadraticRound<K> First(const std::array<std::span<K>, kTables>& tables, size_t, std::span<const K> eq) const {
    return Sum(tables, eq);
  }
  void Shift(const std::array<std::span<K>, kTables>&) const {}
  QuadraticRound<K> Sum(const std::array<std::span<K>, kTables>& tables, std::span<const K> eq) const {
    return EqProductRound<K>(tables[0], tables[1], eq);
  }
  QuadraticRound<K> Summand(const QuadraticRound<K>& sum, std::span<const K> z) const {
    const QuadraticRound<K> numerators = numerators_.Round(z);
    const K square = lambda_ * lambda_;
    return {sum.at_zero - square * numerators.at_zero, sum.leading - square * numerators.leading};
  }
  void Bind(K challenge) { numerators_.Bind(challenge); }
  Ends At(const std::array<K, kTables>& bound) const {
    const K n0 = numerators_.n0(), n1 = numerators_.n1();
    return {n0, n1, bound[0] - lambda_ * n0, bound[1] - lambda_ * n1};
  }

 private:
  const LookupLeaves<K>& leaves_;
  LookupNumerators<K> numerators_;
  K lambda_;
};

}  // namespace provenn
