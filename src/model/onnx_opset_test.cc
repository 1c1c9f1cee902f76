// Operators whose meaning or form differs between opsets, where ONNX's own cases (conformance_test.cc) leave a gap.
// Expected values follow from the operator definitions by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "model/float_executor.h"
#include "model/onnx_test_model.h"

namespace provenn {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;

std::vector<FloatTensor> ImportAndRun(const TestModel& model, const std::vector<float>& x) {
  const Result<Graph> graph = model.Import();
  EXPECT_TRUE(graph.ok()) << graph.error().ToString();
  if (!graph.ok()) return std::vector<FloatTensor>(4);
  const auto outputs = FloatExecutor(*graph).Run(std::vector<FloatTensor>{{graph->shape(graph->inputs[0]), x}});
  EXPECT_TRUE(outputs.ok()) << outputs.error().ToString();
  return outputs.ok() ? *outputs : std::vector<FloatTensor>(4);
}

TEST(Opset, OlderSoftmaxSpansAllAxesFromItsOwn) {
  for (const int64_t opset : {12, 13}) {
    TestModel model(opset);
    model.Input("x", {1, 2, 2}).Node("Softmax", {"x"}, {"y"}).Attribute("axis", int64_t{1}).Output("y");
    const FloatTensor y = ImportAndRun(model, {0, 0, 0, 0})[0];
    EXPECT_THAT(y.shape, ElementsAre(1, 2, 2));
    EXPECT_THAT(y.data, testing::Each(FloatEq(opset < 13 ? 0.25f : 0.5f))) << opset;
  }
}

TEST(Opset, SoftmaxDefaultsToAxisOneAndThenToTheLast) {
  for (const int64_t opset : {11, 13}) {
    TestModel model(opset);
    model.Input("x", {1, 2, 2}).Node("Softmax", {"x"}, {"y"}).Output("y");
    EXPECT_THAT(ImportAndRun(model, {0, 0, 0, 0})[0].data, testing::Each(FloatEq(opset < 13 ? 0.25f : 0.5f))) << opset;
  }
}

TEST(Opset, CeilModeDropsAWindowThatWouldStartInThePadding) {
  TestModel model;
  model.Input("x", {1, 1, 1, 1}).Node("MaxPool", {"x"}, {"y"}).Attribute("kernel_shape", std::vector<int64_t>{2, 2});
  model.Attribute("strides", std::vector<int64_t>{2, 2}).Attribute("pads", std::vector<int64_t>{1, 1, 1, 1});
  model.Attribute("ceil_mode", int64_t{1}).Output("y");
  const FloatTensor y = ImportAndRun(model, {-7})[0];
  EXPECT_THAT(y.shape, ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(y.data, ElementsAre(-7));
}

TEST(Opset, AveragePoolWithDilations) {
  TestModel model(19);
  model.Input("x", {1, 1, 5}).Node("AveragePool", {"x"}, {"y"}).Attribute("kernel_shape", std::vector<int64_t>{2});
  model.Attribute("dilations", std::vector<int64_t>{3}).Output("y");
  const FloatTensor y = ImportAndRun(model, {1, 2, 3, 4, 5})[0];
  EXPECT_THAT(y.shape, ElementsAre(1, 1, 2));
  EXPECT_THAT(y.data, ElementsAre(2.5f, 3.5f));
}

TEST(Opset, ReductionAxesMoveFromAttributeToInput) {
  for (const int64_t opset : {12, 13, 17, 18}) {
    for (const char* op : {"ReduceMean", "ReduceSum"}) {
      TestModel model(opset);
      model.Input("x", {2, 2});
      const bool by_input = opset >= (std::string(op) == "ReduceSum" ? 13 : 18);
      if (by_input) {
        model.Ints("axes", {-1}).Node(op, {"x", "axes"}, {"y"});
      } else {
        model.Node(op, {"x"}, {"y"}).Attribute("axes", std::vector<int64_t>{-1});
      }
      model.Attribute("keepdims", int64_t{0}).Output("y");
      const FloatTensor y = ImportAndRun(model, {1, 2, 3, 4})[0];
      EXPECT_THAT(y.shape, ElementsAre(2));
      const float divisor = std::string(op) == "ReduceSum" ? 1 : 2;
      EXPECT_THAT(y.data, ElementsAre(3 / divisor, 7 / divisor)) << op << " " << opset;
    }
  }
}

TEST(Opset, AReductionOverNoAxesCanMeanAllOrNone) {
  for (const int64_t noop : {0, 1}) {
    TestModel model(18);
    model.Input("x", {1, 2}).Node("ReduceMean", {"x"}, {"y"}).Attribute("noop_with_empty_axes", noop).Output("y");
    const std::vector<float> y = ImportAndRun(model, {1, 3})[0].data;
    EXPECT_EQ(y, noop != 0 ? std::vector<float>({1, 3}) : std::vector<float>({2}));
  }
}

TEST(Opset, SplitIntoUnequalParts) {
  TestModel model(18);
  model.Input("x", {1, 5}).Node("Split", {"x"}, {"a", "b"}).Attribute("axis", int64_t{1});
  model.Attribute("num_outputs", int64_t{2}).Output("a").Output("b");
  const auto parts = ImportAndRun(model, {1, 2, 3, 4, 5});
  EXPECT_THAT(parts[0].data, ElementsAre(1, 2, 3));
  EXPECT_THAT(parts[1].data, ElementsAre(4, 5));
  TestModel uneven(13);
  uneven.Input("x", {1, 5}).Node("Split", {"x"}, {"a", "b"}).Attribute("axis", int64_t{1}).Output("a").Output("b");
  EXPECT_EQ(uneven.Import().error().code, Code::kInvalidArgument);
}

TEST(Opset, PadTakesAxesAndCutsWhereNegative) {
  TestModel model(18);
  model.Input("x", {1, 1, 3}).Ints("pads", {-1, 2}).Floats("fill", {}, {9}).Ints("axes", {-1});
  model.Node("Pad", {"x", "pads", "fill", "axes"}, {"y"}).Output("y");
  EXPECT_THAT(ImportAndRun(model, {1, 2, 3})[0].data, ElementsAre(2, 3, 9, 9));
  TestModel old(10);
  old.Input("x", {1, 2}).Node("Pad", {"x"}, {"y"}).Attribute("pads", std::vector<int64_t>{0, 1, 0, 0});
  old.Attribute("value", -1.5f).Output("y");
  EXPECT_THAT(ImportAndRun(old, {1, 2})[0].data, ElementsAre(-1.5f, 1, 2));
}

// The amounts of padding as an exporter computes them from its own order: pairs, last axis first.
TEST(Opset, PadAmountsThatAreTurnedAround) {
  TestModel model(17);
  model.Input("x", {1, 1, 3}).Ints("pairs", {1, 2, 0, 0, 0, 0}).Ints("two", {-1, 2}).Ints("flat", {-1});
  model.Ints("start", {-1}).Ints("end", {std::numeric_limits<int64_t>::min()}).Ints("axis", {0}).Ints("step", {-1});
  model.Node("Reshape", {"pairs", "two"}, {"table"}).Node("Slice", {"table", "start", "end", "axis", "step"}, {"back"});
  model.Node("Transpose", {"back"}, {"turned"}).Attribute("perm", std::vector<int64_t>{1, 0});
  model.Node("Reshape", {"turned", "flat"}, {"pads"}).Node("Pad", {"x", "pads"}, {"y"}).Output("y");
  EXPECT_THAT(ImportAndRun(model, {1, 2, 3})[0].data, ElementsAre(0, 1, 2, 3, 0, 0));
}

TEST(Opset, SqueezeAndUnsqueezeBothForms) {
  for (const int64_t opset : {11, 13}) {
    TestModel model(opset);
    model.Input("x", {1, 2, 1}).Ints("first", {0}).Ints("ends", {0, -1});
    if (opset < 13) {
      model.Node("Squeeze", {"x"}, {"s"}).Attribute("axes", std::vector<int64_t>{0});
      model.Node("Unsqueeze", {"s"}, {"u"}).Attribute("axes", std::vector<int64_t>{0, -1});
    } else {
      model.Node("Squeeze", {"x", "first"}, {"s"}).Node("Unsqueeze", {"s", "ends"}, {"u"});
    }
    model.Node("Relu", {"u"}, {"y"}).Output("y").Output("s");
    const auto outputs = ImportAndRun(model, {-1, 2});
    EXPECT_THAT(outputs[0].shape, ElementsAre(1, 2, 1, 1)) << opset;
    EXPECT_THAT(outputs[0].data, ElementsAre(0, 2));
    EXPECT_THAT(outputs[1].shape, ElementsAre(2, 1));
  }
}

TEST(Opset, ClipBoundsAsAttributesInputsAndAbsent) {
  TestModel old(7);
  old.Input("x", {3}).Node("Clip", {"x"}, {"y"}).Attribute("max", 1.0f).Output("y");
  EXPECT_THAT(ImportAndRun(old, {-5, 0.5f, 5})[0].data, ElementsAre(-5, 0.5f, 1));
  TestModel recent(13);
  recent.Input("x", {3}).Floats("max", {}, {1}).Node("Clip", {"x", "", "max"}, {"y"}).Output("y");
  EXPECT_THAT(ImportAndRun(recent, {-5, 0.5f, 5})[0].data, ElementsAre(-5, 0.5f, 1));
}

TEST(Opset, BatchNormalizationAndDropoutRefuseTraining) {
  TestModel model(15);
  model.Input("x", {1, 1})
      .Floats("one", {1}, {1})
      .Node("BatchNormalization", {"x", "one", "one", "one", "one"}, {"y"}, "bn");
  model.Attribute("training_mode", int64_t{1}).Output("y");
  EXPECT_EQ(model.Import().error().code, Code::kUnsupported);
  TestModel dropout(13);
  dropout.Input("x", {1}).Floats("ratio", {}, {0.5f}).Ints("training", {1});
  dropout.Node("Dropout", {"x", "ratio", "training"}, {"y"}, "drop").Output("y");
  EXPECT_EQ(dropout.Import().error().code, Code::kUnsupported);
}

TEST(Opset, NewestOpsetIsRead) {
  TestModel model(kNewestOpset);
  model.Input("x", {1, 2}).Node("HardSwish", {"x"}, {"y"}).Output("y");
  EXPECT_THAT(ImportAndRun(model, {1, -1})[0].data,
              ElementsAre(FloatNear(2.0f / 3, 1e-6f), FloatNear(-1.0f / 3, 1e-6f)));
}

}  // namespace
}  // namespace provenn
