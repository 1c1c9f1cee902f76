#include "crypto/merkle.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "crypto/merkle_prover.h"

namespace provenn {
namespace {

std::vector<Digest> RandomLeaves(int depth, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Digest> leaves(size_t{1} << depth);
  for (Digest& leaf : leaves) {
    for (uint8_t& byte : leaf) byte = static_cast<uint8_t>(random());
  }
  return leaves;
}

std::vector<Digest> Select(std::span<const Digest> leaves, const std::vector<uint64_t>& positions) {
  std::vector<Digest> selected;
  for (const uint64_t p : positions) selected.push_back(leaves[p]);
  return selected;
}

std::vector<uint64_t> SubsetOf(uint64_t mask) {
  std::vector<uint64_t> positions;
  for (uint64_t p = 0; p < 64; ++p) {
    if ((mask >> p) & 1) positions.push_back(p);
  }
  return positions;
}

Digest Flip(Digest digest, size_t bit) {
  digest[bit / 8] = static_cast<uint8_t>(digest[bit / 8] ^ (1 << (bit % 8)));
  return digest;
}

TEST(Merkle, HashesAreTheDocumentedMessages) {
  LeafSalt salt;
  salt.fill(0xab);
  const std::vector<Goldilocks> row = {Goldilocks(1), Goldilocks(0x0102030405060708)};
  const Bytes symbols = {1, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1};
  EXPECT_EQ(HashLeaf(salt, row), Sha256Of("provenn.merkle.leaf", {salt, symbols}));
  const std::vector<Digest> pair = RandomLeaves(1, 1);
  Bytes message = {19};
  for (const char c : std::string_view("provenn.merkle.node")) message.push_back(static_cast<uint8_t>(c));
  for (const Digest& digest : pair) message.insert(message.end(), digest.begin(), digest.end());
  Sha256 hash;
  hash.Update(message);
  EXPECT_EQ(HashMerkleNode(pair[0], pair[1]), hash.Finish());
}

TEST(Merkle, LeafDependsOnSaltAndEverySymbol) {
  LeafSalt salt = {};
  std::vector<Goldilocks> row(9);
  const Digest digest = HashLeaf(salt, row);
  std::set<Digest> seen = {digest};
  for (Goldilocks& x : row) {
    x = Goldilocks(1);
    EXPECT_TRUE(seen.insert(HashLeaf(salt, row)).second);
    x = Goldilocks();
  }
  salt[31] = 1;
  EXPECT_TRUE(seen.insert(HashLeaf(salt, row)).second);
}

TEST(Merkle, RootIsTheFoldOfTheLeaves) {
  const std::vector<Digest> leaves = RandomLeaves(2, 2);
  const MerkleTree tree(leaves);
  EXPECT_EQ(tree.root(), HashMerkleNode(HashMerkleNode(leaves[0], leaves[1]), HashMerkleNode(leaves[2], leaves[3])));
  EXPECT_EQ(tree.nodes().size(), MerkleTree::NodeCount(2));
  EXPECT_EQ(MerkleTree(RandomLeaves(0, 3)).root(), RandomLeaves(0, 3)[0]);
}

// Every non-empty set of positions of every tree of up to 8 leaves.
TEST(Merkle, EverySubsetVerifiesWithExactlyItsProof) {
  for (int depth = 0; depth <= 3; ++depth) {
    const MerkleTree tree(RandomLeaves(depth, 4));
    const uint64_t subsets = uint64_t{1} << (uint64_t{1} << depth);
    for (uint64_t mask = 1; mask < subsets; ++mask) {
      const std::vector<uint64_t> positions = SubsetOf(mask);
      const std::vector<Digest> leaves = Select(tree.leaves(), positions);
      std::vector<Digest> proof = tree.Open(positions);
      ASSERT_EQ(proof.size(), MerkleProofSize(depth, positions));
      ASSERT_TRUE(VerifyMerkle(tree.root(), depth, positions, leaves, proof));
      proof.push_back(tree.root());
      ASSERT_FALSE(VerifyMerkle(tree.root(), depth, positions, leaves, proof));
      proof.pop_back();
      if (proof.empty()) continue;
      proof.pop_back();
      ASSERT_FALSE(VerifyMerkle(tree.root(), depth, positions, leaves, proof));
    }
  }
}

TEST(Merkle, ProofSharesWhatItCan) {
  EXPECT_EQ(MerkleProofSize(10, std::vector<uint64_t>{5}), 10u);
  EXPECT_EQ(MerkleProofSize(10, std::vector<uint64_t>{4, 5}), 9u);
  EXPECT_EQ(MerkleProofSize(10, std::vector<uint64_t>{0, 1023}), 18u);
  EXPECT_EQ(MerkleProofSize(3, std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6, 7}), 0u);
  EXPECT_EQ(MerkleProofSize(3, std::vector<uint64_t>{}), 0u);
}

TEST(Merkle, EverySingleBitCorruptionIsRejected) {
  constexpr int kDepth = 4;
  const MerkleTree tree(RandomLeaves(kDepth, 5));
  const std::vector<uint64_t> positions = {1, 6, 7, 12};
  std::vector<Digest> leaves = Select(tree.leaves(), positions);
  std::vector<Digest> proof = tree.Open(positions);
  ASSERT_TRUE(VerifyMerkle(tree.root(), kDepth, positions, leaves, proof));
  for (size_t bit = 0; bit < 256; ++bit) {
    EXPECT_FALSE(VerifyMerkle(Flip(tree.root(), bit), kDepth, positions, leaves, proof));
    for (std::vector<Digest>* list : {&leaves, &proof}) {
      for (Digest& digest : *list) {
        const Digest original = digest;
        digest = Flip(original, bit);
        ASSERT_FALSE(VerifyMerkle(tree.root(), kDepth, positions, leaves, proof));
        digest = original;
      }
    }
  }
}

TEST(Merkle, WrongShapesAreRejected) {
  const MerkleTree tree(RandomLeaves(4, 6));
  const std::vector<uint64_t> positions = {3, 9};
  const std::vector<Digest> leaves = Select(tree.leaves(), positions);
  const std::vector<Digest> proof = tree.Open(positions);
  const auto verify = [&](const std::vector<uint64_t>& at, const std::vector<Digest>& with, int depth) {
    return VerifyMerkle(tree.root(), depth, at, with, proof);
  };
  EXPECT_TRUE(verify(positions, leaves, 4));
  EXPECT_FALSE(verify({3}, leaves, 4));
  EXPECT_FALSE(verify(positions, {leaves[0]}, 4));
  EXPECT_FALSE(verify({}, {}, 4));
  EXPECT_FALSE(VerifyMerkle(tree.root(), 4, {}, {}, {}));
  EXPECT_FALSE(verify({9, 3}, {leaves[1], leaves[0]}, 4));
  EXPECT_FALSE(verify({3, 3}, {leaves[0], leaves[0]}, 4));
  EXPECT_FALSE(verify({3, 8}, leaves, 4));
  EXPECT_FALSE(verify({3, 25}, leaves, 4));
  EXPECT_FALSE(verify(positions, {leaves[1], leaves[0]}, 4));
  EXPECT_FALSE(verify(positions, leaves, 3));
  EXPECT_FALSE(verify(positions, leaves, 5));
  EXPECT_FALSE(verify(positions, leaves, -1));
  EXPECT_FALSE(verify(positions, leaves, 64));
}

// An inner node and its children's hashes cannot be passed off as a shallower tree's leaf row, and a node digest in
// place of a leaf proves a shallower tree only under that tree's own depth.
TEST(Merkle, DepthIsPartOfTheStatement) {
  const std::vector<Digest> leaves = RandomLeaves(2, 7);
  const MerkleTree tree(leaves);
  const Digest left = HashMerkleNode(leaves[0], leaves[1]);
  const std::vector<Digest> sibling = {HashMerkleNode(leaves[2], leaves[3])};
  EXPECT_FALSE(VerifyMerkle(tree.root(), 2, std::vector<uint64_t>{0}, std::vector<Digest>{left}, sibling));
}

TEST(Merkle, BorrowedNodesOpenAlike) {
  const MerkleTree tree(RandomLeaves(6, 8));
  const std::vector<Digest> stored(tree.nodes().begin(), tree.nodes().end());
  const MerkleTree borrowed = MerkleTree::FromNodes(stored, 6);
  EXPECT_EQ(borrowed.root(), tree.root());
  const std::vector<uint64_t> positions = {0, 13, 14, 15, 40, 63};
  EXPECT_EQ(borrowed.Open(positions), tree.Open(positions));
  EXPECT_DEATH(MerkleTree::FromNodes(stored, 5), "CHECK failed");
}

TEST(Merkle, MovedTreeKeepsItsNodes) {
  MerkleTree tree(RandomLeaves(5, 9));
  const Digest root = tree.root();
  const MerkleTree moved = std::move(tree);
  EXPECT_EQ(moved.root(), root);
  const std::vector<uint64_t> positions = {7};
  EXPECT_TRUE(VerifyMerkle(root, 5, positions, Select(moved.leaves(), positions), moved.Open(positions)));
}

TEST(Merkle, LargeTreeInParallelEqualsSerialFold) {
  constexpr int kDepth = 13;
  std::vector<Digest> level = RandomLeaves(kDepth, 10);
  const MerkleTree tree(level);
  while (level.size() > 1) {
    for (size_t i = 0; i < level.size() / 2; ++i) level[i] = HashMerkleNode(level[2 * i], level[2 * i + 1]);
    level.resize(level.size() / 2);
  }
  EXPECT_EQ(tree.root(), level[0]);
}

TEST(Merkle, HashLeavesEqualsOneByOne) {
  std::mt19937_64 random(11);
  std::vector<LeafSalt> salts(300);
  for (LeafSalt& salt : salts) {
    for (uint8_t& byte : salt) byte = static_cast<uint8_t>(random());
  }
  for (const size_t width : std::initializer_list<size_t>{0, 1, 64, 1000}) {
    std::vector<Goldilocks> matrix(salts.size() * width);
    for (Goldilocks& x : matrix) x = Goldilocks(random());
    const std::vector<Digest> digests = HashLeaves(salts, matrix);
    for (size_t i = 0; i < salts.size(); ++i) {
      ASSERT_EQ(digests[i], HashLeaf(salts[i], std::span(matrix).subspan(i * width, width)));
    }
  }
}

}  // namespace
}  // namespace provenn
