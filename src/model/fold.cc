#include "model/fold.h"

#include <algorithm>
#include <unordered_set>

#include "model/fold_state.h"

namespace provenn {
namespace internal {

void FoldState::BeginSweep() {
  const size_t count = graph_.values.size();
  if (alias_.size() == count) {
    for (GraphNode& node : graph_.nodes) {
      for (ValueId& id : node.inputs) id = Resolve(id);
    }
    for (ValueId& id : graph_.outputs) id = Resolve(id);
  }
  std::vector<bool> needed(count, false);
  for (const ValueId id : graph_.outputs) needed[static_cast<size_t>(id)] = true;
  for (size_t i = graph_.nodes.size(); i-- > 0;) {
    GraphNode& node = graph_.nodes[i];
    if (IsRemoved(node)) continue;
    if (!needed[static_cast<size_t>(node.output)]) {
      Remove(node);
      continue;
    }
    for (const ValueId id : node.inputs) {
      if (id != kNoValue) needed[static_cast<size_t>(id)] = true;
    }
  }
  std::erase_if(graph_.nodes, [&](const GraphNode& node) { return IsRemoved(node); });

  alias_.resize(count);
  for (size_t i = 0; i < count; ++i) alias_[i] = static_cast<ValueId>(i);
  uses_ = CountUses(graph_);
  producer_.assign(count, -1);
  for (const GraphNode& node : graph_.nodes) SetProducer(node.output, node);
}

ValueId FoldState::Resolve(ValueId id) const {
  while (id != kNoValue && alias_[static_cast<size_t>(id)] != id) id = alias_[static_cast<size_t>(id)];
  return id;
}

GraphNode* FoldState::Producer(ValueId id) {
  if (id == kNoValue || producer_[static_cast<size_t>(id)] < 0) return nullptr;
  GraphNode& node = graph_.nodes[static_cast<size_t>(producer_[static_cast<size_t>(id)])];
  return node.output == id ? &node : nullptr;
}

GraphNode* FoldState::SoleProducer(ValueId id) {
  GraphNode* node = Producer(id);
  return node != nullptr && SoleReader(id) ? node : nullptr;
}

void FoldState::Replace(GraphNode& node, ValueId to) {
  const size_t from = static_cast<size_t>(node.output);
  alias_[from] = to;
  uses_[static_cast<size_t>(to)] += uses_[from] - 1;
  Remove(node);
}

ValueId FoldState::AddConstant(Dims shape, std::vector<float> data) {
  const ValueId id = static_cast<ValueId>(graph_.values.size());
  graph_.values.push_back({"", std::move(shape), true, std::move(data)});
  alias_.push_back(id);
  uses_.push_back(1);
  producer_.push_back(-1);
  return id;
}

bool FoldView(FoldState& state, GraphNode& node) {
  Graph& graph = state.graph();
  const ValueId x = node.inputs.empty() ? kNoValue : state.Input(node, 0);
  if (node.op == Op::kReshape) {
    if (const GraphNode* inner = state.Producer(x); inner != nullptr && inner->op == Op::kReshape) {
      node.inputs[0] = state.Input(*inner, 0);
      state.AddUse(node.inputs[0]);
      return true;
    }
  }
  bool idle = false;
  if (node.op == Op::kReshape) {
    idle = graph.shape(x) == graph.shape(node.output);
  } else if (node.op == Op::kTranspose) {
    idle = std::ranges::is_sorted(node.As<TransposeAttributes>().permutation);
  } else if (node.op == Op::kSlice) {
    idle = graph.shape(x) == graph.shape(node.output) &&
           std::ranges::all_of(node.As<SliceAttributes>().steps, [](int64_t step) { return step > 0; });
  } else if (node.op == Op::kPad) {
    idle = graph.shape(x) == graph.shape(node.output);
  } else if (node.op == Op::kConcat) {
    idle = node.inputs.size() == 1;
  } else if (node.op == Op::kAffine) {
    idle = node.inputs[1] == kNoValue && node.inputs[2] == kNoValue;
  }
  if (!idle) return false;
  state.Replace(node, x);
  return true;
}

}  // namespace internal

namespace {

using internal::FoldState;

// A graph of n nodes settles after a few sweeps; the bound only guards against rules that would undo each other.
constexpr int kMaxSweeps = 100;

std::string Unique(std::unordered_set<std::string>& taken, std::string name) {
  if (taken.insert(name).second) return name;
  for (size_t i = 2;; ++i) {
    std::string numbered = name + "#" + std::to_string(i);
    if (taken.insert(numbered).second) return numbered;
  }
}

// Keeps inputs, what the nodes read and write, and outputs; numbers them in this order.
void Compact(Graph& graph) {
  std::vector<ValueId> renumbered(graph.values.size(), kNoValue);
  std::vector<GraphValue> kept;
  std::unordered_set<std::string> value_names;
  const auto keep = [&](ValueId& id, const std::string& fallback) {
    if (id == kNoValue) return;
    ValueId& target = renumbered[static_cast<size_t>(id)];
    if (target == kNoValue) {
      target = static_cast<ValueId>(kept.size());
      GraphValue value = std::move(graph.value(id));
      value.name = Unique(value_names, value.name.empty() ? fallback : std::move(value.name));
      kept.push_back(std::move(value));
    }
    id = target;
  };
  for (ValueId& id : graph.inputs) keep(id, "input");
  std::unordered_set<std::string> node_names;
  for (GraphNode& node : graph.nodes) {
    node.name = Unique(node_names, std::move(node.name));
    for (size_t i = 0; i < node.inputs.size(); ++i) keep(node.inputs[i], node.name + ":in" + std::to_string(i));
    keep(node.output, node.name + ":out");
  }
  for (size_t i = 0; i < graph.outputs.size(); ++i) keep(graph.outputs[i], graph.output_names[i]);
  graph.values = std::move(kept);
}

}  // namespace

Status FoldGraph(Graph& graph) {
  FoldState state(graph);
  bool changed = true;
  for (int sweep = 0; changed && sweep < kMaxSweeps; ++sweep) {
    changed = false;
    for (GraphNode& node : graph.nodes) {
      if (state.IsRemoved(node)) continue;
      const bool hit = internal::FoldView(state, node) || internal::FoldFunction(state, node) ||
                       internal::FoldAffine(state, node) || internal::MoveBeforeReshape(state, node);
      changed = changed || hit;
    }
    state.BeginSweep();
  }
  Compact(graph);
  return Ok();
}

}  // namespace provenn
