// The generator of a proof is keyed by all that the proof is a function of, so that entropy that repeats gives the same
// coins to the same proof alone.
#include "argument/proof_random_prover.h"

#include <gtest/gtest.h>

#include <set>

#include "argument/test_session.h"
#include "argument/test_tiny_circuit.h"
#include "crypto/entropy.h"

namespace provenn {
namespace {

struct Parts {
  Session<Ext2> session{TinyCase({5, 4}), true, false};  // the input is hidden, the output public
  Profile profile = Profile::kP100;
  WeightsSeed seed{1, 2, 3};
  Bytes entropy = Bytes(kEntropyBytes, 7);

  std::string Stream() const {
    Bytes bytes(32);
    ProofRandom(profile, session.statement, seed, session.test.witness, entropy).Fill(std::span<uint8_t>(bytes));
    return ToHex(bytes);
  }
};

// Section 13 of docs/protocol.md, put together by hand.
TEST(ProofRandomTest, IsKeyedAsTheProtocolSays) {
  const Parts p;
  ByteWriter hidden;
  hidden.U32(p.session.TensorId("x"));
  hidden.U64(2);
  hidden.U32(5);
  hidden.U32(4);
  const Digest digest = Sha256Of("provenn.proof.private", {ByteSpan(hidden.bytes())});
  ByteWriter data;
  data.Raw(p.entropy);
  data.Raw(p.seed);
  data.Raw(StartTranscript(p.profile, p.session.statement).state());
  data.Raw(digest);
  Bytes expected(32);
  Csprng::FromSecret("provenn.csprng.proof", {ByteSpan(data.bytes())}).Fill(std::span<uint8_t>(expected));
  EXPECT_EQ(p.Stream(), ToHex(expected));
}

TEST(ProofRandomTest, AnyPartThatDiffersGivesAnotherStream) {
  std::set<std::string> streams;
  ASSERT_TRUE(streams.insert(Parts().Stream()).second);
  EXPECT_FALSE(streams.insert(Parts().Stream()).second) << "the same parts, another stream";
  const auto differs = [&](const std::string& what, const auto& change) {
    Parts p;
    change(p);
    EXPECT_TRUE(streams.insert(p.Stream()).second) << what;
  };
  for (size_t i = 0; i < kEntropyBytes; ++i) differs("entropy", [&](Parts& p) { p.entropy[i] ^= 1; });
  for (size_t i = 0; i < 32; ++i) differs("seed", [&](Parts& p) { p.seed[i] ^= 1; });
  differs("profile", [](Parts& p) { p.profile = Profile::kP128; });
  differs("context", [](Parts& p) { p.session.statement.context = "another"; });
  differs("batch", [](Parts& p) { p.session.statement.batch = 2; });
  differs("circuit", [](Parts& p) { p.session.statement.circuit_digest[31] ^= 1; });
  differs("ports", [](Parts& p) { p.session.statement.interface_digest[31] ^= 1; });
  differs("weights", [](Parts& p) { p.session.statement.weights.root[31] ^= 1; });
  const Parts p;
  const uint32_t x = p.session.TensorId("x");
  const uint32_t y = p.session.TensorId("y");
  differs("public value", [&](Parts& q) { q.session.statement.values[y][1] ^= 1; });
  differs("visibility", [&](Parts& q) {
    q.session.statement.hidden[y] = 1;
    q.session.statement.values[y].clear();
  });
  // Of several hidden tensors each.
  for (const uint32_t changed : {x, y}) {
    differs("one of two private tensors", [&](Parts& q) {
      q.session.statement.hidden[y] = 1;
      q.session.statement.values[y].clear();
      q.session.test.witness.assignment.tensors[changed].back() ^= 1 << 20;
    });
  }
  for (size_t i = 0; i < 2; ++i) {
    for (int bit = 0; bit < 32; ++bit) {
      differs("private input", [&](Parts& q) {
        int32_t& value = q.session.test.witness.assignment.tensors[x][i];
        value = static_cast<int32_t>(static_cast<uint32_t>(value) ^ (uint32_t{1} << bit));
      });
    }
  }
}

TEST(ProofRandomTest, EntropyOfAnotherSizeIsRefused) {
  Parts p;
  p.entropy.pop_back();
  EXPECT_DEATH(p.Stream(), "CHECK failed");
}

}  // namespace
}  // namespace provenn
