// The prover's hot loops over arrays of K and F. Compiled for several instruction sets and dispatched at run time;
// every target computes the same values. Single-threaded: callers parallelise over chunks.
//
// K is Ext2 or Ext3. Outputs may not overlap inputs unless a function says so. Lengths are arbitrary, 0 included.
#pragma once

#include <cstdint>
#include <span>

#include "field/extension.h"
#include "field/goldilocks.h"

namespace provenn {

// Name of the instruction set in use ("AVX3", "AVX2", "SCALAR", ...).
const char* KernelTarget();

// out[i] = in[2i] + r * (in[2i+1] - in[2i]): binds the first variable of a multilinear table to r.
// in.size() = 2 * out.size(). For `in` over K, `out` may be the front of `in`.
template <class K>
void FoldPairs(std::span<const K> in, K r, std::span<K> out);
template <class K>
void FoldPairs(std::span<const Goldilocks> in, K r, std::span<K> out);

// sum_i a[i] * b[i]. Precondition: equal lengths.
template <class K>
K InnerProduct(std::span<const K> a, std::span<const K> b);
template <class K>
K InnerProduct(std::span<const Goldilocks> a, std::span<const K> b);
template <class K>
K InnerProduct(std::span<const int32_t> a, std::span<const K> b);

// y[i] += a * x[i]. Precondition: equal lengths.
template <class K>
void Axpy(K a, std::span<const K> x, std::span<K> y);
template <class K>
void Axpy(K a, std::span<const Goldilocks> x, std::span<K> y);
template <class K>
void Axpy(K a, std::span<const int32_t> x, std::span<K> y);
void Axpy(Goldilocks a, std::span<const Goldilocks> x, std::span<Goldilocks> y);

// y[i] *= a.
template <class K>
void Scale(K a, std::span<K> y);

// high[i] = z * low[i], then low[i] -= high[i]: one more variable of a table of eq. Precondition: equal lengths.
template <class K>
void SplitEq(K z, std::span<K> low, std::span<K> high);

// y[i] += x[i]. Precondition: equal lengths.
template <class K>
void AddTo(std::span<const K> x, std::span<K> y);

// Two coefficients of a quadratic round polynomial; the third follows from the claim.
template <class K>
struct QuadraticRound {
  K at_zero;  // constant coefficient
  K leading;  // coefficient of X^2
  friend bool operator==(const QuadraticRound&, const QuadraticRound&) = default;
};

// Round polynomial of sum_i f_i(X) g_i(X), where f_i is linear between f[2i] at 0 and f[2i+1] at 1, likewise g_i.
// Precondition: equal, even lengths.
template <class K>
QuadraticRound<K> ProductRound(std::span<const K> f, std::span<const K> g);
template <class K>
QuadraticRound<K> ProductRound(std::span<const Goldilocks> f, std::span<const K> g);

// The same of sum_i eq[i] f_i(X) g_i(X); eq does not depend on X. Precondition: f and g twice as long as eq.
template <class K>
QuadraticRound<K> EqProductRound(std::span<const K> f, std::span<const K> g, std::span<const K> eq);

// Two fractions for each entry of a layer: its children n0/d0 and n1/d1. Or a layer taken apart: entry 2i is n0/d0 and
// entry 2i+1 is n1/d1 at i, so that both are children of the same entry of the next layer.
template <class T>
struct Fractions {
  std::span<T> n0, n1, d0, d1;
};

// The same of sum_i eq[i] (n0 d1 + n1 d0)_i(X), all four linear in X. Precondition: they are twice as long as eq.
template <class K>
QuadraticRound<K> CrossRound(const Fractions<const K>& in, std::span<const K> eq);

// Of the leading coefficient, with n0 + shift d0 in n0's place.
template <class K>
K CrossLeading(const Fractions<const K>& in, K shift, std::span<const K> eq);

// Adds up the two fractions of every entry, in projective form (n0 d1 + n1 d0) / (d0 d1). `out` is the layer taken
// apart. Precondition: all of `in` twice as long as all of `out`.
template <class K>
void FractionParents(const Fractions<const K>& in, const Fractions<K>& out);
// The same for n0 = n1 = 1.
template <class K>
void UnitFractionParents(std::span<const K> d0, std::span<const K> d1, const Fractions<K>& out);

}  // namespace provenn
