// Views: most cost nothing; what cannot be said by index maps is copied.
#include <algorithm>

#include "model/lowering.h"

namespace provenn {

Status Lowering::LowerView(const GraphNode& node) {
  ASSIGN_OR_RETURN(const StoredValue x, Stored(node.inputs[0]));
  const Dims& shape = graph_.shape(node.output);
  if (node.op == Op::kTranspose) {
    StateOf(node.output) = TransposeValue(x, node.As<TransposeAttributes>().permutation);
    return Ok();
  }
  if (node.op == Op::kReshape) {
    std::optional<StoredValue> view = ReshapeValue(x, shape);
    if (!view.has_value()) {
      ASSIGN_OR_RETURN(const StoredValue flat, FlatCopy(x, node.name + " copy"));
      view = ReshapeValue(flat, shape);
    }
    if (!view.has_value()) return Unsupported("a reshape that cannot be expressed");
    StateOf(node.output) = std::move(*view);
    return Ok();
  }
  const auto& slice = node.As<SliceAttributes>();
  std::optional<StoredValue> view = SliceValue(x, slice.starts, slice.steps, shape);
  if (!view.has_value()) {
    ASSIGN_OR_RETURN(const StoredValue copy, Copy(x, node.name + " copy"));
    view = SliceValue(copy, slice.starts, slice.steps, shape);
  }
  if (!view.has_value()) return Unsupported("a slice that cannot be expressed");
  StateOf(node.output) = std::move(*view);
  return Ok();
}

Status Lowering::LowerConcat(const GraphNode& node) {
  const Dims& shape = graph_.shape(node.output);
  const size_t along = static_cast<size_t>(node.As<ConcatAttributes>().axis);
  const OutputFormat whole = FormatOf(node.output);
  // Logical axes in storage order: as the first operand lies, the joined axis in its place (or first, if the operand
  // has size 1 along it).
  std::vector<size_t> order;
  std::vector<std::pair<PendingSum, Unary>> sources(node.inputs.size());
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (graph_.IsConstant(node.inputs[i])) continue;
    ASSIGN_OR_RETURN(sources[i], Source(node.inputs[i]));
    if (!order.empty()) continue;
    const IndexSpace& space = sources[i].first.space;
    for (size_t a = 0; a < space.sizes.size(); ++a) {
      for (size_t d = 0; d < shape.size(); ++d) {
        if (!space.axes[d].empty() && space.axes[d][0] == a) order.push_back(d);
      }
    }
  }
  for (size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] > 1 && std::find(order.begin(), order.end(), d) == order.end()) order.insert(order.begin(), d);
  }
  Shape sizes;
  for (size_t d : order) sizes.push_back(static_cast<uint32_t>(shape[d]));
  const uint32_t tensor =
      AddTensor(graph_.value(node.output).name, TensorKind::kWitness, sizes, whole.min, whole.max, whole.scale);
  int64_t begin = 0;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId v = node.inputs[i];
    PendingSum pending;
    OutputFormat format;
    if (graph_.IsConstant(v)) {
      const GraphValue& constant = graph_.value(v);
      pending.space.axes.resize(shape.size());
      for (size_t d : order) pending.space.Append(d, static_cast<uint32_t>(constant.shape[d]));
      pending.scale = whole.scale;
      std::vector<int64_t> low(constant.data.size(), 0);
      std::vector<int64_t> high = low;
      RETURN_IF_ERROR(AddBias(node.name + " constant", constant.data,
                              BroadcastAxes(constant.shape, pending.space, nullptr),
                              static_cast<int64_t>(constant.data.size()), &low, &high, &pending));
      pending.min = *std::min_element(low.begin(), low.end());
      pending.max = *std::max_element(high.begin(), high.end());
      format = whole;
    } else {
      pending = sources[i].first;
      format = ChooseFormat(*sources[i].second, RangeOf(RootOf(v)), RangeOf(node.output), options_.bits,
                            non_negative_[static_cast<size_t>(RootOf(v))], whole.scale);
      format.table = Canonical([&] {
        FunctionTable clamped = format.table;
        for (int32_t& y : clamped.values) y = static_cast<int32_t>(std::clamp<int64_t>(y, whole.min, whole.max));
        return clamped;
      }());
    }
    View view{tensor, {}};
    for (size_t d : order) {
      AxisMap map{static_cast<int32_t>(d == along ? begin : 0), {}};
      int32_t stride = 1;
      const std::vector<uint32_t>& axes = pending.space.axes[d];
      for (size_t j = axes.size(); j-- > 0;) {
        map.steps.push_back({axes[j], stride});
        stride *= static_cast<int32_t>(pending.space.sizes[axes[j]]);
      }
      std::sort(map.steps.begin(), map.steps.end(),
                [](const AxisStep& x, const AxisStep& y) { return x.axis < y.axis; });
      view.axes.push_back(std::move(map));
    }
    RETURN_IF_ERROR(
        RescaleInto(pending, format, node.name + " part " + std::to_string(i), node_, tensor, std::move(view)));
    begin += graph_.shape(v)[along];
  }
  StoredValue value = CompactValue(tensor, shape, order);
  value.scale = whole.scale;
  value.min = whole.min;
  value.max = whole.max;
  out_.costs[node_].scale = whole.scale;
  out_.costs[node_].committed = true;
  StateOf(node.output) = std::move(value);
  return Ok();
}

Status Lowering::LowerPad(const GraphNode& node) {
  const auto& pad = node.As<PadAttributes>();
  const Dims& shape = graph_.shape(node.output);
  ASSIGN_OR_RETURN(StoredValue x, Stored(node.inputs[0]));
  const auto padded = [&] { return PadValue(x, pad.before, pad.after, out_.circuit.tensors[x.tensor].shape); };
  std::optional<StoredValue> view = padded();
  if (!view.has_value()) {
    ASSIGN_OR_RETURN(x, Copy(x, node.name + " copy"));
    view = padded();
  }
  if (!view.has_value()) return Unsupported("padding of an axis of size 1");
  if (pad.value == 0) {
    StateOf(node.output) = std::move(*view);
    return Ok();
  }
  // The border as a constant tensor that is 0 inside.
  ASSIGN_OR_RETURN(PendingSum pending, PendingOf(*view));
  std::vector<float> border(static_cast<size_t>(ElementCount(shape)));
  const Dims& inner = graph_.shape(node.inputs[0]);
  const Dims strides = RowMajorStrides(shape);
  for (size_t i = 0; i < border.size(); ++i) {
    bool inside = true;
    for (size_t d = 0; d < shape.size(); ++d) {
      const int64_t at = static_cast<int64_t>(i) / strides[d] % shape[d] - pad.before[d];
      inside = inside && at >= 0 && at < inner[d];
    }
    border[i] = inside ? 0 : pad.value;
  }
  std::vector<int64_t> low(border.size(), std::min<int64_t>(x.min, 0));
  std::vector<int64_t> high(border.size(), std::max<int64_t>(x.max, 0));
  RETURN_IF_ERROR(AddBias(node.name + " border", border, BroadcastAxes(shape, pending.space, nullptr),
                          static_cast<int64_t>(border.size()), &low, &high, &pending));
  pending.min = *std::min_element(low.begin(), low.end());
  pending.max = *std::max_element(high.begin(), high.end());
  RETURN_IF_ERROR(CheckBounds(pending));
  StateOf(node.output) = std::move(pending);
  return Ok();
}

}  // namespace provenn
