// Output shapes of the operations of the normalised graph, and the check that a node is well-formed.
#pragma once

#include "model/graph.h"

namespace provenn {

// No stride, dilation, pad or kernel size is larger, so that their products cannot overflow.
inline constexpr int64_t kMaxWindowExtent = int64_t{1} << 28;

// Cells from the first to the last tap of a window along an axis.
int64_t WindowExtent(const Window& window, size_t axis);

// How ONNX states padding; resolved once, at import.
enum class AutoPad { kExplicit, kSameUpper, kSameLower, kValid };
// Sets the window's pads for the spatial sizes `input` (height, width). kExplicit leaves them.
void ResolveAutoPad(AutoPad auto_pad, const std::array<int64_t, 2>& input, Window& window);

// Errors are kInvalidArgument with the shapes in the message, kTooLarge over kMaxTensorElements.
Result<Dims> ConvOutputShape(const Dims& x, const Dims& weights, const ConvAttributes& attributes);
// With ceil_mode a window may start inside the input or the padding before it and end beyond the padding after it.
Result<Dims> PoolOutputShape(const Dims& x, const PoolAttributes& attributes, bool ceil_mode);
Result<Dims> MatMulOutputShape(const Dims& a, const Dims& b);
Result<Dims> ConcatOutputShape(const std::vector<Dims>& inputs, int64_t axis);
Dims ReducedShape(const Dims& x, const Dims& axes);

// Maps an axis in [−rank, rank) to [0, rank); kInvalidArgument outside.
Result<int64_t> NormalizeAxis(int64_t axis, size_t rank);
// The same for a list, sorted ascending; kInvalidArgument where an axis comes twice.
Result<Dims> NormalizeAxes(const Dims& axes, size_t rank);

// Everything about one node that later stages rely on: number of inputs, which of them are constant, attribute ranges,
// the output's shape, no empty axis. Error::where is the node.
Status CheckNode(const Graph& graph, const GraphNode& node);

}  // namespace provenn
