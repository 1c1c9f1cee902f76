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

// Adds the fractions of children 2i and 2i+1 into their parent i, in projective form:
// out_num[i] = num[2i] den[2i+1] + num[2i+1] den[2i], out_den[i] = den[2i] den[2i+1].
// Precondition: num and den twice as long as out_num and out_den.
template <class K>
void FractionParents(std::span<const K> num, std::span<const K> den, std::span<K> out_num, std::span<K> out_den);

// Round polynomial of sum_i eq[i] s_i(X), s = lambda (n0 d1 + n1 d0) + d0 d1, where n0, n1, d0, d1 are linear in X
// between their entries 2i and 2i+1; eq does not depend on X. Precondition: n0, n1, d0, d1 twice as long as eq.
template <class K>
QuadraticRound<K> FractionRound(std::span<const K> n0, std::span<const K> n1, std::span<const K> d0,
                                std::span<const K> d1, std::span<const K> eq, K lambda);

}  // namespace provenn
