#include "model/tensor.h"

#include <algorithm>
#include <cmath>

namespace provenn {

Result<int64_t> CheckedElementCount(const Dims& shape, const std::string& what, int64_t limit) {
  if (shape.size() > kMaxTensorRank) {
    return Error{Code::kCorrupt, what + " has " + std::to_string(shape.size()) + " axes", ""};
  }
  // An empty axis must not hide an absurd one.
  int64_t count = 1;
  bool empty = false;
  for (const int64_t size : shape) {
    if (size < 0) return Error{Code::kCorrupt, what + " has a negative axis: " + std::to_string(size), ""};
    if (size == 0) {
      empty = true;
      continue;
    }
    if (size > limit || count > limit / size) {
      return Error{Code::kTooLarge,
                   what + " declares " + ShapeToString(shape) + ", more than " + std::to_string(limit) + " elements",
                   ""};
    }
    count *= size;
  }
  return empty ? 0 : count;
}

int64_t ElementCount(const Dims& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

Dims RowMajorStrides(const Dims& shape) {
  Dims strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

std::string ShapeToString(const Dims& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const int64_t size : shape) {
    if (!text.empty()) text += 'x';
    text += std::to_string(size);
  }
  return text;
}

Result<Dims> BroadcastShapes(const Dims& a, const Dims& b) {
  const Dims& longer = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  Dims out = longer;
  const size_t offset = longer.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    int64_t& size = out[offset + i];
    if (size == shorter[i] || shorter[i] == 1) continue;
    if (size != 1) {
      return Error{Code::kInvalidArgument,
                   "shapes " + ShapeToString(a) + " and " + ShapeToString(b) + " do not broadcast", ""};
    }
    size = shorter[i];
  }
  return out;
}

Status CheckFinite(std::span<const float> data, const std::string& what) {
  for (size_t i = 0; i < data.size(); ++i) {
    if (std::isfinite(data[i])) continue;
    return Error{Code::kOutOfRange,
                 what + " has " + (std::isnan(data[i]) ? "NaN" : "an infinity") + " at element " + std::to_string(i),
                 ""};
  }
  return Ok();
}

Result<uint32_t> CountSamples(const Dims& shape, const Dims& model_shape, const std::string& what) {
  const auto tail_matches = [&](size_t axis, size_t model_axis) {
    return std::equal(shape.begin() + static_cast<ptrdiff_t>(axis), shape.end(),
                      model_shape.begin() + static_cast<ptrdiff_t>(model_axis), model_shape.end());
  };
  const bool leading = !model_shape.empty() && shape.size() == model_shape.size() && tail_matches(1, 1);
  if (leading && shape[0] % model_shape[0] == 0) {
    const int64_t samples = shape[0] / model_shape[0];
    if (samples >= 1 && samples <= int64_t{UINT32_MAX}) return static_cast<uint32_t>(samples);
    return Error{Code::kInvalidArgument, "holds no sample, or too many", what};
  }
  const bool one = !model_shape.empty() && model_shape[0] == 1 && shape.size() + 1 == model_shape.size();
  if (shape == model_shape || (one && tail_matches(0, 1))) return 1;
  return Error{Code::kInvalidArgument,
               "has shape " + ShapeToString(shape) + "; the model has " + ShapeToString(model_shape), what};
}

Result<std::vector<FloatTensor>> SplitBatch(const FloatTensor& batch, const Dims& model_shape,
                                            const std::string& what) {
  ASSIGN_OR_RETURN(const uint32_t samples, CountSamples(batch.shape, model_shape, what));
  std::vector<FloatTensor> out(samples);
  auto begin = batch.data.begin();
  for (FloatTensor& sample : out) {
    sample.shape = model_shape;
    sample.data.assign(begin, begin + ElementCount(model_shape));
    begin += ElementCount(model_shape);
  }
  return out;
}

}  // namespace provenn
