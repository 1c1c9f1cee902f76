#include "model/onnx_import_builder.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>

#include "model/float_kernels.h"
#include "model/shape_inference.h"

namespace provenn::internal {
namespace {

// Multiply-adds of all constant nodes together; a hostile file could otherwise demand hours with a few bytes.
constexpr int64_t kMaxFoldingWork = int64_t{1} << 31;

// An upper bound of the work of a node; only products and windows do more than touch each cell.
int64_t WorkEstimate(const Graph& graph, const GraphNode& node, int64_t output_elements) {
  int64_t per_element = 1;
  if (node.op == Op::kConv) {
    per_element = ElementCount(graph.shape(node.inputs[1])) / graph.shape(node.inputs[1])[0];
  } else if (node.op == Op::kMatMul) {
    per_element = graph.shape(node.inputs[0]).back();
  } else if (node.op == Op::kMaxPool || node.op == Op::kAveragePool) {
    const Window& window = node.As<PoolAttributes>().window;
    per_element = std::min(window.kernel[0], int64_t{1} << 16) * std::min(window.kernel[1], int64_t{1} << 16);
  }
  if (output_elements > kMaxFoldingWork / per_element) return kMaxFoldingWork + 1;
  return output_elements * per_element;
}

}  // namespace

const Dims& GraphBuilder::Shape(const Operand& operand) const {
  PROVENN_CHECK(operand.present());
  return operand.is_int() ? operand.ints->shape : graph_.shape(operand.value);
}

const std::vector<float>& GraphBuilder::FloatData(const Operand& operand) const {
  PROVENN_CHECK(graph_.IsConstant(operand.value));
  return graph_.value(operand.value).data;
}

Status GraphBuilder::Charge(int64_t elements, const std::string& what) {
  if (elements > constant_budget_) {
    return Error{Code::kTooLarge, what + ": the model's constants exceed the limit on their total size", ""};
  }
  constant_budget_ -= elements;
  return Ok();
}

ValueId GraphBuilder::AddValue(std::string name, Dims shape) {
  graph_.values.push_back({std::move(name), std::move(shape), false, {}});
  return static_cast<ValueId>(graph_.values.size() - 1);
}

Result<Operand> GraphBuilder::AddConstant(std::string name, FloatTensor tensor) {
  if (tensor.data.empty()) return Error{Code::kUnsupported, "constant '" + name + "' is empty", ""};
  RETURN_IF_ERROR(Charge(static_cast<int64_t>(tensor.data.size()), "constant '" + name + "'"));
  RETURN_IF_ERROR(CheckFinite(tensor.data, "constant '" + name + "'"));
  const ValueId id = AddValue(std::move(name), std::move(tensor.shape));
  graph_.value(id).is_constant = true;
  graph_.value(id).data = std::move(tensor.data);
  return Operand{id, nullptr};
}

Result<Operand> GraphBuilder::AddIntConstant(IntTensor tensor) {
  RETURN_IF_ERROR(Charge(static_cast<int64_t>(tensor.data.size()), "an integer constant"));
  return Operand{kNoValue, std::make_shared<const IntTensor>(std::move(tensor))};
}

Operand GraphBuilder::AddInput(std::string name, Dims shape) {
  const ValueId id = AddValue(std::move(name), std::move(shape));
  graph_.inputs.push_back(id);
  return Operand{id, nullptr};
}

Result<Operand> GraphBuilder::Emit(GraphNode node, Dims output_shape) {
  const bool fold = std::all_of(node.inputs.begin(), node.inputs.end(),
                                [&](ValueId id) { return id == kNoValue || graph_.IsConstant(id); });
  node.output = AddValue("", std::move(output_shape));
  RETURN_IF_ERROR(CheckNode(graph_, node));
  GraphValue& output = graph_.value(node.output);
  if (!fold) {
    const ValueId id = node.output;
    graph_.nodes.push_back(std::move(node));
    return Operand{id, nullptr};
  }
  const std::string what = "evaluating node '" + node.name + "'";
  const int64_t elements = ElementCount(output.shape);
  RETURN_IF_ERROR(Charge(elements, what));
  folding_work_ += WorkEstimate(graph_, node, elements);
  if (folding_work_ > kMaxFoldingWork) {
    return Error{Code::kTooLarge, what + ": too much arithmetic on constants", ""};
  }
  std::vector<TensorView> views;
  for (const ValueId id : node.inputs) {
    views.push_back(id == kNoValue ? TensorView() : TensorView{&graph_.shape(id), graph_.value(id).data.data()});
  }
  output.data.resize(static_cast<size_t>(elements));
  RunNode(node, views, output.shape, output.data);
  RETURN_IF_ERROR(CheckFinite(output.data, what + ": the result"));
  output.is_constant = true;
  return Operand{node.output, nullptr};
}

void GraphBuilder::NameValue(const Operand& operand, const std::string& name) {
  if (!operand.is_float()) return;
  std::string& current = graph_.value(operand.value).name;
  if (current.empty()) current = name;
}

NodeContext::NodeContext(GraphBuilder& builder, const onnx::NodeProto& proto, std::string name, int64_t opset,
                         std::vector<Operand> inputs)
    : builder_(builder), proto_(proto), name_(std::move(name)), opset_(opset), inputs_(std::move(inputs)) {}

const std::string& NodeContext::op_type() const { return proto_.op_type(); }
size_t NodeContext::output_count() const { return static_cast<size_t>(proto_.output_size()); }

Error NodeContext::MakeError(Code code, std::string message) const {
  return Error{code, std::move(message), "node '" + name_ + "' (" + proto_.op_type() + ")"};
}

Error NodeContext::Place(Error error) const {
  return error.where.empty() ? MakeError(error.code, std::move(error.message)) : error;
}

std::string NodeContext::InputPhrase(size_t i, const char* what) const {
  std::string phrase = std::string("the ") + what;
  if (i < static_cast<size_t>(proto_.input_size())) phrase += " '" + proto_.input(static_cast<int>(i)) + "'";
  return phrase;
}

Result<Operand> NodeContext::FloatInput(size_t i, const char* what) const {
  const Operand operand = input(i);
  if (!operand.present()) return Corrupt(InputPhrase(i, what) + " is missing");
  if (!operand.is_float()) return Unsupported(InputPhrase(i, what) + " is not a float tensor");
  return operand;
}

Result<Operand> NodeContext::ConstantFloatInput(size_t i, const char* what) const {
  ASSIGN_OR_RETURN(const Operand operand, FloatInput(i, what));
  if (!builder_.IsConstant(operand)) {
    return Unsupported(InputPhrase(i, what) + " must be a constant (an initializer or a Constant node)");
  }
  return operand;
}

Result<Dims> NodeContext::IntsInput(size_t i, const char* what) const {
  const Operand operand = input(i);
  if (!operand.present()) return Corrupt(InputPhrase(i, what) + " is missing");
  if (!operand.is_int()) return Unsupported(InputPhrase(i, what) + " must be constant integers");
  if (operand.ints->shape.size() > 1) return Corrupt(InputPhrase(i, what) + " must be a list");
  return operand.ints->data;
}

Result<std::optional<float>> NodeContext::OptionalScalarInput(size_t i, const char* what) const {
  if (!input(i).present()) return std::optional<float>();
  ASSIGN_OR_RETURN(const Operand operand, ConstantFloatInput(i, what));
  if (ElementCount(shape(operand)) != 1) return Unsupported(InputPhrase(i, what) + " must have one element");
  return std::optional<float>(builder_.FloatData(operand)[0]);
}

const onnx::AttributeProto* NodeContext::Find(std::string_view name) const {
  for (const onnx::AttributeProto& attribute : proto_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

Result<int64_t> NodeContext::IntAttribute(std::string_view name, int64_t fallback) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return fallback;
  if (!attribute->has_i()) return Corrupt("attribute '" + std::string(name) + "' is not an integer");
  return attribute->i();
}

Result<float> NodeContext::FloatAttribute(std::string_view name, float fallback) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return fallback;
  if (!attribute->has_f()) return Corrupt("attribute '" + std::string(name) + "' is not a float");
  if (!std::isfinite(attribute->f())) {
    return MakeError(Code::kOutOfRange, "attribute '" + std::string(name) + "' is NaN or infinite");
  }
  return attribute->f();
}

Result<std::string> NodeContext::StringAttribute(std::string_view name, std::string fallback) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return fallback;
  if (!attribute->has_s()) return Corrupt("attribute '" + std::string(name) + "' is not a string");
  return attribute->s();
}

Result<Dims> NodeContext::IntsAttribute(std::string_view name) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return Dims();
  if (attribute->ints_size() == 0 && (attribute->has_i() || attribute->has_f() || attribute->has_s())) {
    return Corrupt("attribute '" + std::string(name) + "' is not a list of integers");
  }
  return Dims(attribute->ints().begin(), attribute->ints().end());
}

Result<Operand> NodeContext::Emit(Op op, std::vector<Operand> inputs, Attributes attributes, Dims output_shape,
                                  const std::string& suffix) const {
  GraphNode node;
  node.name = suffix.empty() ? name_ : name_ + "/" + suffix;
  node.origin = proto_.op_type();
  node.op = op;
  for (const Operand& operand : inputs) {
    if (operand.is_int()) return Unsupported("takes floats, not integers, at run time");
    node.inputs.push_back(operand.value);
  }
  node.attributes = std::move(attributes);
  Result<Operand> result = builder_.Emit(std::move(node), std::move(output_shape));
  if (!result.ok()) return Place(result.error());
  return result;
}

Result<Operand> NodeContext::Reshape(const Operand& operand, Dims target, const std::string& suffix) const {
  if (shape(operand) == target) return operand;
  if (operand.is_float()) return Emit(Op::kReshape, {operand}, {}, std::move(target), suffix);
  Result<int64_t> count = CheckedElementCount(target, "the target");
  if (!count.ok()) return Place(count.error());
  if (*count != static_cast<int64_t>(operand.ints->data.size())) return Invalid("the number of elements differs");
  Result<Operand> result = builder_.AddIntConstant({std::move(target), operand.ints->data});
  if (!result.ok()) return Place(result.error());
  return result;
}

Result<Operand> NodeContext::Constant(FloatTensor tensor, const std::string& suffix) const {
  Result<Operand> result = builder_.AddConstant(name_ + "/" + suffix, std::move(tensor));
  if (!result.ok()) return Place(result.error());
  return result;
}

void NodeContext::SetOutput(size_t i, Operand operand) {
  if (outputs_.size() <= i) outputs_.resize(i + 1);
  outputs_[i] = std::move(operand);
}

}  // namespace provenn::internal
