// ReLU networks whose layers differ in magnitude, for tests of rescales: those that share a table have remainders of
// different widths and quotients of different sizes.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "model/test_graph.h"

namespace provenn {

// relu(x W + b), both uniform up to their magnitude.
inline ValueId ReluLayer(TestGraph& g, ValueId x, int64_t columns, float weight, float bias) {
  Dims shape = g.Shape(x);
  const ValueId w = g.Constant({shape.back(), columns}, weight);
  shape.back() = columns;
  return g.Relu(g.Node(Op::kMatMul, {x, w, g.Constant({columns}, bias)}, std::move(shape)));
}

// One function, three layers. Small weights beside a large bias: a remainder of 32 bits. Large weights that cancel on
// the calibration data, as a model's author can arrange: quotients of 34 bits.
struct BranchNetwork {
  TestGraph graph{3};
  std::vector<FloatTensor> samples;
  BranchNetwork() {
    const ValueId x = graph.Input({1, 4});
    graph.Output(ReluLayer(graph, x, 4, 2e-5f, 1e2f));
    const ValueId cancelling = graph.Node(Op::kMatMul, {x, graph.Constant({4, 4}, 1e2f), kNoValue}, {1, 4});
    std::vector<float>& w = graph.graph().value(graph.graph().nodes.back().inputs[1]).data;
    for (size_t i = 0; i < w.size(); ++i) w[i] = i / 4 % 2 == 0 ? 100.0f : -100.0f;
    graph.Output(graph.Relu(cancelling));
    graph.Output(ReluLayer(graph, x, 4, 1, 1));
    samples = graph.Samples(16, -1.5f, 1.5f);
    for (size_t i = 0; i < samples[0].data.size(); ++i) samples[0].data[i] = samples[0].data[i / 4 * 4];
  }
};

// 3 to 7 layers of three cells, each of any value before it and of a magnitude within 10^+-decades.
inline TestGraph RandomNetwork(uint32_t seed, double decades, std::mt19937& random) {
  std::uniform_real_distribution<double> exponent(-decades, decades);
  TestGraph g(seed);
  std::vector<ValueId> values = {g.Input({1, 3})};
  const size_t layers = 3 + random() % 5;
  for (size_t l = 0; l < layers; ++l) {
    const ValueId from = values[random() % values.size()];
    const float weight = static_cast<float>(std::pow(10.0, exponent(random)));
    const float bias = static_cast<float>(std::pow(10.0, exponent(random)));
    values.push_back(ReluLayer(g, from, 3, weight, bias));
  }
  for (size_t v = 1; v < values.size(); ++v) g.Output(values[v]);
  return g;
}

}  // namespace provenn
