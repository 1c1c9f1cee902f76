// SHA-256 Merkle trees: hashing rules and the verifier's side. The prover's tree is in merkle_prover.h.
//
// A tree of depth d has 2^d leaves, numbered from the left. A leaf is
//     SHA-256(19 ‖ "provenn.merkle.leaf" ‖ salt (32 bytes) ‖ symbols, 8 bytes little-endian each)
// and an inner node is
//     SHA-256(19 ‖ "provenn.merkle.node" ‖ left (32) ‖ right (32)),
// 84 bytes, two compressions (fewer are impossible for a 64-byte message under standard padding). The two tags
// differ, so no leaf can pass for a node. The salt hides a row whose symbols could be guessed; a set of rows of equal
// length is assumed (the width of a row is a public parameter).
//
// A proof for positions p0 < p1 < ... holds every sibling digest that cannot be computed from the opened leaves, level
// by level from the leaves up and from left to right within a level. There is exactly one such list, so a proof has one
// encoding.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "crypto/sha256.h"
#include "field/goldilocks.h"

namespace provenn {

inline constexpr int kMaxMerkleDepth = 48;

using LeafSalt = std::array<uint8_t, 32>;

Digest HashLeaf(const LeafSalt& salt, std::span<const Goldilocks> row);
Digest HashMerkleNode(const Digest& left, const Digest& right);
// Many at once, which is faster: rows of equal width, one after the other, each with its salt; pairs of children.
void HashRows(std::span<const LeafSalt> salts, std::span<const Goldilocks> rows, std::span<Digest> digests);
void HashMerkleNodes(std::span<const Digest> children, std::span<Digest> parents);

// Whether positions are strictly ascending and below 2^depth, and depth is in [0, kMaxMerkleDepth].
bool AreMerklePositions(int depth, std::span<const uint64_t> positions);

// The exact number of digests in the proof for these positions; they must satisfy AreMerklePositions (CHECK).
size_t MerkleProofSize(int depth, std::span<const uint64_t> sorted_positions);

// Whether the leaves at these positions, together with the proof, hash to the root. False for positions that do not
// satisfy AreMerklePositions, for none at all (nothing would be checked), for a number of leaves other than the number
// of positions, and for a proof of any other than the exact size.
bool VerifyMerkle(const Digest& root, int depth, std::span<const uint64_t> sorted_positions,
                  std::span<const Digest> leaf_digests, std::span<const Digest> proof);

}  // namespace provenn
