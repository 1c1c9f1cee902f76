// Conv, Gemm, MatMul, BatchNormalization.
#include <cmath>

#include "model/onnx_import_builder.h"
#include "model/shape_inference.h"
#include "model/strided.h"

namespace provenn::internal {
namespace {

Status ImportConv(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  ASSIGN_OR_RETURN(const Operand weights, context.ConstantFloatInput(1, "weight tensor"));
  Operand bias;
  if (context.input(2).present()) {
    ASSIGN_OR_RETURN(bias, context.ConstantFloatInput(2, "bias"));
  }
  const Dims x_shape = context.shape(x);
  const Dims w_shape = context.shape(weights);
  if (x_shape.size() != w_shape.size() || w_shape.size() < 3) {
    return context.Invalid("weights " + ShapeToString(w_shape) + " do not fit input " + ShapeToString(x_shape));
  }
  ConvAttributes attributes;
  ASSIGN_OR_RETURN(const WindowSpec spec, ReadWindow(context, x_shape, Dims(w_shape.begin() + 2, w_shape.end())));
  attributes.window = spec.window;
  ASSIGN_OR_RETURN(attributes.groups, context.IntAttribute("group", 1));
  ASSIGN_OR_RETURN(const Operand x2d, context.Reshape(x, To2d(x_shape), "input"));
  ASSIGN_OR_RETURN(const Operand w2d, context.Reshape(weights, To2d(w_shape), "weights"));
  Result<Dims> shape = ConvOutputShape(context.shape(x2d), context.shape(w2d), attributes);
  if (!shape.ok()) return context.Place(shape.error());
  ASSIGN_OR_RETURN(const Operand y, context.Emit(Op::kConv, {x2d, w2d, bias}, attributes, *shape));
  ASSIGN_OR_RETURN(const Operand result, From2d(context, y, spec.spatial_rank));
  context.SetOutput(0, result);
  return Ok();
}

// x·factor as a node; x itself for factor 1.
Result<Operand> Scaled(const NodeContext& context, const Operand& x, float factor, const std::string& suffix) {
  if (factor == 1.0f) return x;
  ASSIGN_OR_RETURN(const Operand scale, context.Constant({{}, {factor}}, suffix));
  return context.Emit(Op::kAffine, {x, scale, Operand()}, {}, context.shape(x), suffix);
}

Result<Operand> TransposedMatrix(const NodeContext& context, const Operand& x, bool transpose,
                                 const std::string& suffix) {
  if (!transpose) return x;
  const Dims shape = context.shape(x);
  return context.Emit(Op::kTranspose, {x}, TransposeAttributes{{1, 0}}, {shape[1], shape[0]}, suffix);
}

// A constant that is the same in every row of an [M, N] result, as [N]; absent where it is not.
Result<Operand> AsColumnBias(const NodeContext& context, const Operand& constant, int64_t columns) {
  const Dims shape = context.shape(constant);
  if (shape.size() == 2 && shape[0] != 1) return Operand();
  const std::vector<float>& data = context.builder().FloatData(constant);
  FloatTensor bias{{columns}, data};
  if (data.size() == 1) bias.data.assign(static_cast<size_t>(columns), data[0]);
  return context.Constant(std::move(bias), "bias");
}

Status ImportGemm(NodeContext& context) {
  ASSIGN_OR_RETURN(Operand a, context.FloatInput(0, "operand A"));
  ASSIGN_OR_RETURN(Operand b, context.FloatInput(1, "operand B"));
  ASSIGN_OR_RETURN(const float alpha, context.FloatAttribute("alpha", 1.0f));
  ASSIGN_OR_RETURN(const float beta, context.FloatAttribute("beta", 1.0f));
  ASSIGN_OR_RETURN(const int64_t transpose_a, context.IntAttribute("transA", 0));
  ASSIGN_OR_RETURN(const int64_t transpose_b, context.IntAttribute("transB", 0));
  if (context.shape(a).size() != 2 || context.shape(b).size() != 2) return context.Invalid("operands must be matrices");
  ASSIGN_OR_RETURN(a, TransposedMatrix(context, a, transpose_a != 0, "transA"));
  ASSIGN_OR_RETURN(b, TransposedMatrix(context, b, transpose_b != 0, "transB"));
  const bool scale_weights = context.builder().IsConstant(b);
  if (scale_weights) {
    ASSIGN_OR_RETURN(b, Scaled(context, b, alpha, "alpha"));
  }
  Result<Dims> inferred = MatMulOutputShape(context.shape(a), context.shape(b));
  if (!inferred.ok()) return context.Place(inferred.error());
  const Dims shape = *inferred;

  Operand c;
  Operand bias;
  if (context.input(2).present()) {
    ASSIGN_OR_RETURN(c, context.FloatInput(2, "operand C"));
    Result<Dims> sum = BroadcastShapes(context.shape(c), shape);
    if (!sum.ok() || *sum != shape) return context.Invalid("operand C does not broadcast to " + ShapeToString(shape));
    ASSIGN_OR_RETURN(c, Scaled(context, c, beta, "beta"));
    if (context.builder().IsConstant(c) && scale_weights) {
      ASSIGN_OR_RETURN(bias, AsColumnBias(context, c, shape[1]));
    }
  }
  ASSIGN_OR_RETURN(Operand y, context.Emit(Op::kMatMul, {a, b, bias}, {}, shape));
  if (!scale_weights) {
    ASSIGN_OR_RETURN(y, Scaled(context, y, alpha, "alpha"));
  }
  if (c.present() && !bias.present()) {
    if (context.builder().IsConstant(c)) {
      ASSIGN_OR_RETURN(y, context.Emit(Op::kAffine, {y, Operand(), c}, {}, shape, "add"));
    } else {
      ASSIGN_OR_RETURN(y, context.Emit(Op::kAdd, {y, c}, {}, shape, "add"));
    }
  }
  context.SetOutput(0, y);
  return Ok();
}

Status ImportMatMul(NodeContext& context) {
  ASSIGN_OR_RETURN(Operand a, context.FloatInput(0, "operand A"));
  ASSIGN_OR_RETURN(Operand b, context.FloatInput(1, "operand B"));
  const bool row = context.shape(a).size() == 1;
  const bool column = context.shape(b).size() == 1;
  if (context.shape(a).empty() || context.shape(b).empty()) return context.Invalid("operands must not be scalars");
  if (row) {
    ASSIGN_OR_RETURN(a, context.Reshape(a, {1, context.shape(a)[0]}, "row"));
  }
  if (column) {
    ASSIGN_OR_RETURN(b, context.Reshape(b, {context.shape(b)[0], 1}, "column"));
  }
  Result<Dims> shape = MatMulOutputShape(context.shape(a), context.shape(b));
  if (!shape.ok()) return context.Place(shape.error());
  ASSIGN_OR_RETURN(Operand y, context.Emit(Op::kMatMul, {a, b, Operand()}, {}, *shape));
  Dims result = *shape;
  if (column) result.pop_back();
  if (row) result.erase(result.end() - (column ? 1 : 2));
  ASSIGN_OR_RETURN(y, context.Reshape(y, result, "result"));
  context.SetOutput(0, y);
  return Ok();
}

Status ImportBatchNormalization(NodeContext& context) {
  ASSIGN_OR_RETURN(const Operand x, context.FloatInput(0, "input"));
  ASSIGN_OR_RETURN(const float epsilon, context.FloatAttribute("epsilon", 1e-5f));
  ASSIGN_OR_RETURN(const int64_t training, context.IntAttribute("training_mode", 0));
  ASSIGN_OR_RETURN(const int64_t spatial, context.IntAttribute("spatial", 1));
  if (training != 0) return context.Unsupported("training mode is not supported; export the model for inference");
  if (spatial != 1) return context.Unsupported("statistics per position (spatial = 0) are not supported");
  const Dims shape = context.shape(x);
  if (shape.size() < 2) return context.Invalid("the input needs a channel axis");
  const int64_t channels = shape[1];
  constexpr const char* kNames[] = {"scale", "bias", "mean", "variance"};
  std::vector<const std::vector<float>*> parameters;
  for (size_t i = 0; i < 4; ++i) {
    ASSIGN_OR_RETURN(const Operand parameter, context.ConstantFloatInput(i + 1, kNames[i]));
    if (context.shape(parameter) != Dims{channels}) {
      return context.Invalid(std::string("the ") + kNames[i] + " must have " + std::to_string(channels) + " elements");
    }
    parameters.push_back(&context.builder().FloatData(parameter));
  }
  Dims per_channel(shape.size() - 1, 1);
  per_channel[0] = channels;
  FloatTensor scale{per_channel, {}};
  FloatTensor shift{per_channel, {}};
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    const double variance = static_cast<double>((*parameters[3])[c]) + static_cast<double>(epsilon);
    if (!(variance > 0)) return context.Invalid("the variance of channel " + std::to_string(c) + " is not positive");
    const double factor = static_cast<double>((*parameters[0])[c]) / std::sqrt(variance);
    scale.data.push_back(static_cast<float>(factor));
    shift.data.push_back(static_cast<float>(static_cast<double>((*parameters[1])[c]) -
                                            static_cast<double>((*parameters[2])[c]) * factor));
  }
  ASSIGN_OR_RETURN(const Operand scale_operand, context.Constant(std::move(scale), "scale"));
  ASSIGN_OR_RETURN(const Operand shift_operand, context.Constant(std::move(shift), "shift"));
  ASSIGN_OR_RETURN(const Operand y, context.Emit(Op::kAffine, {x, scale_operand, shift_operand}, {}, shape));
  context.SetOutput(0, y);
  return Ok();
}

}  // namespace

void RegisterLinearHandlers(HandlerTable& table) {
  table["Conv"] = ImportConv;
  table["Gemm"] = ImportGemm;
  table["MatMul"] = ImportMatMul;
  table["BatchNormalization"] = ImportBatchNormalization;
}

}  // namespace provenn::internal
