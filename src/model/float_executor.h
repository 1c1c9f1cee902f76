// Runs a graph in float32: the reference for the integer model, and the source of calibration ranges.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "model/graph.h"

namespace provenn {

// Keeps a reference to the graph, which must pass ValidateGraph and outlive it. Uses all cores; the result does not
// depend on how many there are. Several threads may call Run at once.
class FloatExecutor {
 public:
  // Called once per input and per node output, in the order of execution, while the tensor is alive.
  using Visitor = std::function<void(ValueId, const FloatTensor&)>;

  explicit FloatExecutor(const Graph& graph);

  // One sample: tensors with exactly the shapes of graph.inputs, in that order. Returns graph.outputs. An intermediate
  // tensor is freed after its last use. kInvalidArgument: number or shape of the inputs; kOutOfRange: NaN or infinity
  // in an input, or a node whose result overflows.
  Result<std::vector<FloatTensor>> Run(std::span<const FloatTensor> inputs, const Visitor& visit = {}) const;

 private:
  const Graph& graph_;
  std::vector<int> uses_;
};

}  // namespace provenn
