// Every error term of the protocol; docs/protocol.md derives them in the same order.
#include <algorithm>
#include <bit>
#include <cmath>

#include "argument/plan.h"
#include "crypto/poseidon.h"

namespace provenn {
namespace {

double QueryErrorBits(const OracleShape& shape, uint64_t degree_bound, uint32_t queries) {
  return static_cast<double>(queries) * static_cast<double>(BitsPerQuery(degree_bound, shape.size())) / 4294967296.0 +
         kGrindBits;
}

}  // namespace

template <typename K>
SoundnessBudget MakeBudget(const Plan& plan) {
  SoundnessBudget budget(ProfileTraits<K>::kFieldBits);
  // Queries: (1 - delta)^q within the unique decoding radius. Proximity: a random fold of m variables of a matrix that
  // is far from the code is close with probability at most m n / |K|.
  const auto add_oracle = [&](const std::string& name, const OracleShape& shape, double folds) {
    budget.AddBits("queries: " + name, QueryErrorBits(shape, shape.degree_bound(), shape.random_rows));
    budget.AddField("proximity: " + name, folds * static_cast<double>(shape.size()));
  };
  const double log_columns = plan.activations.log_columns();
  add_oracle("activations", plan.activations_shape, log_columns);
  if (plan.has_weights()) {
    add_oracle("folded weights", plan.folded_weights_shape, log_columns);
    add_oracle("hidden rows", plan.hidden_rows.shape, log_columns);
    OracleShape w;
    w.log_size = plan.weights.log_size;
    budget.AddBits("queries: weights", QueryErrorBits(w, plan.weights_layout.rows(), plan.weight_queries));
    budget.AddField("proximity: weights", plan.weights_layout.log_columns() * static_cast<double>(w.size()));
  }
  double opening_rounds = log_columns;
  double level_queries = 0;
  for (const LevelPlan& level : plan.levels) {
    const double folds = std::countr_zero(level.columns);
    // One more for the mask's line.
    add_oracle("level " + std::to_string(&level - plan.levels.data() + 1), level.shape, folds + 1);
    opening_rounds += folds;
    level_queries += level.shape.random_rows;
  }
  add_oracle("terminal", plan.terminal_shape, 1);

  // Lookups: the numerator has degree at most the number of leaves in alpha, times the tuple's degree in beta.
  size_t width = 1;
  for (const Table& t : plan.circuit.tables) width = std::max(width, t.values.size() + 1);
  budget.AddField("lookup tuples", static_cast<double>(plan.leaves.used) * static_cast<double>(width));
  const double n = plan.leaves.log_size;
  // Per layer: lambda 1, child 1, and 3 for each round (eq times a quadratic).
  budget.AddField("lookup tree", 2 * n + 3 * n * (n - 1) / 2);
  // Contraction rounds: at most the variables of the largest space.
  double variables = 0;
  for (const Contraction& c : plan.circuit.contractions) {
    double bits = 0;
    for (uint32_t s : c.space) bits += AxisBits(s);
    variables = std::max(variables, bits);
  }
  if (plan.has_weights()) variables = std::max<double>(variables, plan.weights_layout.log_columns());
  budget.AddField("contraction rounds", 2 * variables);
  if (plan.has_weights()) {
    const double bits = 7 + AxisBits(plan.weight_queries * plan.hash_blocks);
    // tau, lambda, four a round; omega; eta; delta.
    budget.AddField("s-boxes", bits + 1 + 4 * bits);
    budget.AddField("weights link", static_cast<double>(plan.circuit.contractions.size()) +
                                        static_cast<double>(kPoseidonDigestSize + 1) * plan.weight_queries);
  }
  double queries = level_queries + plan.activations_shape.random_rows;
  if (plan.has_weights()) queries += plan.folded_weights_shape.random_rows + plan.hidden_rows.shape.random_rows;
  // gamma over claims: one a layer and two from the lookups, one and at most two a contraction, nine from the weights
  // link, less one because the first power is 1; and over the queries of every level.
  budget.AddField("batching", n + 3 + 2 * static_cast<double>(plan.circuit.contractions.size()) + 8 + queries);
  budget.AddField("opening rounds", 2 * opening_rounds);
  // lambda over products; rho is a root of a quadratic.
  budget.AddField("pad products", plan.products + 1 + 2);
  return budget;
}

template SoundnessBudget MakeBudget<Ext2>(const Plan&);
template SoundnessBudget MakeBudget<Ext3>(const Plan&);

}  // namespace provenn
