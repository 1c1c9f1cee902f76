#include "model/shape_inference.h"

#include <algorithm>

namespace provenn {
namespace {

Error Invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message), ""}; }

Status CheckWindow(const Window& window) {
  for (size_t axis = 0; axis < 2; ++axis) {
    const bool positive = window.kernel[axis] >= 1 && window.strides[axis] >= 1 && window.dilations[axis] >= 1;
    const bool bounded = window.kernel[axis] <= kMaxWindowExtent && window.strides[axis] <= kMaxWindowExtent &&
                         window.dilations[axis] <= kMaxWindowExtent;
    if (!positive || !bounded) return Invalid("kernel size, stride and dilation must be at least 1 (and sensible)");
    if (window.pads_begin[axis] < 0 || window.pads_end[axis] < 0) return Invalid("negative pads are not supported");
    if (window.pads_begin[axis] > kMaxWindowExtent || window.pads_end[axis] > kMaxWindowExtent) {
      return Invalid("a pad is absurdly large");
    }
  }
  return Ok();
}

// Number of window positions along one axis; 0 where not even one fits.
int64_t WindowPositions(const Window& window, size_t axis, int64_t input, bool ceil_mode) {
  const int64_t room = input + window.pads_begin[axis] + window.pads_end[axis] - WindowExtent(window, axis);
  if (room < 0) return 0;
  const int64_t stride = window.strides[axis];
  if (!ceil_mode) return room / stride + 1;
  int64_t positions = (room + stride - 1) / stride + 1;
  // A window that would start in the padding after the input does not count.
  if ((positions - 1) * stride >= input + window.pads_begin[axis]) --positions;
  return positions;
}

// Each window must hold at least one input cell along the axis: a maximum or average of nothing has no value.
Status CheckNoEmptyWindow(const Window& window, size_t axis, int64_t input, int64_t positions) {
  for (int64_t i = 0; i < positions; ++i) {
    const int64_t start = i * window.strides[axis] - window.pads_begin[axis];
    const int64_t dilation = window.dilations[axis];
    const int64_t first_tap = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
    if (first_tap >= window.kernel[axis] || start + first_tap * dilation >= input) {
      return Invalid("a pooling window lies wholly in the padding");
    }
  }
  return Ok();
}

Status CheckSpatial(const Dims& x) {
  if (x.size() != 4) return Invalid("expects a tensor with 4 axes, not " + ShapeToString(x));
  return Ok();
}

Status CheckPoolOutput(const Dims& x, const PoolAttributes& attributes, const Dims& output) {
  ASSIGN_OR_RETURN(const Dims floor_shape, PoolOutputShape(x, attributes, false));
  ASSIGN_OR_RETURN(const Dims ceil_shape, PoolOutputShape(x, attributes, true));
  if (output != floor_shape && output != ceil_shape) {
    return Invalid("pooling " + ShapeToString(x) + " cannot give " + ShapeToString(output));
  }
  for (size_t axis = 0; axis < 2; ++axis) {
    RETURN_IF_ERROR(CheckNoEmptyWindow(attributes.window, axis, x[2 + axis], output[2 + axis]));
  }
  return Ok();
}

Status ExpectShape(const Dims& expected, const Dims& output) {
  if (expected == output) return Ok();
  return Invalid("the output has shape " + ShapeToString(output) + " and not " + ShapeToString(expected));
}

// A constant operand must not make the result larger than x.
Status CheckBroadcastsInto(const Dims& operand, const Dims& x) {
  ASSIGN_OR_RETURN(const Dims shape, BroadcastShapes(operand, x));
  if (shape != x) return Invalid("a constant of shape " + ShapeToString(operand) + " enlarges " + ShapeToString(x));
  return Ok();
}

Status CheckSlice(const Dims& x, const SliceAttributes& slice, const Dims& output) {
  if (slice.starts.size() != x.size() || slice.steps.size() != x.size() || output.size() != x.size()) {
    return Invalid("a slice must state every axis");
  }
  for (size_t axis = 0; axis < x.size(); ++axis) {
    const int64_t start = slice.starts[axis];
    const int64_t step = slice.steps[axis];
    if (step == 0 || std::max(step, -step) > kMaxTensorElements) return Invalid("a slice step is zero or too large");
    if (output[axis] > x[axis]) return Invalid("a slice cannot be larger than its input");
    const int64_t last = start + (output[axis] - 1) * step;
    if (start < 0 || start >= x[axis] || last < 0 || last >= x[axis]) return Invalid("a slice leaves its input");
  }
  return Ok();
}

Status CheckPad(const Dims& x, const PadAttributes& pad, const Dims& output) {
  if (pad.before.size() != x.size() || pad.after.size() != x.size()) return Invalid("padding must state every axis");
  Dims expected = x;
  for (size_t axis = 0; axis < x.size(); ++axis) {
    for (const int64_t amount : {pad.before[axis], pad.after[axis]}) {
      if (amount < 0 || amount > kMaxWindowExtent) return Invalid("a pad is negative or too large");
      expected[axis] += amount;
    }
  }
  return ExpectShape(expected, output);
}

Status CheckTranspose(const Dims& x, const Dims& permutation, const Dims& output) {
  Dims sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  bool valid = sorted.size() == x.size();
  for (size_t i = 0; valid && i < sorted.size(); ++i) valid = sorted[i] == static_cast<int64_t>(i);
  if (!valid) return Invalid("not a permutation of the axes of " + ShapeToString(x));
  Dims expected;
  for (const int64_t axis : permutation) expected.push_back(x[static_cast<size_t>(axis)]);
  return ExpectShape(expected, output);
}

Status CheckBias(const Graph& graph, ValueId bias, int64_t channels) {
  if (bias == kNoValue) return Ok();
  if (!graph.IsConstant(bias)) return Invalid("the bias must be a constant");
  if (graph.shape(bias) != Dims{channels}) {
    return Invalid("the bias has shape " + ShapeToString(graph.shape(bias)) + ", expected " + std::to_string(channels));
  }
  return Ok();
}

struct InputCount {
  size_t least;
  size_t most;
  size_t required;  // the first so many are not kNoValue
};

InputCount InputsOf(Op op) {
  switch (op) {
    case Op::kConv:
    case Op::kMatMul:
      return {3, 3, 2};
    case Op::kAffine:
      return {3, 3, 1};
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
      return {2, 2, 2};
    case Op::kConcat:
      return {1, size_t{1} << 20, size_t{1} << 20};
    default:
      return {1, 1, 1};
  }
}

Status CheckOperation(const Graph& graph, const GraphNode& node) {
  const Dims& output = graph.shape(node.output);
  const auto input = [&](size_t i) -> const Dims& { return graph.shape(node.inputs[i]); };
  switch (node.op) {
    case Op::kConv: {
      if (!graph.IsConstant(node.inputs[1])) return Invalid("the weights must be constant");
      ASSIGN_OR_RETURN(const Dims expected, ConvOutputShape(input(0), input(1), node.As<ConvAttributes>()));
      RETURN_IF_ERROR(CheckBias(graph, node.inputs[2], input(1)[0]));
      return ExpectShape(expected, output);
    }
    case Op::kMatMul: {
      ASSIGN_OR_RETURN(const Dims expected, MatMulOutputShape(input(0), input(1)));
      RETURN_IF_ERROR(CheckBias(graph, node.inputs[2], expected.back()));
      return ExpectShape(expected, output);
    }
    case Op::kAffine:
      for (size_t i = 1; i < 3; ++i) {
        if (node.inputs[i] == kNoValue) continue;
        if (!graph.IsConstant(node.inputs[i])) return Invalid("scale and shift must be constants");
        RETURN_IF_ERROR(CheckBroadcastsInto(input(i), input(0)));
      }
      return ExpectShape(input(0), output);
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul: {
      ASSIGN_OR_RETURN(const Dims expected, BroadcastShapes(input(0), input(1)));
      return ExpectShape(expected, output);
    }
    case Op::kMaxPool:
    case Op::kAveragePool:
      return CheckPoolOutput(input(0), node.As<PoolAttributes>(), output);
    case Op::kReduceMean:
    case Op::kReduceSum: {
      const Dims& axes = node.As<ReduceAttributes>().axes;
      ASSIGN_OR_RETURN(const Dims normalized, NormalizeAxes(axes, input(0).size()));
      if (axes.empty() || axes != normalized) return Invalid("reduction axes must be ascending and not empty");
      return ExpectShape(ReducedShape(input(0), axes), output);
    }
    case Op::kSoftmax: {
      const int64_t axis = node.As<SoftmaxAttributes>().axis;
      if (axis < 0 || axis >= static_cast<int64_t>(input(0).size())) return Invalid("no such axis");
      return ExpectShape(input(0), output);
    }
    case Op::kReshape:
      if (ElementCount(input(0)) != ElementCount(output)) {
        return Invalid("cannot reshape " + ShapeToString(input(0)) + " to " + ShapeToString(output));
      }
      return Ok();
    case Op::kTranspose:
      return CheckTranspose(input(0), node.As<TransposeAttributes>().permutation, output);
    case Op::kConcat: {
      std::vector<Dims> shapes;
      for (const ValueId id : node.inputs) shapes.push_back(graph.shape(id));
      ASSIGN_OR_RETURN(const Dims expected, ConcatOutputShape(shapes, node.As<ConcatAttributes>().axis));
      return ExpectShape(expected, output);
    }
    case Op::kSlice:
      return CheckSlice(input(0), node.As<SliceAttributes>(), output);
    case Op::kPad:
      return CheckPad(input(0), node.As<PadAttributes>(), output);
    case Op::kRelu:
    case Op::kLeakyRelu:
    case Op::kClip:
    case Op::kSigmoid:
    case Op::kTanh:
    case Op::kHardSigmoid:
    case Op::kHardSwish:
      return ExpectShape(input(0), output);
  }
  return Invalid("unknown operation");
}

Status CheckInputsAndOutput(const Graph& graph, const GraphNode& node) {
  const InputCount count = InputsOf(node.op);
  if (node.inputs.size() < count.least || node.inputs.size() > count.most) {
    return Invalid("has " + std::to_string(node.inputs.size()) + " inputs");
  }
  const auto exists = [&](ValueId id) { return id >= 0 && static_cast<size_t>(id) < graph.values.size(); };
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const bool absent = node.inputs[i] == kNoValue;
    if (absent ? i < count.required : !exists(node.inputs[i])) {
      return Invalid("input " + std::to_string(i) + " is missing");
    }
  }
  if (!exists(node.output)) return Invalid("the output is missing");
  ASSIGN_OR_RETURN(const int64_t elements, CheckedElementCount(graph.shape(node.output), "its output"));
  if (elements == 0) return Error{Code::kUnsupported, "its output has an empty axis", ""};
  return Ok();
}

}  // namespace

int64_t WindowExtent(const Window& window, size_t axis) {
  return (window.kernel[axis] - 1) * window.dilations[axis] + 1;
}

void ResolveAutoPad(AutoPad auto_pad, const std::array<int64_t, 2>& input, Window& window) {
  if (auto_pad == AutoPad::kExplicit) return;
  for (size_t axis = 0; axis < 2; ++axis) {
    int64_t total = 0;
    if (auto_pad != AutoPad::kValid) {
      const int64_t stride = window.strides[axis];
      const int64_t positions = (input[axis] + stride - 1) / stride;
      total = std::max<int64_t>((positions - 1) * stride + WindowExtent(window, axis) - input[axis], 0);
    }
    const int64_t smaller = total / 2;
    window.pads_begin[axis] = auto_pad == AutoPad::kSameLower ? total - smaller : smaller;
    window.pads_end[axis] = total - window.pads_begin[axis];
  }
}

Result<Dims> ConvOutputShape(const Dims& x, const Dims& weights, const ConvAttributes& attributes) {
  RETURN_IF_ERROR(CheckSpatial(x));
  RETURN_IF_ERROR(CheckSpatial(weights));
  RETURN_IF_ERROR(CheckWindow(attributes.window));
  const int64_t groups = attributes.groups;
  if (groups < 1 || weights[0] % groups != 0 || x[1] % groups != 0 || x[1] / groups != weights[1] ||
      weights[2] != attributes.window.kernel[0] || weights[3] != attributes.window.kernel[1]) {
    return Invalid("weights " + ShapeToString(weights) + " do not fit input " + ShapeToString(x) + " with " +
                   std::to_string(groups) + " groups");
  }
  Dims output = {x[0], weights[0], 0, 0};
  for (size_t axis = 0; axis < 2; ++axis) {
    output[2 + axis] = WindowPositions(attributes.window, axis, x[2 + axis], false);
    if (output[2 + axis] == 0) return Invalid("the kernel is larger than the padded input " + ShapeToString(x));
  }
  RETURN_IF_ERROR(CheckedElementCount(output, "its output"));
  return output;
}

Result<Dims> PoolOutputShape(const Dims& x, const PoolAttributes& attributes, bool ceil_mode) {
  RETURN_IF_ERROR(CheckSpatial(x));
  RETURN_IF_ERROR(CheckWindow(attributes.window));
  Dims output = x;
  for (size_t axis = 0; axis < 2; ++axis) {
    output[2 + axis] = WindowPositions(attributes.window, axis, x[2 + axis], ceil_mode);
    if (output[2 + axis] <= 0) return Invalid("the window is larger than the padded input " + ShapeToString(x));
  }
  RETURN_IF_ERROR(CheckedElementCount(output, "its output"));
  return output;
}

Result<Dims> MatMulOutputShape(const Dims& a, const Dims& b) {
  if (a.size() < 2 || b.size() < 2 || a.back() != b[b.size() - 2]) {
    return Invalid("cannot multiply " + ShapeToString(a) + " by " + ShapeToString(b));
  }
  ASSIGN_OR_RETURN(Dims output, BroadcastShapes(Dims(a.begin(), a.end() - 2), Dims(b.begin(), b.end() - 2)));
  output.push_back(a[a.size() - 2]);
  output.push_back(b.back());
  RETURN_IF_ERROR(CheckedElementCount(output, "its output"));
  return output;
}

Result<Dims> ConcatOutputShape(const std::vector<Dims>& inputs, int64_t axis) {
  if (inputs.empty() || axis < 0 || axis >= static_cast<int64_t>(inputs[0].size())) return Invalid("no such axis");
  const size_t along = static_cast<size_t>(axis);
  Dims output = inputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) {
    Dims expected = output;
    if (inputs[i].size() == output.size()) expected[along] = inputs[i][along];
    if (inputs[i] != expected) {
      return Invalid("cannot concatenate " + ShapeToString(inputs[0]) + " and " + ShapeToString(inputs[i]) +
                     " along axis " + std::to_string(axis));
    }
    output[along] += inputs[i][along];
    RETURN_IF_ERROR(CheckedElementCount(output, "its output"));
  }
  return output;
}

Dims ReducedShape(const Dims& x, const Dims& axes) {
  Dims output = x;
  for (const int64_t axis : axes) output[static_cast<size_t>(axis)] = 1;
  return output;
}

Result<int64_t> NormalizeAxis(int64_t axis, size_t rank) {
  const int64_t signed_rank = static_cast<int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    return Invalid("axis " + std::to_string(axis) + " of a tensor with " + std::to_string(rank) + " axes");
  }
  return axis < 0 ? axis + signed_rank : axis;
}

Result<Dims> NormalizeAxes(const Dims& axes, size_t rank) {
  Dims normalized;
  for (const int64_t axis : axes) {
    ASSIGN_OR_RETURN(const int64_t index, NormalizeAxis(axis, rank));
    normalized.push_back(index);
  }
  std::sort(normalized.begin(), normalized.end());
  if (std::adjacent_find(normalized.begin(), normalized.end()) != normalized.end()) {
    return Invalid("an axis is named twice");
  }
  return normalized;
}

Status CheckNode(const Graph& graph, const GraphNode& node) {
  Status status = CheckInputsAndOutput(graph, node);
  if (status.ok()) status = CheckOperation(graph, node);
  if (status.ok()) return status;
  Error error = status.error();
  error.where = "node '" + node.name + "' (" + node.origin + ")";
  return error;
}

}  // namespace provenn
