#include "explain/reading.h"

#include <algorithm>

namespace provenn {

std::string ShapeText(const Shape& shape) {
  std::string text;
  for (uint32_t size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text.empty() ? "scalar" : text;
}

std::string TensorText(uint32_t tensor) { return "T" + std::to_string(tensor); }

std::string ViewText(const View& view, size_t out_rank) {
  std::string text = TensorText(view.tensor);
  if (view.axes.empty()) return text;
  text += "[";
  for (size_t a = 0; a < view.axes.size(); ++a) {
    const AxisMap& map = view.axes[a];
    std::string index;
    const auto add = [&](int64_t factor, const std::string& name) {
      index += index.empty() ? (factor < 0 ? "-" : "") : (factor < 0 ? "-" : "+");
      const uint64_t size = factor < 0 ? 0 - static_cast<uint64_t>(factor) : static_cast<uint64_t>(factor);
      index += name.empty() ? std::to_string(size) : size == 1 ? name : std::to_string(size) + "·" + name;
    };
    for (const AxisStep& step : map.steps) {
      const bool out = step.axis < out_rank;
      add(step.stride, (out ? "i" : "k") + std::to_string(out ? step.axis : step.axis - out_rank));
    }
    if (map.offset != 0 || index.empty()) add(map.offset, "");
    text += (a == 0 ? "" : ", ") + index;
  }
  return text + "]";
}

Reach ReachOf(const AxisMap& map, const Shape& space) {
  Reach reach{map.offset, map.offset};
  for (const AxisStep& step : map.steps) {
    const int64_t far = int64_t{step.stride} * (space[step.axis] - 1);
    (far < 0 ? reach.low : reach.high) += far;
  }
  return reach;
}

bool CoversAxis(const AxisMap& map, const Shape& space, uint32_t size) {
  if (map.offset != 0) return false;
  std::vector<AxisStep> steps = map.steps;
  std::sort(steps.begin(), steps.end(), [](const AxisStep& x, const AxisStep& y) { return x.stride < y.stride; });
  int64_t covered = 1;
  for (const AxisStep& step : steps) {
    if (step.stride != covered) return false;
    covered *= space[step.axis];
    if (covered > size) return false;
  }
  return covered == size;
}

bool ReadsWhole(const View& view, const Shape& space, const Shape& tensor) {
  uint32_t next = 0;
  for (size_t a = 0; a < tensor.size(); ++a) {
    if (!CoversAxis(view.axes[a], space, tensor[a])) return false;
    if (view.axes[a].steps.size() > 1) return false;
    for (const AxisStep& step : view.axes[a].steps) {
      if (step.axis != next++) return false;
    }
  }
  return next == space.size();
}

std::string ViewWords(const View& view, const Shape& space, const Shape& tensor) {
  bool split = false;
  bool reversed = false;
  bool padded = false;
  bool sliced = false;
  bool overlapping = false;
  std::string slices;
  std::vector<uint32_t> order;
  for (size_t a = 0; a < tensor.size(); ++a) {
    const AxisMap& map = view.axes[a];
    const Reach reach = ReachOf(map, space);
    padded = padded || reach.low < 0 || reach.high >= int64_t{tensor[a]};
    std::vector<AxisStep> steps = map.steps;
    std::sort(steps.begin(), steps.end(), [](const AxisStep& x, const AxisStep& y) { return x.axis < y.axis; });
    for (const AxisStep& step : steps) {
      order.push_back(step.axis);
      reversed = reversed || step.stride < 0;
    }
    const bool covers = CoversAxis(map, space, tensor[a]);
    split = split || steps.size() > 1;
    if (steps.size() > 1 && !covers) {
      // Two indices of the space that meet in one cell: windows.
      std::sort(steps.begin(), steps.end(),
                [](const AxisStep& x, const AxisStep& y) { return std::abs(x.stride) < std::abs(y.stride); });
      for (size_t i = 1; i < steps.size(); ++i) {
        overlapping = overlapping || std::abs(int64_t{steps[i].stride}) <
                                         std::abs(int64_t{steps[i - 1].stride}) * space[steps[i - 1].axis];
      }
    }
    std::string slice = ":";
    if (!covers && steps.size() <= 1) {
      sliced = true;
      slice = steps.empty()
                  ? std::to_string(map.offset)
                  : std::to_string(map.offset) + ":" +
                        std::to_string(int64_t{map.offset} + int64_t{steps[0].stride} * space[steps[0].axis]) +
                        (steps[0].stride == 1 ? "" : ":" + std::to_string(steps[0].stride));
    } else if (!covers) {
      sliced = true;
      slice = "...";
    }
    slices += (a == 0 ? "" : ", ") + slice;
  }
  std::string words;
  const auto say = [&](const std::string& word) { words += (words.empty() ? "" : ", ") + word; };
  if (!std::is_sorted(order.begin(), order.end())) say("transposed");
  if (split) say(overlapping ? "in windows" : "reshaped");
  if (sliced) say((padded ? "zero-padded [" : reversed ? "reversed [" : "sliced [") + slices + "]");
  if (order.size() < space.size()) {
    const auto once = [&](uint32_t size) { return size == 1; };
    std::vector<uint32_t> rest;
    for (uint32_t a = 0; a < space.size(); ++a) {
      if (std::find(order.begin(), order.end(), a) == order.end()) rest.push_back(space[a]);
    }
    if (!std::all_of(rest.begin(), rest.end(), once)) say("repeated " + ListText(rest, false) + " times");
  }
  return words;
}

}  // namespace provenn
