// Takes every ONNX operator test case that import supports through compilation: calibrated on its own inputs, the
// integer model must be near the float model, and its witness must satisfy the circuit.
#include <gtest/gtest.h>

#include <cmath>

#include "model/compile.h"
#include "model/float_executor.h"
#include "model/test_onnx_case.h"
#include "relation/checker.h"
#include "relation/totality.h"

namespace provenn {
namespace {

struct Counts {
  size_t compiled = 0;
  size_t refused = 0;
  size_t checked = 0;
};

// The case with all inputs from `first_bound` on as constants.
void RunCase(const std::string& name, size_t first_bound, Counts* counts) {
  const std::optional<OnnxCase> onnx_case = LoadOnnxCase(name, first_bound);
  if (!onnx_case.has_value()) return;
  const Graph& graph = onnx_case->graph;
  const std::vector<FloatTensor>& inputs = onnx_case->inputs;
  const auto want = FloatExecutor(graph).Run(inputs);
  if (!want.ok()) return;
  CompileOptions options;
  options.bits = 14;
  const auto compiled = CompileModel(graph, inputs, options);
  if (!compiled.ok()) {
    EXPECT_TRUE(compiled.error().code == Code::kUnsupported || graph.inputs.empty()) << compiled.error().ToString();
    if (std::getenv("PROVENN_EXPLAIN_CONFORMANCE") != nullptr) {
      std::printf("%s: %s\n", name.c_str(), compiled.error().ToString().c_str());
    }
    ++counts->refused;
    return;
  }
  ++counts->compiled;
  const auto total = CheckTotality(compiled->circuit, compiled->program);
  EXPECT_TRUE(total.ok()) << total.error().ToString();
  uint32_t batch = 0;
  const auto integers = QuantiseInputs(compiled->circuit, compiled->inputs, inputs, &batch);
  ASSERT_TRUE(integers.ok()) << integers.error().ToString();
  const auto witness = RunProgram(compiled->circuit, compiled->program, compiled->weights, *integers, batch);
  ASSERT_TRUE(witness.ok()) << witness.error().ToString();
  for (size_t o = 0; o < want->size(); ++o) {
    const ModelPort& port = compiled->outputs[o];
    const FloatTensor got = RealValues(compiled->circuit, port, witness->assignment.tensors[port.tensor], batch);
    const std::vector<float>& expected = (*want)[o].data;
    ASSERT_EQ(got.shape, (*want)[o].shape);
    double magnitude = 1e-3;
    for (float v : expected) magnitude = std::max(magnitude, std::abs(static_cast<double>(v)));
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(got.data[i], expected[i], 0.005 * magnitude) << "output " << o << " element " << i;
    }
  }
  uint64_t work = 0;
  for (const Contraction& c : compiled->circuit.contractions) work += ElementCount(c.space);
  if (work > 10000) return;
  const Status status = CheckAssignment(compiled->circuit, witness->assignment);
  EXPECT_TRUE(status.ok()) << status.error().ToString();
  ++counts->checked;
}

TEST(CompileConformance, OperatorCasesOfOnnx) {
  Counts counts;
  ForEachOnnxCase([&](const std::string& name, size_t first_bound) { RunCase(name, first_bound, &counts); });
  std::printf("ONNX test cases: %zu runs compiled, %zu refused; %zu witnesses checked\n", counts.compiled,
              counts.refused, counts.checked);
  EXPECT_GT(counts.compiled, 456u);
}

}  // namespace
}  // namespace provenn
