#include "crypto/transcript.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "crypto/grinding.h"

namespace provenn {
namespace {

using Script = std::function<void(Transcript&)>;

uint64_t ChallengeAfter(const Script& script) {
  Transcript transcript("test");
  script(transcript);
  return transcript.Challenge<Goldilocks>("end").value();
}

TEST(Transcript, IsDeterministicAndCopyable) {
  Transcript a("test");
  a.Absorb("x", AsBytes("data"));
  Transcript b = a;
  EXPECT_EQ(a.Challenge<Ext3>("c"), b.Challenge<Ext3>("c"));
  EXPECT_EQ(a.Positions("p", 20, 10), b.Positions("p", 20, 10));
  a.Absorb("x", AsBytes("more"));
  EXPECT_NE(a.Challenge<Ext3>("c"), b.Challenge<Ext3>("c"));
}

// Pinned: changing the transcript changes the protocol and needs a new version of it.
TEST(Transcript, ChallengesArePinned) {
  Transcript transcript("provenn transcript test 1");
  transcript.Absorb("bytes", AsBytes("abc"));
  transcript.Absorb("digest", Sha256Of("t", {}));
  const std::vector<Ext2> values = {Ext2({Goldilocks(1), Goldilocks(2)})};
  transcript.AbsorbField("field", std::span<const Ext2>(values));
  EXPECT_EQ(transcript.Challenge<Goldilocks>("base").value(), 14086954199674083688u);
  const Ext3 three = transcript.Challenge<Ext3>("three");
  EXPECT_EQ(three.coefficient(0).value(), 8098243477046604305u);
  EXPECT_EQ(three.coefficient(1).value(), 575894919685103393u);
  EXPECT_EQ(three.coefficient(2).value(), 4535365008376573128u);
  EXPECT_EQ(transcript.Positions("positions", 10, 5), (std::vector<uint64_t>{14, 175, 252, 485, 522}));
  EXPECT_EQ(Grind(transcript, 8), 208u);
  EXPECT_EQ(transcript.Challenge<Goldilocks>("last").value(), 9883526970937564934u);
}

// Conversations that a careless framing would confuse.
TEST(Transcript, OrderLabelsAndLengthsMatter) {
  const Goldilocks one(1), two(2);
  const std::vector<Script> scripts = {
      [](Transcript&) {},
      [](Transcript& t) { t.Absorb("", {}); },
      [](Transcript& t) { t.Absorb("a", {}); },
      [](Transcript& t) { t.Absorb("", AsBytes("a")); },
      [](Transcript& t) { t.Absorb("a", AsBytes("b")); },
      [](Transcript& t) { t.Absorb("ab", {}); },
      [](Transcript& t) { t.Absorb("b", AsBytes("a")); },
      [](Transcript& t) { t.Absorb("a", AsBytes("bc")); },
      [](Transcript& t) { t.Absorb("a", AsBytes("b")), t.Absorb("a", AsBytes("c")); },
      [](Transcript& t) { t.Absorb("a", AsBytes("c")), t.Absorb("a", AsBytes("b")); },
      [](Transcript& t) { t.Absorb("a", AsBytes("b")), t.Absorb("", AsBytes("c")); },
      [](Transcript& t) { t.Absorb("a", AsBytes("b")), t.Absorb("b", AsBytes("c")); },
      [](Transcript& t) { t.Challenge<Goldilocks>("a"); },
      [](Transcript& t) { t.Challenge<Goldilocks>("b"); },
      [](Transcript& t) { t.Challenge<Goldilocks>("a"), t.Challenge<Goldilocks>("a"); },
      [](Transcript& t) { t.Absorb("a", AsBytes("b")), t.Challenge<Goldilocks>("a"); },
      [](Transcript& t) { t.Challenge<Goldilocks>("a"), t.Absorb("a", AsBytes("b")); },
      [&](Transcript& t) { t.AbsorbField("a", one); },
      [&](Transcript& t) { t.AbsorbField("a", two); },
      [&](Transcript& t) { t.AbsorbField("a", one), t.AbsorbField("a", two); },
      [&](Transcript& t) { t.AbsorbField("a", Ext2({one, two})); },
      [&](Transcript& t) { t.AbsorbField("a", Ext2({two, one})); },
      [&](Transcript& t) { (void)t.CheckGrind(0, 0); },
      [&](Transcript& t) { (void)t.CheckGrind(1, 0); },
  };
  std::set<uint64_t> seen;
  for (size_t i = 0; i < scripts.size(); ++i) EXPECT_TRUE(seen.insert(ChallengeAfter(scripts[i])).second) << i;
  EXPECT_NE(Transcript("a").Challenge<Goldilocks>("c"), Transcript("b").Challenge<Goldilocks>("c"));
}

TEST(Transcript, FieldElementsAbsorbAsTheirCanonicalBytes) {
  Transcript a("test"), b("test");
  a.AbsorbField("v", Ext2({Goldilocks(0x0102), Goldilocks(3)}));
  const Bytes bytes = {2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0};
  b.Absorb("v", bytes);
  EXPECT_EQ(a.Challenge<Ext2>("c"), b.Challenge<Ext2>("c"));
}

TEST(Transcript, PositionsAreDistinctSortedAndInRange) {
  Transcript transcript("positions");
  for (int log_n = 0; log_n <= 12; ++log_n) {
    const size_t n = size_t{1} << log_n;
    for (const size_t count : {size_t{0}, size_t{1}, n / 2, n - 1, n}) {
      const std::vector<uint64_t> positions = transcript.Positions("p", log_n, count);
      ASSERT_EQ(positions.size(), count);
      ASSERT_TRUE(std::is_sorted(positions.begin(), positions.end()));
      ASSERT_EQ(std::adjacent_find(positions.begin(), positions.end()), positions.end());
      ASSERT_TRUE(count == 0 || positions.back() < n);
    }
  }
  EXPECT_DEATH(transcript.Positions("p", 3, 9), "CHECK failed");
  EXPECT_EQ(transcript.Positions("p", 48, 3).size(), 3u);
}

// Each of 64 positions is chosen in an eighth of 4000 draws of 8 (8 standard deviations allowed), and the bits of
// challenges are balanced.
TEST(Transcript, ChallengesLookUniform) {
  Transcript transcript("uniform");
  std::array<int, 64> chosen = {};
  std::array<int, 64> ones = {};
  for (int i = 0; i < 4000; ++i) {
    for (const uint64_t p : transcript.Positions("p", 6, 8)) ++chosen[p];
    const uint64_t word = transcript.Challenge<Goldilocks>("c").value();
    for (size_t bit = 0; bit < 64; ++bit) ones[bit] += static_cast<int>((word >> bit) & 1);
  }
  for (const int c : chosen) EXPECT_NEAR(c, 500, 170);
  for (const int c : ones) EXPECT_NEAR(c, 2000, 260);
}

TEST(Grinding, ProverAndVerifierAgree) {
  for (int bits = 0; bits <= 12; ++bits) {
    Transcript prover("grind"), verifier("grind");
    const uint64_t nonce = Grind(prover, bits);
    Transcript fresh("grind");
    for (uint64_t smaller = 0; smaller < nonce; ++smaller) ASSERT_FALSE(fresh.IsGoodNonce(smaller, bits));
    EXPECT_TRUE(verifier.CheckGrind(nonce, bits));
    EXPECT_EQ(prover.Challenge<Ext3>("c"), verifier.Challenge<Ext3>("c"));
  }
}

TEST(Grinding, BadNonceIsRejectedAndAbsorbed) {
  Transcript transcript("grind");
  uint64_t bad = 0;
  while (transcript.IsGoodNonce(bad, 8)) ++bad;
  Transcript good = transcript;
  EXPECT_FALSE(transcript.CheckGrind(bad, 8));
  Grind(good, 8);
  EXPECT_NE(transcript.Challenge<Ext3>("c"), good.Challenge<Ext3>("c"));
}

TEST(Grinding, NonceIsBoundToStateAndDifficulty) {
  Transcript a("grind"), b("grind");
  b.Absorb("x", {});
  // The good nonces of 8 bits among 4096 differ, so they cannot be precomputed for another state or difficulty.
  std::vector<uint64_t> in_a, in_b, harder;
  for (uint64_t nonce = 0; nonce < 4096; ++nonce) {
    if (a.IsGoodNonce(nonce, 8)) in_a.push_back(nonce);
    if (b.IsGoodNonce(nonce, 8)) in_b.push_back(nonce);
    if (a.IsGoodNonce(nonce, 9)) harder.push_back(nonce);
  }
  EXPECT_NEAR(static_cast<double>(in_a.size()), 16, 16);
  EXPECT_NE(in_a, in_b);
  EXPECT_FALSE(std::includes(in_a.begin(), in_a.end(), harder.begin(), harder.end()));
  EXPECT_DEATH((void)a.IsGoodNonce(0, 33), "CHECK failed");
}

TEST(Transcript, ForcedChallengesIgnoreWhatIsAbsorbed) {
  const auto run = [](uint64_t seed, std::string_view message) {
    Transcript transcript("forced");
    transcript.Absorb("before", AsBytes(message));
    transcript.ForceChallenges(seed);
    transcript.Absorb("after", AsBytes(message));
    const uint64_t nonce = Grind(transcript, 4);
    const Goldilocks c = transcript.Challenge<Goldilocks>("c");
    transcript.Absorb("more", AsBytes(message));
    return std::tuple(nonce, c.value(), transcript.Positions("p", 10, 4));
  };
  EXPECT_EQ(run(1, "one"), run(1, "two"));
  EXPECT_NE(run(1, "one"), run(2, "one"));
  Transcript transcript("forced");
  transcript.ForceChallenges(1);
  EXPECT_NE(transcript.Challenge<Goldilocks>("c"), transcript.Challenge<Goldilocks>("c"));
}

}  // namespace
}  // namespace provenn
