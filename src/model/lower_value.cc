#include "model/lower_value.h"

#include <algorithm>

#include "base/check.h"

namespace provenn {
namespace {

// Joins neighbouring factors that together walk one tensor axis evenly.
void MergeFactors(LogicalAxis* axis) {
  LogicalAxis merged;
  for (const Factor& f : *axis) {
    if (!merged.empty() && merged.back().axis == f.axis &&
        merged.back().stride == static_cast<int64_t>(f.stride) * f.size) {
      merged.back() = Factor{merged.back().size * f.size, f.axis, f.stride};
    } else {
      merged.push_back(f);
    }
  }
  *axis = std::move(merged);
}

bool OnlyFactorOnItsTensorAxis(const StoredValue& value, const Factor& factor) {
  int count = 0;
  for (const LogicalAxis& axis : value.axes) {
    for (const Factor& f : axis) count += f.axis == factor.axis ? 1 : 0;
  }
  return count == 1;
}

}  // namespace

uint64_t SizeOf(const LogicalAxis& axis) {
  uint64_t n = 1;
  for (const Factor& f : axis) n *= f.size;
  return n;
}

Dims StoredValue::LogicalShape() const {
  Dims shape;
  for (const LogicalAxis& axis : axes) shape.push_back(static_cast<int64_t>(SizeOf(axis)));
  return shape;
}

std::optional<uint32_t> IndexSpace::Append(size_t logical_axis, uint32_t size) {
  if (size == 1) return std::nullopt;
  const uint32_t axis = static_cast<uint32_t>(sizes.size());
  sizes.push_back(size);
  axes[logical_axis].push_back(axis);
  return axis;
}

StoredValue CompactValue(uint32_t tensor, const Dims& logical_shape, const std::vector<size_t>& order) {
  StoredValue value;
  value.tensor = tensor;
  value.axes.resize(logical_shape.size());
  value.offsets.assign(order.size(), 0);
  for (size_t i = 0; i < order.size(); ++i) {
    const uint32_t size = static_cast<uint32_t>(logical_shape[order[i]]);
    if (size > 1) value.axes[order[i]].push_back(Factor{size, static_cast<uint32_t>(i), 1});
  }
  return value;
}

bool SplitFactors(LogicalAxis* axis, const std::vector<uint32_t>& sizes) {
  LogicalAxis split;
  size_t from = axis->size();  // innermost first
  Factor rest{1, 0, 0};
  for (size_t i = sizes.size(); i-- > 0;) {
    if (rest.size == 1) {
      if (from == 0) return false;
      rest = (*axis)[--from];
    }
    if (rest.size % sizes[i] != 0) return false;
    split.insert(split.begin(), Factor{sizes[i], rest.axis, rest.stride});
    rest.size /= sizes[i];
    rest.stride = static_cast<int32_t>(rest.stride * static_cast<int64_t>(sizes[i]));
  }
  if (rest.size != 1 || from != 0) return false;
  *axis = std::move(split);
  return true;
}

std::optional<std::vector<uint32_t>> CommonSizes(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  std::vector<uint32_t> common;
  size_t i = a.size();
  size_t j = b.size();
  uint32_t left = 1;
  uint32_t right = 1;
  while (true) {
    if (left == 1) {
      if (i == 0) break;
      left = a[--i];
    }
    if (right == 1) {
      if (j == 0) break;
      right = b[--j];
    }
    const uint32_t step = std::min(left, right);
    if (left % step != 0 || right % step != 0) return std::nullopt;
    common.insert(common.begin(), step);
    left /= step;
    right /= step;
  }
  if (left != 1 || right != 1 || i != 0 || j != 0) return std::nullopt;
  return common;
}

std::vector<uint32_t> FactorSizes(const LogicalAxis& axis) {
  std::vector<uint32_t> sizes;
  for (const Factor& f : axis) sizes.push_back(f.size);
  return sizes;
}

IndexSpace SpaceInStorageOrder(const StoredValue& value) {
  struct Place {
    size_t logical;
    size_t position;
    Factor factor;
  };
  std::vector<Place> places;
  for (size_t d = 0; d < value.axes.size(); ++d) {
    for (size_t i = 0; i < value.axes[d].size(); ++i) places.push_back({d, i, value.axes[d][i]});
  }
  std::stable_sort(places.begin(), places.end(), [](const Place& x, const Place& y) {
    if (x.factor.axis != y.factor.axis) return x.factor.axis < y.factor.axis;
    return std::abs(x.factor.stride) > std::abs(y.factor.stride);
  });
  IndexSpace space;
  space.axes.resize(value.axes.size());
  for (size_t d = 0; d < value.axes.size(); ++d) space.axes[d].resize(value.axes[d].size());
  for (size_t i = 0; i < places.size(); ++i) {
    space.sizes.push_back(places[i].factor.size);
    space.axes[places[i].logical][places[i].position] = static_cast<uint32_t>(i);
  }
  return space;
}

std::optional<View> ViewOver(const StoredValue& value, const IndexSpace& space) {
  if (value.axes.size() > space.axes.size()) return std::nullopt;
  const size_t lead = space.axes.size() - value.axes.size();
  View view;
  view.tensor = value.tensor;
  for (int32_t offset : value.offsets) view.axes.push_back(AxisMap{offset, {}});
  for (size_t d = 0; d < value.axes.size(); ++d) {
    LogicalAxis axis = value.axes[d];
    if (axis.empty()) continue;  // size 1: repeated
    const std::vector<uint32_t>& targets = space.axes[lead + d];
    std::vector<uint32_t> sizes;
    for (uint32_t t : targets) sizes.push_back(space.sizes[t]);
    if (!SplitFactors(&axis, sizes)) return std::nullopt;
    for (size_t i = 0; i < axis.size(); ++i) {
      view.axes[axis[i].axis].steps.push_back(AxisStep{targets[i], axis[i].stride});
    }
  }
  for (AxisMap& map : view.axes) {
    std::sort(map.steps.begin(), map.steps.end(), [](const AxisStep& x, const AxisStep& y) { return x.axis < y.axis; });
  }
  return view;
}

std::optional<StoredValue> ReshapeValue(const StoredValue& value, const Dims& shape) {
  LogicalAxis all;
  for (const LogicalAxis& axis : value.axes) all.insert(all.end(), axis.begin(), axis.end());
  MergeFactors(&all);
  std::vector<uint32_t> targets;
  for (int64_t size : shape) {
    if (size > 1) targets.push_back(static_cast<uint32_t>(size));
  }
  const std::optional<std::vector<uint32_t>> sizes = CommonSizes(FactorSizes(all), targets);
  if (!sizes.has_value() || !SplitFactors(&all, *sizes)) return std::nullopt;
  StoredValue out = value;
  out.axes.assign(shape.size(), {});
  size_t at = 0;
  for (size_t d = 0; d < shape.size(); ++d) {
    uint64_t have = 1;
    while (have < static_cast<uint64_t>(shape[d])) {
      out.axes[d].push_back(all[at]);
      have *= all[at++].size;
    }
    MergeFactors(&out.axes[d]);
  }
  return out;
}

StoredValue TransposeValue(const StoredValue& value, const Dims& permutation) {
  StoredValue out = value;
  for (size_t d = 0; d < permutation.size(); ++d) out.axes[d] = value.axes[static_cast<size_t>(permutation[d])];
  return out;
}

std::optional<StoredValue> SliceValue(const StoredValue& value, const Dims& starts, const Dims& steps,
                                      const Dims& out_shape) {
  StoredValue out = value;
  for (size_t d = 0; d < starts.size(); ++d) {
    const int64_t size = static_cast<int64_t>(SizeOf(value.axes[d]));
    if (starts[d] == 0 && steps[d] == 1 && out_shape[d] == size) continue;
    if (value.axes[d].size() != 1) {
      if (out_shape[d] != 1) return std::nullopt;
      // One index of a composite axis: each factor stands still at its digit.
      int64_t rest = starts[d];
      for (size_t i = value.axes[d].size(); i-- > 0;) {
        const Factor& f = value.axes[d][i];
        out.offsets[f.axis] += static_cast<int32_t>(f.stride * (rest % f.size));
        rest /= f.size;
      }
      out.axes[d].clear();
      continue;
    }
    const Factor f = value.axes[d][0];
    out.offsets[f.axis] += static_cast<int32_t>(f.stride * starts[d]);
    out.axes[d].clear();
    if (out_shape[d] > 1) {
      out.axes[d].push_back(
          Factor{static_cast<uint32_t>(out_shape[d]), f.axis, static_cast<int32_t>(f.stride * steps[d])});
    }
  }
  return out;
}

std::optional<StoredValue> PadValue(const StoredValue& value, const Dims& before, const Dims& after,
                                    const Shape& tensor_shape) {
  StoredValue out = value;
  for (size_t d = 0; d < before.size(); ++d) {
    if (before[d] == 0 && after[d] == 0) continue;
    if (value.axes[d].size() != 1) return std::nullopt;
    const Factor f = value.axes[d][0];
    if (!OnlyFactorOnItsTensorAxis(value, f) || f.stride <= 0) return std::nullopt;
    // The cells just before the first and just after the last must lie outside the tensor.
    const int64_t first = value.offsets[f.axis];
    if (before[d] > 0 && first - f.stride >= 0) return std::nullopt;
    if (after[d] > 0 && first + static_cast<int64_t>(f.stride) * f.size < static_cast<int64_t>(tensor_shape[f.axis])) {
      return std::nullopt;
    }
    out.offsets[f.axis] = static_cast<int32_t>(first - f.stride * before[d]);
    out.axes[d][0].size = static_cast<uint32_t>(f.size + before[d] + after[d]);
    out.min = std::min<int64_t>(out.min, 0);
    out.max = std::max<int64_t>(out.max, 0);
  }
  return out;
}

}  // namespace provenn
