// Element-wise arithmetic and activations.
#include <algorithm>
#include <limits>

#include "model/onnx_import_builder.h"
#include "model/strided.h"

namespace provenn::internal {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr float kHighest = std::numeric_limits<float>::max();

// The constant with every element mapped; the quotient or negation of weights.
template <typename F>
Result<Operand> MapConstant(const NodeContext& context, const Operand& constant, const F& f,
                            const std::string& suffix) {
  FloatTensor mapped{context.shape(constant), context.builder().FloatData(constant)};
  for (float& v : mapped.data) v = f(v);
  return context.Constant(std::move(mapped), suffix);
}

Result<Operand> Reciprocal(const NodeContext& context, const Operand& divisor) {
  for (const float v : context.builder().FloatData(divisor)) {
    if (v == 0) return context.Invalid("divides by zero");
  }
  return MapConstant(
      context, divisor, [](float v) { return static_cast<float>(1.0 / static_cast<double>(v)); }, "reciprocal");
}

Result<Operand> Negated(const NodeContext& context, const Operand& constant) {
  return MapConstant(context, constant, [](float v) { return -v; }, "negated");
}

// x·scale + shift where x already has the result's shape.
Result<Operand> EmitAffine(const NodeContext& context, const Operand& x, const Operand& scale, const Operand& shift,
                           const std::string& suffix = "") {
  return context.Emit(Op::kAffine, {x, scale, shift}, {}, context.shape(x), suffix);
}

// a (op) b for floats of which at most one is constant, or for two constants. The constant, if any, is an affine's
// operand unless it makes the result larger than the other operand.
Result<Operand> EmitBinary(const NodeContext& context, Op op, const Operand& a, const Operand& b,
                           const std::string& suffix = "") {
  Result<Dims> broadcast = BroadcastShapes(context.shape(a), context.shape(b));
  if (!broadcast.ok()) return context.Place(broadcast.error());
  const bool a_constant = context.builder().IsConstant(a);
  const bool b_constant = context.builder().IsConstant(b);
  if (b_constant && !a_constant && context.shape(a) == *broadcast) {
    if (op == Op::kMul) return EmitAffine(context, a, b, Operand(), suffix);
    if (op == Op::kAdd) return EmitAffine(context, a, Operand(), b, suffix);
    ASSIGN_OR_RETURN(const Operand negated, Negated(context, b));
    return EmitAffine(context, a, Operand(), negated, suffix);
  }
  if (a_constant && !b_constant && context.shape(b) == *broadcast) {
    if (op == Op::kMul) return EmitAffine(context, b, a, Operand(), suffix);
    if (op == Op::kAdd) return EmitAffine(context, b, Operand(), a, suffix);
    ASSIGN_OR_RETURN(const Operand minus_one, context.Constant({{}, {-1.0f}}, "minus_one"));
    return EmitAffine(context, b, minus_one, a, suffix);
  }
  return context.Emit(op, {a, b}, {}, *broadcast, suffix);
}

template <Op kOp>
Status ImportBinary(NodeContext& context) {
  if (context.input(0).is_int()) return FoldIntegerArithmetic(context);
  ASSIGN_OR_RETURN(const Operand a, context.FloatInput(0, "first operand"));
  ASSIGN_OR_RETURN(const Operand b, context.FloatInput(1, "second operand"));
  ASSIGN_OR_RETURN(const Operand y, EmitBinary(context, kOp, a, b));
  context.SetOutput(0, y);
  return Ok();
}

Status ImportDiv(NodeContext& context) {
  if (context.input(0).is_int()) return FoldIntegerArithmetic(context);
  ASSIGN_OR_RETURN(const Operand a, context.FloatInput(0, "dividend"));
  ASSIGN_OR_RETURN(const Operand b, context.FloatInput(1, "divisor"));
  if (!context.builder().IsConstant(b)) return context.Unsupported("division by a run-time tensor is not supported");
  ASSIGN_OR_RETURN(const Operand reciprocal, Reciprocal(context, b));
  ASSIGN_OR_RETURN(const Operand y, EmitBinary(context, Op::kMul, a, reciprocal));
  context.SetOutput(0, y);
  return Ok();
}

Status ImportNeg(NodeContext& context) {
  if (context.input(0).is_int()) return FoldIntegerArithmetic(context);
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  ASSIGN_OR_RETURN(const Operand minus_one, context.Constant({{}, {-1.0f}}, "minus_one"));
  ASSIGN_OR_RETURN(const Operand y, EmitAffine(context, x, minus_one, Operand()));
  context.SetOutput(0, y);
  return Ok();
}

Status ImportSum(NodeContext& context) {
  ASSIGN_OR_RETURN(Operand sum, context.FloatInput(0, "operand"));
  for (size_t i = 1; i < context.input_count(); ++i) {
    ASSIGN_OR_RETURN(const Operand term, context.FloatInput(i, "operand"));
    const bool last = i + 1 == context.input_count();
    ASSIGN_OR_RETURN(sum, EmitBinary(context, Op::kAdd, sum, term, last ? "" : std::to_string(i)));
  }
  context.SetOutput(0, sum);
  return Ok();
}

Result<Operand> EmitFunction(const NodeContext& context, Op op, const Operand& x, Attributes attributes) {
  return context.Emit(op, {x}, std::move(attributes), context.shape(x));
}

Status SetFunction(NodeContext& context, Op op, Attributes attributes) {
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  ASSIGN_OR_RETURN(const Operand y, EmitFunction(context, op, x, std::move(attributes)));
  context.SetOutput(0, y);
  return Ok();
}

template <Op kOp>
Status ImportFunction(NodeContext& context) {
  return SetFunction(context, kOp, {});
}

Status ImportLeakyRelu(NodeContext& context) {
  LeakyReluAttributes attributes;
  ASSIGN_OR_RETURN(attributes.alpha, context.FloatAttribute("alpha", 0.01f));
  return SetFunction(context, Op::kLeakyRelu, attributes);
}

Status ImportHardSigmoid(NodeContext& context) {
  HardSigmoidAttributes attributes;
  ASSIGN_OR_RETURN(attributes.alpha, context.FloatAttribute("alpha", 0.2f));
  ASSIGN_OR_RETURN(attributes.beta, context.FloatAttribute("beta", 0.5f));
  return SetFunction(context, Op::kHardSigmoid, attributes);
}

Result<Operand> EmitClip(const NodeContext& context, const Operand& x, float min, float max) {
  if (min == 0 && max == kHighest) return EmitFunction(context, Op::kRelu, x, {});
  // Where the bounds cross, ONNX gives the upper one everywhere.
  return EmitFunction(context, Op::kClip, x, ClipAttributes{std::min(min, max), max});
}

Status ImportClip(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  float min = kLowest;
  float max = kHighest;
  if (context.opset() < 11) {
    ASSIGN_OR_RETURN(min, context.FloatAttribute("min", kLowest));
    ASSIGN_OR_RETURN(max, context.FloatAttribute("max", kHighest));
  } else {
    ASSIGN_OR_RETURN(const std::optional<float> low, context.OptionalScalarInput(1, "lower bound"));
    ASSIGN_OR_RETURN(const std::optional<float> high, context.OptionalScalarInput(2, "upper bound"));
    min = low.value_or(kLowest);
    max = high.value_or(kHighest);
  }
  ASSIGN_OR_RETURN(const Operand y, EmitClip(context, x, min, max));
  context.SetOutput(0, y);
  return Ok();
}

// The minimum or maximum of one tensor and any number of constant scalars.
template <bool kIsMax>
Status ImportExtremum(NodeContext& context) {
  if (context.input(0).is_int()) return FoldIntegerArithmetic(context);
  Operand x;
  float bound = kIsMax ? kLowest : kHighest;
  for (size_t i = 0; i < context.input_count(); ++i) {
    ASSIGN_OR_RETURN(const Operand operand, context.FloatInput(i, "operand"));
    const bool scalar = context.builder().IsConstant(operand) && ElementCount(context.shape(operand)) == 1;
    if (scalar && (i + 1 < context.input_count() || x.present())) {
      const float value = context.builder().FloatData(operand)[0];
      bound = kIsMax ? std::max(bound, value) : std::min(bound, value);
    } else if (!x.present()) {
      x = operand;
    } else {
      return context.Unsupported("only the extremum of one tensor and constant scalars is supported");
    }
  }
  if (!x.present()) return context.Corrupt("has no inputs");
  ASSIGN_OR_RETURN(const Operand y, EmitClip(context, x, kIsMax ? bound : kLowest, kIsMax ? kHighest : bound));
  context.SetOutput(0, y);
  return Ok();
}

}  // namespace

void RegisterElementwiseHandlers(HandlerTable& table) {
  table["Add"] = ImportBinary<Op::kAdd>;
  table["Sub"] = ImportBinary<Op::kSub>;
  table["Mul"] = ImportBinary<Op::kMul>;
  table["Div"] = ImportDiv;
  table["Neg"] = ImportNeg;
  table["Sum"] = ImportSum;
  table["Min"] = ImportExtremum<false>;
  table["Max"] = ImportExtremum<true>;
  table["Relu"] = ImportFunction<Op::kRelu>;
  table["LeakyRelu"] = ImportLeakyRelu;
  table["Clip"] = ImportClip;
  table["Sigmoid"] = ImportFunction<Op::kSigmoid>;
  table["Tanh"] = ImportFunction<Op::kTanh>;
  table["HardSigmoid"] = ImportHardSigmoid;
  table["HardSwish"] = ImportFunction<Op::kHardSwish>;
}

}  // namespace provenn::internal
