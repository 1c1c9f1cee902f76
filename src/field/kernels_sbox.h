// Round polynomials of the zero-check of S-boxes x -> x^7, with the cube as a value of its own: z = x^3 and y = z^2 x.
// Compiled for several instruction sets and dispatched at run time, like kernels.h; single-threaded.
#pragma once

#include <span>

#include "field/extension.h"
#include "field/goldilocks.h"

namespace provenn {

// Three coefficients of a cubic round polynomial; the one of X follows from the claim.
template <class K>
struct CubicRound {
  K at_zero = K::Zero();  // constant coefficient
  K square = K::Zero();   // coefficients of X^2 and X^3
  K cube = K::Zero();
  friend bool operator==(const CubicRound&, const CubicRound&) = default;
};

// Inputs x, cubes z and outputs y of S-boxes. Each is linear in X between the entries 2i at 0 and 2i+1 at 1.
template <class T>
struct SboxArrays {
  std::span<T> in, cube, out;
};

// Round polynomial of sum_i eq[i] ((z - x^3) + lambda (y - z^2 x))_i(X); eq does not depend on X. Precondition: the
// arrays are twice as long as eq.
template <class K>
CubicRound<K> SboxRound(const SboxArrays<const K>& t, K lambda, std::span<const K> eq);
// The same where every entry satisfies both equations, as those of a trace do: then it is zero at X = 0.
template <class K>
CubicRound<K> SboxTraceRound(const SboxArrays<const Goldilocks>& t, K lambda, std::span<const K> eq);

}  // namespace provenn
