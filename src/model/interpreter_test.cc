#include "model/interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "model/compile.h"
#include "model/test_graph.h"
#include "relation/checker.h"

namespace provenn {
namespace {

CompiledModel MustCompile(TestGraph& g, int bits = 8) {
  CompileOptions options;
  options.bits = bits;
  auto model = CompileModel(g.graph(), g.Samples(8), options);
  EXPECT_TRUE(model.ok()) << model.error().ToString();
  return *std::move(model);
}

IntegerTensors InputsOf(const CompiledModel& model, const std::function<int32_t(const Tensor&, size_t)>& value) {
  IntegerTensors inputs(model.circuit.tensors.size());
  for (const ModelPort& port : model.inputs) {
    const Tensor& tensor = model.circuit.tensors[port.tensor];
    for (size_t i = 0; i < ElementCount(tensor.shape); ++i) inputs[port.tensor].push_back(value(tensor, i));
  }
  return inputs;
}

// Small models that between them use every kind of lookup.
TestGraph ConvPool() {
  TestGraph g(3);
  const ValueId x = g.Input({1, 1, 4, 4});
  g.Output(g.MaxPool(g.Relu(g.Conv(x, 2, 2)), 2, 1));
  return g;
}
TestGraph Gated() {
  TestGraph g(4);
  const ValueId x = g.Input({1, 4});
  const ValueId gate = g.Node(Op::kSigmoid, {g.Linear(x, 4)}, {1, 4});
  g.Output(g.Node(Op::kMul, {x, gate}, {1, 4}));
  return g;
}
TestGraph Probabilities() {
  TestGraph g(5);
  const ValueId x = g.Linear(g.Input({1, 3}), 5);
  g.Output(g.Node(Op::kSoftmax, {x}, {1, 5}, SoftmaxAttributes{1}));
  return g;
}
TestGraph Joined() {
  TestGraph g(6);
  const ValueId x = g.Input({1, 2, 3, 3});
  const ValueId mean = g.Node(Op::kReduceMean, {x}, {1, 2, 1, 1}, ReduceAttributes{{2, 3}});
  const ValueId sum = g.Node(Op::kAdd, {x, mean}, {1, 2, 3, 3});
  g.Output(g.Node(Op::kConcat, {sum, x}, {1, 4, 3, 3}, ConcatAttributes{1}));
  return g;
}

TestGraph Logits() {
  TestGraph g(8);
  g.Output(g.Linear(g.Relu(g.Linear(g.Input({1, 3}), 3)), 4));
  return g;
}

// Under-constraint search: one changed cell, whichever it is, breaks a lookup.
TEST(Interpreter, NoCellHasAChoice) {
  std::mt19937 random(9);
  for (const auto& make : {ConvPool, Gated, Probabilities, Joined, Logits}) {
    TestGraph g = make();
    const CompiledModel model = MustCompile(g);
    const IntegerTensors inputs = InputsOf(model, [&](const Tensor& t, size_t) {
      return std::uniform_int_distribution<int32_t>(static_cast<int32_t>(t.min), static_cast<int32_t>(t.max))(random);
    });
    const auto witness = RunProgram(model.circuit, model.program, model.weights, inputs);
    ASSERT_TRUE(witness.ok());
    Assignment assignment = witness->assignment;
    ASSERT_TRUE(CheckAssignment(model.circuit, assignment).ok());
    for (size_t t = 0; t < assignment.tensors.size(); ++t) {
      const Tensor& tensor = model.circuit.tensors[t];
      if (tensor.kind != TensorKind::kWitness && tensor.kind != TensorKind::kOutput) continue;
      for (int32_t& cell : assignment.tensors[t]) {
        const int32_t right = cell;
        const int32_t anywhere = std::uniform_int_distribution<int32_t>(-100000, 100000)(random);
        for (const int32_t wrong : {right + 1, right - 1, anywhere == right ? right + 2 : anywhere}) {
          cell = wrong;
          EXPECT_FALSE(CheckAssignment(model.circuit, assignment).ok()) << tensor.name << " " << right << " " << wrong;
        }
        cell = right;
      }
    }
  }
}

// Any input in the declared range is provable: sums far beyond what calibration saw saturate.
TEST(Interpreter, CornersOfTheInputRangeStayProvable) {
  std::mt19937 random(10);
  for (const auto& make : {ConvPool, Gated, Probabilities, Joined, Logits, SmallLeNet}) {
    TestGraph g = make();
    // Calibrated on small values only.
    auto model = CompileModel(g.graph(), g.Samples(4, -0.05f, 0.05f));
    ASSERT_TRUE(model.ok()) << model.error().ToString();
    for (int round = 0; round < 6; ++round) {
      const IntegerTensors inputs = InputsOf(*model, [&](const Tensor& t, size_t) {
        const bool high = round == 0 || (round > 1 && random() % 2 == 0);
        return static_cast<int32_t>(high ? t.max : t.min);
      });
      const auto witness = RunProgram(model->circuit, model->program, model->weights, inputs);
      ASSERT_TRUE(witness.ok()) << witness.error().ToString();
      const Status status = CheckAssignment(model->circuit, witness->assignment);
      EXPECT_TRUE(status.ok()) << status.error().ToString();
    }
  }
}

TEST(Interpreter, ValuesStayWithinTheDeclaredRanges) {
  TestGraph g = SmallLeNet();
  const CompiledModel model = MustCompile(g, 12);
  const IntegerTensors inputs =
      InputsOf(model, [](const Tensor& t, size_t i) { return static_cast<int32_t>(i % 3 == 0 ? t.max : t.min); });
  const auto witness = RunProgram(model.circuit, model.program, model.weights, inputs);
  ASSERT_TRUE(witness.ok());
  for (size_t t = 0; t < model.circuit.tensors.size(); ++t) {
    for (const int32_t v : witness->assignment.tensors[t]) {
      ASSERT_GE(v, model.circuit.tensors[t].min) << model.circuit.tensors[t].name;
      ASSERT_LE(v, model.circuit.tensors[t].max) << model.circuit.tensors[t].name;
    }
  }
}

TEST(Interpreter, InputsOutsideTheirRangeAreNamed) {
  TestGraph g = ConvPool();
  const CompiledModel model = MustCompile(g);
  std::vector<FloatTensor> inputs = g.Samples(2);
  inputs[0].data[16 + 5] = 7.5f;
  const Error error = RunCompiled(model, inputs).error();
  EXPECT_EQ(error.code, Code::kOutOfRange);
  EXPECT_THAT(error.ToString(), testing::Not(testing::HasSubstr("7.5")));
  EXPECT_THAT(error.ToString(), testing::HasSubstr("[0, 0, 1, 1]"));
  EXPECT_THAT(error.ToString(), testing::HasSubstr("sample 1"));
  inputs[0].data[16 + 5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(RunCompiled(model, inputs).error().code, Code::kOutOfRange);
  IntegerTensors integers = InputsOf(model, [](const Tensor& t, size_t) { return static_cast<int32_t>(t.max) + 1; });
  EXPECT_EQ(RunProgram(model.circuit, model.program, model.weights, integers).error().code, Code::kOutOfRange);
  integers[model.inputs[0].tensor].pop_back();
  EXPECT_EQ(RunProgram(model.circuit, model.program, model.weights, integers).error().code, Code::kInvalidArgument);
}

TEST(Interpreter, BatchIsItsSamplesOneAfterTheOther) {
  TestGraph g = SmallLeNet();
  const CompiledModel model = MustCompile(g, 12);
  const std::vector<FloatTensor> samples = g.Samples(3);
  uint32_t batch = 0;
  const auto inputs = QuantiseInputs(model.circuit, model.inputs, samples, &batch);
  ASSERT_TRUE(inputs.ok());
  const auto all = RunProgram(model.circuit, model.program, model.weights, *inputs, 3);
  ASSERT_TRUE(all.ok());
  ASSERT_TRUE(CheckAssignment(WithBatch(model.circuit, 3), all->assignment).ok());
  const uint32_t id = model.inputs[0].tensor;
  const size_t size = ElementCount(model.circuit.tensors[id].shape);
  for (size_t s = 0; s < 3; ++s) {
    IntegerTensors one(inputs->size());
    one[id].assign((*inputs)[id].begin() + static_cast<ptrdiff_t>(s * size),
                   (*inputs)[id].begin() + static_cast<ptrdiff_t>((s + 1) * size));
    const auto single = RunProgram(model.circuit, model.program, model.weights, one);
    ASSERT_TRUE(single.ok());
    for (size_t c = 0; c < single->accumulators.size(); ++c) {
      const auto& part = single->accumulators[c];
      EXPECT_TRUE(
          std::equal(part.begin(), part.end(), all->accumulators[c].begin() + static_cast<ptrdiff_t>(s * part.size())));
    }
    for (size_t t = 0; t < model.circuit.tensors.size(); ++t) {
      if (model.circuit.tensors[t].kind == TensorKind::kWeight) continue;
      const auto& part = single->assignment.tensors[t];
      EXPECT_TRUE(std::equal(part.begin(), part.end(),
                             all->assignment.tensors[t].begin() + static_cast<ptrdiff_t>(s * part.size())));
    }
  }
}

}  // namespace
}  // namespace provenn
