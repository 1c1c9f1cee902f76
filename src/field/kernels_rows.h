// Sums of rows of elements of F, or of integers, with coefficients in K. Compiled for several instruction sets and
// dispatched at run time, like kernels.h; single-threaded.
//
// With integers a coefficient is split into two signed digits of 32 bits, so that a product is two multiplications into
// sums of 64 bits, and reduced once for many. How many products a sum has room for depends on the largest integer,
// which is looked up first: any values are allowed, small ones are fast.
#pragma once

#include <cstdint>
#include <span>

#include "field/extension.h"
#include "field/goldilocks.h"

namespace provenn {

// out[j] += sum_i r[i] * rows[i][j], reduced once for many products; rows[i] points to out.size() elements.
// Precondition: r.size() rows.
template <class K>
void AddRows(std::span<const K> r, std::span<const Goldilocks* const> rows, std::span<K> out);
template <class K>
void AddRows(std::span<const K> r, std::span<const int32_t* const> rows, std::span<K> out);

// out[i] = sum_j w[j] * rows[i * w.size() + j]. Precondition: rows.size() = out.size() * w.size().
template <class K>
void FoldRows(std::span<const Goldilocks> rows, std::span<const K> w, std::span<K> out);
template <class K>
void FoldRows(std::span<const int32_t> rows, std::span<const K> w, std::span<K> out);

}  // namespace provenn
