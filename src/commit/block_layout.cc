#include "commit/block_layout.h"

#include <bit>

#include "base/check.h"

namespace provenn {

OracleLayout::OracleLayout(uint32_t columns) : columns_(columns), log_columns_(std::countr_zero(columns)) {
  PROVENN_CHECK(std::has_single_bit(columns));
}

uint32_t OracleLayout::Add(const std::vector<uint32_t>& shape, uint32_t outer_axes) {
  PROVENN_CHECK(outer_axes == 0 || outer_axes < shape.size());
  Block block;
  block.shape = shape;
  block.padded = shape;
  block.first_row = rows_;
  block.split = static_cast<uint32_t>(shape.size());
  for (size_t a = shape.size(); a-- > outer_axes;) {
    const uint32_t filled = block.inner_columns * block.split_columns;
    if (filled == columns_) break;
    block.inner_columns = filled;
    block.split = static_cast<uint32_t>(a);
    const uint32_t space = columns_ / filled;
    if (shape[a] >= space) {
      block.split_columns = space;
      block.padded[a] = (shape[a] + space - 1) / space * space;
    } else {
      block.split_columns = block.padded[a] = std::bit_ceil(shape[a]);
    }
  }
  block.rows = 1;
  for (size_t a = 0; a < block.split; ++a) block.rows *= shape[a];
  if (block.split < shape.size()) block.rows *= block.padded[block.split] / block.split_columns;
  rows_ += block.rows;
  blocks_.push_back(std::move(block));
  return static_cast<uint32_t>(blocks_.size() - 1);
}

}  // namespace provenn
