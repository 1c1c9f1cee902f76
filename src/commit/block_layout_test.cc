#include "commit/block_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <set>

namespace provenn {
namespace {

struct RandomBlocks {
  std::mt19937 random{5};
  std::vector<uint32_t> Shape() {
    std::vector<uint32_t> shape(random() % 5);
    for (uint32_t& s : shape) s = static_cast<uint32_t>(1 + random() % (random() % 3 == 0 ? 40 : 6));
    return shape;
  }
};

uint64_t Count(const std::vector<uint32_t>& shape) {
  uint64_t n = 1;
  for (uint32_t s : shape) n *= s;
  return n;
}

// Every element has one cell, no cell two elements, and blocks keep to their rows.
TEST(BlockLayoutTest, RunsCoverEveryElementOnce) {
  RandomBlocks blocks;
  for (int round = 0; round < 300; ++round) {
    const uint32_t columns = 1u << (blocks.random() % 8);
    OracleLayout layout(columns);
    std::set<uint64_t> cells;
    uint64_t rows = 0;
    for (int b = 0; b < 4; ++b) {
      const std::vector<uint32_t> shape = blocks.Shape();
      const uint32_t outer = static_cast<uint32_t>(blocks.random() % std::max<size_t>(1, shape.size()));
      const uint32_t id = layout.Add(shape, outer);
      const Block& block = layout.blocks()[id];
      EXPECT_EQ(block.first_row, rows);
      rows += block.rows;
      std::vector<int> seen(Count(shape), 0);
      ForEachRun(block, columns, [&](uint64_t element, uint64_t cell, uint64_t length) {
        for (uint64_t i = 0; i < length; ++i) {
          ASSERT_LT(element + i, seen.size());
          ++seen[element + i];
          EXPECT_TRUE(cells.insert(cell + i).second) << "two elements in one cell";
          EXPECT_GE((cell + i) / columns, block.first_row);
          EXPECT_LT((cell + i) / columns, block.first_row + block.rows);
        }
      });
      for (int n : seen) EXPECT_EQ(n, 1);
      EXPECT_EQ(block.shape, shape);
      EXPECT_GE(block.split, shape.empty() ? 0 : std::min<uint32_t>(outer, static_cast<uint32_t>(shape.size())));
    }
    EXPECT_EQ(layout.rows(), rows);
  }
}

// In two halves of the first axis: the same runs.
TEST(BlockLayoutTest, PartsOfTheFirstAxisAddUp) {
  RandomBlocks blocks;
  for (int round = 0; round < 200; ++round) {
    OracleLayout layout(1u << (blocks.random() % 6));
    const Block& block = layout.blocks()[layout.Add(blocks.Shape())];
    std::vector<std::pair<uint64_t, uint64_t>> whole;
    std::vector<std::pair<uint64_t, uint64_t>> parts;
    const auto into = [](auto& out) {
      return [&out](uint64_t element, uint64_t cell, uint64_t length) {
        for (uint64_t i = 0; i < length; ++i) out.emplace_back(element + i, cell + i);
      };
    };
    const uint64_t first = block.shape.empty() ? 1 : block.shape[0];
    ForEachRun(block, layout.columns(), into(whole));
    ForEachRun(block, layout.columns(), 0, first / 2, into(parts));
    ForEachRun(block, layout.columns(), first / 2, first, into(parts));
    EXPECT_EQ(whole, parts);
  }
}

// The low bits of a cell's index are bits of single axes: what a verifier folds by. Outer axes index rows only.
TEST(BlockLayoutTest, ColumnsAreBitsOfAxes) {
  RandomBlocks blocks;
  for (int round = 0; round < 200; ++round) {
    const uint32_t columns = 1u << (blocks.random() % 7);
    OracleLayout layout(columns);
    std::vector<uint32_t> shape = blocks.Shape();
    if (shape.empty()) shape = {3};
    const uint32_t outer = static_cast<uint32_t>(blocks.random() % std::max<size_t>(1, shape.size()));
    const Block& block = layout.blocks()[layout.Add(shape, outer)];
    EXPECT_LE(block.inner_columns * block.split_columns, columns);
    ForEachRun(block, columns, [&](uint64_t element, uint64_t cell, uint64_t length) {
      for (uint64_t i = 0; i < length; ++i) {
        uint64_t rest = element + i;
        std::vector<uint64_t> index(shape.size());
        for (size_t a = shape.size(); a-- > 0;) {
          index[a] = rest % shape[a];
          rest /= shape[a];
        }
        uint64_t column = 0;
        uint64_t weight = 1;
        for (size_t a = shape.size(); a-- > block.split + size_t{1};) {
          EXPECT_TRUE(std::has_single_bit(block.padded[a]));
          column += weight * index[a];
          weight *= block.padded[a];
        }
        EXPECT_EQ(weight, block.split < shape.size() ? block.inner_columns : weight);
        if (block.split < shape.size()) column += weight * (index[block.split] % block.split_columns);
        EXPECT_EQ((cell + i) % columns, column);
        EXPECT_LE(outer, block.split);
      }
    });
  }
}

}  // namespace
}  // namespace provenn
