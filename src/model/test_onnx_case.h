// The operator test cases of ONNX as graphs with inputs, for tests.
#pragma once

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "model/onnx_import.h"
#include "model/tensor_io.h"

namespace provenn {

struct OnnxCase {
  Graph graph;
  std::vector<FloatTensor> inputs;
};

inline std::filesystem::path OnnxCaseFolder(const std::string& name) {
  return std::filesystem::path("/usr/share/libonnx-testdata/data") / name;
}

// The case with all inputs from `first_bound` on as constants; nothing where import does not take it.
inline std::optional<OnnxCase> LoadOnnxCase(const std::string& name, size_t first_bound) {
  const std::filesystem::path folder = OnnxCaseFolder(name);
  const auto read = [](const std::filesystem::path& path) {
    Result<Bytes> bytes = ReadFile(path.string(), uint64_t{1} << 28);
    EXPECT_TRUE(bytes.ok()) << path;
    return bytes.ok() ? *bytes : Bytes();
  };
  onnx::ModelProto model;
  const Bytes model_bytes = read(folder / "model.onnx");
  if (!ParseProto(model_bytes, "model", model).ok()) {
    ADD_FAILURE() << name;
    return std::nullopt;
  }
  for (auto& opset : *model.mutable_opset_import()) {
    if (opset.domain().empty()) opset.set_version(std::max(opset.version(), kOldestOpset));
  }
  std::vector<Bytes> files;
  for (int i = 0; std::filesystem::exists(folder / "test_data_set_0" / ("input_" + std::to_string(i) + ".pb")); ++i) {
    files.push_back(read(folder / "test_data_set_0" / ("input_" + std::to_string(i) + ".pb")));
  }
  if (static_cast<size_t>(model.graph().input_size()) < files.size() || files.size() < first_bound) return std::nullopt;
  for (size_t i = first_bound; i < files.size(); ++i) {
    onnx::TensorProto* tensor = model.mutable_graph()->add_initializer();
    if (!tensor->ParseFromArray(files[i].data(), static_cast<int>(files[i].size()))) return std::nullopt;
    tensor->set_name(model.graph().input(static_cast<int>(i)).name());
  }
  const std::string bytes = model.SerializeAsString();
  Result<Graph> graph = ImportOnnx(AsBytes(bytes));
  if (!graph.ok()) return std::nullopt;
  OnnxCase onnx_case{std::move(*graph), {}};
  for (size_t i = 0; i < onnx_case.graph.inputs.size(); ++i) {
    Result<AnyTensor> tensor = ParseTensorPb(files[i]);
    if (!tensor.ok()) return std::nullopt;
    Result<FloatTensor> floats = ToFloatTensor(std::move(*tensor));
    if (!floats.ok() || floats->shape != onnx_case.graph.shape(onnx_case.graph.inputs[i])) return std::nullopt;
    onnx_case.inputs.push_back(std::move(*floats));
  }
  return onnx_case;
}

// Calls visit(name, first_bound) for every pinned case, with its weights constant and with nothing constant.
template <typename Visit>
void ForEachOnnxCase(const Visit& visit) {
  std::ifstream file("src/model/testdata/conformance.txt");
  ASSERT_TRUE(file.good());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    for (const size_t first_bound : {size_t{1}, size_t{100}}) {
      SCOPED_TRACE(line + (first_bound == 1 ? ", weights constant" : ", nothing constant"));
      size_t inputs = 0;
      while (std::filesystem::exists(OnnxCaseFolder(line) / "test_data_set_0" /
                                     ("input_" + std::to_string(inputs) + ".pb"))) {
        ++inputs;
      }
      visit(line, std::min(first_bound, inputs));
    }
  }
}

}  // namespace provenn
