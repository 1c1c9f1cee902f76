// How tensors sit in a committed matrix.
//
// A matrix with C columns (a power of two) holds blocks, one per tensor, each starting at a row of its own. A tensor is
// stored row-major; from the innermost axis outwards axes are padded to powers of two until they fill C columns (the
// axis that crosses the limit to a multiple of what is left of C), and the axes beyond stay compact. So the low
// log2(C) bits of a cell's index are bits of single axes, and a tensor-product functional folds axis by axis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace provenn {

struct Block {
  std::vector<uint32_t> shape;   // as given
  std::vector<uint32_t> padded;  // axis sizes as stored
  uint64_t first_row = 0;
  uint64_t rows = 0;
  // Axes [0, split) index rows only, axis `split` (absent if split == rank) both, axes after it columns only. Columns
  // that they do not fill are zero.
  uint32_t split = 0;
  uint32_t split_columns = 1;  // size of the low part of the split axis: a power of two
  uint32_t inner_columns = 1;  // columns that the axes after the split fill: a power of two
};

class OracleLayout {
 public:
  // columns: a power of two.
  explicit OracleLayout(uint32_t columns);

  // Adds a block and returns its index. The first `outer_axes` axes index rows only, whatever room the columns have;
  // there is an axis besides them (CHECK), so that stretches along the last axis are contiguous.
  uint32_t Add(const std::vector<uint32_t>& shape, uint32_t outer_axes = 0);

  uint32_t columns() const { return columns_; }
  int log_columns() const { return log_columns_; }
  uint64_t rows() const { return rows_; }
  const std::vector<Block>& blocks() const { return blocks_; }

 private:
  uint32_t columns_;
  int log_columns_;
  uint64_t rows_ = 0;
  std::vector<Block> blocks_;
};

// Calls run(element, cell, length) for every stretch of elements that are contiguous both in the compact tensor
// (index `element`) and in the matrix (cell = row * columns + column, absolute), for the elements whose first axis
// index is in [from, to). A scalar counts as one axis of size 1.
template <typename Run>
void ForEachRun(const Block& block, uint32_t columns, uint64_t from, uint64_t to, Run run) {
  const size_t rank = block.shape.size();
  if (rank <= 1) {
    if (from < to) run(from, block.first_row * columns + from, to - from);
    return;
  }
  uint64_t inner_elements = 1;
  for (size_t a = 1; a < rank; ++a) inner_elements *= block.shape[a];
  std::vector<uint32_t> index(rank, 0);
  index[0] = static_cast<uint32_t>(from);
  uint64_t element = from * inner_elements;
  while (index[0] < to) {
    uint64_t row = 0;
    uint64_t column = 0;
    for (size_t a = 0; a < rank; ++a) {
      if (a < block.split) {
        row = row * block.shape[a] + index[a];
      } else if (a == block.split) {
        row = row * (block.padded[a] / block.split_columns) + index[a] / block.split_columns;
        column = index[a] % block.split_columns;
      } else {
        column = column * block.padded[a] + index[a];
      }
    }
    run(element, (block.first_row + row) * columns + column, uint64_t{block.shape[rank - 1]});
    element += block.shape[rank - 1];
    for (size_t a = rank - 1; a-- > 0;) {
      if (++index[a] < block.shape[a] || a == 0) break;
      index[a] = 0;
    }
  }
}

template <typename Run>
void ForEachRun(const Block& block, uint32_t columns, Run run) {
  ForEachRun(block, columns, 0, block.shape.empty() ? 1 : block.shape[0], run);
}

}  // namespace provenn
