// The proof end to end on a circuit with every kind of relation.
#include <gtest/gtest.h>

#include "argument/prove.h"
#include "argument/test_circuit.h"
#include "argument/verify.h"
#include "relation/checker.h"

namespace provenn {
namespace {

template <typename K>
struct Session {
  TestCase test;
  OwnedWeightsOracle oracle;
  Statement statement;
  std::optional<Plan> plan;

  explicit Session(uint32_t seed, bool hide_input = false, bool hide_output = false)
      : test(TestCaseBuilder(seed).Build()) {
    oracle = CommitWeights(test.circuit, test.weights, WeightsSeed{1, 2, 3});
    statement.circuit_digest = CircuitDigest(test.circuit);
    statement.weights = oracle.commitment;
    statement.context = "test";
    for (size_t t = 0; t < test.circuit.tensors.size(); ++t) {
      const TensorKind kind = test.circuit.tensors[t].kind;
      const bool hidden = (kind == TensorKind::kInput && hide_input) || (kind == TensorKind::kOutput && hide_output);
      const bool shown = (kind == TensorKind::kInput || kind == TensorKind::kOutput) && !hidden;
      statement.hidden.push_back(hidden ? 1 : 0);
      statement.values.push_back(shown ? test.witness.assignment.tensors[t] : std::vector<int32_t>());
    }
    auto made = MakePlan<K>(test.circuit, statement.hidden, statement.weights);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().ToString());
    plan = std::move(made).value();
  }

  Result<Bytes> Prove() {
    const WeightsOracle view = oracle.View();
    Csprng random = Csprng::FromSystem();
    return ProveStatement<K>(*plan, statement, ProverInput{&test.witness, &test.weights, &view}, random, nullptr);
  }
};

template <typename K>
class ProofTest : public testing::Test {};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(ProofTest, Fields);

TYPED_TEST(ProofTest, AcceptsHonestProofInEveryVisibility) {
  for (int mode = 0; mode < 4; ++mode) {
    Session<TypeParam> s(static_cast<uint32_t>(7 + mode), (mode & 1) != 0, (mode & 2) != 0);
    ASSERT_TRUE(ValidateCircuit(s.test.circuit).ok()) << ValidateCircuit(s.test.circuit).error().ToString();
    ASSERT_TRUE(CheckAssignment(s.test.circuit, s.test.witness.assignment).ok())
        << CheckAssignment(s.test.circuit, s.test.witness.assignment).error().ToString();
    const auto proof = s.Prove();
    ASSERT_TRUE(proof.ok()) << proof.error().ToString();
    const Verdict v = VerifyProof<TypeParam>(*s.plan, s.statement, *proof);
    EXPECT_TRUE(v.accepted) << ReasonName(v.reason) << " at " << v.where << " mode " << mode;
    std::printf("mode %d: %zu bytes, %d columns, %zu levels\n", mode, proof->size(), s.plan->columns(),
                s.plan->levels.size());
  }
}

}  // namespace
}  // namespace provenn
