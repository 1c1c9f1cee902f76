// Graphs built by hand for tests, with random constants.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "model/graph.h"

namespace provenn {

class TestGraph {
 public:
  explicit TestGraph(uint32_t seed = 1) : random_(seed) {}

  ValueId Input(Dims shape) {
    const ValueId v = Value(std::move(shape));
    graph_.inputs.push_back(v);
    return v;
  }
  ValueId Constant(Dims shape, float bound) {
    const ValueId v = Value(std::move(shape));
    GraphValue& value = graph_.value(v);
    value.is_constant = true;
    value.data = Uniform(static_cast<size_t>(ElementCount(value.shape)), -bound, bound);
    return v;
  }
  ValueId Node(Op op, std::vector<ValueId> inputs, Dims shape, Attributes attributes = {}) {
    GraphNode node;
    node.op = op;
    node.name = std::string(OpName(op)) + "_" + std::to_string(graph_.nodes.size());
    node.origin = OpName(op);
    node.inputs = std::move(inputs);
    node.output = Value(std::move(shape));
    node.attributes = std::move(attributes);
    graph_.nodes.push_back(std::move(node));
    return graph_.nodes.back().output;
  }
  void Output(ValueId v) {
    graph_.outputs.push_back(v);
    graph_.output_names.push_back(graph_.value(v).name);
  }
  const Dims& Shape(ValueId v) const { return graph_.shape(v); }

  ValueId Conv(ValueId x, int64_t channels, int64_t kernel, int64_t stride = 1, int64_t pad = 0, int64_t groups = 1,
               int64_t dilation = 1) {
    const Dims in = Shape(x);
    ConvAttributes a;
    a.window = {{kernel, kernel}, {stride, stride}, {dilation, dilation}, {pad, pad}, {pad, pad}};
    a.groups = groups;
    const auto out = [&](int64_t size) { return (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1; };
    const ValueId w = Constant({channels, in[1] / groups, kernel, kernel}, 0.5f);
    const ValueId b = Constant({channels}, 0.5f);
    return Node(Op::kConv, {x, w, b}, {in[0], channels, out(in[2]), out(in[3])}, a);
  }
  ValueId Relu(ValueId x) { return Node(Op::kRelu, {x}, Dims(Shape(x))); }
  ValueId MaxPool(ValueId x, int64_t kernel, int64_t stride, int64_t pad = 0) {
    const Dims in = Shape(x);
    PoolAttributes a;
    a.window = {{kernel, kernel}, {stride, stride}, {1, 1}, {pad, pad}, {pad, pad}};
    const auto out = [&](int64_t size) { return (size + 2 * pad - kernel) / stride + 1; };
    return Node(Op::kMaxPool, {x}, {in[0], in[1], out(in[2]), out(in[3])}, a);
  }
  ValueId Reshape(ValueId x, Dims shape) { return Node(Op::kReshape, {x}, std::move(shape)); }
  ValueId Linear(ValueId x, int64_t columns) {
    Dims shape = Shape(x);
    const ValueId w = Constant({shape.back(), columns}, 0.5f);
    const ValueId b = Constant({columns}, 0.5f);
    shape.back() = columns;
    return Node(Op::kMatMul, {x, w, b}, std::move(shape));
  }

  // Samples of every input, batched along the leading axis.
  std::vector<FloatTensor> Samples(int64_t count, float low = -1, float high = 1) {
    std::vector<FloatTensor> samples;
    for (ValueId v : graph_.inputs) {
      FloatTensor t;
      t.shape = graph_.shape(v);
      t.shape[0] *= count;
      t.data = Uniform(static_cast<size_t>(ElementCount(t.shape)), low, high);
      samples.push_back(std::move(t));
    }
    return samples;
  }
  std::vector<float> Uniform(size_t n, float low, float high) {
    std::vector<float> data(n);
    for (float& x : data) x = std::uniform_real_distribution<float>(low, high)(random_);
    return data;
  }
  const Graph& graph() const { return graph_; }
  Graph& graph() { return graph_; }

 private:
  ValueId Value(Dims shape) {
    GraphValue value;
    value.name = "v" + std::to_string(graph_.values.size());
    value.shape = std::move(shape);
    graph_.values.push_back(std::move(value));
    return static_cast<ValueId>(graph_.values.size() - 1);
  }
  Graph graph_;
  std::mt19937 random_;
};

// Conv, Relu, MaxPool, Conv, Relu, two fully connected layers.
inline TestGraph SmallLeNet() {
  TestGraph g(7);
  ValueId x = g.Input({1, 2, 10, 10});
  x = g.MaxPool(g.Relu(g.Conv(x, 4, 3, 1, 1)), 2, 2);
  x = g.Relu(g.Conv(x, 6, 3));
  x = g.Reshape(x, {1, 54});
  x = g.Relu(g.Linear(x, 12));
  g.Output(g.Linear(x, 5));
  return g;
}

}  // namespace provenn
