// Folding must shorten the graph and leave its answers as they are. The answers expected here follow from the ONNX
// definitions by hand.
#include "model/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/float_executor.h"
#include "model/onnx_test_model.h"

namespace provenn {
namespace {

using testing::ElementsAre;

Graph MustImport(const TestModel& model) {
  Result<Graph> graph = model.Import();
  EXPECT_TRUE(graph.ok()) << graph.error().ToString();
  return graph.ok() ? std::move(*graph) : Graph();
}

TestModel& AddBatchNormalization(TestModel& model, const std::string& x, const std::string& y) {
  model.Floats("gamma", {2}, {2, 3})
      .Floats("beta", {2}, {1, -1})
      .Floats("mean", {2}, {4, 5})
      .Floats("var", {2}, {4, 9});
  return model.Node("BatchNormalization", {x, "gamma", "beta", "mean", "var"}, {y}).Attribute("epsilon", 0.0f);
}

TEST(Fold, BatchNormalizationGoesIntoAConvolution) {
  TestModel model;
  model.Input("x", {1, 1, 1, 2}).Floats("w", {2, 1, 1, 1}, {1, 2}).Floats("b", {2}, {10, 20});
  AddBatchNormalization(model.Node("Conv", {"x", "w", "b"}, {"c"}), "c", "y").Output("y");
  const Graph graph = MustImport(model);
  ASSERT_THAT(Ops(graph), ElementsAre(Op::kConv));
  // Channel 0: (x + 10 − 4)·2/2 + 1; channel 1: (2x + 20 − 5)·3/3 − 1.
  EXPECT_THAT(RunOne(graph, {1, -3}), ElementsAre(8, 4, 16, 8));
}

TEST(Fold, BatchNormalizationGoesIntoAOneDimensionalConvolution) {
  TestModel model;
  model.Input("x", {1, 1, 2}).Floats("w", {2, 1, 1}, {1, 2}).Floats("b", {2}, {10, 20});
  AddBatchNormalization(model.Node("Conv", {"x", "w", "b"}, {"c"}), "c", "n").Node("Relu", {"n"}, {"y"}).Output("y");
  const Graph graph = MustImport(model);
  EXPECT_THAT(Ops(graph), ElementsAre(Op::kReshape, Op::kConv, Op::kRelu, Op::kReshape));
  EXPECT_THAT(RunOne(graph, {1, -13}), ElementsAre(8, 0, 16, 0));
}

TEST(Fold, BatchNormalizationStaysWhereTheConvolutionHasAnotherReader) {
  TestModel model;
  model.Input("x", {1, 1, 1, 1}).Floats("w", {2, 1, 1, 1}, {1, 2});
  AddBatchNormalization(model.Node("Conv", {"x", "w"}, {"c"}), "c", "y").Output("y").Output("c");
  EXPECT_THAT(Ops(MustImport(model)), ElementsAre(Op::kConv, Op::kAffine));
}

TEST(Fold, AffinesMergeAndGoIntoAProduct) {
  TestModel model;
  model.Input("x", {1, 2}).Floats("w", {2, 2}, {1, 2, 3, 4}).Floats("b", {2}, {1, 2}).Floats("s", {1}, {3});
  model.Node("MatMul", {"x", "w"}, {"m"}).Node("Add", {"m", "b"}, {"a"}).Node("Mul", {"s", "a"}, {"p"});
  model.Node("Sub", {"s", "p"}, {"y"}).Output("y");
  const Graph graph = MustImport(model);
  ASSERT_THAT(Ops(graph), ElementsAre(Op::kMatMul));
  // 3 − 3·(x·w + b)
  EXPECT_THAT(RunOne(graph, {1, 1}), ElementsAre(3 - 3 * 5, 3 - 3 * 8));
}

TEST(Fold, SharedWeightsAreNotScaledForOthers) {
  TestModel model;
  model.Input("x", {1, 2}).Floats("w", {2, 2}, {1, 2, 3, 4}).Floats("s", {1}, {10});
  model.Node("MatMul", {"x", "w"}, {"m"}).Node("Mul", {"m", "s"}, {"a"}).Node("MatMul", {"a", "w"}, {"y"}).Output("y");
  EXPECT_THAT(RunOne(MustImport(model), {1, 0}), ElementsAre(70, 100));
}

TEST(Fold, AConstantThatEnlargesStaysAnOperand) {
  TestModel model;
  model.Input("x", {1, 2}).Floats("c", {2, 1}, {1, 2}).Node("Mul", {"x", "c"}, {"y"}).Output("y");
  const Graph graph = MustImport(model);
  ASSERT_THAT(Ops(graph), ElementsAre(Op::kMul));
  EXPECT_THAT(RunOne(graph, {3, 4}), ElementsAre(3, 4, 6, 8));
}

TEST(Fold, ClampsMerge) {
  TestModel model;
  model.Input("x", {1, 4}).Floats("six", {}, {6}).Floats("zero", {}, {0}).Node("Relu", {"x"}, {"r"});
  model.Node("Min", {"r", "six"}, {"m"}).Node("Max", {"m", "zero"}, {"y"}).Output("y");
  const Graph graph = MustImport(model);
  ASSERT_THAT(Ops(graph), ElementsAre(Op::kClip));
  EXPECT_THAT(RunOne(graph, {-1, 3, 6, 9}), ElementsAre(0, 3, 6, 6));
  TestModel apart;  // no value survives both
  apart.Input("x", {1, 3}).Node("Clip", {"x"}, {"a"}).Attribute("min", 0.0f).Attribute("max", 1.0f);
  apart.Node("Clip", {"a"}, {"y"}).Attribute("min", 2.0f).Attribute("max", 3.0f).Output("y");
  apart.proto().mutable_opset_import(0)->set_version(9);
  EXPECT_THAT(RunOne(MustImport(apart), {-5, 0.5, 5}), ElementsAre(2, 2, 2));
}

TEST(Fold, HardSwishIsRecognised) {
  for (const bool divide_first : {false, true}) {
    TestModel model(9);
    model.Input("x", {1, 5}).Floats("three", {1}, {3}).Floats("six", {}, {6}).Node("Add", {"x", "three"}, {"a"});
    model.Node("Clip", {"a"}, {"c"}).Attribute("min", 0.0f).Attribute("max", 6.0f);
    if (divide_first) {
      model.Node("Div", {"c", "six"}, {"d"}).Node("Mul", {"x", "d"}, {"y"});
    } else {
      model.Node("Mul", {"x", "c"}, {"d"}).Node("Div", {"d", "six"}, {"y"});
    }
    const Graph graph = MustImport(model.Output("y"));
    ASSERT_THAT(Ops(graph), ElementsAre(Op::kHardSwish));
    EXPECT_THAT(RunOne(graph, {-4, -3, 0, 3, 4}), ElementsAre(0, 0, 0, 3, 4));
  }
}

TEST(Fold, AProductThatIsNotHardSwishStays) {
  TestModel model(9);
  model.Input("x", {1, 2}).Floats("two", {1}, {2}).Floats("six", {}, {6}).Node("Add", {"x", "two"}, {"a"});
  model.Node("Clip", {"a"}, {"c"}).Attribute("min", 0.0f).Attribute("max", 6.0f);
  model.Node("Mul", {"x", "c"}, {"d"}).Node("Div", {"d", "six"}, {"y"}).Output("y");
  const std::vector<float> y = RunOne(MustImport(model), {1, -3});
  EXPECT_FLOAT_EQ(y[0], 0.5f);
  EXPECT_FLOAT_EQ(y[1], 0.0f);
}

TEST(Fold, ViewsThatDoNothingDisappear) {
  TestModel model;
  model.Input("x", {1, 2, 3})
      .Ints("flat", {6})
      .Ints("back", {1, 2, 3})
      .Ints("zero", {0})
      .Ints("none", {0, 0, 0, 0, 0, 0});
  model.Node("Reshape", {"x", "flat"}, {"a"}).Node("Reshape", {"a", "back"}, {"b"}).Node("Transpose", {"b"}, {"c"});
  model.Attribute("perm", std::vector<int64_t>{0, 1, 2})
      .Node("Pad", {"c", "none"}, {"d"})
      .Node("Dropout", {"d"}, {"e"});
  model.Node("Concat", {"e"}, {"f"}).Attribute("axis", int64_t{0}).Node("Relu", {"f"}, {"y"}).Output("y");
  EXPECT_THAT(Ops(MustImport(model)), ElementsAre(Op::kRelu));
}

TEST(Fold, NamesAreUnique) {
  TestModel model;
  model.Input("x", {1, 2, 4}).Floats("w", {2, 2, 1}, {1, 2, 3, 4});
  for (const char* io : {"xa", "ab", "bc"}) {
    model.Node("Conv", {std::string(1, io[0]), "w"}, {std::string(1, io[1])}, "same");
  }
  const Graph graph = MustImport(model.Output("c"));
  std::vector<std::string> names;
  for (const GraphNode& node : graph.nodes) names.push_back(node.name);
  for (const GraphValue& value : graph.values) names.push_back("value " + value.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace provenn
