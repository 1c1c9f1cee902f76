#include "model/model_formats.h"

#include <cmath>

#include "relation/circuit.h"

namespace provenn {
namespace {

Error Unfit(const std::string& what) { return Error{Code::kInvalidArgument, what, "scales"}; }

}  // namespace

std::vector<ValueId> RangedValues(const Graph& graph) {
  std::vector<bool> computed(graph.values.size(), false);
  for (const ValueId v : graph.inputs) computed[static_cast<size_t>(v)] = true;
  for (const GraphNode& node : graph.nodes) computed[static_cast<size_t>(node.output)] = true;
  std::vector<ValueId> values;
  for (size_t v = 0; v < computed.size(); ++v) {
    if (computed[v]) values.push_back(static_cast<ValueId>(v));
  }
  return values;
}

Status CheckFormats(const ModelFormats& formats, const Graph& graph, int bits) {
  if (formats.bits != bits) {
    return Unfit("are for activations of " + std::to_string(formats.bits) + " bits, not " + std::to_string(bits));
  }
  const std::string other = "are of another graph: ";
  if (formats.inputs.size() != graph.inputs.size()) return Unfit(other + "it has another number of inputs");
  for (size_t i = 0; i < formats.inputs.size(); ++i) {
    const auto& [name, format] = formats.inputs[i];
    const std::string& own = graph.value(graph.inputs[i]).name;
    if (name != own) return Unfit(other + "an input '" + name + "' where this model has '" + own + "'");
    const bool sane = format.scale >= -30 && format.scale <= 24 && format.min <= 0 && format.max > 0 &&
                      format.max - format.min < kMaxTableSize && format.min >= INT32_MIN && format.max <= INT32_MAX;
    if (!sane) return Unfit("the format of input '" + name + "' is none that the compiler chooses");
  }
  const std::vector<ValueId> values = RangedValues(graph);
  if (formats.ranges.size() != values.size()) return Unfit(other + "it has another number of values");
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& [name, range] = formats.ranges[i];
    const std::string& own = graph.value(values[i]).name;
    if (name != own) return Unfit(other + "a value '" + name + "' where this model has '" + own + "'");
    const bool sane = std::isfinite(range.low) && std::isfinite(range.high) && range.low <= range.high;
    if (!sane) return Unfit("the range of '" + name + "' is not one");
  }
  for (const WeightFormat& w : formats.weights) {
    const int64_t beyond = w.bound - kWeightBound;
    const bool sane =
        w.scale >= -30 && w.scale <= 40 && beyond >= 0 && w.bound <= WideBound(32767) && beyond % 65535 == 0;
    if (!sane) return Unfit("the format of '" + w.tensor + "' is none that the compiler chooses");
  }
  return Ok();
}

}  // namespace provenn
