// Where everything sits and how large everything is: computed from public data alone, the same way by prover and
// verifier. A proof carries no parameter.
#pragma once

#include <optional>
#include <vector>

#include "argument/statement.h"
#include "commit/block_layout.h"
#include "commit/oracle_shape.h"
#include "commit/soundness_budget.h"

namespace provenn {

// The leaves of the lookup tree: one aligned power-of-two stretch per lookup and per table.
struct LeafBlock {
  uint64_t first = 0;
  int log_size = 0;
};

struct LeafLayout {
  std::vector<LeafBlock> lookups;  // by lookup
  std::vector<LeafBlock> tables;   // by table
  uint64_t used = 0;               // end of the last block; leaves beyond are empty (0/1)
  int log_size = 0;
};

// Bits of an index along an axis of this size: ceil(log2(size)).
int AxisBits(uint32_t size);

// One level of the opening after the first: a matrix over K of the folded vector, `columns` elements wide; the last
// level has one more element per row, the mask.
struct LevelPlan {
  uint32_t columns = 0;
  OracleShape shape;
};

// Matrix of rows of the weights' codeword that a proof uses without revealing them, and of the hash that binds them.
struct HiddenRowsPlan {
  OracleLayout layout{1};
  uint32_t symbols = 0;  // block: [queries * columns / 8, 8]
  uint32_t salts = 0;    // block: [queries, 4]
  uint32_t cubes = 0;    // block: [queries * blocks, 118]: s-box inputs cubed
  uint32_t outputs = 0;  // block: [queries * blocks, 118]: s-box outputs
  OracleShape shape;
};

struct Plan {
  Profile profile = Profile::kP100;
  int degree = 2;   // of K over F
  Circuit circuit;  // batched
  std::vector<uint8_t> hidden;
  WeightsCommitment weights;

  // Oracle A: activations. Block of each tensor that is committed per proof, and of each table's multiplicities.
  OracleLayout activations{1};
  std::vector<std::optional<uint32_t>> tensor_block;
  std::vector<uint32_t> multiplicity_block;
  OracleShape activations_shape;

  LeafLayout leaves;

  // Committed weights, by tensor id; their rows; queries on them.
  OracleLayout weights_layout{1};
  std::vector<std::optional<uint32_t>> weight_block;
  uint32_t weight_queries = 0;
  uint32_t hash_blocks = 0;  // permutations per row

  // Oracle B: the folded weights, `degree` blocks of weights_layout.rows() cells. Oracle C: the hidden rows.
  OracleLayout folded_weights{1};
  OracleShape folded_weights_shape;
  HiddenRowsPlan hidden_rows;

  // Terminal matrix: pads, product entries and the dummy triple, terminal_columns K-elements a row, then as many mask
  // elements.
  uint32_t pads = 0;
  uint32_t products = 0;
  uint32_t terminal_columns = 0;
  OracleShape terminal_shape;

  std::vector<LevelPlan> levels;  // at least one

  bool has_weights() const { return weights.columns != 0; }
  uint32_t columns() const { return activations.columns(); }
  uint64_t terminal_rows() const { return terminal_shape.message_rows; }
  // First entry of each oracle's fold in the vector of the first level, and the length of that vector.
  uint64_t segment_first[3] = {0, 0, 0};
  uint64_t first_vector = 0;
};

// Bits that the queries of one oracle must be worth, beside the proof of work.
int QueryBits(Profile profile);

// The shape for a model's weights (commit time): columns and domain size that make proofs cheapest.
WeightsCommitment PlanWeights(const Circuit& circuit);
// How the weights sit in a matrix of that many columns; block of each weight tensor.
OracleLayout WeightsLayout(const Circuit& circuit, uint32_t columns, std::vector<std::optional<uint32_t>>* blocks);

// Errors: kInvalidArgument if the weights commitment does not fit the circuit or the soundness budget refuses;
// kTooLarge.
template <typename K>
Result<Plan> MakePlan(Circuit batched, const std::vector<uint8_t>& hidden, const WeightsCommitment& weights);

template <typename K>
SoundnessBudget MakeBudget(const Plan& plan);

}  // namespace provenn
