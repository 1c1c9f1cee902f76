// Operators that are evaluated during import and never run: constants, casts, and the arithmetic of shapes.
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/deterministic_math.h"
#include "model/onnx_import_builder.h"
#include "model/shape_inference.h"
#include "model/strided.h"

namespace provenn::internal {
namespace {

using onnx::TensorProto;

Status SetInts(NodeContext& context, IntTensor tensor) {
  Result<Operand> result = context.builder().AddIntConstant(std::move(tensor));
  if (!result.ok()) return context.Place(result.error());
  context.SetOutput(0, *result);
  return Ok();
}

Status SetFloats(NodeContext& context, FloatTensor tensor) {
  ASSIGN_OR_RETURN(const Operand result, context.Constant(std::move(tensor), "value"));
  context.SetOutput(0, result);
  return Ok();
}

Status SetTensor(NodeContext& context, const TensorProto& proto) {
  Result<AnyTensor> tensor = DecodeTensorProto(proto, "the constant");
  if (!tensor.ok()) return context.Place(tensor.error());
  if (IntTensor* ints = std::get_if<IntTensor>(&*tensor)) return SetInts(context, std::move(*ints));
  return SetFloats(context, std::get<FloatTensor>(std::move(*tensor)));
}

// Allocates nothing before the size is known to fit.
Result<size_t> CheckedSize(const NodeContext& context, const Dims& shape) {
  Result<int64_t> count = CheckedElementCount(shape, "the result");
  if (count.ok()) {
    if (Status charged = context.builder().Charge(*count, "the result"); !charged.ok()) {
      return context.Place(charged.error());
    }
    return static_cast<size_t>(*count);
  }
  return context.Place(count.error());
}

Status ImportConstant(NodeContext& context) {
  if (const auto* value = context.Find("value")) return SetTensor(context, value->t());
  if (const auto* value = context.Find("value_float")) return SetFloats(context, {{}, {value->f()}});
  if (const auto* value = context.Find("value_int")) return SetInts(context, {{}, {value->i()}});
  if (const auto* value = context.Find("value_floats")) {
    return SetFloats(context, {{value->floats_size()}, {value->floats().begin(), value->floats().end()}});
  }
  if (const auto* value = context.Find("value_ints")) {
    return SetInts(context, {{value->ints_size()}, {value->ints().begin(), value->ints().end()}});
  }
  return context.Unsupported("only dense tensors, floats and integers are supported");
}

Status ImportConstantOfShape(NodeContext& context) {
  ASSIGN_OR_RETURN(const Dims shape, context.IntsInput(0, "shape"));
  ASSIGN_OR_RETURN(const size_t size, CheckedSize(context, shape));
  const auto* value = context.Find("value");
  if (value == nullptr) return SetFloats(context, {shape, std::vector<float>(size, 0.0f)});
  Result<AnyTensor> element = DecodeTensorProto(value->t(), "the value", 1);
  if (!element.ok()) return context.Place(element.error());
  if (const IntTensor* ints = std::get_if<IntTensor>(&*element)) {
    if (ints->data.size() != 1) return context.Corrupt("the value must have one element");
    return SetInts(context, {shape, std::vector<int64_t>(size, ints->data[0])});
  }
  const FloatTensor& floats = std::get<FloatTensor>(*element);
  if (floats.data.size() != 1) return context.Corrupt("the value must have one element");
  return SetFloats(context, {shape, std::vector<float>(size, floats.data[0])});
}

Status ImportShape(NodeContext& context) {
  if (!context.input(0).present()) return context.Corrupt("the input is missing");
  const Dims shape = context.shape(context.input(0));
  const int64_t rank = static_cast<int64_t>(shape.size());
  ASSIGN_OR_RETURN(int64_t start, context.IntAttribute("start", 0));
  ASSIGN_OR_RETURN(int64_t end, context.IntAttribute("end", rank));
  start = std::clamp<int64_t>(start < 0 ? std::max(start, -rank) + rank : start, 0, rank);
  end = std::clamp<int64_t>(end < 0 ? std::max(end, -rank) + rank : end, 0, rank);
  Dims part;
  for (int64_t i = start; i < end; ++i) part.push_back(shape[static_cast<size_t>(i)]);
  const int64_t size = static_cast<int64_t>(part.size());
  return SetInts(context, {{size}, std::move(part)});
}

Status ImportSize(NodeContext& context) {
  if (!context.input(0).present()) return context.Corrupt("the input is missing");
  return SetInts(context, {{}, {ElementCount(context.shape(context.input(0)))}});
}

// Between float types a cast is the identity: every tensor is float32 here, and the integer model that follows is
// coarser than float16. Constants are cast both ways.
Status ImportCast(NodeContext& context) {
  const Operand x = context.input(0);
  if (!x.present()) return context.Corrupt("the input is missing");
  ASSIGN_OR_RETURN(const int64_t to, context.IntAttribute("to", 0));
  switch (to) {
    case TensorProto::FLOAT:
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
    case TensorProto::DOUBLE: {
      if (x.is_float()) break;
      FloatTensor floats{x.ints->shape, {}};
      for (const int64_t v : x.ints->data) floats.data.push_back(static_cast<float>(v));
      return SetFloats(context, std::move(floats));
    }
    case TensorProto::INT8:
    case TensorProto::INT16:
    case TensorProto::INT32:
    case TensorProto::INT64:
    case TensorProto::UINT8:
    case TensorProto::UINT16:
    case TensorProto::UINT32:
    case TensorProto::UINT64:
    case TensorProto::BOOL: {
      if (x.is_float() && !context.builder().IsConstant(x)) {
        return context.Unsupported("a cast of a run-time tensor to integers is not supported");
      }
      IntTensor ints{context.shape(x), {}};
      if (x.is_int()) {
        ints.data = x.ints->data;
      } else {
        for (const float v : context.builder().FloatData(x)) {
          if (!(std::abs(v) < 9e18f)) return context.Unsupported("a constant is too large for an integer");
          ints.data.push_back(to == TensorProto::BOOL ? v != 0 : static_cast<int64_t>(v));
        }
      }
      if (to == TensorProto::BOOL) {
        for (int64_t& v : ints.data) v = v != 0;
      }
      return SetInts(context, std::move(ints));
    }
    default:
      return context.Unsupported("a cast to element type number " + std::to_string(to) + " is not supported");
  }
  context.SetOutput(0, x);
  return Ok();
}

// f(x, y) into *out; false where the result overflows or does not exist.
bool Apply(std::string_view op, int64_t x, int64_t y, int64_t* out) {
  if (op == "Add") return !__builtin_add_overflow(x, y, out);
  if (op == "Sub") return !__builtin_sub_overflow(x, y, out);
  if (op == "Mul") return !__builtin_mul_overflow(x, y, out);
  if (op == "Div" || op == "Mod") {
    if (y == 0 || (y == -1 && x == std::numeric_limits<int64_t>::min())) return false;
    *out = op == "Div" ? x / y : x % y;
    // ONNX gives the remainder the divisor's sign.
    if (op == "Mod" && *out != 0 && (*out < 0) != (y < 0)) *out += y;
    return true;
  }
  if (op == "Min") *out = std::min(x, y);
  if (op == "Max") *out = std::max(x, y);
  if (op == "Equal") *out = x == y;
  if (op == "Less") *out = x < y;
  if (op == "Greater") *out = x > y;
  if (op == "And") *out = x != 0 && y != 0;
  if (op == "Or") *out = x != 0 || y != 0;
  return true;
}

Result<const IntTensor*> IntOperand(const NodeContext& context, size_t i) {
  const Operand operand = context.input(i);
  if (!operand.is_int()) return context.Unsupported("the operator is supported for constant integers only");
  return operand.ints.get();
}

Status ImportIntegerUnary(NodeContext& context) {
  ASSIGN_OR_RETURN(const IntTensor* x, IntOperand(context, 0));
  IntTensor out = *x;
  for (int64_t& v : out.data) {
    if (context.op_type() == "Not") {
      v = v == 0;
    } else if (v == std::numeric_limits<int64_t>::min()) {
      return context.Unsupported("an integer overflows");
    } else {
      v = context.op_type() == "Neg" || v < 0 ? -v : v;
    }
  }
  return SetInts(context, std::move(out));
}

// A function of constant floats.
Status ImportConstantFunction(NodeContext& context) {
  if (context.op_type() == "Abs" && context.input(0).is_int()) return ImportIntegerUnary(context);
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  if (!context.builder().IsConstant(x)) return context.Unsupported("the operator is supported for constants only");
  FloatTensor out{context.shape(x), context.builder().FloatData(x)};
  const std::string& op = context.op_type();
  for (float& v : out.data) {
    const double value = static_cast<double>(v);
    if (op == "Abs") v = std::abs(v);
    if (op == "Floor") v = std::floor(v);
    if (op == "Ceil") v = std::ceil(v);
    if (op == "Sqrt") v = static_cast<float>(std::sqrt(value));
    if (op == "Reciprocal") v = static_cast<float>(1.0 / value);
    if (op == "Exp") v = static_cast<float>(DeterministicExp(value));
  }
  return SetFloats(context, std::move(out));
}

Status ImportReduceProd(NodeContext& context) {
  ASSIGN_OR_RETURN(const IntTensor* x, IntOperand(context, 0));
  ASSIGN_OR_RETURN(const int64_t keep_axes, context.IntAttribute("keepdims", 1));
  if (x->shape.size() > 1) return context.Unsupported("the operator is supported for lists only");
  int64_t product = 1;
  for (const int64_t v : x->data) {
    if (__builtin_mul_overflow(product, v, &product)) return context.Unsupported("an integer overflows");
  }
  return SetInts(context, {keep_axes != 0 ? Dims(x->shape.size(), 1) : Dims(), {product}});
}

Status ImportRange(NodeContext& context) {
  int64_t bounds[3];  // start, limit, step
  for (size_t i = 0; i < 3; ++i) {
    ASSIGN_OR_RETURN(const IntTensor* x, IntOperand(context, i));
    if (x->data.size() != 1) return context.Corrupt("start, limit and step must be scalars");
    bounds[i] = std::clamp(x->data[0], -kMaxTensorElements, kMaxTensorElements);
    if (bounds[i] != x->data[0]) return context.Unsupported("the range is too large");
  }
  if (bounds[2] == 0) return context.Corrupt("the step is zero");
  const int64_t span = bounds[2] > 0 ? bounds[1] - bounds[0] : bounds[0] - bounds[1];
  const int64_t step = std::abs(bounds[2]);
  const int64_t count = span <= 0 ? 0 : (span + step - 1) / step;
  ASSIGN_OR_RETURN(const size_t size, CheckedSize(context, {count}));
  IntTensor out{{count}, std::vector<int64_t>(size)};
  for (size_t i = 0; i < size; ++i) out.data[i] = bounds[0] + static_cast<int64_t>(i) * bounds[2];
  return SetInts(context, std::move(out));
}

Status ImportExpand(NodeContext& context) {
  const Operand x = context.input(0);
  if (!x.present()) return context.Corrupt("the input is missing");
  ASSIGN_OR_RETURN(const Dims stated, context.IntsInput(1, "shape"));
  if (stated.size() > kMaxTensorRank) return context.Invalid("the shape has too many axes");
  Result<Dims> target = BroadcastShapes(context.shape(x), stated);
  if (!target.ok()) return context.Place(target.error());
  if (*target == context.shape(x)) {
    context.SetOutput(0, x);
    return Ok();
  }
  if (!context.builder().IsConstant(x)) return context.Unsupported("repeating a run-time tensor is not supported");
  ASSIGN_OR_RETURN(const size_t size, CheckedSize(context, *target));
  if (size == 0) return context.Unsupported("the result is empty");
  const Dims strides = BroadcastStrides(context.shape(x), *target);
  if (x.is_int()) {
    IntTensor out{*target, std::vector<int64_t>(size)};
    GatherStrided(x.ints->data.data(), 0, strides, *target, out.data.data());
    return SetInts(context, std::move(out));
  }
  FloatTensor out{*target, std::vector<float>(size)};
  GatherStrided(context.builder().FloatData(x).data(), 0, strides, *target, out.data.data());
  return SetFloats(context, std::move(out));
}

Status ImportWhere(NodeContext& context) {
  ASSIGN_OR_RETURN(const IntTensor* condition, IntOperand(context, 0));
  ASSIGN_OR_RETURN(const IntTensor* x, IntOperand(context, 1));
  ASSIGN_OR_RETURN(const IntTensor* y, IntOperand(context, 2));
  Result<Dims> shape = BroadcastShapes(condition->shape, x->shape);
  if (shape.ok()) shape = BroadcastShapes(*shape, y->shape);
  if (!shape.ok()) return context.Place(shape.error());
  ASSIGN_OR_RETURN(const size_t size, CheckedSize(context, *shape));
  IntTensor out{*shape, std::vector<int64_t>(size)};
  if (size == 0) return SetInts(context, std::move(out));
  // Where the condition does not hold y remains.
  GatherStrided(y->data.data(), 0, BroadcastStrides(y->shape, *shape), *shape, out.data.data());
  std::vector<int64_t> chosen(size);
  std::vector<int64_t> holds(size);
  GatherStrided(x->data.data(), 0, BroadcastStrides(x->shape, *shape), *shape, chosen.data());
  GatherStrided(condition->data.data(), 0, BroadcastStrides(condition->shape, *shape), *shape, holds.data());
  for (size_t i = 0; i < size; ++i) {
    if (holds[i] != 0) out.data[i] = chosen[i];
  }
  return SetInts(context, std::move(out));
}

}  // namespace

Status FoldIntegerArithmetic(NodeContext& context) {
  const std::string& op = context.op_type();
  if (op == "Neg") return ImportIntegerUnary(context);
  ASSIGN_OR_RETURN(const IntTensor* first, IntOperand(context, 0));
  IntTensor result = *first;
  for (size_t i = 1; i < context.input_count(); ++i) {
    ASSIGN_OR_RETURN(const IntTensor* next, IntOperand(context, i));
    Result<Dims> shape = BroadcastShapes(result.shape, next->shape);
    if (!shape.ok()) return context.Place(shape.error());
    ASSIGN_OR_RETURN(const size_t size, CheckedSize(context, *shape));
    IntTensor out{*shape, std::vector<int64_t>(size)};
    bool valid = true;
    if (size > 0) {
      BroadcastBinary(result.data.data(), result.shape, next->data.data(), next->shape, *shape, out.data.data(),
                      [&](int64_t x, int64_t y) {
                        int64_t z = 0;
                        valid = Apply(op, x, y, &z) && valid;
                        return z;
                      });
    }
    if (!valid) return context.Unsupported("an integer overflows or is divided by zero");
    result = std::move(out);
  }
  return SetInts(context, std::move(result));
}

void RegisterConstantHandlers(HandlerTable& table) {
  table["Constant"] = ImportConstant;
  table["ConstantOfShape"] = ImportConstantOfShape;
  table["Shape"] = ImportShape;
  table["Size"] = ImportSize;
  table["Cast"] = ImportCast;
  table["Range"] = ImportRange;
  table["Expand"] = ImportExpand;
  table["Where"] = ImportWhere;
  table["Not"] = ImportIntegerUnary;
  table["ReduceProd"] = ImportReduceProd;
  for (const char* op : {"Equal", "Less", "Greater", "And", "Or", "Mod"}) table[op] = FoldIntegerArithmetic;
  for (const char* op : {"Abs", "Sqrt", "Reciprocal", "Floor", "Ceil", "Exp"}) table[op] = ImportConstantFunction;
}

}  // namespace provenn::internal
