// One node in float32. Sums run in a fixed order without fused multiply-add and the functions are those of
// deterministic_math.h, so that a result is the same bits on every machine and for every number of threads.
#pragma once

#include <span>

#include "model/graph.h"

namespace provenn {

// A tensor that lives elsewhere; an absent optional input has no shape.
struct TensorView {
  const Dims* shape = nullptr;
  const float* data = nullptr;
  bool present() const { return shape != nullptr; }
};

// Computes the node. Preconditions: the node passed CheckNode with these shapes; out holds the output's elements.
void RunNode(const GraphNode& node, std::span<const TensorView> inputs, const Dims& out_shape, std::span<float> out);

namespace internal {
void RunConv(const ConvAttributes& attributes, const TensorView& x, const TensorView& weights, const TensorView& bias,
             const Dims& out_shape, float* out);
void RunMatMul(const TensorView& a, const TensorView& b, const TensorView& bias, const Dims& out_shape, float* out);
void RunPool(const GraphNode& node, const TensorView& x, const Dims& out_shape, float* out);
void RunReduce(const GraphNode& node, const TensorView& x, const Dims& out_shape, float* out);
void RunSoftmax(const SoftmaxAttributes& attributes, const TensorView& x, float* out);
}  // namespace internal

}  // namespace provenn
