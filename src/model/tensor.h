// Dense float tensors, and the checks that every declared shape passes before anything is allocated for it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace provenn {

// Sizes of the axes, outermost first. A scalar has none.
using Dims = std::vector<int64_t>;

// Row-major (C order) tensor. Invariant: data.size() is the product of shape.
struct FloatTensor {
  Dims shape;
  std::vector<float> data;
};

inline constexpr size_t kMaxTensorRank = 16;
// No tensor has more elements (1 GiB of floats).
inline constexpr int64_t kMaxTensorElements = int64_t{1} << 28;

struct IntTensor {
  Dims shape;
  std::vector<int64_t> data;
};

// Product of the axes. kCorrupt: a negative axis or too high a rank; kTooLarge: more than `limit` elements. `what`
// names the tensor in the message.
Result<int64_t> CheckedElementCount(const Dims& shape, const std::string& what, int64_t limit = kMaxTensorElements);

// Product of the axes of a shape that has been checked.
int64_t ElementCount(const Dims& shape);

// Row-major strides in elements.
Dims RowMajorStrides(const Dims& shape);

// "1x3x224x224"; "scalar" for no axes.
std::string ShapeToString(const Dims& shape);

// Multidirectional (NumPy) broadcast of two shapes. kInvalidArgument where they do not match.
Result<Dims> BroadcastShapes(const Dims& a, const Dims& b);

// kOutOfRange naming the first NaN or infinity and its index.
Status CheckFinite(std::span<const float> data, const std::string& what);

// How many samples an array of this shape holds. `model_shape` is the shape of the model's input or output, leading
// axis included: [S·n, rest...] for [n, rest...] are S samples, and [rest...], where n is 1, is one. kInvalidArgument
// at `what` ("input x") where the shape fits neither; the message states both shapes.
Result<uint32_t> CountSamples(const Dims& shape, const Dims& model_shape, const std::string& what);

// Cuts a batch into its samples. Errors: of CountSamples.
Result<std::vector<FloatTensor>> SplitBatch(const FloatTensor& batch, const Dims& model_shape, const std::string& what);

}  // namespace provenn
