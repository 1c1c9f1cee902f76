// What the importer's operator handlers work with: the graph under construction, and one ONNX node at a time.
// Private to onnx_import*.cc.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/graph.h"
#include "model/onnx_tensor.h"

namespace onnx {
class AttributeProto;
class NodeProto;
}  // namespace onnx

namespace provenn::internal {

// What an ONNX value name stands for: nothing (an absent optional input), a float tensor of the graph (run-time or
// constant), or a constant integer tensor, which exists during import only.
struct Operand {
  ValueId value = kNoValue;
  std::shared_ptr<const IntTensor> ints;

  bool present() const { return value != kNoValue || ints != nullptr; }
  bool is_float() const { return value != kNoValue; }
  bool is_int() const { return ints != nullptr; }
};

class GraphBuilder {
 public:
  explicit GraphBuilder(int64_t max_constant_elements) : constant_budget_(max_constant_elements) {}

  const Dims& Shape(const Operand& operand) const;
  bool IsConstant(const Operand& operand) const { return operand.is_int() || graph_.IsConstant(operand.value); }
  // Data of a constant float operand.
  const std::vector<float>& FloatData(const Operand& operand) const;

  // kTooLarge once all constants together exceed the limit.
  Result<Operand> AddConstant(std::string name, FloatTensor tensor);
  Result<Operand> AddIntConstant(IntTensor tensor);
  Operand AddInput(std::string name, Dims shape);
  // Takes so many elements out of what constants may use; kTooLarge when there are not as many left.
  Status Charge(int64_t elements, const std::string& what);

  // Adds a node, or evaluates it when all its inputs are constant. The node's inputs are set; its output is made here.
  Result<Operand> Emit(GraphNode node, Dims output_shape);

  // Gives a value the model's name for it, if it is still unnamed.
  void NameValue(const Operand& operand, const std::string& name);
  Graph& graph() { return graph_; }

 private:
  ValueId AddValue(std::string name, Dims shape);

  Graph graph_;
  int64_t constant_budget_;
  int64_t folding_work_ = 0;
};

// One ONNX node during import: its operands and attributes, and where its results go.
class NodeContext {
 public:
  NodeContext(GraphBuilder& builder, const onnx::NodeProto& proto, std::string name, int64_t opset,
              std::vector<Operand> inputs);

  GraphBuilder& builder() const { return builder_; }
  int64_t opset() const { return opset_; }
  const std::string& op_type() const;

  size_t input_count() const { return inputs_.size(); }
  // An absent operand for i beyond the inputs.
  Operand input(size_t i) const { return i < inputs_.size() ? inputs_[i] : Operand(); }
  // A copy: adding values to the graph moves the original.
  Dims shape(const Operand& operand) const { return builder_.Shape(operand); }
  // The input as a float tensor, as a constant float tensor, or as the elements of a constant integer tensor. Errors
  // name the input.
  Result<Operand> FloatInput(size_t i, const char* what) const;
  Result<Operand> ConstantFloatInput(size_t i, const char* what) const;
  Result<Dims> IntsInput(size_t i, const char* what) const;
  // A constant float with one element; nullopt where the input is absent.
  Result<std::optional<float>> OptionalScalarInput(size_t i, const char* what) const;

  bool HasAttribute(std::string_view name) const { return Find(name) != nullptr; }
  Result<int64_t> IntAttribute(std::string_view name, int64_t fallback) const;
  Result<float> FloatAttribute(std::string_view name, float fallback) const;
  Result<std::string> StringAttribute(std::string_view name, std::string fallback) const;
  Result<Dims> IntsAttribute(std::string_view name) const;  // empty where absent
  const onnx::AttributeProto* Find(std::string_view name) const;

  // A node of the graph made from this ONNX node. `suffix` tells several apart; one of them has none.
  Result<Operand> Emit(Op op, std::vector<Operand> inputs, Attributes attributes, Dims output_shape,
                       const std::string& suffix = "") const;
  // Reshapes floats or integers; a reshape to the same shape is the operand itself.
  Result<Operand> Reshape(const Operand& operand, Dims shape, const std::string& suffix = "") const;
  Result<Operand> Constant(FloatTensor tensor, const std::string& suffix = "constant") const;

  Error Unsupported(std::string message) const { return MakeError(Code::kUnsupported, std::move(message)); }
  Error Invalid(std::string message) const { return MakeError(Code::kInvalidArgument, std::move(message)); }
  Error Corrupt(std::string message) const { return MakeError(Code::kCorrupt, std::move(message)); }
  // The same error, placed at this node if it is placed nowhere yet.
  Error Place(Error error) const;

  void SetOutput(size_t i, Operand operand);
  const std::vector<Operand>& outputs() const { return outputs_; }
  size_t output_count() const;

 private:
  Error MakeError(Code code, std::string message) const;
  std::string InputPhrase(size_t i, const char* what) const;

  GraphBuilder& builder_;
  const onnx::NodeProto& proto_;
  std::string name_;
  int64_t opset_;
  std::vector<Operand> inputs_;
  std::vector<Operand> outputs_;
};

// Reads the node and sets its outputs.
using Handler = Status (*)(NodeContext&);
using HandlerTable = std::map<std::string_view, Handler>;

// One table per family of operators; the importer looks a name up in their union.
void RegisterLinearHandlers(HandlerTable& table);       // Conv, Gemm, MatMul, BatchNormalization
void RegisterElementwiseHandlers(HandlerTable& table);  // Add, Mul, ..., activations, Clip, Min, Max
void RegisterWindowHandlers(HandlerTable& table);       // pooling, reductions, softmax
void RegisterViewHandlers(HandlerTable& table);         // Reshape, Transpose, Concat, Slice, ...
void RegisterConstantHandlers(HandlerTable& table);     // Constant, Cast, Shape, Range, ... : never at run time

// Integer counterparts of element-wise operators, for shape computations (defined with the constant handlers).
Status FoldIntegerArithmetic(NodeContext& context);

// Attributes that Conv and the pools share. The spatial axes of a 1-D operator become [1, length].
struct WindowSpec {
  size_t spatial_rank = 2;  // 1 or 2 in the ONNX model
  Window window;
};
// `kernel` is the kernel's size if the weights tell it, else empty and the attribute is required. Pads are resolved.
// kUnsupported for three and more spatial axes.
Result<WindowSpec> ReadWindow(const NodeContext& context, const Dims& x_shape, const Dims& kernel);
// [N,C,L] to [N,C,1,L], and back; [N,C,H,W] stays.
Dims To2d(const Dims& shape);
Result<Operand> From2d(const NodeContext& context, const Operand& result, size_t spatial_rank);

}  // namespace provenn::internal
