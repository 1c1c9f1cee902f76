#include <gtest/gtest.h>

#include <random>

#include "commit/oracle_prover.h"
#include "commit/oracle_verifier.h"
#include "field/ntt.h"

namespace provenn {
namespace {

struct Committed {
  OracleShape shape{37, 3, 5, 7};
  OracleProver oracle{shape};
  Csprng random = Csprng::FromSeed({1}, "oracle");
  std::vector<Goldilocks> message;
  Digest root{};

  Committed() {
    std::mt19937_64 values(3);
    for (Goldilocks& cell : oracle.message()) {
      cell = Goldilocks(values());
      message.push_back(cell);
    }
    root = oracle.Commit(random);
  }
};

const std::vector<uint64_t> kPositions{0, 17, 63, 64, 127};

TEST(OracleTest, OpensToThePolynomialsOfItsColumns) {
  Committed c;
  const RowOpening opening = c.oracle.Open(kPositions);
  ASSERT_TRUE(VerifyRows(c.shape, c.root, kPositions, opening));
  const auto coefficients = c.oracle.coefficients();
  ASSERT_EQ(coefficients.size(), (37u + 5u) * 3u);
  for (size_t i = 0; i < c.message.size(); ++i) EXPECT_EQ(coefficients[i], c.message[i]);
  for (size_t i = 0; i < kPositions.size(); ++i) {
    const Goldilocks x = DomainPoint(c.shape.log_size, kPositions[i]);
    EXPECT_FALSE(x == Goldilocks::Zero());
    for (size_t column = 0; column < 3; ++column) {
      Goldilocks value;
      for (size_t row = 37 + 5; row-- > 0;) value = value * x + coefficients[row * 3 + column];
      EXPECT_EQ(opening.Row(i, 3)[column], value);
    }
  }
}

// Random rows are the generator's elements and salts its bytes, one salt for every leaf, opened or not: the root is
// recomputed from what the generator gave.
TEST(OracleTest, CommitsToWhatTheGeneratorGave) {
  const OracleShape shape{3, 2, 4, 4};
  std::vector<uint64_t> tape;
  for (uint64_t i = 0; i < 8; ++i) tape.push_back(1000 + i * i);
  OracleProver oracle(shape);
  for (size_t i = 0; i < 6; ++i) oracle.message()[i] = Goldilocks(i + 1);
  Csprng random = Csprng::FromTape(tape);
  const Digest root = oracle.Commit(random);
  EXPECT_EQ(random.field_draws(), 8u);
  EXPECT_EQ(random.byte_draws(), 32u * 16u);
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(oracle.coefficients()[6 + i], Goldilocks(tape[i])) << i;

  Bytes salts(size_t{32} * 16);
  Csprng::FromTape({}).Fill(std::span<uint8_t>(salts));
  std::vector<Digest> nodes;
  for (size_t leaf = 0; leaf < 16; ++leaf) {
    const Goldilocks x = DomainPoint(shape.log_size, leaf);
    std::vector<Goldilocks> row(2);
    for (size_t i = 7; i-- > 0;) {
      for (size_t column = 0; column < 2; ++column)
        row[column] = row[column] * x + oracle.coefficients()[2 * i + column];
    }
    nodes.push_back(Sha256Of("provenn.merkle.leaf",
                             {ByteSpan(salts).subspan(32 * leaf, 32), FieldBytes(std::span<const Goldilocks>(row))}));
  }
  while (nodes.size() > 1) {
    std::vector<Digest> above;
    for (size_t i = 0; i < nodes.size(); i += 2)
      above.push_back(Sha256Of("provenn.merkle.node", {nodes[i], nodes[i + 1]}));
    nodes = above;
  }
  EXPECT_EQ(nodes[0], root);
}

TEST(OracleTest, VerifyRefusesAnyOtherOpening) {
  Committed c;
  const RowOpening opening = c.oracle.Open(kPositions);
  const auto refused = [&](const auto& change) {
    RowOpening other = opening;
    change(other);
    return !VerifyRows(c.shape, c.root, kPositions, other);
  };
  for (size_t i = 0; i < opening.symbols.size(); ++i) {
    EXPECT_TRUE(refused([&](RowOpening& o) { o.symbols[i] += Goldilocks::One(); })) << i;
  }
  for (size_t i = 0; i < opening.salts.size(); ++i) {
    EXPECT_TRUE(refused([&](RowOpening& o) { o.salts[i][31] ^= 1; })) << i;
  }
  ASSERT_FALSE(opening.path.empty());
  for (size_t i = 0; i < opening.path.size(); ++i) {
    EXPECT_TRUE(refused([&](RowOpening& o) { o.path[i][0] ^= 128; })) << i;
  }
  EXPECT_TRUE(refused([](RowOpening& o) { o.path.pop_back(); }));
  EXPECT_TRUE(refused([](RowOpening& o) { o.path.emplace_back(); }));
  EXPECT_TRUE(refused([](RowOpening& o) { o.symbols.pop_back(); }));
  EXPECT_TRUE(refused([](RowOpening& o) { o.salts.pop_back(); }));
  EXPECT_FALSE(refused([](RowOpening&) {}));
  Digest root = c.root;
  root[7] ^= 1;
  EXPECT_FALSE(VerifyRows(c.shape, root, kPositions, opening));
  for (const std::vector<uint64_t>& positions :
       {std::vector<uint64_t>{1, 17, 63, 64, 127}, {0, 17, 64, 63, 127}, {0, 17, 63, 63, 127}, {0, 17, 63, 64, 128}}) {
    EXPECT_FALSE(VerifyRows(c.shape, c.root, positions, opening));
  }
  EXPECT_TRUE(VerifyRows(c.shape, c.root, kPositions, opening));
}

// Fresh salts and random rows each time: equal messages give unequal roots and symbols.
TEST(OracleTest, EqualMessagesLookDifferent) {
  OracleShape shape{4, 2, 3, 5};
  Csprng random = Csprng::FromSystem();
  OracleProver one(shape);
  OracleProver two(shape);
  EXPECT_NE(one.Commit(random), two.Commit(random));
  const std::vector<uint64_t> positions{1, 2, 3};
  const RowOpening a = one.Open(positions);
  const RowOpening b = two.Open(positions);
  for (size_t i = 0; i < a.symbols.size(); ++i) EXPECT_FALSE(a.symbols[i] == b.symbols[i]);
  for (size_t i = 0; i < a.salts.size(); ++i) EXPECT_NE(a.salts[i], b.salts[i]);
}

TEST(OracleDeathTest, OpensOnceAndNoMoreRowsThanItHides) {
  Committed c;
  const std::vector<uint64_t> six{0, 1, 2, 3, 4, 5};
  EXPECT_DEATH(c.oracle.Open(six), "random_rows");
  EXPECT_DEATH(c.oracle.Commit(c.random), "tree_");
  c.oracle.Open(kPositions);
  EXPECT_DEATH(c.oracle.Open(kPositions), "opened_");
  static_assert(!std::is_copy_constructible_v<OracleProver> && !std::is_copy_assignable_v<OracleProver>);
}

}  // namespace
}  // namespace provenn
