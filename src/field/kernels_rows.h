// Sums of rows of elements of F with coefficients in K. Compiled for several instruction sets and dispatched at run
// time, like kernels.h; single-threaded.
#pragma once

#include <span>

#include "field/extension.h"
#include "field/goldilocks.h"

namespace provenn {

// out[j] += sum_i r[i] * rows[i][j], reduced once for many products; rows[i] points to out.size() elements.
// Precondition: r.size() rows.
template <class K>
void AddRows(std::span<const K> r, std::span<const Goldilocks* const> rows, std::span<K> out);

// out[i] = sum_j w[j] * rows[i * w.size() + j]. Precondition: rows.size() = out.size() * w.size().
template <class K>
void FoldRows(std::span<const Goldilocks> rows, std::span<const K> w, std::span<K> out);

}  // namespace provenn
