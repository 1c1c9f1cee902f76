#include "model/float_executor.h"

#include "model/float_kernels.h"

namespace provenn {

FloatExecutor::FloatExecutor(const Graph& graph) : graph_(graph), uses_(CountUses(graph)) {}

Result<std::vector<FloatTensor>> FloatExecutor::Run(std::span<const FloatTensor> inputs, const Visitor& visit) const {
  if (inputs.size() != graph_.inputs.size()) {
    return Error{
        Code::kInvalidArgument,
        "the model takes " + std::to_string(graph_.inputs.size()) + " inputs, not " + std::to_string(inputs.size()),
        ""};
  }
  std::vector<FloatTensor> live(graph_.values.size());
  std::vector<int> remaining = uses_;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ValueId id = graph_.inputs[i];
    const GraphValue& declared = graph_.value(id);
    if (inputs[i].shape != declared.shape ||
        static_cast<int64_t>(inputs[i].data.size()) != ElementCount(declared.shape)) {
      return Error{Code::kInvalidArgument,
                   "input '" + declared.name + "' has shape " + ShapeToString(inputs[i].shape) + "; the model takes " +
                       ShapeToString(declared.shape),
                   ""};
    }
    RETURN_IF_ERROR(CheckFinite(inputs[i].data, "input '" + declared.name + "'"));
    live[static_cast<size_t>(id)] = inputs[i];
    if (visit) visit(id, inputs[i]);
  }

  std::vector<TensorView> views;
  for (const GraphNode& node : graph_.nodes) {
    views.clear();
    for (const ValueId id : node.inputs) {
      if (id == kNoValue) {
        views.push_back({});
        continue;
      }
      const GraphValue& value = graph_.value(id);
      views.push_back(
          {&value.shape, value.is_constant ? value.data.data() : live[static_cast<size_t>(id)].data.data()});
    }
    FloatTensor& result = live[static_cast<size_t>(node.output)];
    result.shape = graph_.shape(node.output);
    result.data.resize(static_cast<size_t>(ElementCount(result.shape)));
    RunNode(node, views, result.shape, result.data);
    if (Status finite = CheckFinite(result.data, "the result"); !finite.ok()) {
      return Error{Code::kOutOfRange, finite.error().message, "node '" + node.name + "' (" + node.origin + ")"};
    }
    if (visit) visit(node.output, result);
    for (const ValueId id : node.inputs) {
      if (id != kNoValue && --remaining[static_cast<size_t>(id)] == 0) live[static_cast<size_t>(id)] = FloatTensor();
    }
  }

  std::vector<FloatTensor> outputs;
  for (const ValueId id : graph_.outputs) {
    const GraphValue& value = graph_.value(id);
    outputs.push_back(value.is_constant ? FloatTensor{value.shape, value.data} : live[static_cast<size_t>(id)]);
  }
  return outputs;
}

}  // namespace provenn
