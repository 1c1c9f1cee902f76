// How a view reads its tensor, in formulas and words.
#pragma once

#include <string>
#include <vector>

#include "relation/circuit.h"

namespace provenn {

// "24x24x6"; "scalar" for no axes.
std::string ShapeText(const Shape& shape);
// "3, 3"; one number where all are equal and `shorten` is set.
template <typename T>
std::string ListText(const std::vector<T>& list, bool shorten = true) {
  std::string text;
  bool equal = true;
  for (const T& v : list) {
    text += (text.empty() ? "" : ", ") + std::to_string(v);
    equal = equal && v == list.front();
  }
  return shorten && equal && !list.empty() ? std::to_string(list.front()) : text;
}

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

// What a view does to its tensor's cells: empty if nothing, else such as "transposed, sliced [2:14:2]".
std::string ViewWords(const View& view, const Shape& space, const Shape& tensor);

}  // namespace provenn
