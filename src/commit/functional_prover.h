// The prover's passes over all cells for functionals: dense weights, and contractions; in parallel.
#pragma once

#include <span>
#include <vector>

#include "base/secret.h"
#include "commit/functional.h"

namespace provenn {

// Adds the functional to `cells`, one entry per message cell of the matrix (rows * columns).
template <typename K>
void ExpandParallel(const ProductFunctional<K>& functional, const OracleLayout& layout, std::span<K> cells);

// Expand of functional.h, in parallel.
template <typename K>
void ExpandParallel(const PowerFunctional<K>& functional, std::span<K> cells);

// Sum over cells of functional times cell = sum over i of sums[i] * weights[i]; the low log2(columns) bits of i are a
// column. A product functional is, on each block, the product of a function of the axes that index rows only and one
// of the rest, so the rows can be contracted first: one pass over the block, and what is left of it is short.
template <typename K>
struct ContractedRows {
  SecretVector<K> sums;
  std::vector<K> weights;
};
template <typename K>
ContractedRows<K> ContractRows(const std::vector<ProductFunctional<K>>& functionals, const OracleLayout& layout,
                               std::span<const Goldilocks> cells);

}  // namespace provenn
