// What the rewriting rules share. Private to fold*.cc.
#pragma once

#include <optional>
#include <vector>

#include "model/graph.h"

namespace provenn::internal {

// A graph while rules change it. Values that were replaced stay as aliases until the sweep ends.
class FoldState {
 public:
  explicit FoldState(Graph& graph) : graph_(graph) { BeginSweep(); }

  Graph& graph() { return graph_; }
  // Applies the aliases, drops unreachable nodes, counts anew.
  void BeginSweep();

  // The value that a reader of `id` sees.
  ValueId Resolve(ValueId id) const;
  ValueId Input(const GraphNode& node, size_t i) const { return Resolve(node.inputs[i]); }
  // The node that computes the value; null for inputs and constants.
  GraphNode* Producer(ValueId id);
  // The producer of a value that nothing else reads; null otherwise.
  GraphNode* SoleProducer(ValueId id);
  bool SoleReader(ValueId id) const { return uses_[static_cast<size_t>(id)] == 1; }

  // Readers of `from` read `to` from now on. The node that computed `from` is removed.
  void Replace(GraphNode& node, ValueId to);
  // The node is removed; its only reader now computes its own result instead.
  void Remove(GraphNode& node) { node.output = kNoValue; }
  bool IsRemoved(const GraphNode& node) const { return node.output == kNoValue; }
  void AddUse(ValueId id) { ++uses_[static_cast<size_t>(id)]; }
  void SetProducer(ValueId id, const GraphNode& node) {
    producer_[static_cast<size_t>(id)] = static_cast<int>(&node - graph_.nodes.data());
  }
  ValueId AddConstant(Dims shape, std::vector<float> data);

 private:
  Graph& graph_;
  std::vector<ValueId> alias_;
  std::vector<int> uses_;
  std::vector<int> producer_;
};

// Each rule looks at one node and tells whether it changed anything.
bool FoldView(FoldState& state, GraphNode& node);
bool FoldAffine(FoldState& state, GraphNode& node);
bool FoldFunction(FoldState& state, GraphNode& node);
bool MoveBeforeReshape(FoldState& state, GraphNode& node);

}  // namespace provenn::internal
