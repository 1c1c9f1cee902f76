// How a logical ONNX tensor lies in the cells of a circuit tensor: the arithmetic behind views that cost nothing.
//
// A logical axis is a list of factors, outermost first, whose sizes multiply to the axis's size; each factor steps
// along one axis of the circuit tensor. A transposition permutes lists; a reshape regroups factors and splits them
// where it must; a slice or a pad moves an offset. Axes of size 1 have no factors, so the batch axis of one sample
// vanishes. Where a view cannot be expressed the functions return nothing and the caller copies the value into a fresh
// tensor.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/tensor.h"
#include "relation/circuit.h"

namespace provenn {

struct Factor {
  uint32_t size = 1;
  uint32_t axis = 0;   // of the circuit tensor
  int32_t stride = 1;  // along it
  bool operator==(const Factor&) const = default;
};
using LogicalAxis = std::vector<Factor>;  // outermost first; empty for size 1

uint64_t SizeOf(const LogicalAxis& axis);

// A value that lies in the cells of a tensor. Indices that fall outside the tensor read 0, as views do.
struct StoredValue {
  uint32_t tensor = 0;
  std::vector<int32_t> offsets;   // along each tensor axis
  std::vector<LogicalAxis> axes;  // of the logical tensor
  int32_t scale = 0;              // real = integer * 2^-scale
  int64_t min = 0;                // of the integers, including the 0 of padding where there is some
  int64_t max = 0;

  Dims LogicalShape() const;
};

// The index space of lookups and contractions, and which of its axes make up each logical axis.
struct IndexSpace {
  Shape sizes;
  std::vector<std::vector<uint32_t>> axes;  // [logical axis] -> axes of the space, outermost first
  bool operator==(const IndexSpace&) const = default;

  // Appends an axis of the space to a logical axis; an axis of size 1 is left out. Returns its number, or nothing.
  std::optional<uint32_t> Append(size_t logical_axis, uint32_t size);
  uint64_t Count() const { return ElementCount(sizes); }
};

// A compact tensor of that shape, one factor per axis: logical axis `order[i]` is tensor axis i.
StoredValue CompactValue(uint32_t tensor, const Dims& logical_shape, const std::vector<size_t>& order);

// Splits the factors of an axis so that their sizes are `sizes`. False where they do not divide.
bool SplitFactors(LogicalAxis* axis, const std::vector<uint32_t>& sizes);

// The sizes of the coarsest factors into which both lists of sizes (of one product) can be split; nothing where the
// boundaries cross.
std::optional<std::vector<uint32_t>> CommonSizes(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b);

std::vector<uint32_t> FactorSizes(const LogicalAxis& axis);

// A space with one axis per factor of the value, in storage order (tensor axes outermost first), the logical axes being
// the value's own.
IndexSpace SpaceInStorageOrder(const StoredValue& value);

// The value read over `space`, whose logical axes are aligned to the value's at the end (NumPy broadcasting): an axis
// of size 1 is repeated. Nothing where factors do not fit the space's axes.
std::optional<View> ViewOver(const StoredValue& value, const IndexSpace& space);

// The same cells with other logical axes. Nothing where that takes a copy.
std::optional<StoredValue> ReshapeValue(const StoredValue& value, const Dims& shape);
StoredValue TransposeValue(const StoredValue& value, const Dims& permutation);
std::optional<StoredValue> SliceValue(const StoredValue& value, const Dims& starts, const Dims& steps,
                                      const Dims& out_shape);
// Pads with zeros; `tensor_shape` is the shape of value.tensor.
std::optional<StoredValue> PadValue(const StoredValue& value, const Dims& before, const Dims& after,
                                    const Shape& tensor_shape);

}  // namespace provenn
