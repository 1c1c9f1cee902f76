// Convolutions and matrix products.
#include <algorithm>
#include <cmath>

#include "model/lowering.h"

namespace provenn {
namespace {

// The factors of an axis in storage order, each with its stride in the logical index.
struct PlacedFactor {
  Factor factor;
  int64_t logical_stride;
};

std::vector<PlacedFactor> InStorageOrder(const LogicalAxis& axis) {
  std::vector<PlacedFactor> placed;
  int64_t stride = 1;
  for (size_t i = axis.size(); i-- > 0;) {
    placed.push_back({axis[i], stride});
    stride *= axis[i].size;
  }
  std::stable_sort(placed.begin(), placed.end(), [](const PlacedFactor& x, const PlacedFactor& y) {
    if (x.factor.axis != y.factor.axis) return x.factor.axis < y.factor.axis;
    return std::abs(x.factor.stride) > std::abs(y.factor.stride);
  });
  return placed;
}

View Unmoved(const StoredValue& value) {
  View view{value.tensor, {}};
  for (int32_t offset : value.offsets) view.axes.push_back(AxisMap{offset, {}});
  return view;
}

void Walk(View* view, const Factor& factor, uint32_t space_axis, int64_t multiple = 1) {
  view->axes[factor.axis].steps.push_back({space_axis, static_cast<int32_t>(factor.stride * multiple)});
}

// Up to this many values a longer remainder costs nothing to speak of.
constexpr uint64_t kFewValues = 4096;

// Fields of a record differ in magnitude, and so do the factors that standardise them: 23 bits leave 8 to factors that
// are 2^15 times smaller than the largest. The scale follows the largest alone: it is public.
constexpr int64_t kFactorBound = WideBound(127);

uint32_t AppendSummed(Shape* space, uint32_t size) {
  space->push_back(size);
  return static_cast<uint32_t>(space->size() - 1);
}

}  // namespace

Status Lowering::FinishLinear(const GraphNode& node, PendingSum pending, WeightSums sums, ValueId bias,
                              std::vector<WeightAxis> bias_axes) {
  if (bias != kNoValue) {
    RETURN_IF_ERROR(AddBias(node.name + " bias", graph_.value(bias).data, std::move(bias_axes),
                            static_cast<int64_t>(sums.min.size()), &sums.min, &sums.max, &pending));
  }
  pending.min = *std::min_element(sums.min.begin(), sums.min.end());
  pending.max = *std::max_element(sums.max.begin(), sums.max.end());
  RETURN_IF_ERROR(CheckBounds(pending));
  StateOf(node.output) = std::move(pending);
  return Ok();
}

Status Lowering::LowerConv(const GraphNode& node) {
  const auto& conv = node.As<ConvAttributes>();
  const Window& window = conv.window;
  if (!graph_.IsConstant(node.inputs[1])) return Unsupported("a convolution with computed weights");
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue && !graph_.IsConstant(node.inputs[2])) {
    return Unsupported("a convolution with a computed bias");
  }
  ASSIGN_OR_RETURN(StoredValue x, OperandOf(node.inputs[0], graph_.value(node.inputs[1])));
  const Dims& out_shape = graph_.shape(node.output);
  const Dims& w_shape = graph_.shape(node.inputs[1]);
  const bool grouped = conv.groups > 1;
  // Each spatial axis, and the channels of a grouped convolution, must be one factor; padding must read zeros.
  const bool fits = x.axes[2].size() <= 1 && x.axes[3].size() <= 1 && (!grouped || x.axes[1].size() <= 1);
  if (!fits || !ZeroBeyond(x, 2) || !ZeroBeyond(x, 3)) {
    ASSIGN_OR_RETURN(x, Copy(x, node.name + " operand"));
  }
  PendingSum pending;
  IndexSpace& out = pending.space;
  out.axes.resize(4);
  View view = Unmoved(x);
  for (const PlacedFactor& f : InStorageOrder(x.axes[0])) Walk(&view, f.factor, *out.Append(0, f.factor.size));
  // An image batch with several factors keeps the storage order of its factors only if that is the logical order.
  if (x.axes[0].size() > 1) return Unsupported("a batch axis that was split by a reshape");
  const auto oy = out.Append(2, static_cast<uint32_t>(out_shape[2]));
  const auto ox = out.Append(3, static_cast<uint32_t>(out_shape[3]));
  const int64_t per_group = w_shape[1];
  const int64_t rows = w_shape[0] / conv.groups;
  const auto group = out.Append(1, static_cast<uint32_t>(conv.groups));
  const auto row = out.Append(1, static_cast<uint32_t>(rows));
  const size_t out_rank = out.sizes.size();
  Shape space = out.sizes;
  const Dims w_strides = RowMajorStrides(w_shape);
  std::vector<WeightAxis> axes;
  std::vector<WeightAxis> bias_axes;
  if (row) axes.push_back({*row, static_cast<uint32_t>(rows), w_strides[0], 1, true});
  if (group) axes.push_back({*group, static_cast<uint32_t>(conv.groups), w_strides[0] * rows, rows, false});
  for (const WeightAxis& axis : axes)
    bias_axes.push_back({axis.space_axis, axis.size, axis.channel_stride, axis.channel_stride, false});
  int64_t source = 0;
  for (size_t s = 0; s < 2; ++s) {
    const auto& o = s == 0 ? oy : ox;
    const LogicalAxis& axis = x.axes[2 + s];
    if (axis.empty()) {
      // One row of the image: only the tap that meets it counts.
      if (window.kernel[s] == 1 && window.pads_begin[s] == 0 && !o) continue;
      if (o) return Unsupported("padding of an axis of size 1 to several windows");
      if (window.pads_begin[s] % window.dilations[s] != 0)
        return Unsupported("a window that misses its axis of size 1");
      source += w_strides[2 + s] * (window.pads_begin[s] / window.dilations[s]);
      continue;
    }
    const Factor& f = axis[0];
    view.axes[f.axis].offset -= static_cast<int32_t>(f.stride * window.pads_begin[s]);
    if (o) Walk(&view, f, *o, window.strides[s]);
    if (window.kernel[s] > 1) {
      const uint32_t size = static_cast<uint32_t>(window.kernel[s]);
      const uint32_t k = AppendSummed(&space, size);
      Walk(&view, f, k, window.dilations[s]);
      axes.push_back({k, size, w_strides[2 + s], 0, false});
    }
  }
  if (grouped) {
    const Factor& f = x.axes[1][0];
    Walk(&view, f, *group, per_group);
    if (per_group > 1) {
      const uint32_t k = AppendSummed(&space, static_cast<uint32_t>(per_group));
      Walk(&view, f, k);
      axes.push_back({k, static_cast<uint32_t>(per_group), w_strides[1], 0, false});
    }
  } else {
    for (const PlacedFactor& f : InStorageOrder(x.axes[1])) {
      const uint32_t k = AppendSummed(&space, f.factor.size);
      Walk(&view, f.factor, k);
      axes.push_back({k, f.factor.size, w_strides[1] * f.logical_stride, 0, false});
    }
  }
  AddInnerAxis(&axes, &space, &view);
  if (space.size() + 1 >= kMaxRank) return Unsupported("an operand with too many axes");
  if (ElementCount(space) > kMaxElements) return Unsupported("more than 2^28 multiply-adds in one node");
  const std::vector<float>& data = graph_.value(node.inputs[1]).data;
  const int32_t scale = WeightScale(data, x.scale, KeyScaleOf(node.output));
  ASSIGN_OR_RETURN(WeightSums sums, AddWeight(node.name + " weight", data, source, std::move(axes), scale, w_shape[0],
                                              std::min<int64_t>(x.min, 0), std::max<int64_t>(x.max, 0)));
  pending.scale = x.scale + sums.scale;
  pending.sum.accumulators.push_back({{1, 0}, AddContraction(std::move(space), out_rank, sums.view, std::move(view))});
  const ValueId bias = node.inputs.size() > 2 ? node.inputs[2] : kNoValue;
  return FinishLinear(node, std::move(pending), std::move(sums), bias, std::move(bias_axes));
}

Status Lowering::LowerMatMul(const GraphNode& node) {
  const bool constant_a = graph_.IsConstant(node.inputs[0]);
  const bool constant_b = graph_.IsConstant(node.inputs[1]);
  const ValueId bias = node.inputs.size() > 2 ? node.inputs[2] : kNoValue;
  if (bias != kNoValue && !graph_.IsConstant(bias)) return Unsupported("a product with a computed bias");
  if (!constant_a && !constant_b) return LowerMatMulOfValues(node);
  const ValueId weight = node.inputs[constant_b ? 1 : 0];
  Dims w_shape = graph_.shape(weight);
  while (w_shape.size() > 2 && w_shape[0] == 1) w_shape.erase(w_shape.begin());
  ASSIGN_OR_RETURN(StoredValue x, OperandOf(node.inputs[constant_b ? 0 : 1], graph_.value(weight)));
  const Dims& out_shape = graph_.shape(node.output);
  const size_t rank = x.axes.size();
  // The axis of x that is summed over, and the axis of the constant that remains.
  const size_t summed = constant_b ? rank - 1 : rank - 2;
  const size_t kept = constant_b ? rank - 2 : rank - 1;
  const size_t w_batch = w_shape.size() - 2;
  const size_t w_summed = w_batch + (constant_b ? 0 : 1);
  const size_t w_kept = w_batch + (constant_b ? 1 : 0);
  PendingSum pending;
  pending.space.axes.resize(out_shape.size());
  const size_t lead = out_shape.size() - rank;
  View view = Unmoved(x);
  for (size_t d = 0; d < rank; ++d) {
    if (d == summed) continue;
    const size_t to = d == kept ? (constant_b ? out_shape.size() - 2 : out_shape.size() - 1) : lead + d;
    for (const Factor& f : x.axes[d]) Walk(&view, f, *pending.space.Append(to, f.size));
  }
  const uint32_t rows = static_cast<uint32_t>(w_shape[w_kept]);
  const auto row = pending.space.Append(constant_b ? out_shape.size() - 1 : out_shape.size() - 2, rows);
  const size_t out_rank = pending.space.sizes.size();
  Shape space = pending.space.sizes;
  const Dims w_strides = RowMajorStrides(w_shape);
  std::vector<WeightAxis> axes;
  std::vector<WeightAxis> bias_axes;
  if (row) axes.push_back({*row, rows, w_strides[w_kept], 1, true});
  // A batch of matrices: its axes are shared with x where x has them.
  int64_t channels = rows;
  for (size_t d = w_batch; d-- > 0;) {
    if (w_shape[d] == 1) continue;
    std::vector<uint32_t>& targets = pending.space.axes[out_shape.size() - w_shape.size() + d];
    if (targets.empty()) return Unsupported("a batch of constant matrices that broadcasts its operand");
    int64_t stride = w_strides[d];
    for (size_t i = targets.size(); i-- > 0;) {
      axes.push_back({targets[i], space[targets[i]], stride, channels, false});
      stride *= space[targets[i]];
      channels *= space[targets[i]];
    }
  }
  for (const PlacedFactor& f : InStorageOrder(x.axes[summed])) {
    const uint32_t k = AppendSummed(&space, f.factor.size);
    Walk(&view, f.factor, k);
    axes.push_back({k, f.factor.size, w_strides[w_summed] * f.logical_stride, 0, false});
  }
  AddInnerAxis(&axes, &space, &view);
  if (space.size() + 1 >= kMaxRank) return Unsupported("an operand with too many axes");
  if (ElementCount(space) > kMaxElements) return Unsupported("more than 2^28 multiply-adds in one node");
  const std::vector<float>& data = graph_.value(weight).data;
  const int32_t scale = WeightScale(data, x.scale, KeyScaleOf(node.output));
  ASSIGN_OR_RETURN(WeightSums sums, AddWeight(node.name + " weight", data, 0, std::move(axes), scale, channels,
                                              std::min<int64_t>(x.min, 0), std::max<int64_t>(x.max, 0)));
  pending.scale = x.scale + sums.scale;
  pending.sum.accumulators.push_back({{1, 0}, AddContraction(std::move(space), out_rank, sums.view, std::move(view))});
  if (bias != kNoValue && (!constant_b || channels != rows)) {
    // The bias runs along the columns alone.
    const int64_t low = *std::min_element(sums.min.begin(), sums.min.end());
    const int64_t high = *std::max_element(sums.max.begin(), sums.max.end());
    const size_t columns = graph_.value(bias).data.size();
    sums.min.assign(columns, low);
    sums.max.assign(columns, high);
  }
  if (bias != kNoValue) bias_axes = BroadcastAxes(graph_.shape(bias), pending.space, nullptr);
  return FinishLinear(node, std::move(pending), std::move(sums), bias, std::move(bias_axes));
}

Status Lowering::LowerMatMulOfValues(const GraphNode& node) {
  ASSIGN_OR_RETURN(StoredValue a, Stored(node.inputs[0]));
  ASSIGN_OR_RETURN(StoredValue b, Stored(node.inputs[1]));
  const Dims& out_shape = graph_.shape(node.output);
  const size_t rank = out_shape.size();
  const auto k_of = [](StoredValue& v, bool left) -> LogicalAxis& { return v.axes[v.axes.size() - (left ? 1 : 2)]; };
  if (!CommonSizes(FactorSizes(k_of(a, true)), FactorSizes(k_of(b, false)))) {
    ASSIGN_OR_RETURN(a, Copy(a, node.name + " left"));
    ASSIGN_OR_RETURN(b, Copy(b, node.name + " right"));
  }
  const std::vector<uint32_t> k_sizes = *CommonSizes(FactorSizes(k_of(a, true)), FactorSizes(k_of(b, false)));
  PROVENN_CHECK(SplitFactors(&k_of(a, true), k_sizes) && SplitFactors(&k_of(b, false), k_sizes));
  PendingSum pending;
  pending.space.axes.resize(rank);
  View left = Unmoved(a);
  View right = Unmoved(b);
  for (size_t d = 0; d + 2 < rank; ++d) {
    static const LogicalAxis kOne;
    const auto axis_of = [&](StoredValue& v) -> LogicalAxis* {
      return d + v.axes.size() < rank ? nullptr : &v.axes[d + v.axes.size() - rank];
    };
    LogicalAxis* fa = axis_of(a);
    LogicalAxis* fb = axis_of(b);
    const bool has_a = fa != nullptr && !fa->empty();
    const bool has_b = fb != nullptr && !fb->empty();
    if (has_a && has_b) {
      const auto sizes = CommonSizes(FactorSizes(*fa), FactorSizes(*fb));
      if (!sizes.has_value()) return Unsupported("batch axes that were reshaped differently");
      PROVENN_CHECK(SplitFactors(fa, *sizes) && SplitFactors(fb, *sizes));
    }
    const LogicalAxis& pattern = has_a ? *fa : has_b ? *fb : kOne;
    for (size_t i = 0; i < pattern.size(); ++i) {
      const uint32_t axis = *pending.space.Append(d, pattern[i].size);
      if (has_a) Walk(&left, (*fa)[i], axis);
      if (has_b) Walk(&right, (*fb)[i], axis);
    }
  }
  for (const Factor& f : a.axes[a.axes.size() - 2]) Walk(&left, f, *pending.space.Append(rank - 2, f.size));
  for (const Factor& f : b.axes[b.axes.size() - 1]) Walk(&right, f, *pending.space.Append(rank - 1, f.size));
  const size_t out_rank = pending.space.sizes.size();
  Shape space = pending.space.sizes;
  for (size_t i = 0; i < k_sizes.size(); ++i) {
    const uint32_t k = AppendSummed(&space, k_sizes[i]);
    Walk(&left, k_of(a, true)[i], k);
    Walk(&right, k_of(b, false)[i], k);
  }
  if (space.size() + 1 >= kMaxRank) return Unsupported("an operand with too many axes");
  if (ElementCount(space) > kMaxElements) return Unsupported("more than 2^28 multiply-adds in one node");
  double terms = 1;
  for (uint32_t size : k_sizes) terms *= size;
  WeightSums sums;
  const double magnitude = terms * static_cast<double>(std::max(std::abs(a.min), std::abs(a.max))) *
                           static_cast<double>(std::max(std::abs(b.min), std::abs(b.max)));
  if (magnitude > 1e18) return Unsupported("its sums could exceed 61 bits; use fewer --bits");
  sums.min = {-static_cast<int64_t>(magnitude)};
  if (a.min >= 0 && b.min >= 0) sums.min = {0};
  sums.max = {static_cast<int64_t>(magnitude)};
  pending.scale = a.scale + b.scale;
  pending.sum.accumulators.push_back(
      {{1, 0}, AddContraction(std::move(space), out_rank, std::move(left), std::move(right))});
  const ValueId bias = node.inputs.size() > 2 ? node.inputs[2] : kNoValue;
  std::vector<WeightAxis> bias_axes;
  if (bias != kNoValue) {
    bias_axes = BroadcastAxes(graph_.shape(bias), pending.space, nullptr);
    sums.min.assign(graph_.value(bias).data.size(), sums.min[0]);
    sums.max.assign(graph_.value(bias).data.size(), sums.max[0]);
  }
  return FinishLinear(node, std::move(pending), std::move(sums), bias, std::move(bias_axes));
}

Status Lowering::LowerAffine(const GraphNode& node) {
  const ValueId scale_id = node.inputs[1];
  ASSIGN_OR_RETURN(StoredValue x,
                   scale_id == kNoValue ? Stored(node.inputs[0]) : OperandOf(node.inputs[0], graph_.value(scale_id)));
  const Dims& shape = graph_.shape(node.output);
  const ValueId shift_id = node.inputs.size() > 2 ? node.inputs[2] : kNoValue;
  ASSIGN_OR_RETURN(PendingSum pending, PendingOf(x));
  if (pending.space.axes.size() != shape.size()) return Unsupported("a constant of higher rank than its operand");
  // Per element of the smaller constants: bounds are joined at the end, so each constant keeps its own channels.
  int64_t low = x.min;
  int64_t high = x.max;
  if (scale_id != kNoValue) {
    const GraphValue& constant = graph_.value(scale_id);
    View view = pending.sum.terms[0].view;
    std::vector<WeightAxis> axes = BroadcastAxes(constant.shape, pending.space, &view);
    Shape space = pending.space.sizes;
    AddInnerAxis(&axes, &space, &view);
    if (space.size() + 1 >= kMaxRank) return Unsupported("an operand with too many axes");
    int32_t scale = WeightScale(constant.data, x.scale, KeyScaleOf(node.output));
    int64_t bound = kWeightBound;
    if (pending.space.Count() <= kFewValues) {
      scale = LargestScale(constant.data, kFactorBound);
      bound = kFactorBound;
    }
    const int64_t channels = static_cast<int64_t>(constant.data.size());
    ASSIGN_OR_RETURN(WeightSums sums,
                     AddWeight(node.name + " scale", constant.data, 0, std::move(axes), scale, channels,
                               std::min<int64_t>(x.min, 0), std::max<int64_t>(x.max, 0), bound));
    pending.sum.terms.clear();
    const size_t rank = pending.space.sizes.size();
    pending.sum.accumulators.push_back(
        {{1, 0}, AddContraction(std::move(space), rank, std::move(sums.view), std::move(view))});
    pending.scale = x.scale + sums.scale;
    low = *std::min_element(sums.min.begin(), sums.min.end());
    high = *std::max_element(sums.max.begin(), sums.max.end());
  } else {
    // Leave room below the step of x for the shift.
    const int32_t lift = std::clamp(KeyScaleOf(node.output) + options_.remainder_bits - x.scale, 0, 16);
    pending.sum.terms[0].coefficient.numerator = int64_t{1} << lift;
    pending.scale += lift;
    low *= int64_t{1} << lift;
    high *= int64_t{1} << lift;
  }
  WeightSums joined;
  const size_t channels = shift_id == kNoValue ? 1 : graph_.value(shift_id).data.size();
  joined.min.assign(channels, low);
  joined.max.assign(channels, high);
  std::vector<WeightAxis> bias_axes;
  if (shift_id != kNoValue) bias_axes = BroadcastAxes(graph_.shape(shift_id), pending.space, nullptr);
  return FinishLinear(node, std::move(pending), std::move(joined), shift_id, std::move(bias_axes));
}

}  // namespace provenn
