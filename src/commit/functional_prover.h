// The prover's expansions of functionals: dense weights over every cell, in parallel.
#pragma once

#include <span>

#include "commit/functional.h"

namespace provenn {

// Adds the functional to `cells`, one entry per message cell of the matrix (rows * columns).
template <typename K>
void ExpandParallel(const ProductFunctional<K>& functional, const OracleLayout& layout, std::span<K> cells);

// Expand of functional.h, in parallel.
template <typename K>
void ExpandParallel(const PowerFunctional<K>& functional, std::span<K> cells);

}  // namespace provenn
