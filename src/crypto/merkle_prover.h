// The prover's Merkle tree: all nodes in memory, or borrowed from a mapped file. Hashing rules: merkle.h.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crypto/merkle.h"

namespace provenn {

// Nodes lie level by level from the leaves up: 2^d leaves, 2^(d-1) parents, ..., the root last; 2^(d+1) - 1 in all.
class MerkleTree {
 public:
  // Builds the tree over the leaves, in parallel. Their number must be a power of two (CHECK). A vector with capacity
  // for twice its size is extended in place.
  explicit MerkleTree(std::vector<Digest> leaves);
  // A tree over nodes that somebody else keeps alive and that came from nodes() of a tree of this depth. The number of
  // nodes must fit (CHECK); that parents are the hashes of their children is not checked here.
  static MerkleTree FromNodes(std::span<const Digest> nodes, int depth);

  MerkleTree(MerkleTree&&) noexcept = default;
  MerkleTree& operator=(MerkleTree&&) noexcept = default;
  MerkleTree(const MerkleTree&) = delete;
  MerkleTree& operator=(const MerkleTree&) = delete;

  // Number of nodes of a tree of this depth.
  static uint64_t NodeCount(int depth) { return (uint64_t{2} << depth) - 1; }

  int depth() const { return depth_; }
  const Digest& root() const { return nodes_.back(); }
  std::span<const Digest> nodes() const { return nodes_; }
  std::span<const Digest> leaves() const { return nodes_.first(size_t{1} << depth_); }

  // The proof for these positions, MerkleProofSize digests. They must satisfy AreMerklePositions (CHECK).
  std::vector<Digest> Open(std::span<const uint64_t> sorted_distinct_positions) const;

 private:
  MerkleTree() = default;

  std::vector<Digest> owned_;
  std::span<const Digest> nodes_;  // a view of owned_ (moving a vector keeps its memory) or of borrowed nodes
  int depth_ = 0;
};

// HashLeaf of every row of a row-major matrix of salts.size() rows, in parallel.
std::vector<Digest> HashLeaves(std::span<const LeafSalt> salts, std::span<const Goldilocks> matrix);

}  // namespace provenn
