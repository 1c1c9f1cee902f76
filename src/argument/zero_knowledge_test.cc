// The rank test of zero knowledge.
//
// With all challenges forced, what a proof reveals is an affine function of the prover's coins, but for this:
//   cross terms      Quadratic. One is determined by the other and the rest of the view, and that one is uniform by the
//                    dummy triple. So they are left out, and so are the coins of the triple, which are spent on them.
//   mask claim       Determined by the rest of the view (the verifier's linear check, which multiplies messages with
//                    each other). Left out.
//   product entries  The product of two pads; but it is revealed under a mask of its own, and in rows under random
//                    rows, so at any pads the view is affine in the other coins and covers the same space.
//
// So turn the coins one by one and collect the differences of the view. If their rank is the number of revealed field
// elements less the linear relations that hold between them for any witness (because the verifier checks them), the
// view is uniform on an affine space; and if the views of two witnesses differ by an element of that space, it is the
// same space for both: nothing is learned. Over K the relations are
//   the last masked vector against each opened row     one a query on the last level,
//   the terminal vector against each opened row        one a query and column.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "argument/test_coins.h"
#include "argument/test_session.h"
#include "argument/test_tiny_circuit.h"
#include "argument/test_toy_plan.h"

namespace provenn {
namespace {

using Row = std::vector<Goldilocks>;
using Matrix = std::vector<Row>;

// Rank by elimination.
size_t Rank(Matrix m) {
  size_t rank = 0;
  if (m.empty()) return 0;
  for (size_t c = 0; c < m[0].size() && rank < m.size(); ++c) {
    size_t pivot = rank;
    while (pivot < m.size() && m[pivot][c] == Goldilocks()) ++pivot;
    if (pivot == m.size()) continue;
    std::swap(m[pivot], m[rank]);
    const Goldilocks inverse = m[rank][c].Inverse();
    for (size_t i = rank + 1; i < m.size(); ++i) {
      if (m[i][c] == Goldilocks()) continue;
      const Goldilocks factor = m[i][c] * inverse;
      for (size_t k = c; k < m[i].size(); ++k) m[i][k] -= factor * m[rank][k];
    }
    ++rank;
  }
  return rank;
}

template <typename K>
class Toy {
 public:
  Toy(const SecretVector<int32_t>& x, const ToySize& size, uint64_t coins)
      : session_(TinyCase(x), true, true), size_(size) {
    session_.plan = ToyPlan<K>(*session_.plan, size);
    hooks_.transcript = [coins](Transcript& t) { t.ForceChallenges(coins); };
    coins_ = coins;
    // How many coins a proof takes.
    Csprng counter = Csprng::FromSeed({9}, "count");
    EXPECT_TRUE(Prove(counter).ok());
    draws_ = counter.field_draws();
  }

  const Plan& plan() const { return *session_.plan; }
  size_t draws() const { return draws_; }

  // Every field element that the proof made from these coins reveals.
  Row View(const std::vector<uint64_t>& coins) {
    Csprng random = Csprng::FromTape(coins);
    const auto proof = Prove(random);
    EXPECT_TRUE(proof.ok());
    EXPECT_EQ(random.field_draws(), draws_);
    if (messages_.empty()) {
      Transcript transcript = StartTranscript(plan().profile, session_.statement);
      transcript.ForceChallenges(coins_);
      const Verdict v = VerifyFrom<K>(plan(), session_.statement, std::move(transcript), *proof);
      EXPECT_TRUE(v.accepted) << Show(v);
      messages_ = MessagesOf(v.schedule);
    }
    return Elements(*proof);
  }

  // The derivative of the view with its second cross term by every coin. Every value is of degree 2 at most in any one
  // coin, so half the difference between one up and one down is exact.
  Matrix Derivatives(const std::vector<uint64_t>& coins) {
    const Goldilocks half = Goldilocks(2).Inverse();
    Matrix m;
    cross_term_ = true;
    for (size_t i = 0; i < coins.size(); ++i) {
      std::vector<uint64_t> up = coins;
      std::vector<uint64_t> down = coins;
      up[i] = (Goldilocks(up[i]) + Goldilocks::One()).value();
      down[i] = (Goldilocks(down[i]) - Goldilocks::One()).value();
      Row row = View(up);
      const Row other = View(down);
      for (size_t k = 0; k < row.size(); ++k) row[k] = (row[k] - other[k]) * half;
      m.push_back(std::move(row));
    }
    cross_term_ = false;
    return m;
  }

  Matrix Differences(const std::vector<uint64_t>& coins, const Row& base) {
    Matrix m;
    const CoinMap map(plan());
    for (size_t i = 0; i < coins.size(); ++i) {
      if (i >= map.dummy && i < map.terminal_mask) {
        m.emplace_back(base.size());
        continue;
      }
      std::vector<uint64_t> turned = coins;
      turned[i] = (Goldilocks(turned[i]) + Goldilocks::One()).value();
      Row row = View(turned);
      for (size_t k = 0; k < row.size(); ++k) row[k] -= base[k];
      m.push_back(std::move(row));
    }
    return m;
  }

  size_t Relations() const {
    const uint64_t in_k =
        plan().levels.back().shape.random_rows + uint64_t{plan().terminal_shape.random_rows} * plan().terminal_columns;
    return in_k * static_cast<size_t>(plan().degree);
  }

 private:
  Result<Bytes> Prove(Csprng& random) const {
    return session_.Prove(&hooks_, random, session_.oracle.View(), session_.test.weights, session_.test.witness);
  }

  Row Elements(const Bytes& proof) const {
    Row out;
    const auto read = [&](size_t at, size_t n) {
      for (size_t i = 0; i < n; ++i) {
        uint64_t v = 0;
        std::memcpy(&v, proof.data() + at + 8 * i, 8);
        out.push_back(Goldilocks(v));
      }
    };
    const OracleShape* opened[] = {&plan().activations_shape, &plan().folded_weights_shape, &plan().hidden_rows.shape};
    size_t rows = 0;
    for (const Message& m : messages_) {
      const ScheduleEntry& e = m.entry;
      if (e.kind == 'm' || e.kind == 'v') {
        // Digests of weight rows are those of the published commitment, whatever the witness.
        if (e.label != "cross terms" && e.label != "mask claim" && e.label != "row digests") read(m.first, e.bytes / 8);
        if (e.label == "cross terms" && cross_term_) read(m.first + e.bytes / 2, e.bytes / 16);
      } else if (e.kind == 'r') {
        uint32_t columns = plan().levels.back().shape.columns;
        if (e.label == "terminal rows") columns = plan().terminal_shape.columns;
        if (e.label == "rows") {
          columns = rows < 3 ? opened[rows]->columns : plan().levels[rows - 3].shape.columns;
          ++rows;
        }
        for (size_t i = 0; i < e.count; ++i) {
          read(m.first + i * (sizeof(LeafSalt) + size_t{8} * columns) + sizeof(LeafSalt), columns);
        }
      }
    }
    return out;
  }

  Session<K> session_;
  ToySize size_;
  uint64_t coins_ = 0;
  ProverHooks hooks_;
  size_t draws_ = 0;
  bool cross_term_ = false;  // whether a view has the second one
  std::vector<Message> messages_;
};

std::vector<uint64_t> RandomCoins(size_t n) {
  std::mt19937_64 random(4);
  std::vector<uint64_t> coins(n);
  for (uint64_t& c : coins) c = Goldilocks(random()).value();
  return coins;
}

// The matrix without some rows: the prover draws a constant where it should draw a coin.
Matrix Without(const Matrix& m, size_t first, size_t count) {
  Matrix out = m;
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(first), out.begin() + static_cast<std::ptrdiff_t>(first + count));
  return out;
}

template <typename K>
class RankTest : public testing::Test {};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(RankTest, Fields);

TYPED_TEST(RankTest, TwoWitnessesOfOneStatementLookTheSame) {
  Toy<TypeParam> one({1, 2}, {}, 77);
  Toy<TypeParam> two({6, 3}, {}, 77);
  ASSERT_EQ(one.draws(), two.draws());
  const std::vector<uint64_t> coins = RandomCoins(one.draws());
  const Row view_one = one.View(coins);
  const Row view_two = two.View(coins);
  ASSERT_EQ(view_one.size(), view_two.size());
  ASSERT_FALSE(view_one == view_two) << "the witnesses make no difference: the test sees nothing";

  const size_t expected = view_one.size() - one.Relations();
  Matrix differences = one.Differences(coins, view_one);
  EXPECT_EQ(Rank(differences), expected) << view_one.size() << " elements, " << one.Relations() << " relations";
  EXPECT_EQ(Rank(two.Differences(coins, view_two)), expected);
  // One space for both.
  Row apart = view_two;
  for (size_t i = 0; i < apart.size(); ++i) apart[i] -= view_one[i];
  differences.push_back(apart);
  EXPECT_EQ(Rank(differences), expected);
}

// What the rank test would say of a prover that saves randomness.
TYPED_TEST(RankTest, MissingOrReusedCoinsShow) {
  Toy<TypeParam> toy({1, 2}, {}, 78);
  const std::vector<uint64_t> coins = RandomCoins(toy.draws());
  const Row view = toy.View(coins);
  const Matrix differences = toy.Differences(coins, view);
  const size_t expected = view.size() - toy.Relations();
  const CoinMap map(toy.plan());
  ASSERT_EQ(map.end, coins.size());
  ASSERT_EQ(Rank(differences), expected);

  // One random row too few in any oracle: one more relation for each of its columns.
  ASSERT_EQ(map.rows.size(), 5u);
  for (const CoinMap::Rows& rows : map.rows) {
    EXPECT_EQ(Rank(Without(differences, rows.first, rows.width)), expected - rows.width) << rows.root;
  }
  // One coin of a mask, of a pad, of a random row.
  EXPECT_EQ(Rank(Without(differences, map.terminal_mask, 1)), expected - 1);
  EXPECT_EQ(Rank(Without(differences, map.vector_mask, 1)), expected - 1);
  EXPECT_EQ(Rank(Without(differences, map.pads, 1)), expected - 1);
  EXPECT_EQ(Rank(Without(differences, map.rows[1].first, 1)), expected - 1);
  // One pad for two messages.
  Matrix reused = differences;
  const auto degree = static_cast<size_t>(toy.plan().degree);
  for (size_t k = 0; k < degree; ++k) {
    Row& kept = reused[map.pads + k];
    for (size_t c = 0; c < kept.size(); ++c) kept[c] += differences[map.pads + 5 * degree + k][c];
  }
  EXPECT_EQ(Rank(Without(reused, map.pads + 5 * degree, degree)), expected - degree);
  // Pads in F instead of K.
  EXPECT_EQ(Rank(Without(differences, map.pads + 7 * degree + 1, degree - 1)), expected - (degree - 1));
}

// The coins of pads, masks and random rows are as many as the rank: with every one of them, at any index, the view is
// uniform on its space, and none can be left out or used for two things without a loss of rank. So a prover that does
// so at one index, for one message, in one row, fails here.
TYPED_TEST(RankTest, EveryCoinIsNeeded) {
  for (const uint32_t levels : {1u, 2u}) {
    ToySize size;
    size.levels = levels;
    Toy<TypeParam> toy({1, 2}, size, 80);
    const std::vector<uint64_t> coins = RandomCoins(toy.draws());
    const Row view = toy.View(coins);
    const CoinMap map(toy.plan());
    ASSERT_EQ(map.end, coins.size());
    Matrix differences = Without(toy.Differences(coins, view), map.dummy, map.terminal_mask - map.dummy);
    EXPECT_EQ(Rank(differences), differences.size()) << levels << " levels";
    EXPECT_EQ(differences.size(), view.size() - toy.Relations()) << levels << " levels";
  }
}

// The triple alone hides the second cross term: at fixed other coins the rest of the view and the witness determine it,
// and either factor, alone, makes it uniform.
TYPED_TEST(RankTest, EachFactorOfTheTripleCoversTheCrossTerm) {
  Toy<TypeParam> toy({1, 2}, {}, 81);
  const std::vector<uint64_t> coins = RandomCoins(toy.draws());
  const size_t elements = toy.View(coins).size();
  const CoinMap map(toy.plan());
  const size_t degree = TypeParam::kDegree;
  ASSERT_EQ(map.terminal_mask - map.dummy, 2 * degree);
  const Matrix derivatives = toy.Derivatives(coins);
  ASSERT_EQ(derivatives[0].size(), elements + degree);
  const size_t rest = elements - toy.Relations();
  EXPECT_EQ(Rank(Without(derivatives, map.dummy, 2 * degree)), rest) << "without the triple";
  EXPECT_EQ(Rank(Without(derivatives, map.dummy, degree)), rest + degree) << "the second factor alone";
  EXPECT_EQ(Rank(Without(derivatives, map.dummy + degree, degree)), rest + degree) << "the first factor alone";
  EXPECT_EQ(Rank(derivatives), rest + degree);
}

TYPED_TEST(RankTest, TwoLevels) {
  ToySize size;
  size.levels = 2;
  Toy<TypeParam> one({1, 2}, size, 79);
  Toy<TypeParam> two({6, 3}, size, 79);
  const std::vector<uint64_t> coins = RandomCoins(one.draws());
  const Row view = one.View(coins);
  Row apart = two.View(coins);
  ASSERT_EQ(apart.size(), view.size());
  Matrix differences = one.Differences(coins, view);
  const size_t expected = view.size() - one.Relations();
  EXPECT_EQ(Rank(differences), expected) << view.size() << " elements";
  for (size_t i = 0; i < apart.size(); ++i) apart[i] -= view[i];
  differences.push_back(apart);
  EXPECT_EQ(Rank(differences), expected);
}

}  // namespace
}  // namespace provenn
