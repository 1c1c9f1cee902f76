// How a view reads its tensor, in formulas and words.
#pragma once

#include <string>
#include <vector>

#include "relation/circuit.h"

namespace provenn {

// "24x24x6"; "scalar" for no axes.
std::string ShapeText(const Shape& shape);
// "3x1"; one number where all are equal.
template <typename T>
std::string ListText(const std::vector<T>& list) {
  std::string text;
  bool equal = true;
  for (const T& v : list) {
    text += (text.empty() ? "" : "x") + std::to_string(v);
    equal = equal && v == list.front();
  }
  return equal && !list.empty() ? std::to_string(list.front()) : text;
}
// "axis 1", "axes 0 and 2".
std::string AxesText(const std::vector<uint32_t>& axes);

// "T3" and "T3[2·i0 + k1 - 1, k2]": axes of the space before `out_rank` are i0, i1, ..., those after it k0, k1, ...
std::string TensorText(uint32_t tensor);
std::string ViewText(const View& view, size_t out_rank);

// The indices along one axis that a map reaches over a space: [low, high].
struct Reach {
  int64_t low = 0;
  int64_t high = 0;
};
Reach ReachOf(const AxisMap& map, const Shape& space);

// The map goes through the whole axis, cell by cell, over one axis of the space or several (a reshape).
bool CoversAxis(const AxisMap& map, const Shape& space, uint32_t size);
// Every axis of the tensor is read in full, over the axes of the space in their order.
bool ReadsWhole(const View& view, const Shape& space, const Shape& tensor);

// The steps that move at all: those along axes of the space of size 1 do not. Largest stride first.
std::vector<AxisStep> MovingSteps(const AxisMap& map, const Shape& space);

// What a view does to its tensor's cells.
struct ViewReading {
  // Axes of the space before out_rank that it runs along, in the order in which they run through the tensor.
  std::vector<uint32_t> order;
  std::string slices;  // "[2:14, ::-1]", as numpy writes it, or an axis's index as in formulas; empty: every axis whole
  bool reversed = false;
  bool outside = false;   // it reaches beyond the tensor, where it reads 0
  bool reshaped = false;  // an axis is run through by several, in order
};
// Axes of the tensor that `told` marks are described elsewhere (windows): they add no slice.
ViewReading ReadView(const View& view, const Shape& space, size_t out_rank, const Shape& tensor,
                     const std::vector<bool>& told = {});

// "transposed (i1, i0)" where the order is not ascending, and so on: empty if the view is the plain one, and different
// for views that read differently.
std::string ReadingWords(const ViewReading& reading);
// The same for a result of shape `out`, which may also repeat cells.
std::string ReadingWords(const ViewReading& reading, const Shape& out);
// The same for a view whose space is that of a result.
std::string ViewWords(const View& view, const Shape& space, const Shape& tensor);
// The same for the cells of a tensor that a result goes into: "[:, :, 16:32]".
std::string PartText(const View& view, const Shape& space, const Shape& tensor);
// "3 times along axis 0, 2 times along axis 2": of the axes of the space of that list.
std::string RepeatWords(const std::vector<uint32_t>& axes, const Shape& space);

// The same without steps along axes of size 1, which do not move, and without summed axes of that size; steps ascend by
// axis. What reads the same cells then has the same text.
View WithoutStandstill(const View& view, const Shape& space);
Contraction WithoutStandstill(const Contraction& contraction);

// The same contraction with its summed axes in an order that follows from what they do, not from how a key lists them:
// by axis and stride in the left operand, then in the right one. docs/format.md, architecture ids.
Contraction WithSummedAxesInOrder(const Contraction& contraction);

}  // namespace provenn
