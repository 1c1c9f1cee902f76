#include "base/page_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace provenn {
namespace {

constexpr size_t kMega = size_t{1} << 20;

TEST(PagePool, KeepsNothingWithoutAScope) {
  void* memory = AllocatePages(3 * kMega);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % (2 * kMega), 0u);
  std::memset(memory, 1, 3 * kMega);
  FreePages(memory, 3 * kMega);
  EXPECT_EQ(KeptPages(), 0u);
}

TEST(PagePool, ReusesAndSplitsAndJoins) {
  {
    const PagePoolScope scope;
    void* whole = AllocatePages(8 * kMega);
    FreePages(whole, 8 * kMega);
    EXPECT_EQ(KeptPages(), 8 * kMega);
    void* first = AllocatePages(4 * kMega);
    void* second = AllocatePages(3 * kMega);
    EXPECT_EQ(first, whole);
    EXPECT_EQ(second, static_cast<char*>(whole) + 4 * kMega);
    EXPECT_EQ(KeptPages(), 0u);
    {
      const PagePoolScope nested;
      FreePages(second, 3 * kMega);
      FreePages(first, 4 * kMega);
    }
    EXPECT_EQ(AllocatePages(8 * kMega), whole);
    FreePages(whole, 8 * kMega);
  }
  EXPECT_EQ(KeptPages(), 0u);
}

TEST(PagePool, GivesBackBeforeItMapsMore) {
  const PagePoolScope scope;
  void* small = AllocatePages(6 * kMega);
  FreePages(small, 6 * kMega);
  void* large = AllocatePages(20 * kMega);  // does not fit what is kept
  EXPECT_EQ(KeptPages(), 0u);
  FreePages(large, 20 * kMega);
  void* other = AllocatePages(8 * kMega);
  void* larger = AllocatePages(16 * kMega);
  EXPECT_EQ(KeptPages(), 0u);
  FreePages(other, 8 * kMega);
  FreePages(larger, 16 * kMega);
}

// No two live blocks overlap, whatever the order.
TEST(PagePool, LiveBlocksKeepTheirContent) {
  struct Block {
    unsigned char* memory;
    size_t size;
    unsigned char mark;
  };
  const PagePoolScope scope;
  std::mt19937 random(7);
  std::vector<Block> blocks;
  const auto check_and_free = [&](size_t i) {
    for (size_t at = 0; at < blocks[i].size; at += 4096) ASSERT_EQ(blocks[i].memory[at], blocks[i].mark);
    FreePages(blocks[i].memory, blocks[i].size);
    blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(i));
  };
  for (int round = 0; round < 300; ++round) {
    if (blocks.size() < 6 && (random() & 1) != 0) {
      const size_t size = (random() % 10 + 1) * kMega;
      Block block{static_cast<unsigned char*>(AllocatePages(size)), size, static_cast<unsigned char>(random())};
      for (size_t at = 0; at < size; at += 4096) block.memory[at] = block.mark;
      blocks.push_back(block);
    } else if (!blocks.empty()) {
      check_and_free(random() % blocks.size());
    }
  }
  while (!blocks.empty()) check_and_free(0);
}

}  // namespace
}  // namespace provenn
