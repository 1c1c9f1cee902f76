// Affines: merged with each other, folded into convolutions and products.
#include <algorithm>
#include <cmath>
#include <span>

#include "model/fold_state.h"
#include "model/strided.h"

namespace provenn::internal {
namespace {

// Weights that several nodes share are copied before they are scaled, up to this size.
constexpr size_t kMaxSharedWeights = size_t{1} << 16;

bool AllFinite(std::span<const float> data) {
  return std::ranges::all_of(data, [](float v) { return std::isfinite(v); });
}

// A constant operand of an affine; a missing one is the given scalar.
struct Constant {
  Dims shape;
  std::vector<float> data;
};
Constant ReadConstant(FoldState& state, const GraphNode& node, size_t i, float missing) {
  const ValueId id = state.Input(node, i);
  if (id == kNoValue) return {{}, {missing}};
  return {state.graph().shape(id), state.graph().value(id).data};
}

template <typename F>
std::optional<Constant> Combine(const Constant& a, const Constant& b, const F& f) {
  Result<Dims> shape = BroadcastShapes(a.shape, b.shape);
  if (!shape.ok()) return std::nullopt;
  const size_t size = static_cast<size_t>(ElementCount(*shape));
  // Two small constants may span a large one; then two affines are cheaper.
  if (size > std::max(a.data.size(), b.data.size())) return std::nullopt;
  Constant out{*shape, std::vector<float>(size)};
  BroadcastBinary(a.data.data(), a.shape, b.data.data(), b.shape, *shape, out.data.data(), f);
  if (!AllFinite(out.data)) return std::nullopt;
  return out;
}

std::optional<Constant> Product(const Constant& a, const Constant& b) {
  return Combine(a, b, [](float x, float y) { return x * y; });
}
std::optional<Constant> Sum(const Constant& a, const Constant& b) {
  return Combine(a, b, [](float x, float y) { return x + y; });
}

ValueId Store(FoldState& state, Constant constant) {
  return state.AddConstant(std::move(constant.shape), std::move(constant.data));
}

// (x·s₁ + t₁)·s₂ + t₂ = x·(s₁s₂) + (t₁s₂ + t₂)
bool MergeAffines(FoldState& state, GraphNode& outer, GraphNode& inner) {
  const bool has_scale = inner.inputs[1] != kNoValue || outer.inputs[1] != kNoValue;
  const bool has_shift = inner.inputs[2] != kNoValue || outer.inputs[2] != kNoValue;
  const Constant outer_scale = ReadConstant(state, outer, 1, 1.0f);
  const std::optional<Constant> scale = Product(ReadConstant(state, inner, 1, 1.0f), outer_scale);
  const std::optional<Constant> carried = Product(ReadConstant(state, inner, 2, 0.0f), outer_scale);
  if (!scale || !carried) return false;
  const std::optional<Constant> shift = Sum(*carried, ReadConstant(state, outer, 2, 0.0f));
  if (!shift) return false;
  outer.inputs[0] = state.Input(inner, 0);
  outer.inputs[1] = has_scale ? Store(state, *scale) : kNoValue;
  outer.inputs[2] = has_shift ? Store(state, *shift) : kNoValue;
  state.Remove(inner);
  return true;
}

// The constant as one number per channel, if it does not vary along any other axis of `shape`.
std::optional<std::vector<float>> PerChannel(const Constant& constant, const Dims& shape, size_t channel_axis) {
  const size_t offset = shape.size() - constant.shape.size();
  for (size_t i = 0; i < constant.shape.size(); ++i) {
    if (offset + i != channel_axis && constant.shape[i] != 1) return std::nullopt;
  }
  const size_t channels = static_cast<size_t>(shape[channel_axis]);
  if (constant.data.size() == channels) return constant.data;
  return std::vector<float>(channels, constant.data[0]);
}

// Weights with every out-channel multiplied. The channel of element i is i / inner % channels.
std::optional<std::vector<float>> ScaledWeights(const std::vector<float>& weights, const std::vector<float>& scale,
                                                size_t inner) {
  std::vector<float> scaled(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) scaled[i] = weights[i] * scale[i / inner % scale.size()];
  if (!AllFinite(scaled)) return std::nullopt;
  return scaled;
}

bool FoldIntoLinear(FoldState& state, GraphNode& affine, GraphNode& linear) {
  Graph& graph = state.graph();
  const Dims& shape = graph.shape(affine.output);
  const bool is_conv = linear.op == Op::kConv;
  const size_t axis = is_conv ? 1 : shape.size() - 1;
  const auto scale = PerChannel(ReadConstant(state, affine, 1, 1.0f), shape, axis);
  const auto shift = PerChannel(ReadConstant(state, affine, 2, 0.0f), shape, axis);
  if (!scale || !shift) return false;

  const ValueId old_bias = state.Input(linear, 2);
  std::vector<float> bias = *shift;
  if (old_bias != kNoValue) {
    const std::vector<float>& old = graph.value(old_bias).data;
    for (size_t c = 0; c < bias.size(); ++c) bias[c] += old[c] * (*scale)[c];
  }
  if (!AllFinite(bias)) return false;

  if (affine.inputs[1] != kNoValue) {
    const ValueId weights = state.Input(linear, 1);
    if (!graph.IsConstant(weights)) return false;
    const std::vector<float>& old = graph.value(weights).data;
    if (!state.SoleReader(weights) && old.size() > kMaxSharedWeights) return false;
    const size_t inner = is_conv ? old.size() / scale->size() : 1;
    auto scaled = ScaledWeights(old, *scale, inner);
    if (!scaled) return false;
    if (state.SoleReader(weights)) {
      graph.value(weights).data = std::move(*scaled);
    } else {
      linear.inputs[1] = state.AddConstant(graph.shape(weights), std::move(*scaled));
    }
  }
  if (old_bias != kNoValue || affine.inputs[2] != kNoValue) {
    const int64_t channels = static_cast<int64_t>(bias.size());
    linear.inputs[2] = state.AddConstant({channels}, std::move(bias));
  }
  const ValueId result = affine.output;
  state.Remove(affine);
  linear.output = result;
  state.SetProducer(result, linear);
  return true;
}

}  // namespace

bool FoldAffine(FoldState& state, GraphNode& node) {
  if (node.op != Op::kAffine) return false;
  GraphNode* inner = state.SoleProducer(state.Input(node, 0));
  if (inner == nullptr) return false;
  if (inner->op == Op::kAffine) return MergeAffines(state, node, *inner);
  if (inner->op == Op::kConv || inner->op == Op::kMatMul) return FoldIntoLinear(state, node, *inner);
  return false;
}

}  // namespace provenn::internal
