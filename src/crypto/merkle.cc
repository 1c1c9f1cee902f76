#include "crypto/merkle.h"

#include <vector>

#include "base/check.h"
#include "crypto/field_bytes.h"

namespace provenn {
namespace {

struct Node {
  uint64_t position;
  Digest digest;
};

}  // namespace

Digest HashLeaf(const LeafSalt& salt, std::span<const Goldilocks> row) {
  return Sha256Of("provenn.merkle.leaf", {salt, FieldBytes(row)});
}

Digest HashMerkleNode(const Digest& left, const Digest& right) {
  return Sha256Of("provenn.merkle.node", {left, right});
}

bool AreMerklePositions(int depth, std::span<const uint64_t> positions) {
  if (depth < 0 || depth > kMaxMerkleDepth) return false;
  for (size_t i = 1; i < positions.size(); ++i) {
    if (positions[i - 1] >= positions[i]) return false;
  }
  return positions.empty() || (positions.back() >> depth) == 0;
}

size_t MerkleProofSize(int depth, std::span<const uint64_t> sorted_positions) {
  PROVENN_CHECK(AreMerklePositions(depth, sorted_positions));
  std::vector<uint64_t> level(sorted_positions.begin(), sorted_positions.end());
  size_t siblings = 0;
  for (int height = 0; height < depth; ++height) {
    size_t parents = 0;
    for (size_t i = 0; i < level.size(); ++i) {
      const bool paired = i + 1 < level.size() && level[i + 1] == (level[i] ^ 1);
      level[parents++] = level[i] >> 1;
      if (paired)
        ++i;
      else
        ++siblings;
    }
    level.resize(parents);
  }
  return siblings;
}

bool VerifyMerkle(const Digest& root, int depth, std::span<const uint64_t> sorted_positions,
                  std::span<const Digest> leaf_digests, std::span<const Digest> proof) {
  if (sorted_positions.empty() || leaf_digests.size() != sorted_positions.size()) return false;
  if (!AreMerklePositions(depth, sorted_positions)) return false;
  std::vector<Node> level(sorted_positions.size());
  for (size_t i = 0; i < level.size(); ++i) level[i] = {sorted_positions[i], leaf_digests[i]};

  size_t used = 0;
  for (int height = 0; height < depth; ++height) {
    size_t parents = 0;
    for (size_t i = 0; i < level.size(); ++i) {
      const Node node = level[i];
      // Positions ascend, so the partner of an opened node can only be the next one, and only to its right.
      if (i + 1 < level.size() && level[i + 1].position == (node.position ^ 1)) {
        level[parents++] = {node.position >> 1, HashMerkleNode(node.digest, level[i + 1].digest)};
        ++i;
        continue;
      }
      if (used == proof.size()) return false;
      const Digest& sibling = proof[used++];
      const bool right = (node.position & 1) != 0;
      level[parents++] = {node.position >> 1,
                          right ? HashMerkleNode(sibling, node.digest) : HashMerkleNode(node.digest, sibling)};
    }
    level.resize(parents);
  }
  return used == proof.size() && level.front().digest == root;
}

}  // namespace provenn
