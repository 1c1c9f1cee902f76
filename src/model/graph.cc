#include "model/graph.h"

#include <algorithm>

#include "model/shape_inference.h"

namespace provenn {

std::string_view OpName(Op op) {
  switch (op) {
    case Op::kConv:
      return "Conv";
    case Op::kMatMul:
      return "MatMul";
    case Op::kAffine:
      return "Affine";
    case Op::kAdd:
      return "Add";
    case Op::kSub:
      return "Sub";
    case Op::kMul:
      return "Mul";
    case Op::kRelu:
      return "Relu";
    case Op::kLeakyRelu:
      return "LeakyRelu";
    case Op::kClip:
      return "Clip";
    case Op::kSigmoid:
      return "Sigmoid";
    case Op::kTanh:
      return "Tanh";
    case Op::kHardSigmoid:
      return "HardSigmoid";
    case Op::kHardSwish:
      return "HardSwish";
    case Op::kMaxPool:
      return "MaxPool";
    case Op::kAveragePool:
      return "AveragePool";
    case Op::kReduceMean:
      return "ReduceMean";
    case Op::kReduceSum:
      return "ReduceSum";
    case Op::kSoftmax:
      return "Softmax";
    case Op::kReshape:
      return "Reshape";
    case Op::kTranspose:
      return "Transpose";
    case Op::kConcat:
      return "Concat";
    case Op::kSlice:
      return "Slice";
    case Op::kPad:
      return "Pad";
  }
  return "?";
}

bool IsFunction(Op op) { return op >= Op::kRelu && op <= Op::kHardSwish; }
bool IsView(Op op) { return op >= Op::kReshape; }

std::vector<int> CountUses(const Graph& graph) {
  std::vector<int> uses(graph.values.size(), 0);
  for (const GraphNode& node : graph.nodes) {
    for (const ValueId id : node.inputs) {
      if (id != kNoValue) ++uses[static_cast<size_t>(id)];
    }
  }
  for (const ValueId id : graph.outputs) ++uses[static_cast<size_t>(id)];
  return uses;
}

Status ValidateGraph(const Graph& graph) {
  const auto invalid = [](std::string message) { return Error{Code::kInvalidArgument, std::move(message), "graph"}; };
  const auto exists = [&](ValueId id) { return id >= 0 && static_cast<size_t>(id) < graph.values.size(); };
  std::vector<bool> defined(graph.values.size(), false);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const GraphValue& value = graph.values[i];
    ASSIGN_OR_RETURN(const int64_t elements, CheckedElementCount(value.shape, "value '" + value.name + "'"));
    if (elements == 0) return Error{Code::kUnsupported, "value '" + value.name + "' has an empty axis", "graph"};
    if (!value.is_constant) continue;
    defined[i] = true;
    if (static_cast<int64_t>(value.data.size()) != elements) return invalid("constant '" + value.name + "' lacks data");
    RETURN_IF_ERROR(CheckFinite(value.data, "constant '" + value.name + "'"));
  }
  for (const ValueId id : graph.inputs) {
    if (!exists(id) || defined[static_cast<size_t>(id)]) return invalid("an input is missing or defined twice");
    defined[static_cast<size_t>(id)] = true;
  }
  for (const GraphNode& node : graph.nodes) {
    for (const ValueId id : node.inputs) {
      if (id == kNoValue) continue;
      if (!exists(id) || !defined[static_cast<size_t>(id)]) {
        return invalid("node '" + node.name + "' reads a value before it is defined");
      }
    }
    if (!exists(node.output) || defined[static_cast<size_t>(node.output)]) {
      return invalid("node '" + node.name + "' writes a value that is defined elsewhere");
    }
    defined[static_cast<size_t>(node.output)] = true;
    RETURN_IF_ERROR(CheckNode(graph, node));
  }
  if (graph.outputs.empty()) return invalid("there is no output");
  if (graph.outputs.size() != graph.output_names.size()) return invalid("output names do not match the outputs");
  for (const ValueId id : graph.outputs) {
    if (!exists(id) || !defined[static_cast<size_t>(id)]) return invalid("an output is not defined");
  }
  return Ok();
}

}  // namespace provenn
