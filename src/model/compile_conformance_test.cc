// Takes every ONNX operator test case that import supports through compilation: calibrated on its own inputs, the
// integer model must be near the float model, and its witness must satisfy the circuit.
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "model/compile.h"
#include "model/float_executor.h"
#include "model/onnx_import.h"
#include "model/tensor_io.h"
#include "relation/checker.h"
#include "relation/totality.h"

namespace provenn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDataFolder = "/usr/share/libonnx-testdata/data";
constexpr const char* kPinnedCases = "src/model/testdata/conformance.txt";

Bytes MustRead(const fs::path& path) {
  Result<Bytes> bytes = ReadFile(path.string(), uint64_t{1} << 28);
  EXPECT_TRUE(bytes.ok()) << path;
  return bytes.ok() ? *bytes : Bytes();
}

struct Counts {
  size_t compiled = 0;
  size_t refused = 0;
  size_t checked = 0;
};

// The case with all inputs from `first_bound` on as constants.
void RunCase(const std::string& name, size_t first_bound, Counts* counts) {
  const fs::path folder = fs::path(kDataFolder) / name;
  onnx::ModelProto model;
  const Bytes model_bytes = MustRead(folder / "model.onnx");
  ASSERT_TRUE(ParseProto(model_bytes, "model", model).ok());
  for (auto& opset : *model.mutable_opset_import()) {
    if (opset.domain().empty()) opset.set_version(std::max(opset.version(), kOldestOpset));
  }
  std::vector<Bytes> files;
  for (int i = 0; fs::exists(folder / "test_data_set_0" / ("input_" + std::to_string(i) + ".pb")); ++i) {
    files.push_back(MustRead(folder / "test_data_set_0" / ("input_" + std::to_string(i) + ".pb")));
  }
  if (static_cast<size_t>(model.graph().input_size()) < files.size() || files.size() < first_bound) return;
  for (size_t i = first_bound; i < files.size(); ++i) {
    onnx::TensorProto* tensor = model.mutable_graph()->add_initializer();
    if (!tensor->ParseFromArray(files[i].data(), static_cast<int>(files[i].size()))) return;
    tensor->set_name(model.graph().input(static_cast<int>(i)).name());
  }
  const std::string bytes = model.SerializeAsString();
  const Result<Graph> graph = ImportOnnx(AsBytes(bytes));
  if (!graph.ok()) return;
  std::vector<FloatTensor> inputs;
  for (size_t i = 0; i < graph->inputs.size(); ++i) {
    Result<AnyTensor> tensor = ParseTensorPb(files[i]);
    if (!tensor.ok()) return;
    Result<FloatTensor> floats = ToFloatTensor(std::move(*tensor));
    if (!floats.ok() || floats->shape != graph->shape(graph->inputs[i])) return;
    inputs.push_back(std::move(*floats));
  }
  const auto want = FloatExecutor(*graph).Run(inputs);
  if (!want.ok()) return;
  CompileOptions options;
  options.bits = 14;
  const auto compiled = CompileModel(*graph, inputs, options);
  if (!compiled.ok()) {
    EXPECT_TRUE(compiled.error().code == Code::kUnsupported || graph->inputs.empty()) << compiled.error().ToString();
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
  std::ifstream file(kPinnedCases);
  ASSERT_TRUE(file.good());
  Counts counts;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    for (const size_t first_bound : {size_t{1}, size_t{100}}) {
      SCOPED_TRACE(line + (first_bound == 1 ? ", weights constant" : ", nothing constant"));
      size_t inputs = 0;
      while (
          fs::exists(fs::path(kDataFolder) / line / "test_data_set_0" / ("input_" + std::to_string(inputs) + ".pb"))) {
        ++inputs;
      }
      RunCase(line, std::min(first_bound, inputs), &counts);
    }
  }
  std::printf("ONNX test cases: %zu runs compiled, %zu refused; %zu witnesses checked\n", counts.compiled,
              counts.refused, counts.checked);
  EXPECT_GT(counts.compiled, 456u);
}

}  // namespace
}  // namespace provenn
