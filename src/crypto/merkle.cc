#include "crypto/merkle.h"

#include <vector>

#include "base/check.h"
#include "crypto/field_bytes.h"
#include "crypto/sha256_many.h"

namespace provenn {
Digest HashLeaf(const LeafSalt& salt, std::span<const Goldilocks> row) {
  return Sha256Of("provenn.merkle.leaf", {salt, FieldBytes(row)});
}

Digest HashMerkleNode(const Digest& left, const Digest& right) {
  return Sha256Of("provenn.merkle.node", {left, right});
}

void HashRows(std::span<const LeafSalt> salts, std::span<const Goldilocks> rows, std::span<Digest> digests) {
  PROVENN_CHECK(digests.size() == salts.size());
  if (salts.empty()) return;
  PROVENN_CHECK(rows.size() % salts.size() == 0);
  const size_t bytes = rows.size() / salts.size() * sizeof(Goldilocks);
  Sha256Many("provenn.merkle.leaf",
             {{salts[0].data(), sizeof(LeafSalt), sizeof(LeafSalt)}, {FieldBytes(rows).data(), bytes, bytes}}, digests);
}

void HashMerkleNodes(std::span<const Digest> children, std::span<Digest> parents) {
  PROVENN_CHECK(children.size() == 2 * parents.size());
  if (parents.empty()) return;
  Sha256Many("provenn.merkle.node", {{children[0].data(), 2 * sizeof(Digest), 2 * sizeof(Digest)}}, parents);
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
  std::vector<uint64_t> positions(sorted_positions.begin(), sorted_positions.end());
  std::vector<Digest> level(leaf_digests.begin(), leaf_digests.end());
  std::vector<Digest> children;

  size_t used = 0;
  for (int height = 0; height < depth; ++height) {
    children.clear();
    size_t parents = 0;
    for (size_t i = 0; i < positions.size(); ++i) {
      const uint64_t position = positions[i];
      positions[parents++] = position >> 1;
      // Positions ascend, so the partner of an opened node can only be the next one, and only to its right.
      if (i + 1 < positions.size() && positions[i + 1] == (position ^ 1)) {
        children.insert(children.end(), {level[i], level[i + 1]});
        ++i;
        continue;
      }
      if (used == proof.size()) return false;
      const Digest& sibling = proof[used++];
      const bool right = (position & 1) != 0;
      children.insert(children.end(), {right ? sibling : level[i], right ? level[i] : sibling});
    }
    positions.resize(parents);
    level.resize(parents);
    HashMerkleNodes(children, level);
  }
  return used == proof.size() && level.front() == root;
}

}  // namespace provenn
