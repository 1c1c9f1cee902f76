// Constants become weight tensors, and their products get bounds.
#include <algorithm>
#include <cmath>

#include "model/lowering.h"

namespace provenn {
namespace {

constexpr int64_t kMaxBias = WideBound(32767);
constexpr int64_t kMaxSum = int64_t{1} << 61;  // no sum reaches a quarter of 2^63, nor half the field's modulus

// The nearest integer within +-kMaxSum, where CheckBounds objects.
int64_t Saturated(double x) {
  const double limit = static_cast<double>(kMaxSum);
  return x >= limit ? kMaxSum : x <= -limit ? -kMaxSum : static_cast<int64_t>(x);
}

}  // namespace

int64_t ClampedProduct(int64_t a, int64_t b) { return Saturated(static_cast<double>(a) * static_cast<double>(b)); }

int32_t Lowering::WeightScale(std::span<const float> data, int32_t input_scale, int32_t key_scale) const {
  // Aim at the common remainder width, but use the 16 bits well: at least `bits - 2` of them, at most all.
  const int32_t aim = options_.remainder_bits + key_scale - input_scale;
  const int32_t most = LargestScale(data, kWeightBound);
  const int32_t least = LargestScale(data, (int64_t{1} << std::min(options_.bits - 2, 14)) - 1);
  return std::clamp(aim, least, most);
}

Result<WeightFormat> Lowering::NextFormat(WeightFormat chosen, std::span<const float> data) {
  const size_t at = out_.weight_formats.size();
  if (imposed_ != nullptr) {
    if (at >= imposed_->size() || (*imposed_)[at].tensor != chosen.tensor) {
      return Error{Code::kInvalidArgument, "are of another graph: nothing for '" + chosen.tensor + "'", "scales"};
    }
    chosen = (*imposed_)[at];
    for (const float v : data) {
      if (std::abs(static_cast<int64_t>(Quantise(static_cast<double>(v), chosen.scale))) <= chosen.bound) continue;
      return Error{Code::kInvalidArgument,
                   "has entries beyond what its scale in the scales file allows; take the scales of the model with the "
                   "largest weights",
                   "weights '" + chosen.tensor + "'"};
    }
  }
  out_.weight_formats.push_back(chosen);
  return chosen;
}

Result<WeightSums> Lowering::AddWeight(const std::string& name, std::span<const float> data, int64_t source_offset,
                                       std::vector<WeightAxis> axes, int32_t scale, int64_t channels, int64_t min,
                                       int64_t max, int64_t bound) {
  ASSIGN_OR_RETURN(const WeightFormat format, NextFormat({name, scale, bound}, data));
  scale = format.scale;
  bound = format.bound;
  std::stable_sort(axes.begin(), axes.end(), [](const WeightAxis& a, const WeightAxis& b) {
    if (a.outer != b.outer) return a.outer;
    return a.space_axis < b.space_axis;
  });
  WeightSums sums;
  sums.scale = scale;
  Shape shape;
  uint32_t outer = 0;
  for (const WeightAxis& axis : axes) {
    shape.push_back(axis.size);
    outer += axis.outer ? 1 : 0;
    sums.view.axes.push_back(AxisMap{0, {AxisStep{axis.space_axis, 1}}});
  }
  SecretVector<int32_t> values(ElementCount(shape), 0);
  std::vector<double> low(static_cast<size_t>(channels), 0);
  std::vector<double> high(static_cast<size_t>(channels), 0);
  std::vector<uint32_t> index(axes.size(), 0);
  int64_t source = source_offset;
  int64_t channel = 0;
  for (int32_t& value : values) {
    value = Quantise(static_cast<double>(data[static_cast<size_t>(source)]), scale);
    const double a = static_cast<double>(value) * static_cast<double>(min);
    const double b = static_cast<double>(value) * static_cast<double>(max);
    low[static_cast<size_t>(channel)] += std::min(a, b);
    high[static_cast<size_t>(channel)] += std::max(a, b);
    for (size_t i = axes.size(); i-- > 0;) {
      source += axes[i].source_stride;
      channel += axes[i].channel_stride;
      if (++index[i] < axes[i].size) break;
      source -= axes[i].source_stride * axes[i].size;
      channel -= axes[i].channel_stride * axes[i].size;
      index[i] = 0;
    }
  }
  if (!options_.tight) {
    // Any weights of this format, any operand in its range: the bounds tell nothing about these weights.
    const double terms = static_cast<double>(values.size()) / static_cast<double>(channels);
    const double most = terms * static_cast<double>(bound) *
                        std::max(std::abs(static_cast<double>(min)), std::abs(static_cast<double>(max)));
    low.assign(low.size(), -most);
    high.assign(high.size(), most);
  }
  for (size_t c = 0; c < low.size(); ++c) {
    sums.min.push_back(Saturated(low[c]));
    sums.max.push_back(Saturated(high[c]));
  }
  // The declared range is that of the format, not of these weights, which are secret.
  sums.tensor = AddTensor(name, TensorKind::kWeight, shape, -bound, bound, scale);
  out_.circuit.tensors[sums.tensor].outer_axes = outer;
  sums.view.tensor = sums.tensor;
  out_.costs[node_].weights += values.size();
  out_.weights.resize(out_.circuit.tensors.size());
  out_.weights[sums.tensor] = std::move(values);
  return sums;
}

Result<StoredValue> Lowering::OperandOf(ValueId v, const GraphValue& constant) {
  ASSIGN_OR_RETURN(StoredValue value, Stored(v));
  if (!value.offsets.empty() || constant.data.size() == 1) return value;
  return FlatCopy(value, graph_.value(v).name + " operand");
}

void Lowering::AddInnerAxis(std::vector<WeightAxis>* axes, Shape* space, View* operand) {
  if (axes->empty() || std::any_of(axes->begin(), axes->end(), [](const WeightAxis& a) { return !a.outer; })) return;
  const auto axis = static_cast<uint32_t>(space->size());
  space->push_back(1);
  operand->axes[0].steps.push_back({axis, 1});
  axes->push_back({axis, 1, 0, 0, false});
}

std::vector<WeightAxis> Lowering::BroadcastAxes(const Dims& shape, const IndexSpace& space, const View* other) {
  const auto used = [&](uint32_t axis) {
    if (other == nullptr) return true;
    for (const AxisMap& map : other->axes) {
      for (const AxisStep& step : map.steps) {
        if (step.axis == axis) return true;
      }
    }
    return false;
  };
  const Dims strides = RowMajorStrides(shape);
  const size_t lead = space.axes.size() - shape.size();
  std::vector<WeightAxis> axes;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 1) continue;
    int64_t stride = strides[d];
    const std::vector<uint32_t>& targets = space.axes[lead + d];
    for (size_t i = targets.size(); i-- > 0;) {
      axes.push_back({targets[i], space.sizes[targets[i]], stride, stride, !used(targets[i])});
      stride *= space.sizes[targets[i]];
    }
  }
  return axes;
}

uint32_t Lowering::AddContraction(Shape space, size_t out_rank, View left, std::optional<View> right) {
  out_.circuit.contractions.push_back(
      Contraction{std::move(space), static_cast<uint32_t>(out_rank), std::move(left), std::move(right)});
  return static_cast<uint32_t>(out_.circuit.contractions.size() - 1);
}

Status Lowering::AddBias(const std::string& name, std::span<const float> data, std::vector<WeightAxis> axes,
                         int64_t channels, std::vector<int64_t>* channel_min, std::vector<int64_t>* channel_max,
                         PendingSum* pending) {
  for (WeightAxis& axis : axes) axis.outer = false;
  const int32_t scale = std::min(pending->scale, LargestScale(data, kMaxBias));
  // By the power of two above the largest entry, 16 bits at least.
  int64_t h = 0;
  for (const float v : data) {
    const int64_t magnitude = std::abs(static_cast<int64_t>(Quantise(static_cast<double>(v), scale)));
    while (WideBound(h) < magnitude) h = 2 * h + 1;
  }
  ASSIGN_OR_RETURN(WeightSums sums, AddWeight(name, data, 0, std::move(axes), scale, channels, 1, 1, WideBound(h)));
  if (pending->scale - sums.scale > 30) return Unsupported("a bias far larger than the products it is added to");
  if (pending->scale < sums.scale) return Unsupported("a bias with a finer scale than what it is added to");
  const int64_t lift = int64_t{1} << (pending->scale - sums.scale);
  const uint32_t contraction =
      AddContraction(pending->space.sizes, pending->space.sizes.size(), std::move(sums.view), std::nullopt);
  pending->sum.accumulators.push_back({{lift, 0}, contraction});
  for (size_t c = 0; c < sums.min.size(); ++c) {
    (*channel_min)[c] += sums.min[c] * lift;
    (*channel_max)[c] += sums.max[c] * lift;
  }
  return Ok();
}

Status Lowering::CheckBounds(const PendingSum& pending) const {
  if (pending.min <= -kMaxSum || pending.max >= kMaxSum) {
    return Unsupported("its sums could exceed 61 bits; use fewer --bits, or --tight");
  }
  return Ok();
}

}  // namespace provenn
