// The salts of the weights' rows, which hide them for as long as the commitment lives.
#include "argument/weights_oracle.h"

#include <gtest/gtest.h>

#include <set>

#include "argument/test_tiny_circuit.h"
#include "argument/weights_link_verifier.h"

namespace provenn {
namespace {

WeightsSeed CountingSeed() {
  WeightsSeed seed;
  for (size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<uint8_t>(i);
  return seed;
}

// Pinned: a model id depends on it. Recomputed with hashlib from section 4 of docs/protocol.md.
TEST(RowSaltTest, IsPinned) {
  const PoseidonDigest salt = RowSalt(CountingSeed(), 5);
  EXPECT_EQ(ToHex(FieldBytes(std::span<const Goldilocks>(salt))),
            "a8646dd78c6bd6b55540532b5ffcd5b89294fe65c3472ad9ae1b0ab9352f140d");
}

TEST(RowSaltTest, EverySeedByteAndTheRowCount) {
  std::set<uint64_t> words;
  size_t salts = 0;
  const auto add = [&](const WeightsSeed& seed, uint64_t row) {
    for (const Goldilocks element : RowSalt(seed, row)) words.insert(element.value());
    ++salts;
  };
  add(CountingSeed(), 5);
  for (size_t i = 0; i < 32; ++i) {
    for (const uint8_t change : Bytes{0x01, 0x80}) {
      WeightsSeed seed = CountingSeed();
      seed[i] ^= change;
      add(seed, 5);
    }
  }
  for (int bit = 0; bit < 64; ++bit) add(CountingSeed(), uint64_t{5} ^ (uint64_t{1} << bit));
  EXPECT_EQ(words.size(), 4 * salts) << "two seeds or rows have an element of a salt in common";
}

// The commitment uses them: each row's digest is Poseidon's under that row's salt, and the leaf is its hash.
TEST(RowSaltTest, CommitWeightsSaltsEveryRowWithItsOwn) {
  const TestCase test = TinyCase({1, 2});
  const OwnedWeightsOracle oracle = CommitWeights(test.circuit, test.weights, CountingSeed());
  const size_t columns = oracle.commitment.columns;
  const size_t rows = size_t{1} << oracle.commitment.log_size;
  ASSERT_EQ(oracle.digests.size(), rows);
  for (size_t r = 0; r < rows; ++r) {
    const PoseidonDigest expected = PoseidonRowDigest(
        RowSalt(CountingSeed(), r), std::span<const Goldilocks>(oracle.codeword).subspan(r * columns, columns));
    EXPECT_EQ(oracle.digests[r], expected) << "row " << r;
  }
}

}  // namespace
}  // namespace provenn
