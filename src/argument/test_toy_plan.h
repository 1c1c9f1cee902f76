// The protocol at toy size: the same code with so few queries and columns that every coin of the prover can be turned
// one by one. Such a plan has no soundness to speak of; it is never what MakePlan returns.
#pragma once

#include <bit>

#include "argument/front_verifier.h"
#include "argument/plan.h"

namespace provenn {

struct ToySize {
  uint32_t columns = 8;
  uint32_t queries = 2;  // on every oracle but the weights
  uint32_t weight_queries = 1;
  uint32_t levels = 1;
};

inline OracleShape ToyShape(uint64_t rows, uint32_t base_columns, uint32_t queries) {
  return {rows, base_columns, queries, static_cast<int>(std::bit_width(2 * (rows + queries) - 1))};
}

template <typename K>
Plan ToyPlan(const Plan& full, const ToySize& size) {
  Plan plan = full;
  const auto degree = static_cast<uint32_t>(plan.degree);
  plan.activations = OracleLayout(size.columns);
  plan.multiplicity_block.clear();
  for (size_t t = 0; t < plan.circuit.tensors.size(); ++t) {
    if (plan.tensor_block[t].has_value()) plan.tensor_block[t] = plan.activations.Add(plan.circuit.tensors[t].shape);
  }
  for (const Table& table : plan.circuit.tables) plan.multiplicity_block.push_back(plan.activations.Add({table.size}));
  plan.activations_shape = ToyShape(plan.activations.rows(), size.columns, size.queries);

  plan.weight_queries = size.weight_queries;
  plan.folded_weights = OracleLayout(size.columns);
  for (uint32_t k = 0; k < degree; ++k) plan.folded_weights.Add({static_cast<uint32_t>(plan.weights_layout.rows())});
  plan.folded_weights_shape = ToyShape(plan.folded_weights.rows(), size.columns, size.queries);
  HiddenRowsPlan& h = plan.hidden_rows;
  h.layout = OracleLayout(size.columns);
  h.symbols = h.layout.Add({plan.weight_queries * plan.weights.columns / 8, 8});
  h.salts = h.layout.Add({plan.weight_queries, 4});
  h.cubes = h.layout.Add({plan.weight_queries * plan.hash_blocks, kPoseidonSboxes});
  h.outputs = h.layout.Add({plan.weight_queries * plan.hash_blocks, kPoseidonSboxes});
  h.shape = ToyShape(h.layout.rows(), size.columns, size.queries);

  const OracleShape* sources[3] = {&plan.activations_shape, &plan.folded_weights_shape, &h.shape};
  plan.first_vector = 0;
  for (int o = 0; o < 3; ++o) {
    plan.segment_first[o] = plan.first_vector;
    plan.first_vector += (sources[o]->degree_bound() + 63) / 64 * 64;
  }
  plan.levels.clear();
  uint64_t length = plan.first_vector;
  for (uint32_t l = 0; l < size.levels; ++l) {
    const uint32_t mask = l + 1 == size.levels ? 1 : 0;
    plan.levels.push_back({8, ToyShape((length + 7) / 8, degree * (8 + mask), size.queries)});
    length = plan.levels.back().shape.degree_bound();
  }

  MaskedChannel<K> counter{Transcript("toy shape")};
  Statement empty;
  empty.hidden = plan.hidden;
  ReadFront<K>(plan, empty, counter);
  plan.products = static_cast<uint32_t>(counter.products().size());
  plan.pads = counter.pads() + 2 * static_cast<uint32_t>(plan.activations.log_columns()) + 2 * 3 * size.levels;
  plan.terminal_columns = 2;
  plan.terminal_shape = ToyShape((plan.pads + plan.products + 4) / 2, 4 * degree, size.queries);
  return plan;
}

}  // namespace provenn
