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

// Sum over cells of functionals times cell = sum over i of sums[i] * weights[i], and over i of cells[i] *
// cell_weights[i]; the low log2(columns) bits of an i are a column. A product functional is, on each block, the product
// of a function of the axes that index rows only and one of the rest, so the rows can be contracted first: one pass
// over the block, and what is left of it is short. Blocks without such axes, where nothing gets shorter, are in
// `cells`, once for all functionals.
template <typename K>
struct ContractedRows {
  SecretVector<K> sums, weights;
  SecretVector<Goldilocks> cells;
  SecretVector<K> cell_weights;
};
template <typename K>
ContractedRows<K> ContractRows(const std::vector<ProductFunctional<K>>& functionals, const OracleLayout& layout,
                               std::span<const Goldilocks> cells);

}  // namespace provenn
