// Linear functionals on the cells of committed matrices, in the form that a verifier can fold without expanding them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "commit/block_layout.h"
#include "field/goldilocks.h"

namespace provenn {

// On each target block (all of one shape): sum over its elements of coefficient * product over axes a of
// axes[a][index_a]. axes[a] has the size of the block's axis a.
template <typename K>
struct ProductFunctional {
  struct Target {
    uint32_t block = 0;
    K coefficient = K::One();
  };
  std::vector<Target> targets;
  std::vector<std::vector<K>> axes;
};

// On each target stretch of a vector: sum over i in [0, length) of coefficient * (sum over points of c * x^i) *
// v[first + i]: a random combination of evaluations of the polynomial whose coefficients the stretch holds. `first` is
// a multiple of the column count of the matrix that holds the vector row-major. `length` is exact: a cell beyond it
// would be one more coefficient for a cheating prover, and the rate of the code would be higher than the budget says.
template <typename K>
struct PowerFunctional {
  struct Target {
    uint64_t first = 0;
    K coefficient = K::One();
  };
  struct Point {
    K coefficient = K::One();
    Goldilocks x;
  };
  std::vector<Target> targets;
  std::vector<Point> points;
  uint64_t length = 0;
};

// Adds to `rows` (one entry per row of the matrix) the functional with its column index contracted against
// eq(point, .), point of log2(columns) elements: what remains of the functional once the columns are folded.
template <typename K>
void FoldColumns(const ProductFunctional<K>& functional, const OracleLayout& layout, std::span<const K> point,
                 std::span<K> rows);

// The rows folded again: they lie at `first` and after it in a vector that is the cells of a matrix, row-major, of as
// many columns as next_eq has elements. Adds to `out`, one entry per row of that matrix. Nothing is as long as the
// rows: where they repeat, their fold does.
template <typename K>
void FoldColumnsTwice(const ProductFunctional<K>& functional, const OracleLayout& layout, std::span<const K> point,
                      uint64_t first, std::span<const K> next_eq, std::span<K> out);

// The same for a power functional: on the whole rows of the stretch it is a power functional again, which is returned;
// what remains of a last, partial row is added to `rows`.
template <typename K>
PowerFunctional<K> FoldColumns(const PowerFunctional<K>& functional, std::span<const K> point, std::span<K> rows);

// Adds the functional, expanded, to `cells`, the vector that `first` counts in.
template <typename K>
void Expand(const PowerFunctional<K>& functional, std::span<K> cells);

// Replaces innermost axes by their outer product, one axis, as long as it has at most `most` elements: one long stretch
// is faster than many short ones.
template <typename K>
void JoinInnermost(std::vector<std::vector<K>>& axes, size_t most);
inline constexpr size_t kJoinedElements = 4096;

// rows[flat index] += scale * product of axes[.][index] * last[innermost index], row-major.
template <typename K>
void AddOuterProduct(std::span<const std::vector<K>> axes, std::span<const K> last, K scale, std::span<K> rows);

}  // namespace provenn
