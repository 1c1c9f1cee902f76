#include "crypto/merkle_prover.h"

#include <bit>

#include "base/check.h"
#include "base/parallel.h"

namespace provenn {
namespace {

constexpr size_t kNodesPerTask = 1024;

}  // namespace

MerkleTree::MerkleTree(std::vector<Digest> leaves) : owned_(std::move(leaves)) {
  const size_t count = owned_.size();
  PROVENN_CHECK(std::has_single_bit(count));
  depth_ = std::countr_zero(count);
  PROVENN_CHECK(depth_ <= kMaxMerkleDepth);
  owned_.resize(2 * count - 1);
  size_t start = 0;
  for (size_t width = count; width > 1; width /= 2) {
    const Digest* children = owned_.data() + start;
    Digest* parents = owned_.data() + start + width;
    ParallelFor(width / 2, kNodesPerTask, [=](size_t begin, size_t end) {
      HashMerkleNodes({children + 2 * begin, 2 * (end - begin)}, {parents + begin, end - begin});
    });
    start += width;
  }
  nodes_ = owned_;
}

MerkleTree MerkleTree::FromNodes(std::span<const Digest> nodes, int depth) {
  PROVENN_CHECK(depth >= 0 && depth <= kMaxMerkleDepth && nodes.size() == NodeCount(depth));
  MerkleTree tree;
  tree.nodes_ = nodes;
  tree.depth_ = depth;
  return tree;
}

std::vector<Digest> MerkleTree::Open(std::span<const uint64_t> sorted_distinct_positions) const {
  PROVENN_CHECK(AreMerklePositions(depth_, sorted_distinct_positions));
  std::vector<Digest> proof;
  std::vector<uint64_t> level(sorted_distinct_positions.begin(), sorted_distinct_positions.end());
  size_t start = 0;
  for (int height = 0; height < depth_; ++height) {
    size_t parents = 0;
    for (size_t i = 0; i < level.size(); ++i) {
      const uint64_t sibling = level[i] ^ 1;
      level[parents++] = level[i] >> 1;
      if (i + 1 < level.size() && level[i + 1] == sibling)
        ++i;
      else
        proof.push_back(nodes_[start + sibling]);
    }
    level.resize(parents);
    start += size_t{1} << (depth_ - height);
  }
  return proof;
}

std::vector<Digest> HashLeaves(std::span<const LeafSalt> salts, std::span<const Goldilocks> matrix) {
  if (salts.empty()) return {};
  PROVENN_CHECK(matrix.size() % salts.size() == 0);
  const size_t width = matrix.size() / salts.size();
  std::vector<Digest> digests;
  digests.reserve(2 * salts.size());  // the tree that is built on them takes the same memory
  digests.resize(salts.size());
  ParallelFor(salts.size(), 1 + (size_t{1} << 16) / (8 * width + 64), [&](size_t begin, size_t end) {
    HashRows(salts.subspan(begin, end - begin), matrix.subspan(begin * width, (end - begin) * width),
             std::span(digests).subspan(begin, end - begin));
  });
  return digests;
}

}  // namespace provenn
