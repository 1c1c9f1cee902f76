// Every message of the schedule matters: a proof with any of them changed is rejected, and for the reason that the
// protocol gives.
//
// A changed message changes every challenge after it, so as a rule the next proof of work shows it: a nonce fits one
// state in 2^12 (kGrinding). Before that come only the checks of opened rows and of weight digests, made as they are
// read. To see the check that each message itself has to pass, the same walk is made once more with challenges that
// do not depend on messages.
#include <gtest/gtest.h>

#include <set>

#include "argument/test_session.h"

namespace provenn {
namespace {

template <typename K>
class RejectTest : public testing::Test {};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(RejectTest, Fields);

// Where in a message to change something: its first, middle and last byte, and one inside the path of opened rows.
std::vector<size_t> Places(const Message& m) {
  std::set<size_t> places{m.first, m.first + m.entry.bytes / 2, m.first + m.entry.bytes - 1};
  if (m.entry.kind == 'r') places.insert(m.first + m.entry.bytes - 33);
  return {places.begin(), places.end()};
}

// With real challenges.
Reason FirstReason(const std::string& label) {
  if (label == "rows") return Reason::kRowsPath;
  if (label == "row digests" || label == "row path") return Reason::kWeightsPath;
  // These follow the last nonce.
  if (label == "last level rows" || label == "terminal rows") return Reason::kRowsPath;
  return Reason::kGrinding;
}

// With challenges that stay as they are.
Reason OwnReason(const Message& m) {
  const std::string& label = m.entry.label;
  if (label == "row digests" || label == "row path") return Reason::kWeightsPath;
  if (label == "masked vector") return Reason::kFoldedVector;
  if (label == "masked terminal") return Reason::kTerminalVector;
  if (label == "cross terms") return Reason::kPadProducts;
  if (m.entry.kind == 'd' || m.entry.kind == 'r') return Reason::kRowsPath;
  if (m.entry.kind == 'n') return Reason::kGrinding;
  return Reason::kLinearClaim;  // masked messages and the mask's own claim
}

Bytes Changed(const Bytes& proof, const Message& m, size_t at) {
  Bytes changed = proof;
  if (m.entry.kind == 'm' || m.entry.kind == 'v') {
    IncrementElement(changed, m.first + (at - m.first) / 8 * 8);  // still canonical
  } else if (m.entry.kind == 'n') {
    // A nonce with another high byte.
    changed[m.first + 7] ^= static_cast<uint8_t>(1 + at - m.first);
  } else {
    changed[at] ^= 1;
  }
  return changed;
}

TYPED_TEST(RejectTest, EveryMessageChanged) {
  const Session<TypeParam> s(11);
  const auto proof = s.Prove();
  ASSERT_TRUE(proof.ok()) << proof.error().ToString();
  const Verdict honest = s.Verify(*proof);
  ASSERT_TRUE(honest.accepted) << Show(honest);

  std::set<std::string> labels;
  size_t tried = 0;
  size_t lucky = 0;
  for (const Message& m : MessagesOf(honest.schedule)) {
    if (m.entry.bytes == 0) continue;
    labels.insert(m.entry.label);
    for (const size_t at : Places(m)) {
      const Verdict v = s.Verify(Changed(*proof, m, at));
      ASSERT_FALSE(v.accepted) << m.entry.label << " at byte " << at;
      ++tried;
      if (v.reason == FirstReason(m.entry.label)) continue;
      // One nonce in 2^12 fits by chance. Then digests or rows at other positions are what shows.
      EXPECT_TRUE(v.reason == Reason::kWeightsPath || v.reason == Reason::kRowsPath || v.reason == Reason::kMalformed)
          << m.entry.label << " at byte " << at - m.first << ": " << Show(v);
      ++lucky;
    }
  }
  EXPECT_GE(labels.size(), 24u);
  EXPECT_GE(tried, 200u);
  EXPECT_LE(lucky, 3u);
}

TYPED_TEST(RejectTest, EveryMessageChangedUnderFixedChallenges) {
  const Session<TypeParam> s(11);
  ProverHooks hooks;
  hooks.transcript = [](Transcript& t) { t.ForceChallenges(5); };
  const auto proof = s.Prove(&hooks);
  ASSERT_TRUE(proof.ok()) << proof.error().ToString();
  const auto verify = [&](const Bytes& bytes) {
    Transcript transcript = StartTranscript(s.plan->profile, s.statement);
    transcript.ForceChallenges(5);
    return VerifyFrom<TypeParam>(*s.plan, s.statement, std::move(transcript), bytes);
  };
  const Verdict honest = verify(*proof);
  ASSERT_TRUE(honest.accepted) << Show(honest);
  size_t lucky = 0;
  for (const Message& m : MessagesOf(honest.schedule)) {
    if (m.entry.bytes == 0) continue;
    for (const size_t at : Places(m)) {
      const Verdict v = verify(Changed(*proof, m, at));
      if (m.entry.kind == 'n' && v.accepted) {  // another nonce that fits is another valid proof of work
        ++lucky;
        continue;
      }
      ASSERT_FALSE(v.accepted) << m.entry.label << " at byte " << at;
      EXPECT_EQ(v.reason, OwnReason(m)) << m.entry.label << " at byte " << at - m.first << ": " << Show(v);
    }
  }
  EXPECT_LE(lucky, 1u);
}

TYPED_TEST(RejectTest, ElementsNotBelowTheModulus) {
  const Session<TypeParam> s(11);
  const auto proof = s.Prove();
  ASSERT_TRUE(proof.ok());
  const Verdict honest = s.Verify(*proof);
  size_t tried = 0;
  std::set<std::string> labels;
  for (const Message& m : MessagesOf(honest.schedule)) {
    const bool values = m.entry.kind == 'm' || m.entry.kind == 'v';
    if ((!values && m.entry.kind != 'r') || !labels.insert(m.entry.label).second) continue;
    const size_t skip = values ? 0 : sizeof(LeafSalt);
    for (const uint64_t bad : {Goldilocks::kModulus, ~uint64_t{0}}) {
      Bytes changed = *proof;
      std::memcpy(changed.data() + m.first + skip, &bad, 8);
      const Verdict v = s.Verify(changed);
      ASSERT_FALSE(v.accepted) << m.entry.label;
      EXPECT_EQ(v.reason, Reason::kMalformed) << m.entry.label << ": " << Show(v);
      ++tried;
    }
  }
  EXPECT_GE(tried, 30u);
}

TYPED_TEST(RejectTest, TruncatedAtEveryMessageAndLengthened) {
  const Session<TypeParam> s(11);
  const auto proof = s.Prove();
  ASSERT_TRUE(proof.ok());
  const Verdict honest = s.Verify(*proof);
  for (const Message& m : MessagesOf(honest.schedule)) {
    if (m.entry.bytes == 0) continue;
    for (const size_t end : {m.first, m.first + 1, m.first + m.entry.bytes - 1}) {
      const Verdict v = s.Verify(ByteSpan(*proof).first(end));
      ASSERT_FALSE(v.accepted) << m.entry.label;
      EXPECT_EQ(v.reason, Reason::kMalformed) << m.entry.label << ": " << Show(v);
      EXPECT_EQ(v.where, m.entry.label);
    }
  }
  EXPECT_EQ(s.Verify({}).reason, Reason::kMalformed);
  for (const size_t extra : {size_t{1}, size_t{8}, proof->size()}) {
    Bytes longer = *proof;
    longer.insert(longer.end(), extra, 0);
    const Verdict v = s.Verify(longer);
    ASSERT_FALSE(v.accepted);
    EXPECT_EQ(v.reason, Reason::kMalformed) << Show(v);
  }
}

// A statement is absorbed before the first challenge, so another statement fails at the first proof of work.
TYPED_TEST(RejectTest, EveryPublicValueAndEveryPartOfTheStatement) {
  Session<TypeParam> s(11);
  const auto proof = s.Prove();
  ASSERT_TRUE(proof.ok());
  ASSERT_TRUE(s.Verify(*proof).accepted);
  const Statement statement = s.statement;
  const auto expect_rejected = [&](const Statement& other, const std::string& what) {
    const Verdict v = VerifyProof<TypeParam>(*s.plan, other, *proof);
    ASSERT_FALSE(v.accepted) << what;
    EXPECT_EQ(v.reason, Reason::kGrinding) << what << ": " << Show(v);
  };

  size_t values = 0;
  for (size_t t = 0; t < statement.values.size(); ++t) {
    for (size_t i = 0; i < statement.values[t].size(); ++i) {
      for (const int32_t change : {-1, 1}) {
        Statement other = statement;
        other.values[t][i] += change;
        expect_rejected(other, "tensor " + std::to_string(t) + " element " + std::to_string(i));
        ++values;
      }
    }
  }
  EXPECT_EQ(values, 2u * (6 * 6 * 2 + 5));

  for (const std::string& context :
       {std::string(), std::string("tesu"), std::string("test "), std::string("test\0", 5)}) {
    Statement other = statement;
    other.context = context;
    expect_rejected(other, "context");
  }
  Statement other = statement;
  other.circuit_digest[31] ^= 1;
  expect_rejected(other, "circuit");
  other = statement;
  other.weights.root[0] ^= 1;
  expect_rejected(other, "weights root");
  other = statement;
  other.weights.log_size ^= 1;
  expect_rejected(other, "weights size");
  other = statement;
  other.weights.columns *= 2;
  expect_rejected(other, "weights columns");
  other = statement;
  other.batch = 2;
  expect_rejected(other, "batch");
  other = statement;
  std::swap(other.values[s.TensorId("x")], other.values[s.TensorId("y")]);
  // Same numbers under other tensor ids: what is absorbed says which tensor they are of.
  {
    Transcript a = StartTranscript(s.plan->profile, statement);
    Transcript b = StartTranscript(s.plan->profile, other);
    EXPECT_FALSE(a.Challenge<TypeParam>("x") == b.Challenge<TypeParam>("x"));
  }

  // Visibility changes the plan as well: a verifier that takes the input for hidden reads another proof.
  for (const std::string& name : {std::string("x"), std::string("y")}) {
    other = statement;
    other.hidden[s.TensorId(name)] = 1;
    other.values[s.TensorId(name)].clear();
    auto plan = MakePlan<TypeParam>(s.test.circuit, other.hidden, other.weights);
    ASSERT_TRUE(plan.ok());
    const Verdict v = VerifyProof<TypeParam>(*plan, other, *proof);
    ASSERT_FALSE(v.accepted) << name;
    EXPECT_EQ(v.reason, Reason::kGrinding) << Show(v);
  }
}

// A verifier that holds another root accepts no digest, even if all challenges were the same.
TYPED_TEST(RejectTest, AnotherModelsRootInThePlan) {
  Session<TypeParam> s(11);
  const auto proof = s.Prove();
  ASSERT_TRUE(proof.ok());
  Plan other = *s.plan;
  other.weights.root[5] ^= 4;
  const Verdict v = VerifyProof<TypeParam>(other, s.statement, *proof);
  ASSERT_FALSE(v.accepted);
  EXPECT_EQ(v.reason, Reason::kWeightsPath) << Show(v);
}

TYPED_TEST(RejectTest, ProofOfTheOtherProfileOrOfNothing) {
  using Other = std::conditional_t<std::is_same_v<TypeParam, Ext2>, Ext3, Ext2>;
  const Session<TypeParam> s(11);
  const Session<Other> o(11);
  const auto proof = o.Prove();
  ASSERT_TRUE(proof.ok());
  EXPECT_FALSE(s.Verify(*proof).accepted);
  const Verdict zeros = s.Verify(Bytes(proof->size(), 0));
  EXPECT_FALSE(zeros.accepted);
  const Verdict ones = s.Verify(Bytes(proof->size(), 0xff));
  EXPECT_FALSE(ones.accepted);
  EXPECT_EQ(ones.reason, Reason::kMalformed) << Show(ones);
}

// What the statement says is checked before a proof is read at all.
TEST(StatementTest, PublicValuesInTheDeclaredRangeAndOfTheRightNumber) {
  const Session<Ext2> s(11);
  const Circuit& circuit = s.test.circuit;
  ASSERT_TRUE(ValidateStatement(circuit, s.statement).ok());
  const uint32_t x = s.TensorId("x");
  const uint32_t w = s.TensorId("w1");
  const auto code = [&](const Statement& statement) {
    const Status status = ValidateStatement(circuit, statement);
    EXPECT_FALSE(status.ok());
    return status.ok() ? Code::kIo : status.error().code;
  };
  for (const int32_t v : {-1, 256, INT32_MIN, INT32_MAX}) {
    Statement other = s.statement;
    other.values[x][70] = v;
    EXPECT_EQ(code(other), Code::kOutOfRange);
    EXPECT_NE(ValidateStatement(circuit, other).error().message.find(std::to_string(v)), std::string::npos);
  }
  Statement other = s.statement;
  other.values[x].pop_back();
  EXPECT_EQ(code(other), Code::kInvalidArgument);
  other = s.statement;
  other.values[x].push_back(0);
  EXPECT_EQ(code(other), Code::kInvalidArgument);
  other = s.statement;
  other.hidden[x] = 1;  // hidden, and yet with values
  EXPECT_EQ(code(other), Code::kInvalidArgument);
  other = s.statement;
  other.hidden[w] = 1;
  EXPECT_EQ(code(other), Code::kInvalidArgument);
  other = s.statement;
  other.values[w] = {1};
  EXPECT_EQ(code(other), Code::kInvalidArgument);
  other = s.statement;
  other.hidden.pop_back();
  EXPECT_EQ(code(other), Code::kInvalidArgument);
  other = s.statement;
  other.values.emplace_back();
  EXPECT_EQ(code(other), Code::kInvalidArgument);
}

}  // namespace
}  // namespace provenn
