#include "model/float_kernels.h"

#include <algorithm>

#include "base/parallel.h"
#include "model/deterministic_math.h"
#include "model/strided.h"

namespace provenn {
namespace {

constexpr size_t kFunctionGrain = 4096;

void RunFunction(const GraphNode& node, const float* x, std::span<float> out) {
  ParallelFor(out.size(), kFunctionGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) out[i] = static_cast<float>(EvaluateFunction(node, static_cast<double>(x[i])));
  });
}

void RunElementwise(const GraphNode& node, const TensorView& a, const TensorView& b, const Dims& shape, float* out) {
  switch (node.op) {
    case Op::kAdd:
      return BroadcastBinary(a.data, *a.shape, b.data, *b.shape, shape, out, [](float x, float y) { return x + y; });
    case Op::kSub:
      return BroadcastBinary(a.data, *a.shape, b.data, *b.shape, shape, out, [](float x, float y) { return x - y; });
    default:
      return BroadcastBinary(a.data, *a.shape, b.data, *b.shape, shape, out, [](float x, float y) { return x * y; });
  }
}

void RunAffine(const TensorView& x, const TensorView& scale, const TensorView& shift, const Dims& shape, float* out) {
  const float* source = x.data;
  if (scale.present()) {
    BroadcastBinary(source, shape, scale.data, *scale.shape, shape, out, [](float v, float s) { return v * s; });
    source = out;
  }
  if (shift.present()) {
    BroadcastBinary(source, shape, shift.data, *shift.shape, shape, out, [](float v, float s) { return v + s; });
    source = out;
  }
  if (source != out) std::copy_n(source, ElementCount(shape), out);
}

void RunConcat(int64_t axis, std::span<const TensorView> inputs, const Dims& shape, float* out) {
  const Dims strides = RowMajorStrides(shape);
  int64_t offset = 0;
  for (const TensorView& input : inputs) {
    ScatterStrided(input.data, *input.shape, out, offset, strides);
    offset += (*input.shape)[static_cast<size_t>(axis)] * strides[static_cast<size_t>(axis)];
  }
}

void RunTranspose(const Dims& permutation, const TensorView& x, const Dims& shape, float* out) {
  const Dims own = RowMajorStrides(*x.shape);
  Dims strides;
  for (const int64_t axis : permutation) strides.push_back(own[static_cast<size_t>(axis)]);
  GatherStrided(x.data, 0, strides, shape, out);
}

void RunSlice(const SliceAttributes& slice, const TensorView& x, const Dims& shape, float* out) {
  Dims strides = RowMajorStrides(*x.shape);
  int64_t offset = 0;
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    offset += slice.starts[axis] * strides[axis];
    strides[axis] *= slice.steps[axis];
  }
  GatherStrided(x.data, offset, strides, shape, out);
}

void RunPad(const PadAttributes& pad, const TensorView& x, const Dims& shape, std::span<float> out) {
  std::fill(out.begin(), out.end(), pad.value);
  const Dims strides = RowMajorStrides(shape);
  int64_t offset = 0;
  for (size_t axis = 0; axis < strides.size(); ++axis) offset += pad.before[axis] * strides[axis];
  ScatterStrided(x.data, *x.shape, out.data(), offset, strides);
}

}  // namespace

void RunNode(const GraphNode& node, std::span<const TensorView> inputs, const Dims& out_shape, std::span<float> out) {
  switch (node.op) {
    case Op::kConv:
      return internal::RunConv(node.As<ConvAttributes>(), inputs[0], inputs[1], inputs[2], out_shape, out.data());
    case Op::kMatMul:
      return internal::RunMatMul(inputs[0], inputs[1], inputs[2], out_shape, out.data());
    case Op::kAffine:
      return RunAffine(inputs[0], inputs[1], inputs[2], out_shape, out.data());
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
      return RunElementwise(node, inputs[0], inputs[1], out_shape, out.data());
    case Op::kRelu:
    case Op::kLeakyRelu:
    case Op::kClip:
    case Op::kSigmoid:
    case Op::kTanh:
    case Op::kHardSigmoid:
    case Op::kHardSwish:
      return RunFunction(node, inputs[0].data, out);
    case Op::kMaxPool:
    case Op::kAveragePool:
      return internal::RunPool(node, inputs[0], out_shape, out.data());
    case Op::kReduceMean:
    case Op::kReduceSum:
      return internal::RunReduce(node, inputs[0], out_shape, out.data());
    case Op::kSoftmax:
      return internal::RunSoftmax(node.As<SoftmaxAttributes>(), inputs[0], out.data());
    case Op::kReshape:
      std::copy_n(inputs[0].data, out.size(), out.data());
      return;
    case Op::kTranspose:
      return RunTranspose(node.As<TransposeAttributes>().permutation, inputs[0], out_shape, out.data());
    case Op::kConcat:
      return RunConcat(node.As<ConcatAttributes>().axis, inputs, out_shape, out.data());
    case Op::kSlice:
      return RunSlice(node.As<SliceAttributes>(), inputs[0], out_shape, out.data());
    case Op::kPad:
      return RunPad(node.As<PadAttributes>(), inputs[0], out_shape, out);
  }
}

}  // namespace provenn
