// Models that the tests of this module read.
#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "explain/explain.h"
#include "model/compile.h"
#include "model/test_graph.h"

namespace provenn {

inline Explanation Explain(const CompiledModel& m) { return ExplainCircuit(m.circuit, m.program, m.inputs, m.outputs); }

inline CompiledModel Compiled(TestGraph& g, int bits = 12) {
  CompileOptions options;
  options.bits = bits;
  auto model = CompileModel(g.graph(), g.Samples(8), options);
  EXPECT_TRUE(model.ok()) << (model.ok() ? "" : model.error().ToString());
  return model.ok() ? *std::move(model) : CompiledModel{};
}

// A residual network of two blocks: strided and grouped convolutions, an average, a softmax.
inline TestGraph Residual(uint32_t seed = 5, int64_t stride = 2) {
  TestGraph g(seed);
  ValueId x = g.Input({1, 3, 12, 12});
  x = g.MaxPool(g.Relu(g.Conv(x, 8, 3, 1, 1)), 3, 2, 1);
  const ValueId block = g.Conv(g.Relu(g.Conv(x, 8, 3, 1, 1, 2)), 8, 3, 1, 1);
  x = g.Relu(g.Node(Op::kAdd, {block, x}, Dims(g.Shape(x))));
  x = g.Relu(g.Conv(x, 16, 1, stride));
  const Dims in = g.Shape(x);
  x = g.Node(Op::kReduceMean, {x}, {1, 16, 1, 1}, ReduceAttributes{{2, 3}});
  x = g.Linear(g.Reshape(x, {1, 16}), 4);
  g.Output(g.Node(Op::kSoftmax, {x}, {1, 4}, SoftmaxAttributes{1}));
  return g;
}

// Products of values, with a transposed one: softmax(x·yᵀ)·x, where the axes of a square matrix could be mistaken.
inline TestGraph Attention() {
  TestGraph g(9);
  const ValueId x = g.Input({1, 6, 6});
  const ValueId y = g.Linear(x, 6);
  const ValueId turned = g.Node(Op::kTranspose, {y}, {1, 6, 6}, TransposeAttributes{{0, 2, 1}});
  const ValueId scores = g.Node(Op::kMatMul, {x, turned, kNoValue}, {1, 6, 6});
  const ValueId weights = g.Node(Op::kSoftmax, {scores}, {1, 6, 6}, SoftmaxAttributes{2});
  const ValueId mixed = g.Node(Op::kMatMul, {weights, x, kNoValue}, {1, 6, 6});
  g.Output(g.Node(Op::kMul, {mixed, x}, {1, 6, 6}));
  return g;
}

}  // namespace provenn
