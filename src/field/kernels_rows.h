// Sums of rows of integers with coefficients in K, the prover's passes over activations and weights. Compiled for
// several instruction sets and dispatched at run time, like kernels.h; single-threaded.
//
// A coefficient is split into two signed digits of 32 bits, so that a product with an integer is two multiplications
// into sums of 64 bits, and reduced once for many. How many products a sum has room for depends on the largest integer,
// which is looked up first: any values are allowed, small ones are fast.
#pragma once

#include <cstdint>
#include <span>

#include "field/extension.h"
#include "field/goldilocks.h"

namespace provenn {

// out[j] += sum_i r[i] * rows[i][j]; rows[i] points to out.size() integers. Precondition: r.size() rows.
template <class K>
void AddRows(std::span<const K> r, std::span<const int32_t* const> rows, std::span<K> out);
// The same with field elements, whose products are reduced once for many, too.
template <class K>
void AddRows(std::span<const K> r, std::span<const Goldilocks* const> rows, std::span<K> out);

// out[i] = sum_j w[j] * rows[i * w.size() + j]. Precondition: rows.size() = out.size() * w.size().
template <class K>
void FoldRows(std::span<const int32_t> rows, std::span<const K> w, std::span<K> out);
template <class K>
void FoldRows(std::span<const Goldilocks> rows, std::span<const K> w, std::span<K> out);

}  // namespace provenn
