#include "model/deterministic_math.h"

#include <gtest/gtest.h>

#include <cmath>

namespace provenn {
namespace {

TEST(DeterministicMath, ExpAgreesWithTheLibrary) {
  for (double x = -740; x < 709; x += 0.0371) {
    const double expected = std::exp(x);
    // Below the normal range doubles have fewer digits.
    const double tolerance = std::max(expected * 1e-15, 1e-323);
    ASSERT_NEAR(DeterministicExp(x), expected, tolerance) << x;
  }
  EXPECT_EQ(DeterministicExp(0), 1.0);
  EXPECT_EQ(DeterministicExp(-1e9), 0.0);
  EXPECT_TRUE(std::isfinite(DeterministicExp(1e9)));
}

TEST(DeterministicMath, TanhAndSigmoidAgreeWithTheLibrary) {
  for (double x = -40; x < 40; x += 0.00931) {
    ASSERT_NEAR(DeterministicTanh(x), std::tanh(x), 3e-16) << x;
    ASSERT_NEAR(DeterministicSigmoid(x), 1 / (1 + std::exp(-x)), 3e-16) << x;
    ASSERT_NEAR(DeterministicTanh(x * 1e-4), std::tanh(x * 1e-4), std::abs(x) * 1e-4 * 1e-12) << x;
  }
  EXPECT_EQ(DeterministicTanh(1000), 1.0);
  EXPECT_EQ(DeterministicTanh(-1000), -1.0);
  EXPECT_EQ(DeterministicTanh(0), 0.0);
  EXPECT_EQ(DeterministicSigmoid(1000), 1.0);
}

// Values that every machine must reproduce to the bit: they enter tables and so the model id.
TEST(DeterministicMath, BitsArePinned) {
  EXPECT_EQ(DeterministicExp(1.0), 0x1.5bf0a8b14576ap+1);
  EXPECT_EQ(DeterministicExp(-10.25), 0x1.2899a7a835446p-15);
  EXPECT_EQ(DeterministicTanh(0.75), 0x1.45323e552f228p-1);
  EXPECT_EQ(DeterministicSigmoid(-3.5), 0x1.e040681ccad93p-6);
}

TEST(DeterministicMath, FunctionsAtTheirKinks) {
  GraphNode node;
  node.op = Op::kClip;
  node.attributes = ClipAttributes{-1, 6};
  EXPECT_EQ(EvaluateFunction(node, -2), -1);
  EXPECT_EQ(EvaluateFunction(node, 7), 6);
  EXPECT_EQ(EvaluateFunction(node, 2.5), 2.5);
  node.op = Op::kLeakyRelu;
  node.attributes = LeakyReluAttributes{0.25f};
  EXPECT_EQ(EvaluateFunction(node, -2), -0.5);
  EXPECT_EQ(EvaluateFunction(node, 2), 2);
  node.op = Op::kHardSigmoid;
  node.attributes = HardSigmoidAttributes{0.5f, 0.25f};
  EXPECT_EQ(EvaluateFunction(node, 1), 0.75);
  EXPECT_EQ(EvaluateFunction(node, -1), 0);
  EXPECT_EQ(EvaluateFunction(node, 2), 1);
  node.op = Op::kHardSwish;
  EXPECT_EQ(EvaluateFunction(node, -3), 0);
  EXPECT_EQ(EvaluateFunction(node, 3), 3);
  EXPECT_EQ(EvaluateFunction(node, 0), 0);
}

}  // namespace
}  // namespace provenn
