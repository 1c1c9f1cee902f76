// Which coin covers what, at full size and at every index: two proofs under the same forced challenges whose coins
// differ in one kind differ where, and by what, the protocol says. What zero_knowledge_test.cc says of ranks holds of
// the real plan because of this.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "argument/test_coins.h"
#include "argument/test_session.h"
#include "argument/test_tiny_circuit.h"
#include "argument/test_toy_plan.h"

namespace provenn {
namespace {

using Elements = std::vector<Goldilocks>;
using Coins = std::vector<uint64_t>;

template <typename K>
class CoinsTest : public testing::Test {
 protected:
  static constexpr size_t kDegree = K::kDegree;
  static constexpr uint64_t kChallenges = 55;

  // levels: 0 for the real plan, else a toy plan with so many.
  explicit CoinsTest(uint32_t levels = 0) : session_(TinyCase({5, 4})) {
    hooks_.transcript = [](Transcript& t) { t.ForceChallenges(kChallenges); };
    UseLevels(levels);
  }
  void UseLevels(uint32_t levels) {
    session_.MakePlanFor(session_.statement);
    if (levels != 0) {
      ToySize size;
      size.levels = levels;
      session_.plan = ToyPlan<K>(*session_.plan, size);
    }
    map_.emplace(*session_.plan);
    std::mt19937_64 random(levels + 1);
    coins_.resize(map_->end);
    for (uint64_t& c : coins_) c = Goldilocks(random()).value();
  }

  Bytes Prove(const Coins& coins) {
    Csprng random = Csprng::FromTape(coins);
    const auto proof =
        session_.Prove(&hooks_, random, session_.oracle.View(), session_.test.weights, session_.test.witness);
    EXPECT_TRUE(proof.ok());
    EXPECT_EQ(random.field_draws(), map_->end);
    EXPECT_EQ(random.byte_draws(), 32 * map_->salts);
    Transcript transcript = StartTranscript(session_.plan->profile, session_.statement);
    transcript.ForceChallenges(kChallenges);
    const Verdict v = VerifyFrom<K>(*session_.plan, session_.statement, std::move(transcript), *proof);
    EXPECT_TRUE(v.accepted) << Show(v);
    messages_ = MessagesOf(v.schedule);
    return *proof;
  }

  // All masked values, or all messages of one label.
  Elements Masked(const Bytes& proof) const {
    return Read(proof, [](const ScheduleEntry& e) { return e.kind == 'm'; });
  }
  Elements Labelled(const Bytes& proof, const std::string& label) const {
    return Read(proof, [&](const ScheduleEntry& e) { return e.kind == 'v' && e.label == label; });
  }

  // coins_ with fresh values in [first, first + count).
  Coins Changed(size_t first, size_t count) const { return ChangedAgain(coins_, first, count); }
  static Coins ChangedAgain(Coins coins, size_t first, size_t count) {
    std::mt19937_64 random(first + 99);
    for (size_t i = first; i < first + count; ++i) coins[i] = Goldilocks(random()).value();
    return coins;
  }

  Session<K> session_;
  ProverHooks hooks_;
  std::optional<CoinMap> map_;
  Coins coins_;
  std::vector<Message> messages_;

 private:
  template <typename Wanted>
  Elements Read(const Bytes& proof, Wanted wanted) const {
    Elements out;
    for (const Message& m : messages_) {
      if (!wanted(m.entry)) continue;
      for (size_t i = 0; i < m.entry.bytes; i += 8) {
        uint64_t v = 0;
        std::memcpy(&v, proof.data() + m.first + i, 8);
        out.push_back(Goldilocks(v));
      }
    }
    return out;
  }
};

using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(CoinsTest, Fields);

// The plan says how many coins and salts a proof takes; Prove checks that so many were drawn.
TYPED_TEST(CoinsTest, TheGeneratorGivesWhatThePlanSays) {
  for (const uint32_t levels : {0u, 1u, 2u, 3u}) {
    this->UseLevels(levels);
    const Plan& plan = *this->session_.plan;
    uint64_t salts = plan.terminal_shape.size() + plan.activations_shape.size() + plan.folded_weights_shape.size() +
                     plan.hidden_rows.shape.size();
    for (const LevelPlan& level : plan.levels) salts += level.shape.size();
    EXPECT_EQ(this->map_->salts, salts);
    this->Prove(this->coins_);
  }
}

// value - pad: with other pads each masked message moves by the difference of its own pad, and no two share one.
TYPED_TEST(CoinsTest, EveryMessageHasAPadOfItsOwn) {
  for (const uint32_t levels : {0u, 2u}) {
    this->UseLevels(levels);
    const size_t first = this->map_->pads;
    const size_t count = size_t{this->session_.plan->pads} * TypeParam::kDegree;
    const Coins other = this->Changed(first, count);
    const Elements one = this->Masked(this->Prove(this->coins_));
    const Elements two = this->Masked(this->Prove(other));
    ASSERT_EQ(one.size(), count);
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ(one[i] - two[i], Goldilocks(other[first + i]) - Goldilocks(this->coins_[first + i])) << "pad " << i;
    }
  }
}

// h = G + rho T at every index of both revealed vectors: each entry of G once, for its own entry.
TYPED_TEST(CoinsTest, EveryRevealedEntryHasAMaskOfItsOwn) {
  const size_t degree = TypeParam::kDegree;
  for (const uint32_t levels : {0u, 2u}) {
    this->UseLevels(levels);
    const Plan& plan = *this->session_.plan;
    const CoinMap& map = *this->map_;
    const size_t width = plan.terminal_columns * degree;  // of entries in a row, and of masks
    const CoinMap::Rows& terminal = map.rows.front();
    const CoinMap::Rows& last = map.rows.back();
    Coins other = this->Changed(map.terminal_mask, plan.terminal_rows() * width);
    other = this->ChangedAgain(other, map.vector_mask, plan.levels.back().shape.message_rows * degree);
    for (size_t row = 0; row < terminal.count; ++row) {
      other = this->ChangedAgain(other, terminal.first + row * terminal.width + width, width);
    }
    for (size_t row = 0; row < last.count; ++row) {
      other = this->ChangedAgain(other, last.first + (row + 1) * last.width - degree, degree);
    }
    const auto moved = [&](size_t coin) { return Goldilocks(other[coin]) - Goldilocks(this->coins_[coin]); };
    Elements masks;
    for (size_t i = 0; i < plan.terminal_rows() * width; ++i) masks.push_back(moved(map.terminal_mask + i));
    for (size_t row = 0; row < terminal.count; ++row) {
      for (size_t i = 0; i < width; ++i) masks.push_back(moved(terminal.first + row * terminal.width + width + i));
    }
    Elements vector_masks;
    for (size_t i = 0; i < plan.levels.back().shape.message_rows * degree; ++i) {
      vector_masks.push_back(moved(map.vector_mask + i));
    }
    for (size_t row = 0; row < last.count; ++row) {
      for (size_t i = 0; i < degree; ++i)
        vector_masks.push_back(moved(last.first + (row + 1) * last.width - degree + i));
    }

    const Bytes one = this->Prove(this->coins_);
    const Bytes two = this->Prove(other);
    for (const auto& [label, expected] : {std::pair{"masked terminal", masks}, {"masked vector", vector_masks}}) {
      const Elements a = this->Labelled(one, label);
      const Elements b = this->Labelled(two, label);
      ASSERT_EQ(a.size(), expected.size()) << label;
      for (size_t i = 0; i < a.size(); ++i) ASSERT_EQ(b[i] - a[i], expected[i]) << label << " " << i;
    }
    // Nothing else hangs on the masks but what is computed from them.
    EXPECT_EQ(this->Masked(one), this->Masked(two));
  }
}

// An opened row's salt is 32 bytes of the generator, at its own oracle's stretch of the stream, used once.
TYPED_TEST(CoinsTest, SaltsAreTheBytesThatTheGeneratorGave) {
  for (const uint32_t levels : {0u, 2u}) {
    this->UseLevels(levels);
    std::vector<std::pair<std::string, std::vector<LeafSalt>>> opened;
    this->hooks_.rows = [&](std::string_view label, RowOpening& opening) { opened.emplace_back(label, opening.salts); };
    this->Prove(this->coins_);
    Bytes stream(32 * this->map_->salts);
    Csprng::FromTape({}).Fill(std::span<uint8_t>(stream));
    std::map<LeafSalt, size_t> place;
    for (size_t i = 0; i < this->map_->salts; ++i) {
      LeafSalt salt;
      std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(32 * i), 32, salt.begin());
      ASSERT_TRUE(place.emplace(salt, i).second);
    }
    // In order of opening: A, B, C, inner levels, the last level, the terminal oracle, which was drawn first.
    std::vector<CoinMap::Rows> oracles(this->map_->rows.begin() + 1, this->map_->rows.end());
    oracles.push_back(this->map_->rows.front());
    ASSERT_EQ(opened.size(), oracles.size());
    for (size_t o = 0; o < opened.size(); ++o) {
      const auto& [label, salts] = opened[o];
      ASSERT_EQ(salts.size(), oracles[o].count) << oracles[o].root;
      size_t next = oracles[o].first_salt;
      for (const LeafSalt& salt : salts) {
        const auto found = place.find(salt);
        ASSERT_TRUE(found != place.end()) << label << ": not of the generator";
        EXPECT_GE(found->second, next) << label << ": out of order, used twice or another oracle's";
        next = found->second + 1;
      }
      EXPECT_LE(next, oracles[o].first_salt + oracles[o].salts) << label;
    }
    this->hooks_.rows = nullptr;
  }
}

// Two proofs of one statement have no word in common, and none twice, but these, which are public or the commitment's:
//   row digests, row path    fixed with the weights: the same row shows the same digest
//   nonces                   small numbers, functions of the transcript
TYPED_TEST(CoinsTest, TwoProofsShareNothing) {
  const Session<TypeParam>& s = this->session_;
  const auto words = [&] {
    Csprng random = Csprng::FromSystem();
    const auto proof = s.Prove(nullptr, random, s.oracle.View(), s.test.weights, s.test.witness);
    EXPECT_TRUE(proof.ok());
    const Verdict v = s.Verify(*proof);
    EXPECT_TRUE(v.accepted) << Show(v);
    std::set<uint64_t> out;
    size_t count = 0;
    for (const Message& m : MessagesOf(v.schedule)) {
      if (m.entry.label == "row digests" || m.entry.label == "row path" || m.entry.kind == 'n') continue;
      for (size_t i = 0; i + 8 <= m.entry.bytes; i += 8) {
        uint64_t word = 0;
        std::memcpy(&word, proof->data() + m.first + i, 8);
        out.insert(word);
        ++count;
      }
    }
    EXPECT_EQ(out.size(), count) << "a value occurs twice in one proof";
    return out;
  };
  const std::set<uint64_t> one = words();
  const std::set<uint64_t> two = words();
  EXPECT_GT(one.size(), 5000u);
  std::vector<uint64_t> common;
  std::set_intersection(one.begin(), one.end(), two.begin(), two.end(), std::back_inserter(common));
  EXPECT_TRUE(common.empty()) << common.size() << " values in common";
}

}  // namespace
}  // namespace provenn
