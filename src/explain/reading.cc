#include "explain/reading.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace provenn {

std::string ShapeText(const Shape& shape) {
  std::string text;
  for (uint32_t size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text.empty() ? "scalar" : text;
}

std::string AxesText(const std::vector<uint32_t>& axes) {
  std::string text;
  for (size_t i = 0; i < axes.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == axes.size() ? " and " : ", ") + std::to_string(axes[i]);
  }
  return (axes.size() == 1 ? "axis " : "axes ") + text;
}

std::string TensorText(uint32_t tensor) { return "T" + std::to_string(tensor); }

namespace {

// "2·i0+k1-1"
std::string IndexText(const AxisMap& map, size_t out_rank) {
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
  return index;
}

}  // namespace

std::string ViewText(const View& view, size_t out_rank) {
  std::string text = TensorText(view.tensor);
  for (size_t a = 0; a < view.axes.size(); ++a) text += (a == 0 ? "[" : ", ") + IndexText(view.axes[a], out_rank);
  return view.axes.empty() ? text : text + "]";
}

Reach ReachOf(const AxisMap& map, const Shape& space) {
  Reach reach{map.offset, map.offset};
  for (const AxisStep& step : map.steps) {
    const int64_t far = int64_t{step.stride} * (space[step.axis] - 1);
    (far < 0 ? reach.low : reach.high) += far;
  }
  return reach;
}

std::vector<AxisStep> MovingSteps(const AxisMap& map, const Shape& space) {
  std::vector<AxisStep> steps;
  for (const AxisStep& step : map.steps) {
    if (space[step.axis] > 1) steps.push_back(step);
  }
  std::sort(steps.begin(), steps.end(), [](const AxisStep& x, const AxisStep& y) {
    const int64_t a = std::abs(int64_t{x.stride});
    const int64_t b = std::abs(int64_t{y.stride});
    return a != b ? a > b : x.axis < y.axis;
  });
  return steps;
}

bool CoversAxis(const AxisMap& map, const Shape& space, uint32_t size) {
  if (map.offset != 0) return false;
  const std::vector<AxisStep> steps = MovingSteps(map, space);
  int64_t covered = 1;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (step->stride != covered) return false;
    covered *= space[step->axis];
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

namespace {

// As numpy writes it: the end is exclusive.
std::string SliceText(int64_t first, int64_t stride, uint32_t count, uint32_t size) {
  const int64_t last = first + stride * (count - 1);
  const std::string step = stride == 1 ? "" : ":" + std::to_string(stride);
  if (stride > 0) return std::to_string(first) + ":" + std::to_string(last + 1) + step;
  return (first == int64_t{size} - 1 ? "" : std::to_string(first)) + ":" + (last == 0 ? "" : std::to_string(last - 1)) +
         step;
}

// What one axis adds to a reading; its slice.
std::string ReadAxis(const AxisMap& map, const Shape& space, size_t out_rank, uint32_t size, ViewReading* reading) {
  const std::vector<AxisStep> steps = MovingSteps(map, space);
  const Reach reach = ReachOf(map, space);
  reading->outside = reading->outside || reach.low < 0 || reach.high >= int64_t{size};
  if (steps.empty()) return map.offset == 0 && size == 1 ? ":" : std::to_string(map.offset);
  const bool reversed = std::any_of(steps.begin(), steps.end(), [](const AxisStep& s) { return s.stride < 0; });
  reading->reversed = reading->reversed || reversed;
  if (steps.size() == 1) {
    const uint32_t count = space[steps[0].axis];
    if (map.offset == 0 && steps[0].stride == 1 && count == size) return ":";
    return SliceText(map.offset, steps[0].stride, count, size);
  }
  const bool sums = std::any_of(steps.begin(), steps.end(), [&](const AxisStep& s) { return s.axis >= out_rank; });
  const bool outs = std::any_of(steps.begin(), steps.end(), [&](const AxisStep& s) { return s.axis < out_rank; });
  if (CoversAxis(map, space, size) && !(sums && outs)) {
    reading->reshaped = true;
    return ":";
  }
  std::string ranges;
  for (const AxisStep& step : map.steps) {
    if (step.axis < out_rank) continue;
    ranges += (ranges.empty() ? " for k" : ", k") + std::to_string(step.axis - out_rank) + "<" +
              std::to_string(space[step.axis]);
  }
  return IndexText(map, out_rank) + ranges;
}

}  // namespace

ViewReading ReadView(const View& view, const Shape& space, size_t out_rank, const Shape& tensor,
                     const std::vector<bool>& told) {
  ViewReading reading;
  bool sliced = false;
  for (size_t a = 0; a < tensor.size(); ++a) {
    for (const AxisStep& step : MovingSteps(view.axes[a], space)) {
      if (step.axis < out_rank) reading.order.push_back(step.axis);
    }
    const bool is_told = a < told.size() && told[a];
    const std::string slice = is_told ? ":" : ReadAxis(view.axes[a], space, out_rank, tensor[a], &reading);
    sliced = sliced || slice != ":";
    reading.slices += (a == 0 ? "[" : ", ") + slice;
  }
  reading.slices = sliced ? reading.slices + "]" : "";
  return reading;
}

std::string ReadingWords(const ViewReading& reading) {
  std::string words;
  const auto say = [&](const std::string& word) { words += (words.empty() ? "" : ", ") + word; };
  if (!std::is_sorted(reading.order.begin(), reading.order.end())) {
    std::string order;
    for (const uint32_t axis : reading.order) order += (order.empty() ? "i" : ", i") + std::to_string(axis);
    say("transposed (" + order + ")");
  }
  if (reading.reshaped) say("reshaped");
  if (!reading.slices.empty()) {
    say((reading.reversed ? "reversed " : "sliced ") + reading.slices + (reading.outside ? " with 0 outside" : ""));
  }
  return words;
}

std::string RepeatWords(const std::vector<uint32_t>& axes, const Shape& space) {
  std::string words;
  for (const uint32_t a : axes) {
    if (space[a] == 1) continue;
    words += (words.empty() ? "" : " and ") + std::to_string(space[a]) + " times along axis " + std::to_string(a);
  }
  return words.empty() ? "" : "repeated " + words;
}

std::string ReadingWords(const ViewReading& reading, const Shape& out) {
  const std::string words = ReadingWords(reading);
  std::vector<uint32_t> rest;
  for (uint32_t a = 0; a < out.size(); ++a) {
    if (std::find(reading.order.begin(), reading.order.end(), a) == reading.order.end()) rest.push_back(a);
  }
  const std::string repeated = RepeatWords(rest, out);
  return words + (words.empty() || repeated.empty() ? "" : ", ") + repeated;
}

std::string ViewWords(const View& view, const Shape& space, const Shape& tensor) {
  return ReadingWords(ReadView(view, space, space.size(), tensor), space);
}

std::string PartText(const View& view, const Shape& space, const Shape& tensor) {
  ViewReading reading = ReadView(view, space, space.size(), tensor);
  const std::string slices = reading.slices;
  if (!reading.reversed) reading.slices.clear();
  const std::string words = ReadingWords(reading);
  if (words.empty()) return slices;
  return (reading.reversed ? "" : slices) + " " + words;
}

View WithoutStandstill(const View& view, const Shape& space) {
  View out = view;
  for (AxisMap& map : out.axes) {
    map.steps = MovingSteps(map, space);
    std::sort(map.steps.begin(), map.steps.end(), [](const AxisStep& x, const AxisStep& y) { return x.axis < y.axis; });
  }
  return out;
}

Contraction WithoutStandstill(const Contraction& c) {
  Contraction out = c;
  out.left = WithoutStandstill(c.left, c.space);
  if (c.right.has_value()) out.right = WithoutStandstill(*c.right, c.space);
  out.space.resize(c.out_rank);
  std::vector<uint32_t> renamed(c.space.size());
  for (uint32_t a = 0; a < c.space.size(); ++a) {
    renamed[a] = a < c.out_rank ? a : static_cast<uint32_t>(out.space.size());
    if (a >= c.out_rank && c.space[a] > 1) out.space.push_back(c.space[a]);
  }
  const auto rename = [&](View& view) {
    for (AxisMap& map : view.axes) {
      for (AxisStep& step : map.steps) step.axis = renamed[step.axis];
    }
  };
  rename(out.left);
  if (out.right.has_value()) rename(*out.right);
  return out;
}

Contraction WithSummedAxesInOrder(const Contraction& c) {
  constexpr int64_t kNowhere = kMaxRank + 1;
  // Of each summed axis: where it steps in the operands, its size, its number.
  using Place = std::array<int64_t, 6>;
  std::vector<Place> places;
  for (uint32_t axis = c.out_rank; axis < c.space.size(); ++axis) {
    Place place{kNowhere, 0, kNowhere, 0, c.space[axis], axis};
    for (const size_t side : {size_t{0}, size_t{1}}) {
      if (side == 1 && !c.right.has_value()) continue;
      const View& view = side == 0 ? c.left : *c.right;
      for (size_t a = 0; a < view.axes.size(); ++a) {
        for (const AxisStep& step : view.axes[a].steps) {
          if (step.axis != axis) continue;
          place[2 * side] = static_cast<int64_t>(a);
          place[2 * side + 1] = -int64_t{step.stride};
        }
      }
    }
    places.push_back(place);
  }
  std::sort(places.begin(), places.end());
  Contraction out = c;
  std::vector<uint32_t> renamed(c.space.size());
  for (uint32_t a = 0; a < c.out_rank; ++a) renamed[a] = a;
  for (size_t i = 0; i < places.size(); ++i) {
    renamed[static_cast<size_t>(places[i][5])] = c.out_rank + static_cast<uint32_t>(i);
    out.space[c.out_rank + i] = static_cast<uint32_t>(places[i][4]);
  }
  const auto rename = [&](View& view) {
    for (AxisMap& map : view.axes) {
      for (AxisStep& step : map.steps) step.axis = renamed[step.axis];
      std::sort(map.steps.begin(), map.steps.end(),
                [](const AxisStep& x, const AxisStep& y) { return x.axis < y.axis; });
    }
  };
  rename(out.left);
  if (out.right.has_value()) rename(*out.right);
  return out;
}

}  // namespace provenn
