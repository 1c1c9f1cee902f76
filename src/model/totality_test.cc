// That every input in range has an answer, whatever the weights within their declared bounds: the bounds that the
// compiler chooses by default are enough for CheckTotality, for the example models and for one graph of each operation.
// (compile_conformance_test.cc asks the same of every operator case of ONNX.)
#include "relation/totality.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>

#include "model/compile.h"
#include "model/onnx_import.h"
#include "model/test_graph.h"
#include "relation/determinism.h"

namespace provenn {
namespace {

// Every value at one of its declared bounds.
template <typename Values>
void FillWithBounds(const Tensor& tensor, std::mt19937* random, Values* values) {
  for (int32_t& v : *values) v = static_cast<int32_t>((*random)() % 2 == 0 ? tensor.min : tensor.max);
}

void ExpectTotal(const Graph& graph, std::span<const FloatTensor> samples, const CompileOptions& options = {},
                 int rounds = 3) {
  auto model = CompileModel(graph, samples, options);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  const auto ranges = CheckTotality(model->circuit, model->program);
  ASSERT_TRUE(ranges.ok()) << ranges.error().ToString();
  // And so the interpreter finds a row for each value of the worst weights and inputs.
  std::mt19937 random(1);
  for (int i = 0; i < rounds; ++i) {
    IntegerTensors inputs(model->circuit.tensors.size());
    for (size_t t = 0; t < inputs.size(); ++t) {
      const Tensor& tensor = model->circuit.tensors[t];
      if (tensor.kind == TensorKind::kInput) inputs[t].resize(ElementCount(tensor.shape));
      FillWithBounds(tensor, &random, &inputs[t]);
      if (tensor.kind == TensorKind::kWeight) FillWithBounds(tensor, &random, &model->weights[t]);
    }
    const auto witness = RunProgram(model->circuit, model->program, model->weights, inputs, 1);
    ASSERT_TRUE(witness.ok()) << witness.error().ToString();
    for (size_t t = 0; t < inputs.size(); ++t) {
      for (const int32_t v : witness->assignment.tensors[t]) {
        ASSERT_TRUE(v >= (*ranges)[t].min && v <= (*ranges)[t].max) << model->circuit.tensors[t].name << ": " << v;
      }
    }
  }
}

void ExpectTotal(TestGraph& g) {
  for (const int bits : {8, 12, 16}) {
    SCOPED_TRACE(bits);
    CompileOptions options;
    options.bits = bits;
    ExpectTotal(g.graph(), g.Samples(16), options);
  }
}

TEST(Totality, ExampleModels) {
  for (const char* path : {"lenet/model.onnx", "risk/model.onnx", "models/liveness.onnx", "models/antispoof.onnx",
                           "models/ppocr_cls.onnx", "models/age_gender_embedding.onnx"}) {
    SCOPED_TRACE(path);
    ImportOptions import;
    if (std::string_view(path) == "models/ppocr_cls.onnx") import.input_shapes = {{1, 3, 48, 192}};
    const auto graph = ImportOnnxFile(std::string("examples/") + path, import);
    ASSERT_TRUE(graph.ok()) << graph.error().ToString();
    TestGraph random(3);
    for (const ValueId v : graph->inputs) random.Input(Dims(graph->shape(v)));
    CompileOptions options;
    options.max_deviation_samples = 0;
    ExpectTotal(*graph, random.Samples(1, 0), options, 1);
  }
}

TEST(Totality, Convolutions) {
  TestGraph g = SmallLeNet();
  ExpectTotal(g);
}

TEST(Totality, ManyTerms) {
  TestGraph g(2);
  ValueId x = g.Relu(g.Linear(g.Input({1, 4096}), 64));
  g.Output(g.Linear(x, 3));
  ExpectTotal(g);
}

TEST(Totality, Residuals) {
  TestGraph g(4);
  ValueId x = g.Relu(g.Conv(g.Input({1, 3, 8, 8}), 8, 3, 1, 1));
  for (int i = 0; i < 3; ++i) {
    const ValueId y = g.Conv(g.Relu(g.Conv(x, 8, 3, 1, 1)), 8, 3, 1, 1);
    x = g.Relu(g.Node(Op::kAdd, {y, x}, {1, 8, 8, 8}));
  }
  x = g.MaxPool(x, 3, 2, 1);
  g.Output(g.Linear(g.Reshape(x, {1, 128}), 4));
  ExpectTotal(g);
}

TEST(Totality, FunctionsAndProducts) {
  TestGraph g(6);
  const ValueId x = g.Linear(g.Input({1, 4, 6}), 6);
  const ValueId s = g.Node(Op::kSigmoid, {x}, {1, 4, 6});
  const ValueId t = g.Node(Op::kTanh, {g.Linear(s, 6)}, {1, 4, 6});
  const ValueId p = g.Node(Op::kMul, {t, x}, {1, 4, 6});
  g.Output(g.Node(Op::kSoftmax, {p}, {1, 4, 6}, SoftmaxAttributes{2}));
  g.Output(g.Node(Op::kMatMul, {p, g.Node(Op::kTranspose, {s}, {1, 6, 4}, TransposeAttributes{{0, 2, 1}}), kNoValue},
                  {1, 4, 4}));
  ExpectTotal(g);
}

TEST(Totality, Fields) {
  // Records whose fields differ in magnitude, as the factors that standardise them do.
  TestGraph g(8);
  ValueId x = g.Input({1, 8});
  const ValueId factors = g.Constant({8}, 1);
  const ValueId shifts = g.Constant({8}, 4);
  for (size_t i = 0; i < 8; ++i) g.graph().value(factors).data[i] *= i < 4 ? 1e-4f : 3.0f;
  x = g.Node(Op::kAffine, {x, factors, shifts}, {1, 8});
  g.Output(g.Node(Op::kSigmoid, {g.Linear(g.Relu(g.Linear(x, 16)), 1)}, {1, 1}));
  for (const float reach : {1.0f, 1000.0f}) ExpectTotal(g.graph(), g.Samples(16, -reach, reach));
}

// A clamp that takes a negative position to 0 makes max(a, b) more than both.
TEST(Totality, AMaximumBehindABadClamp) {
  TestGraph g = SmallLeNet();
  auto model = CompileModel(g.graph(), g.Samples(16));
  ASSERT_TRUE(model.ok());
  size_t changed = 0;
  for (const Step& step : model->program.steps) {
    if (!step.clamp.has_value() || model->circuit.lookups[step.id].columns[2].terms.size() != 2) continue;
    Circuit circuit = model->circuit;
    Table& clamp = circuit.tables[step.clamp->table];
    ASSERT_LT(clamp.first_key, 0);
    for (int64_t top = clamp.first_key; top < 0; ++top) clamp.values[0][static_cast<size_t>(top - clamp.first_key)] = 0;
    ASSERT_TRUE(CheckDeterminism(circuit, model->program).ok());
    EXPECT_FALSE(CheckTotality(circuit, model->program).ok());
    ++changed;
  }
  EXPECT_GT(changed, 0u);
}

// Bounds from the actual weights are not enough, and say so.
TEST(Totality, TightBoundsAreNot) {
  TestGraph g = SmallLeNet();
  CompileOptions options;
  options.tight = true;
  const auto model = CompileModel(g.graph(), g.Samples(16), options);
  ASSERT_TRUE(model.ok());
  EXPECT_FALSE(CheckTotality(model->circuit, model->program).ok());
}

}  // namespace
}  // namespace provenn
