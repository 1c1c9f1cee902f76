// Pooling, reductions, softmax, and how windows are read from attributes.
#include <algorithm>

#include "model/onnx_import_builder.h"
#include "model/shape_inference.h"

namespace provenn::internal {
namespace {

// A per-axis attribute of a window, as two axes; `fallback` where it is absent.
Result<std::array<int64_t, 2>> SpatialAttribute(const NodeContext& context, std::string_view name, size_t rank,
                                                int64_t fallback) {
  ASSIGN_OR_RETURN(const Dims values, context.IntsAttribute(name));
  if (values.empty()) return std::array<int64_t, 2>{rank == 1 ? 1 : fallback, fallback};
  if (values.size() != rank) return context.Corrupt("attribute '" + std::string(name) + "' has the wrong length");
  return rank == 1 ? std::array<int64_t, 2>{1, values[0]} : std::array<int64_t, 2>{values[0], values[1]};
}

Result<AutoPad> ReadAutoPad(const NodeContext& context) {
  ASSIGN_OR_RETURN(const std::string mode, context.StringAttribute("auto_pad", "NOTSET"));
  if (mode == "NOTSET" || mode.empty()) return AutoPad::kExplicit;
  if (mode == "SAME_UPPER") return AutoPad::kSameUpper;
  if (mode == "SAME_LOWER") return AutoPad::kSameLower;
  if (mode == "VALID") return AutoPad::kValid;
  return context.Unsupported("auto_pad '" + mode + "' is not known");
}

Status ImportPool(NodeContext& context, Op op) {
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  PoolAttributes attributes;
  ASSIGN_OR_RETURN(const WindowSpec spec, ReadWindow(context, context.shape(x), {}));
  attributes.window = spec.window;
  ASSIGN_OR_RETURN(const int64_t include_pad, context.IntAttribute("count_include_pad", 0));
  ASSIGN_OR_RETURN(const int64_t ceil_mode, context.IntAttribute("ceil_mode", 0));
  attributes.count_include_pad = op == Op::kAveragePool && include_pad != 0;
  ASSIGN_OR_RETURN(const Operand x2d, context.Reshape(x, To2d(context.shape(x)), "input"));
  Result<Dims> shape = PoolOutputShape(context.shape(x2d), attributes, ceil_mode != 0);
  if (!shape.ok()) return context.Place(shape.error());
  ASSIGN_OR_RETURN(const Operand y, context.Emit(op, {x2d}, attributes, *shape));
  ASSIGN_OR_RETURN(const Operand result, From2d(context, y, spec.spatial_rank));
  context.SetOutput(0, result);
  return Ok();
}

Status ImportMaxPool(NodeContext& context) { return ImportPool(context, Op::kMaxPool); }
Status ImportAveragePool(NodeContext& context) { return ImportPool(context, Op::kAveragePool); }

Status ImportGlobalMaxPool(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  const Dims shape = context.shape(x);
  if (shape.size() < 3) return context.Invalid("the input has no spatial axes");
  // One window over all spatial axes, whatever their number: [N, C, 1, cells].
  const Dims flat = {shape[0], shape[1], 1, ElementCount(Dims(shape.begin() + 2, shape.end()))};
  PoolAttributes attributes;
  attributes.window.kernel = {1, flat[3]};
  ASSIGN_OR_RETURN(const Operand x2d, context.Reshape(x, flat, "input"));
  ASSIGN_OR_RETURN(const Operand y, context.Emit(Op::kMaxPool, {x2d}, attributes, {shape[0], shape[1], 1, 1}));
  Dims pooled(shape.size(), 1);
  std::copy_n(shape.begin(), 2, pooled.begin());
  ASSIGN_OR_RETURN(const Operand result, context.Reshape(y, pooled, "result"));
  context.SetOutput(0, result);
  return Ok();
}

Status EmitReduction(NodeContext& context, Op op, const Operand& x, Dims axes, bool keep_axes) {
  Result<Dims> normalized = NormalizeAxes(axes, context.shape(x).size());
  if (!normalized.ok()) return context.Place(normalized.error());
  Operand y = x;
  const Dims kept = ReducedShape(context.shape(x), *normalized);
  if (!normalized->empty()) {
    ASSIGN_OR_RETURN(y, context.Emit(op, {x}, ReduceAttributes{*normalized}, kept));
  }
  if (!keep_axes) {
    Dims dropped;
    for (size_t i = 0; i < kept.size(); ++i) {
      if (!std::binary_search(normalized->begin(), normalized->end(), static_cast<int64_t>(i))) {
        dropped.push_back(kept[i]);
      }
    }
    ASSIGN_OR_RETURN(y, context.Reshape(y, dropped, "result"));
  }
  context.SetOutput(0, y);
  return Ok();
}

// The axes moved from an attribute to an input in `input_since`.
Status ImportReduce(NodeContext& context, Op op, int64_t input_since) {
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  ASSIGN_OR_RETURN(const int64_t keep_axes, context.IntAttribute("keepdims", 1));
  Dims axes;
  if (context.opset() < input_since) {
    ASSIGN_OR_RETURN(axes, context.IntsAttribute("axes"));
  } else if (context.input(1).present()) {
    ASSIGN_OR_RETURN(axes, context.IntsInput(1, "axes"));
  }
  ASSIGN_OR_RETURN(const int64_t noop_when_empty, context.IntAttribute("noop_with_empty_axes", 0));
  if (axes.empty() && noop_when_empty == 0) {
    for (size_t i = 0; i < context.shape(x).size(); ++i) axes.push_back(static_cast<int64_t>(i));
  }
  return EmitReduction(context, op, x, axes, keep_axes != 0);
}

Status ImportReduceMean(NodeContext& context) { return ImportReduce(context, Op::kReduceMean, 18); }
Status ImportReduceSum(NodeContext& context) { return ImportReduce(context, Op::kReduceSum, 13); }

Status ImportGlobalAveragePool(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  if (context.shape(x).size() < 3) return context.Invalid("the input has no spatial axes");
  Dims axes;
  for (size_t i = 2; i < context.shape(x).size(); ++i) axes.push_back(static_cast<int64_t>(i));
  return EmitReduction(context, Op::kReduceMean, x, axes, true);
}

Status ImportSoftmax(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  const Dims shape = context.shape(x);
  const bool coerced = context.opset() < 13;
  ASSIGN_OR_RETURN(const int64_t stated_axis, context.IntAttribute("axis", coerced ? 1 : -1));
  // Softmax of a vector below opset 13 has its default axis 1 at the vector's end.
  if (coerced && stated_axis == static_cast<int64_t>(shape.size())) {
    return context.Unsupported("a softmax over no axis is not supported");
  }
  Result<int64_t> axis = NormalizeAxis(stated_axis, shape.size());
  if (!axis.ok()) return context.Place(axis.error());
  Operand y;
  if (!coerced || *axis + 1 == static_cast<int64_t>(shape.size())) {
    ASSIGN_OR_RETURN(y, context.Emit(Op::kSoftmax, {x}, SoftmaxAttributes{*axis}, shape));
  } else {
    // The older operator takes the softmax over all axes from `axis` on together.
    const Dims flat = {ElementCount(Dims(shape.begin(), shape.begin() + *axis)),
                       ElementCount(Dims(shape.begin() + *axis, shape.end()))};
    ASSIGN_OR_RETURN(y, context.Reshape(x, flat, "input"));
    ASSIGN_OR_RETURN(y, context.Emit(Op::kSoftmax, {y}, SoftmaxAttributes{1}, flat));
    ASSIGN_OR_RETURN(y, context.Reshape(y, shape, "result"));
  }
  context.SetOutput(0, y);
  return Ok();
}

}  // namespace

Result<WindowSpec> ReadWindow(const NodeContext& context, const Dims& x_shape, const Dims& kernel) {
  if (x_shape.size() < 3) return context.Invalid("the input " + ShapeToString(x_shape) + " has no spatial axes");
  WindowSpec spec;
  spec.spatial_rank = x_shape.size() - 2;
  if (spec.spatial_rank > 2) {
    return context.Unsupported(std::to_string(spec.spatial_rank) + " spatial axes are not supported, only 1 and 2");
  }
  const size_t rank = spec.spatial_rank;
  Window& window = spec.window;
  if (kernel.empty() && !context.HasAttribute("kernel_shape")) return context.Corrupt("has no kernel_shape");
  ASSIGN_OR_RETURN(window.kernel, SpatialAttribute(context, "kernel_shape", rank, 0));
  if (!kernel.empty()) {
    const std::array<int64_t, 2> own = {rank == 1 ? 1 : kernel[0], kernel.back()};
    if (context.HasAttribute("kernel_shape") && window.kernel != own) {
      return context.Invalid("kernel_shape differs from the weights' shape");
    }
    window.kernel = own;
  }
  ASSIGN_OR_RETURN(window.strides, SpatialAttribute(context, "strides", rank, 1));
  ASSIGN_OR_RETURN(window.dilations, SpatialAttribute(context, "dilations", rank, 1));
  for (size_t axis = 0; axis < 2; ++axis) {
    for (const int64_t extent : {window.kernel[axis], window.strides[axis], window.dilations[axis]}) {
      if (extent < 1 || extent > kMaxWindowExtent) {
        return context.Invalid("kernel size, stride and dilation must be at least 1 (and sensible)");
      }
    }
  }
  ASSIGN_OR_RETURN(const AutoPad auto_pad, ReadAutoPad(context));
  ASSIGN_OR_RETURN(const Dims pads, context.IntsAttribute("pads"));
  if (auto_pad == AutoPad::kExplicit && !pads.empty()) {
    if (pads.size() != 2 * rank) return context.Corrupt("attribute 'pads' has the wrong length");
    window.pads_begin = {rank == 1 ? 0 : pads[0], pads[rank - 1]};
    window.pads_end = {rank == 1 ? 0 : pads[rank], pads[2 * rank - 1]};
  }
  ResolveAutoPad(auto_pad, {rank == 1 ? 1 : x_shape[2], x_shape.back()}, window);
  return spec;
}

Dims To2d(const Dims& shape) { return shape.size() == 3 ? Dims{shape[0], shape[1], 1, shape[2]} : shape; }

Result<Operand> From2d(const NodeContext& context, const Operand& result, size_t spatial_rank) {
  if (spatial_rank != 1) return result;
  const Dims shape = context.shape(result);
  return context.Reshape(result, {shape[0], shape[1], shape[3]}, "result");
}

void RegisterWindowHandlers(HandlerTable& table) {
  table["MaxPool"] = ImportMaxPool;
  table["AveragePool"] = ImportAveragePool;
  table["GlobalAveragePool"] = ImportGlobalAveragePool;
  table["GlobalMaxPool"] = ImportGlobalMaxPool;
  table["ReduceMean"] = ImportReduceMean;
  table["ReduceSum"] = ImportReduceSum;
  table["Softmax"] = ImportSoftmax;
}

}  // namespace provenn::internal
