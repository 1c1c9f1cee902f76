// What the public circuit tells about the weights: models that differ in ways which docs/security.md says are hidden
// have circuits that are equal byte for byte, and those that differ otherwise differ in the field that it names.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "model/compile.h"
#include "model/test_graph.h"

namespace provenn {
namespace {

// Two convolutions' worth of structure in small: factors, a convolution, a product, a second product as the output.
struct Subject {
  TestGraph g{5};
  ValueId factors = kNoValue;
  ValueId kernel = kNoValue;
  ValueId matrix = kNoValue;
  ValueId last = kNoValue;

  Subject() {
    ValueId x = g.Input({1, 2, 6, 6});
    factors = g.Constant({1, 2, 6, 6}, 1);
    x = g.Node(Op::kAffine, {x, factors, kNoValue}, {1, 2, 6, 6});
    x = g.Relu(g.Conv(x, 4, 3));
    kernel = g.graph().nodes[1].inputs[1];
    x = g.Relu(g.Linear(g.Reshape(x, {1, 64}), 10));
    matrix = g.graph().nodes[4].inputs[1];
    g.Output(g.Linear(x, 3));
    last = g.graph().nodes[6].inputs[1];
  }
  std::vector<float>& Data(ValueId v) { return g.graph().value(v).data; }
};

CompiledModel Compile(Subject& s, bool tight = false) {
  CompileOptions options;
  options.tight = tight;
  // The same samples for every variant.
  TestGraph samples(99);
  samples.Input({1, 2, 6, 6});
  auto model = CompileModel(s.g.graph(), samples.Samples(32), options);
  EXPECT_TRUE(model.ok()) << model.error().ToString();
  return model.ok() ? *std::move(model) : CompiledModel{};
}

using Change = std::function<void(Subject&)>;

// Whether the change moves anything in the circuit. It must move weights.
bool Moves(const Change& change, bool tight = false) {
  Subject before;
  Subject after;
  change(after);
  const CompiledModel a = Compile(before, tight);
  const CompiledModel b = Compile(after, tight);
  EXPECT_NE(a.weights, b.weights);
  return EncodeCircuit(a.circuit) != EncodeCircuit(b.circuit);
}

bool Smaller(float a, float b) { return std::abs(a) < std::abs(b); }

void ShrinkSmallest(std::vector<float>& data) {
  float& smallest = *std::min_element(data.begin(), data.end(), Smaller);
  smallest = smallest < 0.002f && smallest > -0.002f ? 0.003f : 0.0f;
}

TEST(CompilePublic, SmallestEntry) {
  EXPECT_FALSE(Moves([](Subject& s) {
    for (const ValueId v : {s.factors, s.kernel, s.matrix, s.last}) ShrinkSmallest(s.Data(v));
  }));
}

TEST(CompilePublic, LargestEntryWithinItsPowerOfTwo) {
  EXPECT_FALSE(Moves([](Subject& s) {
    for (const ValueId v : {s.factors, s.kernel, s.matrix, s.last}) {
      *std::max_element(s.Data(v).begin(), s.Data(v).end(), Smaller) *= 0.99f;
    }
  }));
}

TEST(CompilePublic, SignOfEntries) {
  EXPECT_FALSE(Moves([](Subject& s) {
    for (const ValueId v : {s.kernel, s.matrix}) s.Data(v)[3] = -s.Data(v)[3];
  }));
}

void RaiseColumn(Subject& s) {
  // Column 0: the largest sum of magnitudes that the format allows, the products still small.
  for (size_t i = 0; i < 64; ++i) s.Data(s.matrix)[10 * i] = i % 2 == 0 ? 0.49f : -0.49f;
}

TEST(CompilePublic, SumOfAColumnOnlyUnderTight) {
  EXPECT_FALSE(Moves(RaiseColumn));
  EXPECT_TRUE(Moves(RaiseColumn, true));
}

TEST(CompilePublic, NoiseOfAFineTuning) {
  EXPECT_FALSE(Moves([](Subject& s) {
    std::mt19937 random(4);
    std::normal_distribution<float> noise(1.0f, 0.05f);
    for (const ValueId v : {s.kernel, s.matrix, s.last}) {
      for (float& w : s.Data(v)) w = std::clamp(w * noise(random), -0.5f, 0.5f);
    }
  }));
}

TEST(CompilePublic, SignOfACalibratedRange) {
  // Every output seen is positive; the key does not say so.
  TestGraph g(5);
  const ValueId y = g.Linear(g.Input({1, 4}), 3);
  g.graph().value(g.graph().nodes[0].inputs[2]).data.assign(3, 50.0f);
  g.Output(g.Node(Op::kTanh, {y}, {1, 3}));
  g.Output(y);
  const auto model = CompileModel(g.graph(), g.Samples(16));
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  for (const ModelPort& port : model->outputs) EXPECT_LT(model->circuit.tensors[port.tensor].min, 0) << port.name;
}

TEST(CompilePublic, MagnitudeOfALayerMovesScalesOfThatLayerAlone) {
  Subject before;
  Subject after;
  // 16 times the first product, a sixteenth of the second: the layer between changes scale, the output does not.
  for (float& w : after.Data(after.matrix)) w *= 16;
  for (float& w : after.Data(after.g.graph().nodes[4].inputs[2])) w *= 16;
  for (float& w : after.Data(after.last)) w /= 16;
  const Circuit a = Compile(before).circuit;
  const Circuit b = Compile(after).circuit;
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  int moved = 0;
  for (size_t t = 0; t < a.tensors.size(); ++t) {
    if (a.tensors[t].scale == b.tensors[t].scale) continue;
    ++moved;
    const std::string& name = a.tensors[t].name;
    const bool of_the_layer = name.starts_with("MatMul_4") || name.starts_with("MatMul_6") ||
                              name == before.g.graph().value(before.g.graph().nodes[5].output).name;
    EXPECT_TRUE(of_the_layer) << name;
  }
  EXPECT_GT(moved, 0);
}

}  // namespace
}  // namespace provenn
