// Operators that move cells and compute nothing. They work on floats, and on the integers of shape computations.
#include <algorithm>
#include <limits>

#include "model/onnx_import_builder.h"
#include "model/shape_inference.h"
#include "model/strided.h"

namespace provenn::internal {
namespace {

Result<Operand> DataInput(const NodeContext& context) {
  const Operand x = context.input(0);
  if (!x.present()) return context.Corrupt("the input is missing");
  return x;
}

Result<int64_t> Axis(const NodeContext& context, int64_t axis, size_t rank) {
  Result<int64_t> normalized = NormalizeAxis(axis, rank);
  if (!normalized.ok()) return context.Place(normalized.error());
  return normalized;
}

Result<Dims> Axes(const NodeContext& context, const Dims& axes, size_t rank) {
  Result<Dims> normalized = NormalizeAxes(axes, rank);
  if (!normalized.ok()) return context.Place(normalized.error());
  return normalized;
}

Result<Operand> IntConstant(const NodeContext& context, IntTensor tensor) {
  Result<Operand> result = context.builder().AddIntConstant(std::move(tensor));
  if (!result.ok()) return context.Place(result.error());
  return result;
}

// The cells starts + i·steps along each axis, for i below the target's sizes.
Result<Operand> Slice(const NodeContext& context, const Operand& x, const SliceAttributes& slice, const Dims& target,
                      const std::string& suffix = "") {
  if (x.is_float()) {
    if (target == context.shape(x) && std::ranges::all_of(slice.steps, [](int64_t s) { return s > 0; })) return x;
    return context.Emit(Op::kSlice, {x}, slice, target, suffix);
  }
  IntTensor out{target, std::vector<int64_t>(static_cast<size_t>(ElementCount(target)))};
  if (!out.data.empty()) {
    Dims strides = RowMajorStrides(x.ints->shape);
    int64_t offset = 0;
    for (size_t axis = 0; axis < strides.size(); ++axis) {
      offset += slice.starts[axis] * strides[axis];
      strides[axis] *= slice.steps[axis];
    }
    GatherStrided(x.ints->data.data(), offset, strides, target, out.data.data());
  }
  return IntConstant(context, std::move(out));
}

Status SetReshape(NodeContext& context, const Operand& x, Dims target) {
  ASSIGN_OR_RETURN(const Operand y, context.Reshape(x, std::move(target)));
  context.SetOutput(0, y);
  return Ok();
}

Status ImportReshape(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, DataInput(context));
  ASSIGN_OR_RETURN(Dims target, context.IntsInput(1, "target shape"));
  ASSIGN_OR_RETURN(const int64_t allow_zero, context.IntAttribute("allowzero", 0));
  const Dims shape = context.shape(x);
  if (target.size() > kMaxTensorRank) return context.Invalid("the target has too many axes");
  int64_t known = 1;
  ptrdiff_t open = -1;
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i] == 0 && allow_zero == 0) {
      if (i >= shape.size()) return context.Invalid("the target copies an axis that the input lacks");
      target[i] = shape[i];
    }
    if (target[i] == -1 && open < 0) {
      open = static_cast<ptrdiff_t>(i);
    } else if (target[i] < 0 || target[i] > kMaxTensorElements || known > kMaxTensorElements) {
      return context.Invalid("the target shape is not valid");
    } else {
      known *= target[i];
    }
  }
  const int64_t count = ElementCount(shape);
  if (open >= 0) {
    if (known == 0 || count % known != 0) {
      return context.Invalid("cannot reshape " + ShapeToString(shape) + ": its size is not a multiple of " +
                             std::to_string(known));
    }
    target[static_cast<size_t>(open)] = count / known;
  }
  return SetReshape(context, x, std::move(target));
}

Status ImportFlatten(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, DataInput(context));
  const Dims shape = context.shape(x);
  ASSIGN_OR_RETURN(int64_t axis, context.IntAttribute("axis", 1));
  const int64_t rank = static_cast<int64_t>(shape.size());
  if (axis < -rank || axis > rank) return context.Invalid("axis " + std::to_string(axis) + " is out of range");
  if (axis < 0) axis += rank;
  return SetReshape(
      context, x,
      {ElementCount(Dims(shape.begin(), shape.begin() + axis)), ElementCount(Dims(shape.begin() + axis, shape.end()))});
}

// Squeeze and Unsqueeze took their axes as an attribute before opset 13.
Result<Dims> SqueezeAxes(const NodeContext& context) {
  if (context.opset() < 13) return context.IntsAttribute("axes");
  if (!context.input(1).present()) return Dims();
  return context.IntsInput(1, "axes");
}

Status ImportSqueeze(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, DataInput(context));
  const Dims shape = context.shape(x);
  ASSIGN_OR_RETURN(Dims axes, SqueezeAxes(context));
  ASSIGN_OR_RETURN(axes, Axes(context, axes, shape.size()));
  const bool all = axes.empty();
  Dims target;
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool named = std::binary_search(axes.begin(), axes.end(), static_cast<int64_t>(i));
    if (named && shape[i] != 1)
      return context.Invalid("cannot drop axis " + std::to_string(i) + " of " + ShapeToString(shape));
    if (!named && !(all && shape[i] == 1)) target.push_back(shape[i]);
  }
  return SetReshape(context, x, std::move(target));
}

Status ImportUnsqueeze(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, DataInput(context));
  Dims target = context.shape(x);
  ASSIGN_OR_RETURN(Dims axes, SqueezeAxes(context));
  if (target.size() + axes.size() > kMaxTensorRank) return context.Invalid("the result has too many axes");
  ASSIGN_OR_RETURN(axes, Axes(context, axes, target.size() + axes.size()));
  for (const int64_t axis : axes) target.insert(target.begin() + axis, 1);
  return SetReshape(context, x, std::move(target));
}

Status ImportTranspose(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, DataInput(context));
  const Dims shape = context.shape(x);
  ASSIGN_OR_RETURN(Dims permutation, context.IntsAttribute("perm"));
  if (permutation.empty()) {
    for (size_t i = shape.size(); i-- > 0;) permutation.push_back(static_cast<int64_t>(i));
  }
  ASSIGN_OR_RETURN(const Dims sorted, Axes(context, permutation, shape.size()));
  if (sorted.size() != shape.size()) return context.Invalid("perm does not name every axis");
  Dims target;
  for (int64_t& axis : permutation) {
    if (axis < 0) axis += static_cast<int64_t>(shape.size());
    target.push_back(shape[static_cast<size_t>(axis)]);
  }
  Operand y;
  if (x.is_float()) {
    ASSIGN_OR_RETURN(y, context.Emit(Op::kTranspose, {x}, TransposeAttributes{permutation}, target));
  } else {
    const Dims from = RowMajorStrides(shape);
    Dims strides;
    for (const int64_t axis : permutation) strides.push_back(from[static_cast<size_t>(axis)]);
    IntTensor out{target, x.ints->data};
    if (!out.data.empty()) GatherStrided(x.ints->data.data(), 0, strides, target, out.data.data());
    ASSIGN_OR_RETURN(y, IntConstant(context, std::move(out)));
  }
  context.SetOutput(0, y);
  return Ok();
}

Status ImportConcat(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand first, DataInput(context));
  if (!context.HasAttribute("axis")) return context.Corrupt("has no axis");
  ASSIGN_OR_RETURN(int64_t axis, context.IntAttribute("axis", 0));
  ASSIGN_OR_RETURN(axis, Axis(context, axis, context.shape(first).size()));
  std::vector<Operand> operands;
  std::vector<Dims> shapes;
  for (size_t i = 0; i < context.input_count(); ++i) {
    const Operand operand = context.input(i);
    if (!operand.present()) return context.Corrupt("input " + std::to_string(i) + " is missing");
    if (operand.is_int() != first.is_int()) return context.Unsupported("mixes integers and floats");
    operands.push_back(operand);
    shapes.push_back(context.shape(operand));
  }
  Result<Dims> target = ConcatOutputShape(shapes, axis);
  if (!target.ok()) return context.Place(target.error());
  Operand y = first;
  if (first.is_float() && operands.size() > 1) {
    ASSIGN_OR_RETURN(y, context.Emit(Op::kConcat, operands, ConcatAttributes{axis}, *target));
  } else if (first.is_int()) {
    if (target->size() != 1) return context.Unsupported("joins integers with more than one axis");
    IntTensor joined{*target, {}};
    for (const Operand& operand : operands) {
      joined.data.insert(joined.data.end(), operand.ints->data.begin(), operand.ints->data.end());
    }
    ASSIGN_OR_RETURN(y, IntConstant(context, std::move(joined)));
  }
  context.SetOutput(0, y);
  return Ok();
}

// starts, ends, axes and steps were attributes (without steps) before opset 10.
Status ImportSlice(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, DataInput(context));
  const Dims shape = context.shape(x);
  Dims starts, ends, axes, steps;
  if (context.opset() < 10) {
    ASSIGN_OR_RETURN(starts, context.IntsAttribute("starts"));
    ASSIGN_OR_RETURN(ends, context.IntsAttribute("ends"));
    ASSIGN_OR_RETURN(axes, context.IntsAttribute("axes"));
  } else {
    ASSIGN_OR_RETURN(starts, context.IntsInput(1, "starts"));
    ASSIGN_OR_RETURN(ends, context.IntsInput(2, "ends"));
    if (context.input(3).present()) {
      ASSIGN_OR_RETURN(axes, context.IntsInput(3, "axes"));
    }
    if (context.input(4).present()) {
      ASSIGN_OR_RETURN(steps, context.IntsInput(4, "steps"));
    }
  }
  if (axes.empty()) {
    for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) {
    return context.Corrupt("starts, ends, axes and steps differ in length");
  }
  RETURN_IF_ERROR(Axes(context, axes, shape.size()));
  SliceAttributes slice{Dims(shape.size(), 0), Dims(shape.size(), 1)};
  Dims target = shape;
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t axis = static_cast<size_t>(axes[i] < 0 ? axes[i] + static_cast<int64_t>(shape.size()) : axes[i]);
    const int64_t size = shape[axis];
    const int64_t step = std::clamp(steps[i], -kMaxTensorElements, kMaxTensorElements);
    if (step == 0) return context.Corrupt("a step is zero");
    // Positions outside the tensor are moved to its ends; −1 is then "before the first" for a descending slice.
    const auto place = [&](int64_t position) {
      if (position < 0) position = position < -size ? -1 : position + size;
      return position;
    };
    const int64_t low = step > 0 ? 0 : -1;
    const int64_t high = step > 0 ? size : size - 1;
    const int64_t start = std::clamp(place(starts[i]), step > 0 ? int64_t{0} : int64_t{-1}, high);
    const int64_t end = std::clamp(place(ends[i]), low, high);
    const int64_t span = step > 0 ? end - start : start - end;
    const int64_t stride = step > 0 ? step : -step;
    target[axis] = span <= 0 ? 0 : (span + stride - 1) / stride;
    slice.starts[axis] = start;
    slice.steps[axis] = step;
  }
  if (x.is_float() && ElementCount(target) == 0) return context.Unsupported("the slice is empty");
  ASSIGN_OR_RETURN(const Operand y, Slice(context, x, slice, target));
  context.SetOutput(0, y);
  return Ok();
}

Status ImportSplit(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, DataInput(context));
  const Dims shape = context.shape(x);
  ASSIGN_OR_RETURN(int64_t axis, context.IntAttribute("axis", 0));
  ASSIGN_OR_RETURN(axis, Axis(context, axis, shape.size()));
  const int64_t size = shape[static_cast<size_t>(axis)];
  const int64_t parts = static_cast<int64_t>(context.output_count());
  Dims sizes;
  if (context.opset() < 13) {
    ASSIGN_OR_RETURN(sizes, context.IntsAttribute("split"));
  } else if (context.input(1).present()) {
    ASSIGN_OR_RETURN(sizes, context.IntsInput(1, "split"));
  }
  if (sizes.empty()) {
    // Equal parts; since opset 18 the last may be smaller.
    if (parts == 0 || (context.opset() < 18 && size % parts != 0)) return context.Invalid("cannot split evenly");
    const int64_t part = (size + parts - 1) / parts;
    sizes.assign(static_cast<size_t>(parts), part);
    sizes.back() = size - part * (parts - 1);
  }
  if (static_cast<int64_t>(sizes.size()) != parts) return context.Invalid("the number of parts and outputs differ");
  int64_t start = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 0 || sizes[i] > size - start) return context.Invalid("the parts exceed the axis");
    if (sizes[i] == 0) return context.Unsupported("a part is empty");
    SliceAttributes slice{Dims(shape.size(), 0), Dims(shape.size(), 1)};
    slice.starts[static_cast<size_t>(axis)] = start;
    Dims target = shape;
    target[static_cast<size_t>(axis)] = sizes[i];
    ASSIGN_OR_RETURN(const Operand part, Slice(context, x, slice, target, std::to_string(i)));
    context.SetOutput(i, part);
    start += sizes[i];
  }
  if (start != size) return context.Invalid("the parts do not cover the axis");
  return Ok();
}

// Pads and value were attributes before opset 11; the axes input came with 18.
Status ImportPad(NodeContext& context) {
  ASSIGN_OR_RETURN(Operand x, context.FloatInput(0, "input"));
  const Dims shape = context.shape(x);
  const size_t rank = shape.size();
  ASSIGN_OR_RETURN(const std::string mode, context.StringAttribute("mode", "constant"));
  if (mode != "constant") return context.Unsupported("mode '" + mode + "' is not supported, only 'constant'");
  PadAttributes pad{Dims(rank, 0), Dims(rank, 0), 0.0f};
  Dims pads, axes;
  if (context.opset() < 11) {
    ASSIGN_OR_RETURN(pads, context.IntsAttribute("pads"));
    ASSIGN_OR_RETURN(pad.value, context.FloatAttribute("value", 0.0f));
  } else {
    ASSIGN_OR_RETURN(pads, context.IntsInput(1, "pads"));
    ASSIGN_OR_RETURN(const std::optional<float> value, context.OptionalScalarInput(2, "padding value"));
    pad.value = value.value_or(0.0f);
    if (context.input(3).present()) {
      ASSIGN_OR_RETURN(axes, context.IntsInput(3, "axes"));
      RETURN_IF_ERROR(Axes(context, axes, rank));
    }
  }
  if (axes.empty() && !context.input(3).present()) {
    for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (pads.size() != 2 * axes.size()) return context.Corrupt("pads has the wrong length");
  // Negative amounts cut the tensor, which a slice does first.
  SliceAttributes cut{Dims(rank, 0), Dims(rank, 1)};
  Dims remaining = shape;
  Dims target = shape;
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t axis = static_cast<size_t>(axes[i] < 0 ? axes[i] + static_cast<int64_t>(rank) : axes[i]);
    const int64_t before = pads[i];
    const int64_t after = pads[axes.size() + i];
    for (const int64_t amount : {before, after}) {
      if (amount < -kMaxWindowExtent || amount > kMaxWindowExtent) return context.Invalid("a pad is absurdly large");
    }
    cut.starts[axis] = std::max<int64_t>(-before, 0);
    remaining[axis] -= cut.starts[axis] + std::max<int64_t>(-after, 0);
    if (remaining[axis] <= 0) return context.Unsupported("negative pads leave nothing of the tensor");
    pad.before[axis] = std::max<int64_t>(before, 0);
    pad.after[axis] = std::max<int64_t>(after, 0);
    target[axis] = remaining[axis] + pad.before[axis] + pad.after[axis];
  }
  ASSIGN_OR_RETURN(x, Slice(context, x, cut, remaining, "cut"));
  if (target != remaining) {
    ASSIGN_OR_RETURN(x, context.Emit(Op::kPad, {x}, pad, target));
  }
  context.SetOutput(0, x);
  return Ok();
}

Status ImportIdentity(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, DataInput(context));
  context.SetOutput(0, x);
  return Ok();
}

Status ImportDropout(NodeContext& context) {
  if (context.input(2).present()) {
    ASSIGN_OR_RETURN(const Dims training, context.IntsInput(2, "training_mode"));
    if (training.size() != 1) return context.Corrupt("training_mode must be a scalar");
    if (training[0] != 0) return context.Unsupported("training mode is not supported; export the model for inference");
  }
  return ImportIdentity(context);
}

// The elements of x at `indices` along an axis; the axis is replaced by the axes of `indices`.
Status ImportGather(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, DataInput(context));
  const Dims shape = context.shape(x);
  ASSIGN_OR_RETURN(int64_t stated_axis, context.IntAttribute("axis", 0));
  ASSIGN_OR_RETURN(stated_axis, Axis(context, stated_axis, shape.size()));
  const size_t axis = static_cast<size_t>(stated_axis);
  if (!context.input(1).is_int()) return context.Unsupported("the indices must be constant integers");
  const IntTensor& indices = *context.input(1).ints;
  Dims positions = indices.data;
  for (int64_t& position : positions) {
    if (position < -shape[axis] || position >= shape[axis]) {
      return context.Invalid("index " + std::to_string(position) + " is outside an axis of " +
                             std::to_string(shape[axis]));
    }
    if (position < 0) position += shape[axis];
  }
  if (positions.empty()) return context.Unsupported("gathers nothing");
  if (x.is_int() && shape.size() == 1) {
    IntTensor taken{indices.shape, {}};
    for (const int64_t position : positions) taken.data.push_back(x.ints->data[static_cast<size_t>(position)]);
    ASSIGN_OR_RETURN(const Operand y, IntConstant(context, std::move(taken)));
    context.SetOutput(0, y);
    return Ok();
  }
  SliceAttributes slice{Dims(shape.size(), 0), Dims(shape.size(), 1)};
  slice.starts[axis] = positions[0];
  if (positions.size() > 1) slice.steps[axis] = positions[1] - positions[0];
  for (size_t i = 1; i < positions.size(); ++i) {
    if (slice.steps[axis] == 0 || positions[i] - positions[i - 1] != slice.steps[axis]) {
      return context.Unsupported("only evenly spaced indices are supported");
    }
  }
  Dims taken = shape;
  taken[axis] = static_cast<int64_t>(positions.size());
  ASSIGN_OR_RETURN(const Operand sliced, Slice(context, x, slice, taken, "slice"));
  Dims target(shape.begin(), shape.begin() + stated_axis);
  target.insert(target.end(), indices.shape.begin(), indices.shape.end());
  target.insert(target.end(), shape.begin() + stated_axis + 1, shape.end());
  return SetReshape(context, sliced, std::move(target));
}

}  // namespace

void RegisterViewHandlers(HandlerTable& table) {
  table["Reshape"] = ImportReshape;
  table["Flatten"] = ImportFlatten;
  table["Squeeze"] = ImportSqueeze;
  table["Unsqueeze"] = ImportUnsqueeze;
  table["Transpose"] = ImportTranspose;
  table["Concat"] = ImportConcat;
  table["Slice"] = ImportSlice;
  table["Split"] = ImportSplit;
  table["Pad"] = ImportPad;
  table["Identity"] = ImportIdentity;
  table["Dropout"] = ImportDropout;
  table["Gather"] = ImportGather;
}

}  // namespace provenn::internal
