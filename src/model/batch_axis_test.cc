#include "model/batch_axis.h"

#include <gtest/gtest.h>

#include "model/onnx_test_model.h"

namespace provenn {
namespace {

// The import of a model whose leading axis is open, and of the same with a leading axis of size 1.
using Build = void (*)(TestModel&);
TestModel Made(Build build, int64_t leading) {
  TestModel model;
  model.Input("x", {leading, 4, 3}).Floats("w", {3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}).Output("y");
  build(model);
  return model;
}

void ExpectMixes(Build build, const std::string& operation) {
  const auto open = Made(build, -1).Import();
  ASSERT_FALSE(open.ok()) << operation;
  EXPECT_EQ(open.error().code, Code::kUnsupported);
  EXPECT_NE(open.error().where.find("(" + operation + ")"), std::string::npos) << open.error().ToString();
  EXPECT_NE(open.error().where.find("culprit"), std::string::npos) << open.error().ToString();
  EXPECT_NE(open.error().message.find("samples"), std::string::npos) << open.error().ToString();
  const auto fixed = Made(build, 1).Import();
  EXPECT_TRUE(fixed.ok()) << fixed.error().ToString();
}

void ExpectApart(Build build) {
  const auto open = Made(build, -1).Import();
  EXPECT_TRUE(open.ok()) << open.error().ToString();
}

TEST(BatchAxis, MeanOverTheBatch) {
  ExpectMixes(
      [](TestModel& m) {
        m.Node("ReduceMean", {"x"}, {"m"}, "culprit").Attribute("axes", std::vector<int64_t>{0});
        m.Node("Sub", {"x", "m"}, {"y"});
      },
      "ReduceMean");
}

TEST(BatchAxis, SoftmaxAlongTheBatch) {
  ExpectMixes([](TestModel& m) { m.Node("Softmax", {"x"}, {"y"}, "culprit").Attribute("axis", int64_t{0}); },
              "Softmax");
}

TEST(BatchAxis, ProductOfTheBatchWithItself) {
  ExpectMixes(
      [](TestModel& m) {
        m.Node("Flatten", {"x"}, {"h"});
        m.Node("Transpose", {"h"}, {"ht"});
        m.Node("MatMul", {"h", "ht"}, {"g"}, "culprit");
        m.Node("MatMul", {"g", "h"}, {"y"});
      },
      "MatMul");
}

TEST(BatchAxis, SumOverTheBatchInAProduct) {
  ExpectMixes(
      [](TestModel& m) {
        m.Node("Flatten", {"x"}, {"h"});
        m.Node("Transpose", {"h"}, {"ht"});
        m.Node("MatMul", {"ht", "h"}, {"y"}, "culprit");
      },
      "MatMul");
}

TEST(BatchAxis, SomeSamplesOfTheBatch) {
  ExpectMixes(
      [](TestModel& m) {
        m.Ints("start", {0}).Ints("end", {1}).Ints("axes", {0});
        m.Node("Slice", {"x", "start", "end", "axes"}, {"first"}, "culprit");
        m.Node("Add", {"x", "first"}, {"y"});
      },
      "Slice");
  ExpectMixes([](TestModel& m) { m.Node("Concat", {"x", "x"}, {"y"}, "culprit").Attribute("axis", int64_t{0}); },
              "Concat");
  ExpectMixes([](TestModel& m) { m.Ints("pads", {1, 0, 0, 0, 0, 0}).Node("Pad", {"x", "pads"}, {"y"}, "culprit"); },
              "Pad");
}

TEST(BatchAxis, AReshapeThatCutsAcrossSamples) {
  ExpectMixes([](TestModel& m) { m.Ints("shape", {2, -1}).Node("Reshape", {"x", "shape"}, {"y"}, "culprit"); },
              "Reshape");
}

TEST(BatchAxis, APoolOverTheBatch) {
  ExpectMixes(
      [](TestModel& m) {
        // [N, 4, 3] turned to [4, 3, N], whose last axis is pooled.
        m.Node("Transpose", {"x"}, {"t"}).Attribute("perm", std::vector<int64_t>{1, 0, 2});
        m.Node("AveragePool", {"t"}, {"p"}).Attribute("kernel_shape", std::vector<int64_t>{1});
        m.Node("Transpose", {"p"}, {"u"}).Attribute("perm", std::vector<int64_t>{1, 2, 0});
        m.Node("Transpose", {"u"}, {"v"}).Attribute("perm", std::vector<int64_t>{1, 2, 0});
        m.Node("GlobalAveragePool", {"v"}, {"y"}, "culprit");
      },
      "GlobalAveragePool");
}

TEST(BatchAxis, AnOutputWithoutTheBatchInFront) {
  const Build build = [](TestModel& m) {
    m.Node("Transpose", {"x"}, {"y"}).Attribute("perm", std::vector<int64_t>{1, 0, 2});
  };
  const auto open = Made(build, -1).Import();
  ASSERT_FALSE(open.ok());
  EXPECT_EQ(open.error().where, "output 'y'");
  EXPECT_TRUE(Made(build, 1).Import().ok());
}

TEST(BatchAxis, AConstantThatDiffersAlongTheBatch) {
  // [N] built from the batch's size: 0, 1, ..., N - 1.
  ExpectMixes(
      [](TestModel& m) {
        m.Floats("seven", {7, 1, 1}, {0, 1, 2, 3, 4, 5, 6});
        m.Node("Add", {"x", "seven"}, {"y"}, "culprit");
      },
      "Add");
}

TEST(BatchAxis, WhatKeepsSamplesApartIsAccepted) {
  ExpectApart([](TestModel& m) { m.Node("ReduceMean", {"x"}, {"y"}).Attribute("axes", std::vector<int64_t>{1}); });
  ExpectApart([](TestModel& m) { m.Node("Softmax", {"x"}, {"y"}).Attribute("axis", int64_t{1}); });
  // There and back.
  ExpectApart([](TestModel& m) {
    m.Node("Transpose", {"x"}, {"t"}).Attribute("perm", std::vector<int64_t>{1, 0, 2});
    m.Node("MatMul", {"t", "w"}, {"u"});
    m.Node("Transpose", {"u"}, {"y"}).Attribute("perm", std::vector<int64_t>{1, 0, 2});
  });
  // Rows of all samples side by side, and apart again.
  ExpectApart([](TestModel& m) {
    m.Ints("rows", {-1, 3}).Ints("samples", {-1, 4, 3});
    m.Node("Reshape", {"x", "rows"}, {"r"});
    m.Node("MatMul", {"r", "w"}, {"u"});
    m.Node("Reshape", {"u", "samples"}, {"y"});
  });
  // Attention within a sample.
  ExpectApart([](TestModel& m) {
    m.Node("Transpose", {"x"}, {"t"}).Attribute("perm", std::vector<int64_t>{0, 2, 1});
    m.Node("MatMul", {"x", "t"}, {"s"});
    m.Node("MatMul", {"s", "x"}, {"y"});
  });
  // A learnt token in front of every sample, repeated along the batch by its size.
  ExpectApart([](TestModel& m) {
    m.Floats("token", {1, 1, 3}, {1, 2, 3});
    m.Node("Shape", {"x"}, {"all"});
    m.Ints("start", {0}).Ints("end", {1}).Ints("rest", {1, 3});
    m.Node("Slice", {"all", "start", "end"}, {"n"});
    m.Node("Concat", {"n", "rest"}, {"target"}).Attribute("axis", int64_t{0});
    m.Node("Expand", {"token", "target"}, {"tokens"});
    m.Node("Concat", {"tokens", "x"}, {"y"}).Attribute("axis", int64_t{1});
  });
  // Shapes that only fit one sample: there is no batch that could mean something else.
  ExpectApart([](TestModel& m) {
    m.Ints("one", {1, 12});
    m.Node("Reshape", {"x", "one"}, {"y"});
  });
}

}  // namespace
}  // namespace provenn
