#include "model/compile.h"

#include <gtest/gtest.h>

#include "model/test_graph.h"
#include "relation/checker.h"

namespace provenn {
namespace {

TEST(Compile, SmallLeNetAgreesWithFloatAndSatisfiesItsCircuit) {
  TestGraph g = SmallLeNet();
  const std::vector<FloatTensor> samples = g.Samples(8);
  const auto model = CompileModel(g.graph(), samples);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_LT(model->deviations[0].max_error, 0.01 * model->deviations[0].max_magnitude);
  uint32_t batch = 0;
  const auto inputs = QuantiseInputs(model->circuit, model->inputs, samples, &batch);
  ASSERT_TRUE(inputs.ok());
  EXPECT_EQ(batch, 8u);
  const auto witness = RunProgram(model->circuit, model->program, model->weights, *inputs, batch);
  ASSERT_TRUE(witness.ok());
  const Status status = CheckAssignment(WithBatch(model->circuit, batch), witness->assignment);
  EXPECT_TRUE(status.ok()) << status.error().ToString();
}

}  // namespace
}  // namespace provenn
