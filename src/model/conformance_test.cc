// Runs ONNX's own operator test cases (package libonnx-testdata) through import and float executor.
//
// Each case is tried three ways: as it is; with all inputs but the first turned into initializers, as weights are in
// real models; and with all inputs turned into initializers, which exercises constant folding. Whatever way is imported
// must give the expected outputs. testdata/conformance.txt pins which cases must be imported in at least one way.
//
// PROVENN_UPDATE_CONFORMANCE=FILE writes a new list; PROVENN_EXPLAIN_CONFORMANCE=1 prints why a case is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/file.h"
#include "model/float_executor.h"
#include "model/onnx_import.h"
#include "model/tensor_io.h"

namespace provenn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDataFolder = "/usr/share/libonnx-testdata/data";
constexpr const char* kPinnedCases = "src/model/testdata/conformance.txt";
constexpr uint64_t kMaxBytes = uint64_t{1} << 28;

Bytes MustRead(const fs::path& path) {
  Result<Bytes> bytes = ReadFile(path.string(), kMaxBytes);
  EXPECT_TRUE(bytes.ok()) << path;
  return bytes.ok() ? *bytes : Bytes();
}

std::vector<Bytes> ReadNumbered(const fs::path& folder, const std::string& prefix) {
  std::vector<Bytes> files;
  for (int i = 0;; ++i) {
    const fs::path path = folder / (prefix + "_" + std::to_string(i) + ".pb");
    if (!fs::exists(path)) return files;
    files.push_back(MustRead(path));
  }
}

// Relative precision of the type in which an expected output is stored.
double Precision(const Bytes& tensor_pb) {
  onnx::TensorProto proto;
  if (!ParseProto(tensor_pb, "tensor", proto).ok()) return 0;
  if (proto.data_type() == onnx::TensorProto::FLOAT16) return 0x1p-10;
  if (proto.data_type() == onnx::TensorProto::BFLOAT16) return 0x1p-7;
  return 1e-4;
}

testing::AssertionResult Matches(const FloatTensor& actual, const Bytes& expected_pb) {
  Result<AnyTensor> parsed = ParseTensorPb(expected_pb);
  if (!parsed.ok()) return testing::AssertionFailure() << parsed.error().ToString();
  const FloatTensor* expected = std::get_if<FloatTensor>(&*parsed);
  if (expected == nullptr) return testing::AssertionFailure() << "an integer output is expected";
  if (actual.shape != expected->shape) {
    return testing::AssertionFailure() << "shape " << ShapeToString(actual.shape) << ", expected "
                                       << ShapeToString(expected->shape);
  }
  const double precision = Precision(expected_pb);
  for (size_t i = 0; i < actual.data.size(); ++i) {
    const double want = static_cast<double>(expected->data[i]);
    const double difference = std::abs(static_cast<double>(actual.data[i]) - want);
    if (!(difference <= 1e-5 + precision * std::abs(want))) {
      return testing::AssertionFailure() << "element " << i << " is " << actual.data[i] << ", expected " << want;
    }
  }
  return testing::AssertionSuccess();
}

struct Case {
  std::string name;
  onnx::ModelProto model;
  std::vector<Bytes> inputs;
  std::vector<Bytes> outputs;
};

// The model with inputs from `first` on as initializers; false where an input is not a tensor.
bool BindInputs(onnx::ModelProto& model, const std::vector<Bytes>& inputs, size_t first) {
  for (size_t i = first; i < inputs.size(); ++i) {
    onnx::TensorProto* tensor = model.mutable_graph()->add_initializer();
    if (!tensor->ParseFromArray(inputs[i].data(), static_cast<int>(inputs[i].size()))) return false;
    tensor->set_name(model.graph().input(static_cast<int>(i)).name());
  }
  return true;
}

enum class Outcome { kMatched, kUnsupported, kFailed };

Outcome RunBound(const Case& test, size_t first_bound) {
  onnx::ModelProto model = test.model;
  if (static_cast<size_t>(model.graph().input_size()) < test.inputs.size()) return Outcome::kUnsupported;
  if (!BindInputs(model, test.inputs, first_bound)) return Outcome::kUnsupported;
  const std::string bytes = model.SerializeAsString();
  const Result<Graph> graph = ImportOnnx(AsBytes(bytes));
  if (!graph.ok()) {
    // Some cases hold NaN on purpose, and an optional tensor reads as one of absurd size.
    const Code code = graph.error().code;
    const bool refused = code == Code::kUnsupported || code == Code::kOutOfRange || code == Code::kTooLarge;
    EXPECT_TRUE(refused) << test.name << ": " << graph.error().ToString();
    if (std::getenv("PROVENN_EXPLAIN_CONFORMANCE") != nullptr) {
      std::printf("%s: %s\n", test.name.c_str(), graph.error().ToString().c_str());
    }
    return refused ? Outcome::kUnsupported : Outcome::kFailed;
  }
  std::vector<FloatTensor> inputs;
  for (size_t i = 0; i < first_bound && i < test.inputs.size(); ++i) {
    Result<AnyTensor> tensor = ParseTensorPb(test.inputs[i]);
    if (!tensor.ok()) return Outcome::kUnsupported;
    Result<FloatTensor> floats = ToFloatTensor(std::move(*tensor));
    EXPECT_TRUE(floats.ok()) << test.name;
    // One case declares another shape than its data has.
    if (floats->shape != graph->shape(graph->inputs[i])) return Outcome::kUnsupported;
    inputs.push_back(std::move(*floats));
  }
  for (const Bytes& output : test.outputs) {
    const Result<AnyTensor> expected = ParseTensorPb(output);
    if (!expected.ok() && expected.error().code == Code::kOutOfRange) return Outcome::kUnsupported;  // NaN on purpose
  }
  const auto outputs = FloatExecutor(*graph).Run(inputs);
  if (!outputs.ok()) {
    ADD_FAILURE() << test.name << ": " << outputs.error().ToString();
    return Outcome::kFailed;
  }
  if (outputs->size() != test.outputs.size()) {
    ADD_FAILURE() << test.name << ": " << outputs->size() << " outputs";
    return Outcome::kFailed;
  }
  for (size_t i = 0; i < outputs->size(); ++i) {
    const auto match = Matches((*outputs)[i], test.outputs[i]);
    EXPECT_TRUE(match) << test.name << ", output " << i << ", inputs bound from " << first_bound;
    if (!match) return Outcome::kFailed;
  }
  return Outcome::kMatched;
}

std::set<std::string> PinnedCases() {
  std::ifstream file(kPinnedCases);
  EXPECT_TRUE(file.good()) << kPinnedCases << " is missing";
  std::set<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') names.insert(line);
  }
  return names;
}

TEST(Conformance, OperatorCasesOfOnnx) {
  ASSERT_TRUE(fs::is_directory(kDataFolder)) << "install the package libonnx-testdata";
  size_t cases = 0;
  size_t runs = 0;
  std::set<std::string> matched;
  for (const auto& entry : fs::recursive_directory_iterator(kDataFolder)) {
    if (entry.path().filename() != "model.onnx") continue;
    Case test;
    const fs::path folder = entry.path().parent_path();
    test.name = fs::relative(folder, kDataFolder).string();
    ++cases;
    ASSERT_TRUE(ParseProto(MustRead(entry.path()), "model", test.model).ok()) << test.name;
    // Many cases declare the opset that first had their operator. Those below 7 hold for 7 as well.
    for (auto& opset : *test.model.mutable_opset_import()) {
      if (opset.domain().empty()) opset.set_version(std::max(opset.version(), kOldestOpset));
    }
    test.inputs = ReadNumbered(folder / "test_data_set_0", "input");
    test.outputs = ReadNumbered(folder / "test_data_set_0", "output");
    std::set<size_t> ways = {test.inputs.size(), 0};
    if (test.inputs.size() > 1) ways.insert(1);
    bool any = false;
    bool failed = false;
    for (const size_t way : ways) {
      const Outcome outcome = RunBound(test, way);
      runs += outcome == Outcome::kMatched ? 1 : 0;
      any = any || outcome == Outcome::kMatched;
      failed = failed || outcome == Outcome::kFailed;
    }
    if (any && !failed) matched.insert(test.name);
  }
  std::printf("ONNX test cases: %zu found, %zu supported and matched, in %zu runs\n", cases, matched.size(), runs);
  EXPECT_GT(cases, 1000u);

  if (const char* path = std::getenv("PROVENN_UPDATE_CONFORMANCE")) {
    std::ofstream out(path);
    out << "# ONNX test cases that are supported. Written by conformance_test with PROVENN_UPDATE_CONFORMANCE set.\n";
    for (const std::string& name : matched) out << name << "\n";
  }
  EXPECT_THAT(matched, testing::ContainerEq(PinnedCases()));
}

}  // namespace
}  // namespace provenn
