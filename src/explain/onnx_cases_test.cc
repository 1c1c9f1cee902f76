// Every operator test case of ONNX that compiles is recognised in full.
#include <gtest/gtest.h>

#include "explain/explain.h"
#include "model/compile.h"
#include "model/test_onnx_case.h"

namespace provenn {
namespace {

TEST(ExplainOnnxCases, EveryNodeAndTableIsRecognised) {
  size_t explained = 0;
  size_t nodes = 0;
  ForEachOnnxCase([&](const std::string& name, size_t first_bound) {
    const std::optional<OnnxCase> onnx_case = LoadOnnxCase(name, first_bound);
    if (!onnx_case.has_value()) return;
    CompileOptions options;
    const auto compiled = CompileModel(onnx_case->graph, onnx_case->inputs, options);
    if (!compiled.ok()) return;
    const Explanation e = ExplainCircuit(compiled->circuit, compiled->program, compiled->inputs, compiled->outputs);
    // Of a single value: sigmoid(tanh(x * (x + 0.7))) is one table, with a parameter inside that no fit looks for.
    const bool composed = name == "pytorch-operator/test_operator_basic" && first_bound == 1;
    EXPECT_EQ(e.not_recognised.empty(), !composed) << name;
    if (composed) return;
    for (const Finding& f : e.not_recognised) ADD_FAILURE() << name << ", " << f.place << ": " << f.text;
    if (std::getenv("PROVENN_PRINT_EXPLANATIONS") != nullptr) {
      for (const Node& node : e.nodes) std::printf("%s: %s\n", name.c_str(), node.operation.c_str());
    }
    ++explained;
    nodes += e.nodes.size();
  });
  std::printf("ONNX test cases: %zu explained, %zu nodes\n", explained, nodes);
  EXPECT_GE(explained, 456u);
}

}  // namespace
}  // namespace provenn
