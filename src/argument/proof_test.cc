// The proof end to end on a circuit with every kind of relation.
#include <gtest/gtest.h>

#include "argument/test_session.h"
#include "relation/checker.h"

namespace provenn {
namespace {

template <typename K>
class ProofTest : public testing::Test {};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(ProofTest, Fields);

TYPED_TEST(ProofTest, AcceptsHonestProofInEveryVisibility) {
  for (int mode = 0; mode < 4; ++mode) {
    const Session<TypeParam> s(static_cast<uint32_t>(7 + mode), (mode & 1) != 0, (mode & 2) != 0);
    ASSERT_TRUE(ValidateCircuit(s.test.circuit).ok()) << ValidateCircuit(s.test.circuit).error().ToString();
    ASSERT_TRUE(CheckAssignment(s.test.circuit, s.test.witness.assignment).ok())
        << CheckAssignment(s.test.circuit, s.test.witness.assignment).error().ToString();
    const auto proof = s.Prove();
    ASSERT_TRUE(proof.ok()) << proof.error().ToString();
    const Verdict v = s.Verify(*proof);
    EXPECT_TRUE(v.accepted) << Show(v) << " mode " << mode;
  }
}

}  // namespace
}  // namespace provenn
