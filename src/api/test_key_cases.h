// Keys to be changed, with honest runs: graphs of a few cells for every operation, the keys of conformance/, and ONNX's
// operator test cases. For tests.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "api/verify_key.h"
#include "base/file.h"
#include "model/compile.h"
#include "model/interpreter.h"
#include "model/onnx_import.h"
#include "model/tensor_io.h"
#include "model/test_graph.h"

namespace provenn {

struct KeyCase {
  std::string name;
  PublicModel key;
  std::vector<Assignment> runs;  // of one sample each
  bool every_entry = false;      // its tables are changed row by row
};

inline std::optional<KeyCase> CompiledCase(const std::string& name, const Graph& graph,
                                           const std::vector<FloatTensor>& samples, int bits) {
  CompileOptions options;
  options.bits = bits;
  auto model = CompileModel(graph, samples, options);
  if (!model.ok()) {
    if (std::getenv("PROVENN_EXPLAIN_CONFORMANCE") != nullptr) {
      std::printf("%s: %s\n", name.c_str(), model.error().ToString().c_str());
    }
    return std::nullopt;
  }
  KeyCase out;
  out.name = name;
  out.key.circuit = model->circuit;
  out.key.program = model->program;
  out.key.inputs = model->inputs;
  out.key.outputs = model->outputs;
  for (size_t i = 0; i < 2; ++i) {
    std::vector<FloatTensor> inputs;
    for (size_t p = 0; p < samples.size(); ++p) {
      const auto split = SplitBatch(samples[p], model->inputs[p].shape, "input");
      if (!split.ok() || split->size() <= i) return out;
      inputs.push_back((*split)[i]);
    }
    uint32_t batch = 0;
    const auto integers = QuantiseInputs(model->circuit, model->inputs, inputs, &batch);
    if (!integers.ok()) return out;
    auto witness = RunProgram(model->circuit, model->program, model->weights, *integers);
    if (witness.ok()) out.runs.push_back(std::move(witness->assignment));
  }
  return out;
}

// Every operation, every way of lowering it, in shapes of one to three.
inline std::vector<KeyCase> SmallKeyCases() {
  std::vector<KeyCase> cases;
  const auto add = [&](const std::string& name, const std::function<void(TestGraph&)>& build, int bits = 8) {
    TestGraph g(static_cast<uint32_t>(cases.size() + 1));
    build(g);
    auto made = CompiledCase(name, g.graph(), g.Samples(8), bits);
    PROVENN_CHECK(made.has_value());
    cases.push_back(std::move(*made));
  };
  const auto function = [&](Op op, Attributes attributes) {
    add(std::string(OpName(op)), [=](TestGraph& g) {
      const ValueId x = g.Input({1, 2});
      g.Output(g.Node(op, {g.Linear(x, 2)}, {1, 2}, attributes));
      if (op != Op::kRelu) g.Output(g.Node(op, {x}, {1, 2}, attributes));
    });
  };
  function(Op::kRelu, {});
  function(Op::kLeakyRelu, LeakyReluAttributes{0.1f});
  function(Op::kClip, ClipAttributes{-0.25f, 0.5f});
  function(Op::kSigmoid, {});
  function(Op::kTanh, {});
  function(Op::kHardSigmoid, HardSigmoidAttributes{});
  function(Op::kHardSwish, {});
  add("linear", [](TestGraph& g) { g.Output(g.Linear(g.Input({1, 3}), 2)); });
  add("two layers", [](TestGraph& g) { g.Output(g.Linear(g.Relu(g.Linear(g.Input({1, 2}), 3)), 2)); });
  add("two layers of 12 bits", [](TestGraph& g) { g.Output(g.Linear(g.Relu(g.Linear(g.Input({1, 2}), 2)), 1)); }, 12);
  add("convolution", [](TestGraph& g) { g.Output(g.Relu(g.Conv(g.Input({1, 2, 3, 3}), 2, 2, 1, 0))); });
  add("padded convolution",
      [](TestGraph& g) { g.Output(g.Conv(g.Relu(g.Conv(g.Input({1, 2, 2, 2}), 1, 1)), 1, 3, 1, 1)); });
  add("grouped convolution", [](TestGraph& g) { g.Output(g.Conv(g.Input({1, 2, 2, 2}), 2, 2, 1, 0, 2)); });
  add("maximum", [](TestGraph& g) { g.Output(g.MaxPool(g.Relu(g.Conv(g.Input({1, 2, 3, 3}), 1, 1)), 2, 1)); });
  add("padded maximum", [](TestGraph& g) { g.Output(g.MaxPool(g.Input({1, 1, 3, 2}), 2, 2, 1)); });
  add("average", [](TestGraph& g) {
    PoolAttributes a;
    a.window = {{2, 2}, {1, 1}, {1, 1}, {1, 1}, {0, 0}};
    g.Output(g.Node(Op::kAveragePool, {g.Input({1, 1, 2, 2})}, {1, 1, 2, 2}, a));
  });
  add("reductions", [](TestGraph& g) {
    const ValueId x = g.Input({1, 2, 3});
    g.Output(g.Node(Op::kReduceMean, {x}, {1, 1, 3}, ReduceAttributes{{1}}));
    g.Output(g.Node(Op::kReduceSum, {g.Relu(x)}, {1, 2, 1}, ReduceAttributes{{2}}));
  });
  add("softmax", [](TestGraph& g) {
    g.Output(g.Node(Op::kSoftmax, {g.Linear(g.Input({1, 2}), 3)}, {1, 3}, SoftmaxAttributes{1}));
  });
  add("product", [](TestGraph& g) {
    const ValueId x = g.Input({1, 2, 2});
    const ValueId y = g.Relu(g.Linear(x, 2));
    g.Output(g.Node(Op::kMatMul, {x, y, kNoValue}, {1, 2, 2}));
    g.Output(g.Node(Op::kMul, {x, y}, {1, 2, 2}));
  });
  add("affine", [](TestGraph& g) {
    const ValueId x = g.Input({1, 2, 2});
    g.Output(g.Node(Op::kAffine, {x, g.Constant({1, 2, 1}, 2), g.Constant({1, 2, 1}, 1)}, {1, 2, 2}));
    g.Output(g.Node(Op::kAffine, {g.Relu(x), kNoValue, g.Constant({1, 2, 2}, 1)}, {1, 2, 2}));
  });
  add("sums", [](TestGraph& g) {
    const ValueId x = g.Input({1, 2});
    const ValueId y = g.Input({1, 1});
    const ValueId a = g.Linear(x, 2);
    g.Output(g.Relu(g.Node(Op::kAdd, {a, y}, {1, 2})));
    g.Output(g.Node(Op::kSub, {g.Relu(a), g.Linear(x, 2)}, {1, 2}));
  });
  add("views", [](TestGraph& g) {
    const ValueId x = g.Relu(g.Input({1, 2, 3}));
    const ValueId t = g.Node(Op::kTranspose, {x}, {1, 3, 2}, TransposeAttributes{{0, 2, 1}});
    const ValueId s = g.Node(Op::kSlice, {t}, {1, 2, 2}, SliceAttributes{{0, 2, 0}, {1, -2, 1}});
    g.Output(g.Linear(g.Reshape(s, {1, 4}), 2));
    g.Output(g.Reshape(t, {1, 6}));
  });
  add("joined", [](TestGraph& g) {
    const ValueId x = g.Input({1, 2, 2});
    const ValueId joined =
        g.Node(Op::kConcat, {g.Relu(g.Linear(x, 2)), x, g.Constant({1, 1, 2}, 1)}, {1, 5, 2}, ConcatAttributes{1});
    g.Output(joined);
    g.Output(g.Node(Op::kPad, {x}, {1, 3, 4}, PadAttributes{{0, 0, 1}, {0, 1, 1}, -0.75f}));
  });
  add(
      "branches",
      [](TestGraph& g) {
        const ValueId x = g.Relu(g.Input({1, 2}));
        ValueId sum = kNoValue;
        for (const float size : {2e-5f, 1e2f, 1.0f}) {
          const ValueId y = g.Relu(g.Node(Op::kMatMul, {x, g.Constant({2, 1}, size), kNoValue}, {1, 1}));
          const ValueId z = g.Node(Op::kMatMul, {y, g.Constant({1, 1}, 1 / size), kNoValue}, {1, 1});
          sum = sum == kNoValue ? z : g.Node(Op::kAdd, {sum, z}, {1, 1});
        }
        g.Output(sum);
      },
      12);
  return cases;
}

// conformance/*.vk, with weights of the test's own: small ones, so that all values stay in the tables.
inline std::vector<KeyCase> ConformanceKeyCases() {
  std::vector<KeyCase> cases;
  std::mt19937 random(5);
  std::set<std::filesystem::path> paths;
  for (const auto& file : std::filesystem::directory_iterator("conformance")) {
    if (file.path().extension() == ".vk") paths.insert(file.path());
  }
  PROVENN_CHECK(paths.size() >= 6);
  for (const std::filesystem::path& path : paths) {
    auto key = ReadVerifyingKey(path.string());
    PROVENN_CHECK(key.ok());
    // conv_permuted has the tables of conv.
    KeyCase out{path.stem().string(), *key, {}, path.stem() != "conv_permuted"};
    const auto tensors = [&](TensorKind kind, int64_t bound) {
      IntegerTensors values(key->circuit.tensors.size());
      for (size_t t = 0; t < values.size(); ++t) {
        const Tensor& tensor = key->circuit.tensors[t];
        if (tensor.kind != kind) continue;
        std::uniform_int_distribution<int32_t> value(static_cast<int32_t>(std::max(tensor.min, -bound)),
                                                     static_cast<int32_t>(std::min(tensor.max, bound)));
        for (uint64_t i = 0; i < ElementCount(tensor.shape); ++i) values[t].push_back(value(random));
      }
      return values;
    };
    for (int64_t bound = 1 << 12; bound > 0 && out.runs.size() < 2; bound /= 2) {
      auto witness = RunProgram(key->circuit, key->program, tensors(TensorKind::kWeight, bound),
                                tensors(TensorKind::kInput, INT32_MAX));
      if (witness.ok()) out.runs.push_back(std::move(witness->assignment));
    }
    cases.push_back(std::move(out));
  }
  return cases;
}

// ONNX's operator test cases that are supported, with all inputs but the first as constants. Three have millions of
// cells (a convolution and two maxima, whose smaller relatives are here) and are left out.
inline std::vector<KeyCase> OnnxKeyCases(uint64_t max_cells = 40'000) {
  namespace fs = std::filesystem;
  std::vector<KeyCase> cases;
  std::ifstream file("src/model/testdata/conformance.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const fs::path folder = fs::path("/usr/share/libonnx-testdata/data") / line;
    onnx::ModelProto proto;
    const auto bytes = ReadFile((folder / "model.onnx").string(), uint64_t{1} << 24);
    if (!bytes.ok() || !proto.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) continue;
    for (auto& opset : *proto.mutable_opset_import()) {
      if (opset.domain().empty()) opset.set_version(std::max(opset.version(), kOldestOpset));
    }
    std::vector<Bytes> inputs;
    for (int i = 0;; ++i) {
      const fs::path path = folder / "test_data_set_0" / ("input_" + std::to_string(i) + ".pb");
      if (!fs::exists(path)) break;
      auto input = ReadFile(path.string(), uint64_t{1} << 24);
      if (!input.ok()) break;
      inputs.push_back(*std::move(input));
    }
    if (inputs.empty() || static_cast<size_t>(proto.graph().input_size()) < inputs.size()) continue;
    for (size_t i = 1; i < inputs.size(); ++i) {
      onnx::TensorProto* tensor = proto.mutable_graph()->add_initializer();
      if (!tensor->ParseFromArray(inputs[i].data(), static_cast<int>(inputs[i].size()))) break;
      tensor->set_name(proto.graph().input(static_cast<int>(i)).name());
    }
    const std::string bound = proto.SerializeAsString();
    const auto graph = ImportOnnx(AsBytes(bound));
    const auto tensor = ParseTensorPb(inputs[0]);
    if (!graph.ok() || !tensor.ok() || graph->inputs.size() != 1) continue;
    auto floats = ToFloatTensor(AnyTensor(*tensor));
    if (!floats.ok() || floats->shape != graph->shape(graph->inputs[0])) continue;
    auto made = CompiledCase(line, *graph, {*floats}, 8);
    if (!made.has_value() || made->runs.empty()) continue;
    uint64_t cells = 0;
    for (const Tensor& t : made->key.circuit.tensors) {
      if (t.kind != TensorKind::kWeight) cells += ElementCount(t.shape);
    }
    if (cells <= max_cells) cases.push_back(std::move(*made));
  }
  return cases;
}

}  // namespace provenn
