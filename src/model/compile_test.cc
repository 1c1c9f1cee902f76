#include "model/compile.h"

#include <gtest/gtest.h>

#include <functional>

#include "model/float_executor.h"
#include "model/test_graph.h"
#include "relation/checker.h"

namespace provenn {
namespace {

CompiledModel Compile(const TestGraph& g, const std::vector<FloatTensor>& samples, int bits = 12) {
  const Status valid = ValidateGraph(g.graph());
  EXPECT_TRUE(valid.ok()) << valid.error().ToString();
  CompileOptions options;
  options.bits = bits;
  auto model = CompileModel(g.graph(), samples, options);
  EXPECT_TRUE(model.ok()) << model.error().ToString();
  return model.ok() ? *std::move(model) : CompiledModel{};
}

void ExpectSatisfied(const CompiledModel& model, const Witness& witness, uint32_t batch) {
  const Status status = CheckAssignment(WithBatch(model.circuit, batch), witness.assignment);
  EXPECT_TRUE(status.ok()) << status.error().ToString();
}

// Compiles, compares with the float model on other samples than those it was calibrated on, and shows the witness of a
// batch to the direct checker. `tolerance` is relative to the largest float output.
CompiledModel ExpectAgrees(TestGraph& g, double tolerance = 0.01) {
  const CompiledModel model = Compile(g, g.Samples(16));
  if (model.circuit.lookups.empty()) return model;
  const FloatExecutor executor(g.graph());
  const std::vector<FloatTensor> batch_inputs = g.Samples(3, -0.9f, 0.9f);
  uint32_t batch = 0;
  const auto integers = QuantiseInputs(model.circuit, model.inputs, batch_inputs, &batch);
  EXPECT_TRUE(integers.ok()) << integers.error().ToString();
  EXPECT_EQ(batch, 3u);
  const auto witness = RunProgram(model.circuit, model.program, model.weights, *integers, batch);
  EXPECT_TRUE(witness.ok()) << witness.error().ToString();
  ExpectSatisfied(model, *witness, batch);
  const auto outputs = RunCompiled(model, batch_inputs);
  EXPECT_TRUE(outputs.ok());
  // Sample by sample: the batch is three single runs, and each is near the float model.
  std::vector<std::vector<FloatTensor>> singles(3);
  for (size_t i = 0; i < batch_inputs.size(); ++i) {
    const auto split = SplitBatch(batch_inputs[i], model.inputs[i].shape, "input");
    for (size_t s = 0; s < 3; ++s) singles[s].push_back((*split)[s]);
  }
  for (size_t s = 0; s < 3; ++s) {
    const auto single = RunCompiled(model, singles[s]);
    EXPECT_TRUE(single.ok());
    const auto want = executor.Run(singles[s]);
    EXPECT_TRUE(want.ok());
    for (size_t o = 0; o < want->size(); ++o) {
      const std::vector<float>& expected = (*want)[o].data;
      double magnitude = 0;
      for (float v : expected) magnitude = std::max(magnitude, std::abs(static_cast<double>(v)));
      EXPECT_EQ((*single)[o].shape, (*want)[o].shape);
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ((*single)[o].data[i], (*outputs)[o].data[s * expected.size() + i]);
        EXPECT_NEAR((*single)[o].data[i], expected[i], tolerance * magnitude) << "output " << o << " element " << i;
      }
    }
  }
  return model;
}

TEST(Compile, SmallLeNet) {
  TestGraph g = SmallLeNet();
  ExpectAgrees(g);
}

TEST(Compile, ConvolutionWithEverything) {
  TestGraph g;
  ValueId x = g.Input({1, 3, 9, 8});
  x = g.Conv(x, 5, 3, 2, 1);
  x = g.Relu(x);
  x = g.Conv(x, 4, 2, 1, 2, 1, 2);
  g.Output(x);
  ExpectAgrees(g);
}

TEST(Compile, AsymmetricPadsAndRectangularKernel) {
  TestGraph g;
  const ValueId x = g.Input({1, 2, 6, 7});
  ConvAttributes a;
  a.window = {{3, 2}, {2, 1}, {1, 1}, {0, 1}, {2, 0}};
  g.Output(g.Node(Op::kConv, {x, g.Constant({3, 2, 3, 2}, 1), kNoValue}, {1, 3, 3, 7}, a));
  ExpectAgrees(g);
}

TEST(Compile, GroupedThenDepthwiseConvolution) {
  TestGraph g;
  ValueId x = g.Input({1, 4, 6, 6});
  x = g.Relu(g.Conv(x, 6, 3, 1, 1, 2));
  x = g.Relu(g.Conv(x, 6, 3, 1, 1, 6));
  x = g.Conv(x, 3, 1);
  g.Output(x);
  ExpectAgrees(g);
}

TEST(Compile, DepthwiseWithMultiplier) {
  TestGraph g;
  const ValueId x = g.Input({1, 3, 5, 5});
  g.Output(g.Conv(x, 6, 3, 1, 0, 3));
  ExpectAgrees(g);
}

TEST(Compile, OneDimensionalConvolution) {
  TestGraph g;
  ValueId x = g.Reshape(g.Input({1, 3, 12}), {1, 3, 1, 12});
  ConvAttributes a;
  a.window = {{1, 4}, {1, 2}, {1, 1}, {0, 1}, {0, 1}};
  x = g.Node(Op::kConv, {x, g.Constant({5, 3, 1, 4}, 1), g.Constant({5}, 1)}, {1, 5, 1, 6}, a);
  g.Output(g.Reshape(x, {1, 5, 6}));
  ExpectAgrees(g);
}

TEST(Compile, ConvolutionOnOnePixelUsesTheMiddleTap) {
  TestGraph g;
  g.Output(g.Conv(g.Input({1, 4, 1, 1}), 3, 3, 1, 1));
  ExpectAgrees(g);
}

// Constants all of whose axes are axes of the result alone.
TEST(Compile, ConstantsThatShareNoAxisWithTheirOperand) {
  const auto conv = [](TestGraph& g) { return g.Conv(g.Input({1, 1, 4, 3}), 5, 1); };
  const auto depthwise = [](TestGraph& g) { return g.Conv(g.Conv(g.Input({1, 1, 4, 3}), 70, 1), 70, 1, 1, 0, 70); };
  const auto one_value = [](TestGraph& g) { return g.Linear(g.Relu(g.Linear(g.Input({1, 4}), 1)), 3); };
  const auto one_pixel = [](TestGraph& g) { return g.Conv(g.Input({1, 1, 1, 1}), 3, 1); };
  const auto factors = [](TestGraph& g) {
    return g.Node(Op::kMul, {g.Constant({4, 1, 1}, 1), g.Input({1, 1, 3, 2})}, {1, 4, 3, 2});
  };
  const auto rows = [](TestGraph& g) {
    return g.Node(Op::kMatMul, {g.Constant({4, 1}, 1), g.Input({1, 1, 3}), kNoValue}, {1, 4, 3});
  };
  for (ValueId (*make)(TestGraph&) : {+conv, +depthwise, +one_value, +one_pixel, +factors, +rows}) {
    TestGraph g;
    g.Output(make(g));
    ExpectAgrees(g);
  }
}

TEST(Compile, ProductsOfActivations) {
  TestGraph g;
  const ValueId x = g.Input({1, 4, 6});
  const ValueId q = g.Linear(x, 8);
  const ValueId k = g.Linear(x, 8);
  // Two heads: [1, 4, 8] -> [1, 2, 4, 4]
  const auto heads = [&](ValueId v) {
    return g.Node(Op::kTranspose, {g.Reshape(v, {1, 4, 2, 4})}, {1, 2, 4, 4}, TransposeAttributes{{0, 2, 1, 3}});
  };
  const ValueId kt = g.Node(Op::kTranspose, {heads(k)}, {1, 2, 4, 4}, TransposeAttributes{{0, 1, 3, 2}});
  const ValueId scores = g.Node(Op::kMatMul, {heads(q), kt, kNoValue}, {1, 2, 4, 4});
  const ValueId weights = g.Node(Op::kSoftmax, {scores}, {1, 2, 4, 4}, SoftmaxAttributes{3});
  const ValueId mixed = g.Node(Op::kMatMul, {weights, heads(g.Linear(x, 8)), kNoValue}, {1, 2, 4, 4});
  const ValueId joined = g.Node(Op::kTranspose, {mixed}, {1, 4, 2, 4}, TransposeAttributes{{0, 2, 1, 3}});
  g.Output(g.Linear(g.Reshape(joined, {1, 4, 8}), 3));
  ExpectAgrees(g);
}

TEST(Compile, ConstantOnTheLeftOfAProduct) {
  TestGraph g;
  const ValueId x = g.Input({1, 5, 3});
  g.Output(g.Node(Op::kMatMul, {g.Constant({4, 5}, 1), x, g.Constant({3}, 1)}, {1, 4, 3}));
  ExpectAgrees(g);
}

TEST(Compile, BatchOfConstantMatrices) {
  TestGraph g;
  const ValueId x = g.Input({1, 3, 4, 5});
  g.Output(g.Node(Op::kMatMul, {x, g.Constant({3, 5, 2}, 1), g.Constant({2}, 1)}, {1, 3, 4, 2}));
  ExpectAgrees(g);
}

TEST(Compile, AffinePerChannelAndPerElement) {
  TestGraph g;
  const ValueId x = g.Input({1, 3, 4, 4});
  const ValueId y = g.Node(Op::kAffine, {x, g.Constant({1, 3, 1, 1}, 2), g.Constant({1, 3, 1, 1}, 1)}, {1, 3, 4, 4});
  const ValueId z = g.Node(Op::kAffine, {g.Relu(y), kNoValue, g.Constant({1, 3, 4, 4}, 1)}, {1, 3, 4, 4});
  g.Output(z);
  ExpectAgrees(g);
}

TEST(Compile, SumsOfDifferentScales) {
  TestGraph g;
  const ValueId x = g.Input({1, 3, 4, 4});
  const ValueId a = g.Conv(x, 4, 3, 1, 1);
  const ValueId b = g.Conv(g.Relu(g.Conv(x, 4, 1)), 4, 3, 1, 1);
  const ValueId sum = g.Relu(g.Node(Op::kAdd, {a, b}, {1, 4, 4, 4}));
  const ValueId difference = g.Node(Op::kSub, {sum, g.Conv(sum, 4, 1)}, {1, 4, 4, 4});
  g.Output(difference);
  ExpectAgrees(g);
}

TEST(Compile, BroadcastSumsAndProducts) {
  TestGraph g;
  const ValueId x = g.Input({1, 3, 4, 5});
  const ValueId gate = g.Input({1, 3, 1, 1});
  const ValueId row = g.Input({1, 5});
  const ValueId product = g.Node(Op::kMul, {x, gate}, {1, 3, 4, 5});
  const ValueId sum = g.Node(Op::kAdd, {row, product}, {1, 3, 4, 5});
  g.Output(g.Node(Op::kSub, {sum, g.Constant({2, 3, 4, 5}, 1)}, {2, 3, 4, 5}));
  g.Output(g.Node(Op::kMul, {gate, g.Constant({1, 3, 2, 2}, 1)}, {1, 3, 2, 2}));
  ExpectAgrees(g);
}

TEST(Compile, EveryFunctionOnSumAndOnCells) {
  const std::vector<std::pair<Op, Attributes>> functions = {{Op::kRelu, {}},
                                                            {Op::kLeakyRelu, LeakyReluAttributes{0.1f}},
                                                            {Op::kClip, ClipAttributes{-0.25f, 0.5f}},
                                                            {Op::kSigmoid, {}},
                                                            {Op::kTanh, {}},
                                                            {Op::kHardSigmoid, HardSigmoidAttributes{}},
                                                            {Op::kHardSwish, {}}};
  for (const auto& [op, attributes] : functions) {
    SCOPED_TRACE(OpName(op));
    TestGraph g;
    const ValueId x = g.Input({1, 2, 3, 3});
    const ValueId y = g.Node(op, {g.Conv(x, 3, 2)}, {1, 3, 2, 2}, attributes);
    g.Output(y);
    g.Output(g.Node(op, {x}, {1, 2, 3, 3}, attributes));
    ExpectAgrees(g);
  }
}

TEST(Compile, FunctionsOfOneValueAreOneTable) {
  TestGraph g;
  const ValueId x = g.Conv(g.Input({1, 2, 4, 4}), 3, 3);
  const ValueId s = g.Node(Op::kSigmoid, {x}, {1, 3, 2, 2});
  g.Output(g.Node(Op::kMul, {x, s}, {1, 3, 2, 2}));
  const CompiledModel model = ExpectAgrees(g);
  uint64_t committed = 0;
  for (const Tensor& t : model.circuit.tensors) committed += t.kind == TensorKind::kOutput ? 1 : 0;
  EXPECT_EQ(committed, 1u);
  // No product of activations is left: the only contractions are those of the convolution.
  EXPECT_EQ(model.circuit.contractions.size(), 2u);
}

TEST(Compile, SeveralReadersOfOneSum) {
  TestGraph g;
  const ValueId x = g.Conv(g.Input({1, 2, 4, 4}), 3, 3);
  g.Output(x);
  g.Output(g.Relu(x));
  g.Output(g.Node(Op::kTanh, {x}, {1, 3, 2, 2}));
  g.Output(x);
  ExpectAgrees(g);
}

TEST(Compile, MaxPoolWithPaddingOfNegativeValues) {
  TestGraph g;
  ValueId x = g.Input({1, 2, 7, 6});
  // Shifted down so that the zeros of the padding would win.
  x = g.Node(Op::kAffine, {x, g.Constant({1, 2, 1, 1}, 1), kNoValue}, {1, 2, 7, 6});
  x = g.Node(Op::kSub,
             {x, g.Node(Op::kHardSigmoid, {g.Conv(x, 2, 1)}, {1, 2, 7, 6}, HardSigmoidAttributes{0.1f, 1.0f})},
             {1, 2, 7, 6});
  g.Output(g.MaxPool(x, 3, 2, 1));
  ExpectAgrees(g, 0.02);
}

TEST(Compile, PoolsOfManyShapes) {
  TestGraph g;
  const ValueId x = g.Relu(g.Conv(g.Input({1, 2, 13, 12}), 2, 1));
  g.Output(g.MaxPool(x, 3, 1));
  g.Output(g.MaxPool(x, 3, 2, 1));
  PoolAttributes whole;
  whole.window.kernel = {13, 12};
  g.Output(g.Node(Op::kMaxPool, {x}, {1, 2, 1, 1}, whole));
  PoolAttributes average;
  average.window = {{3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}};
  g.Output(g.Node(Op::kAveragePool, {x}, {1, 2, 7, 6}, average));
  average.count_include_pad = true;
  g.Output(g.Node(Op::kAveragePool, {x}, {1, 2, 7, 6}, average));
  ExpectAgrees(g);
}

TEST(Compile, FunctionAfterPoolMovesInFront) {
  TestGraph g;
  const ValueId x = g.Conv(g.Input({1, 2, 6, 6}), 3, 3);
  const ValueId y = g.Relu(g.MaxPool(x, 2, 2));
  g.Output(g.Conv(y, 2, 2));
  ExpectAgrees(g);
}

TEST(Compile, Reductions) {
  TestGraph g;
  const ValueId x = g.Input({1, 6, 5, 3});
  g.Output(g.Node(Op::kReduceMean, {x}, {1, 6, 1, 1}, ReduceAttributes{{2, 3}}));
  g.Output(g.Node(Op::kReduceSum, {x}, {1, 1, 5, 3}, ReduceAttributes{{1}}));
  g.Output(g.Node(Op::kReduceMean, {x}, {1, 1, 1, 1}, ReduceAttributes{{1, 2, 3}}));
  ExpectAgrees(g);
}

TEST(Compile, SoftmaxOverEitherAxis) {
  TestGraph g;
  const ValueId x = g.Linear(g.Input({1, 5, 11}), 11);
  g.Output(g.Node(Op::kSoftmax, {x}, {1, 5, 11}, SoftmaxAttributes{2}));
  g.Output(g.Node(Op::kSoftmax, {x}, {1, 5, 11}, SoftmaxAttributes{1}));
  ExpectAgrees(g, 0.02);
}

TEST(Compile, ViewsAreFree) {
  TestGraph g;
  const ValueId x = g.Input({1, 4, 6, 2});
  const ValueId t = g.Node(Op::kTranspose, {x}, {1, 6, 2, 4}, TransposeAttributes{{0, 2, 3, 1}});
  const ValueId s = g.Node(Op::kSlice, {t}, {1, 3, 2, 2}, SliceAttributes{{0, 5, 0, 1}, {1, -2, 1, 2}});
  const ValueId r = g.Reshape(s, {1, 12});
  g.Output(g.Linear(r, 3));
  const CompiledModel model = ExpectAgrees(g);
  // Only the product is committed: input and weights aside, no view took cells.
  for (const NodeReport& node : model.nodes) {
    if (node.op != "MatMul" && node.op != "input") {
      EXPECT_EQ(node.cells, 0u) << node.name;
    }
  }
}

TEST(Compile, ReshapeAcrossFactorsCopies) {
  TestGraph g;
  const ValueId x = g.Input({1, 4, 6});
  const ValueId r = g.Reshape(g.Relu(g.Linear(x, 6)), {1, 3, 8});
  g.Output(g.Linear(r, 2));
  const ValueId t = g.Node(Op::kTranspose, {r}, {1, 8, 3}, TransposeAttributes{{0, 2, 1}});
  g.Output(g.Reshape(t, {1, 24}));
  ExpectAgrees(g);
}

TEST(Compile, ConcatOfSumsCellsAndConstants) {
  TestGraph g;
  const ValueId x = g.Input({1, 2, 3, 3});
  const ValueId a = g.Relu(g.Conv(x, 3, 1));
  const ValueId c = g.Constant({1, 1, 3, 3}, 1);
  const ValueId joined = g.Node(Op::kConcat, {a, x, c}, {1, 6, 3, 3}, ConcatAttributes{1});
  g.Output(g.Conv(joined, 2, 2));
  g.Output(g.Node(Op::kConcat, {x, x}, {1, 2, 3, 6}, ConcatAttributes{3}));
  ExpectAgrees(g);
}

TEST(Compile, PadWithZerosAndOtherValues) {
  TestGraph g;
  const ValueId x = g.Input({1, 2, 3, 3});
  const ValueId zeros = g.Node(Op::kPad, {x}, {1, 2, 5, 6}, PadAttributes{{0, 0, 1, 1}, {0, 0, 1, 2}, 0});
  g.Output(g.Conv(zeros, 2, 2));
  g.Output(g.Node(Op::kPad, {x}, {1, 2, 5, 6}, PadAttributes{{0, 0, 1, 1}, {0, 0, 1, 2}, -0.75f}));
  // A padded slice: what lies beyond the slice must not be read.
  const ValueId inner = g.Node(Op::kSlice, {x}, {1, 2, 1, 3}, SliceAttributes{{0, 0, 1, 0}, {1, 1, 1, 1}});
  g.Output(g.Node(Op::kPad, {g.Node(Op::kSlice, {x}, {1, 2, 2, 3}, SliceAttributes{{0, 0, 1, 0}, {1, 1, 1, 1}})},
                  {1, 2, 4, 3}, PadAttributes{{0, 0, 1, 0}, {0, 0, 1, 0}, 0}));
  g.Output(g.Conv(inner, 2, 3, 1, 1));
  ExpectAgrees(g);
}

TEST(Compile, InputThatIsAnOutput) {
  TestGraph g;
  const ValueId x = g.Input({1, 3});
  g.Output(x);
  g.Output(g.Linear(x, 2));
  ExpectAgrees(g);
}

TEST(Compile, FewerAndMoreBits) {
  double errors[3];
  const int bits[3] = {8, 12, 16};
  for (size_t i = 0; i < 3; ++i) {
    TestGraph g = SmallLeNet();
    errors[i] = Compile(g, g.Samples(16), bits[i]).deviations[0].mean_error;
  }
  EXPECT_LT(errors[1], errors[0] / 4);
  EXPECT_LT(errors[2], errors[1] / 4);
}

TEST(Compile, TheSameModelGivesTheSameBytes) {
  TestGraph g = SmallLeNet();
  const std::vector<FloatTensor> samples = g.Samples(8);
  const CompiledModel a = Compile(g, samples);
  const CompiledModel b = Compile(g, samples);
  EXPECT_EQ(EncodeCircuit(a.circuit), EncodeCircuit(b.circuit));
  EXPECT_EQ(EncodeProgram(a.program), EncodeProgram(b.program));
  EXPECT_EQ(a.weights, b.weights);
}

TEST(Compile, RefusesWhatItCannotUse) {
  TestGraph g = SmallLeNet();
  CompileOptions options;
  options.bits = 17;
  EXPECT_EQ(CompileModel(g.graph(), g.Samples(1), options).error().code, Code::kInvalidArgument);
  EXPECT_EQ(CompileModel(g.graph(), {}).error().code, Code::kInvalidArgument);
  std::vector<FloatTensor> samples = g.Samples(1);
  samples[0].shape.back() -= 1;
  samples[0].data.resize(static_cast<size_t>(ElementCount(samples[0].shape)));
  EXPECT_EQ(CompileModel(g.graph(), samples).error().code, Code::kInvalidArgument);
}

// Beyond what the coarsest scale holds: such a weight would leave its declared bounds, and its sums 64 bits.
TEST(Compile, RefusesAWeightBeyondItsFormat) {
  TestGraph g(5);
  g.Output(g.Linear(g.Input({1, 4}), 3));
  g.graph().value(g.graph().nodes[0].inputs[1]).data[2] = -1.5e31f;
  const auto model = CompileModel(g.graph(), g.Samples(4));
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code, Code::kUnsupported);
  EXPECT_NE(model.error().message.find("too large for its format"), std::string::npos) << model.error().ToString();
}

}  // namespace
}  // namespace provenn
