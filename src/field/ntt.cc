#include "field/ntt.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/parallel.h"
#include "field/ntt_passes.h"

namespace provenn {
namespace {

// A task below this many elements is not worth a thread; a multiple of every vector length.
constexpr size_t kTaskElements = size_t{1} << 14;
// Subtrees of at most this many elements (256 KiB) stay in the second level cache from pass to pass.
constexpr size_t kCachedElements = size_t{1} << 15;

// twiddles[k] = w_{2^(d+1)}^BitReverse_d(k) for every d with k < 2^d, w_m the primitive m-th root of unity.
std::vector<Goldilocks> BitReversedTwiddles(int log_n) {
  std::vector<Goldilocks> twiddles(log_n == 0 ? 1 : size_t{1} << (log_n - 1));
  twiddles[0] = Goldilocks::One();
  size_t filled = 1;
  for (int level = 2; level <= log_n; ++level, filled *= 2) {
    const Goldilocks root = Goldilocks::RootOfUnity(level);
    for (size_t k = 0; k < filled; ++k) twiddles[filled + k] = twiddles[k] * root;
  }
  return twiddles;
}

// How many levels the next pass takes when `remaining` are left: as many as possible, but no single level at the end.
int NextLevels(int remaining) { return remaining == 4 ? 2 : std::min(remaining, kMaxLevels); }

// The tree of ntt_passes.h over a matrix of `cols` columns.
class Encoder {
 public:
  Encoder(std::span<Goldilocks> matrix, size_t cols, int log_n)
      : data_(matrix.data()), cols_(cols), log_n_(log_n), twiddles_(BitReversedTwiddles(log_n)) {}

  void Run(size_t message_rows) {
    const int log_block = static_cast<int>(std::bit_width(std::max<size_t>(message_rows, 1) - 1));
    ScaleMessage(message_rows, size_t{1} << log_block);
    int remaining = SpreadBlocks(log_block);
    // Levels from the top as long as there are too few subtrees to go round, then each subtree by one thread.
    while (remaining > 0 && NodesAbove(remaining) < 8 * ThreadCount() && NodeElements(remaining) > 2 * kTaskElements) {
      const int levels = NextLevels(remaining);
      if (UseNarrow(remaining)) break;
      PassOverAll(levels, remaining);
      remaining -= levels;
    }
    if (remaining == 0) return;
    const size_t grain = std::max<size_t>(1, kTaskElements / NodeElements(remaining));
    ParallelFor(NodesAbove(remaining), grain, [&](size_t begin, size_t end) {
      for (size_t node = begin; node < end;) {
        // Small neighbours are taken as one.
        const size_t group = std::clamp<size_t>(kCachedElements / NodeElements(remaining), 1, end - node);
        Descend(node, group, remaining);
        node += group;
      }
    });
  }

 private:
  size_t NodesAbove(int remaining) const { return size_t{1} << (log_n_ - remaining); }
  size_t NodeElements(int remaining) const { return cols_ << remaining; }
  bool UseNarrow(int remaining) const { return remaining == kMaxLevels && cols_ < passes_.narrow_cols; }

  // f(x) becomes f(g x), so that the tree may start from the subgroup; the block is filled up with zeros.
  void ScaleMessage(size_t message_rows, size_t block_rows) {
    ParallelFor(message_rows, std::max<size_t>(1, kTaskElements / cols_), [&](size_t begin, size_t end) {
      passes_.scale_rows(data_ + begin * cols_, end - begin, cols_, Goldilocks::Generator().Pow(begin),
                         Goldilocks::Generator());
    });
    std::fill(data_ + message_rows * cols_, data_ + block_rows * cols_, Goldilocks::Zero());
  }

  // Above the blocks of 2^log_block rows every high half is zero, so all blocks start as copies of the message. The
  // first pass below writes them straight from block 0. Returns how many levels remain.
  int SpreadBlocks(int log_block) {
    const size_t blocks = NodesAbove(log_block), elements = NodeElements(log_block);
    if (log_block == 0 || UseNarrow(log_block)) {
      ParallelFor(blocks - 1, std::max<size_t>(1, kTaskElements / elements), [&](size_t begin, size_t end) {
        for (size_t b = begin + 1; b < end + 1; ++b) std::copy(data_, data_ + elements, data_ + b * elements);
      });
      return log_block;
    }
    const int levels = NextLevels(log_block);
    FirstPass(1, blocks, levels, log_block);
    FirstPass(0, 1, levels, log_block);  // in place, hence last
    return log_block - levels;
  }

  void FirstPass(size_t first, size_t last, int levels, int remaining) {
    ForEachPart(last - first, levels, remaining, [&](size_t node, size_t begin, size_t end) {
      Goldilocks* block = data_ + (first + node) * NodeElements(remaining);
      passes_.pass(levels, levels == remaining, data_, block, NodeElements(remaining - levels), begin, end,
                   twiddles_.data(), first + node);
    });
  }

  void PassOverAll(int levels, int remaining) {
    ForEachPart(NodesAbove(remaining), levels, remaining, [&](size_t node, size_t begin, size_t end) {
      Goldilocks* data = data_ + node * NodeElements(remaining);
      passes_.pass(levels, levels == remaining, data, data, NodeElements(remaining - levels), begin, end,
                   twiddles_.data(), node);
    });
  }

  // Calls body(node, begin, end) in parallel so that the ranges cover the parts of every node.
  template <class Body>
  void ForEachPart(size_t nodes, int levels, int remaining, const Body& body) {
    const size_t part = NodeElements(remaining - levels);
    const size_t chunk = kTaskElements >> levels;
    const size_t chunks = (part + chunk - 1) / chunk;
    const size_t grain = std::max<size_t>(1, chunk / part);
    ParallelFor(nodes * chunks, grain, [&](size_t begin, size_t end) {
      for (size_t task = begin; task < end; ++task) {
        const size_t from = task % chunks * chunk;
        body(task / chunks, from, std::min(part, from + chunk));
      }
    });
  }

  // All remaining levels of `count` nodes in a row, by this thread.
  void Descend(size_t node, size_t count, int remaining) {
    Goldilocks* data = data_ + node * NodeElements(remaining);
    if (UseNarrow(remaining)) return passes_.narrow_last(data, cols_, twiddles_.data(), node, count);
    const int levels = NextLevels(remaining);
    const int below = remaining - levels;
    passes_.pass_nodes(levels, below == 0, data, NodeElements(below), twiddles_.data(), node, count);
    if (below == 0) return;
    node <<= levels;
    count <<= levels;
    if (NodeElements(remaining) <= kCachedElements) return Descend(node, count, below);
    for (size_t i = 0; i < count; ++i) Descend(node + i, 1, below);
  }

  Goldilocks* data_;
  size_t cols_;
  int log_n_;
  std::vector<Goldilocks> twiddles_;
  const NttPasses& passes_ = BestNttPasses();
};

}  // namespace

void EncodeColumns(std::span<Goldilocks> matrix, size_t cols, size_t message_rows, int log_n) {
  PROVENN_CHECK(log_n >= 0 && log_n <= Goldilocks::kTwoAdicity && cols >= 1);
  const size_t n = size_t{1} << log_n;
  PROVENN_CHECK(matrix.size() == cols * n && message_rows <= n);
  Encoder(matrix, cols, log_n).Run(message_rows);
}

}  // namespace provenn
