#include "argument/plan.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "argument/front_verifier.h"
#include "argument/lookup_verifier.h"
#include "argument/verifier_work.h"
#include "crypto/poseidon.h"

namespace provenn {
namespace {

// log2 of the inverse rate that a matrix aims at: tiny matrices afford a low rate, hence few queries; encoding and
// hashing of all others is what a small model's proof is made of (docs/adr/0007-rates.md).
int LogInverseRate(uint64_t cells) {
  if (cells <= (uint64_t{1} << 8)) return 4;
  if (cells <= (uint64_t{1} << 12)) return 3;
  if (cells <= (uint64_t{1} << 19)) return 2;
  return 1;
}

OracleShape ShapeFor(uint64_t rows, uint32_t base_columns, int bits) {
  const QueryPlan q = PlanQueries(rows, LogInverseRate(rows * base_columns), bits, true);
  return OracleShape{rows, base_columns, q.queries, q.log_size};
}

uint64_t RowsBytes(const OracleShape& s) {
  const int path = std::max(1, s.log_size - static_cast<int>(std::bit_width(s.random_rows)) + 1);
  return s.random_rows * (32 + uint64_t{8} * s.columns + 32 * static_cast<uint64_t>(path));
}

uint64_t RoundUp(uint64_t v, uint64_t to) { return (v + to - 1) / to * to; }

void LayOutActivations(uint32_t columns, Plan& plan) {
  plan.activations = OracleLayout(columns);
  plan.tensor_block.assign(plan.circuit.tensors.size(), std::nullopt);
  plan.multiplicity_block.clear();
  for (size_t t = 0; t < plan.circuit.tensors.size(); ++t) {
    const Tensor& tensor = plan.circuit.tensors[t];
    if (tensor.kind == TensorKind::kWitness || plan.hidden[t] != 0) {
      plan.tensor_block[t] = plan.activations.Add(tensor.shape);
    }
  }
  for (const Table& table : plan.circuit.tables) plan.multiplicity_block.push_back(plan.activations.Add({table.size}));
}

void LayOutWeightsLink(uint32_t columns, Plan& plan) {
  plan.folded_weights = OracleLayout(columns);
  for (int k = 0; k < plan.degree; ++k) plan.folded_weights.Add({static_cast<uint32_t>(plan.weights_layout.rows())});
  HiddenRowsPlan& h = plan.hidden_rows;
  const uint32_t q = plan.weight_queries;
  h.layout = OracleLayout(columns);
  h.symbols = h.layout.Add({q * plan.weights.columns / 8, 8});
  h.salts = h.layout.Add({q, 4});
  h.cubes = h.layout.Add({q * plan.hash_blocks, kPoseidonSboxes});
  h.outputs = h.layout.Add({q * plan.hash_blocks, kPoseidonSboxes});
}

// Levels for a vector of `length` elements of K, fewest proof bytes first. Returns the bytes.
uint64_t PlanLevels(uint64_t length, uint32_t degree, int bits, int depth, std::vector<LevelPlan>* best) {
  uint64_t best_bytes = UINT64_MAX;
  for (uint32_t columns : {8u, 16u, 32u, 64u}) {
    LevelPlan last{columns, ShapeFor(RoundUp(length, columns) / columns, degree * (columns + 1), bits)};
    const uint64_t revealed = last.shape.degree_bound() * 8 * degree;
    uint64_t bytes = RowsBytes(last.shape) + revealed;
    if (bytes < best_bytes) {
      best_bytes = bytes;
      *best = {last};
    }
    if (depth > 1 && revealed > 24000) {
      LevelPlan inner{columns, ShapeFor(RoundUp(length, columns) / columns, degree * columns, bits)};
      std::vector<LevelPlan> rest;
      bytes = RowsBytes(inner.shape) + PlanLevels(inner.shape.degree_bound(), degree, bits, depth - 1, &rest);
      if (bytes < best_bytes) {
        best_bytes = bytes;
        *best = {inner};
        best->insert(best->end(), rest.begin(), rest.end());
      }
    }
  }
  return best_bytes;
}

// Everything that depends on the column count of the first level. Returns the estimated proof bytes.
uint64_t PlanColumns(uint32_t columns, int bits, Plan& plan) {
  LayOutActivations(columns, plan);
  plan.activations_shape = ShapeFor(std::max<uint64_t>(1, plan.activations.rows()), columns, bits);
  uint64_t bytes = RowsBytes(plan.activations_shape);
  uint64_t lengths[3] = {plan.activations_shape.degree_bound(), 0, 0};
  if (plan.has_weights()) {
    LayOutWeightsLink(columns, plan);
    plan.folded_weights_shape = ShapeFor(plan.folded_weights.rows(), columns, bits);
    plan.hidden_rows.shape = ShapeFor(plan.hidden_rows.layout.rows(), columns, bits);
    bytes += RowsBytes(plan.folded_weights_shape) + RowsBytes(plan.hidden_rows.shape);
    lengths[1] = plan.folded_weights_shape.degree_bound();
    lengths[2] = plan.hidden_rows.shape.degree_bound();
  }
  // Segments are aligned to 64, the largest column count of a level, so that powers fold within them.
  uint64_t first = 0;
  for (int o = 0; o < 3; ++o) {
    plan.segment_first[o] = first;
    first += RoundUp(lengths[o], 64);
  }
  plan.first_vector = first;
  return bytes + PlanLevels(first, static_cast<uint32_t>(plan.degree), bits, 3, &plan.levels);
}

LeafLayout LayOutLeaves(const Circuit& circuit) {
  LeafLayout layout;
  std::vector<std::pair<LeafBlock*, size_t>> order;
  layout.lookups.resize(circuit.lookups.size());
  layout.tables.resize(circuit.tables.size());
  for (size_t i = 0; i < circuit.lookups.size(); ++i) {
    for (uint32_t s : circuit.lookups[i].space) layout.lookups[i].log_size += AxisBits(s);
    order.emplace_back(&layout.lookups[i], order.size());
  }
  for (size_t i = 0; i < circuit.tables.size(); ++i) {
    layout.tables[i].log_size = AxisBits(circuit.tables[i].size);
    order.emplace_back(&layout.tables[i], order.size());
  }
  // Largest first: then every block starts at a multiple of its own size.
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first->log_size > b.first->log_size; });
  for (auto& [block, index] : order) {
    block->first = layout.used;
    layout.used += uint64_t{1} << block->log_size;
  }
  layout.log_size = static_cast<int>(std::bit_width(layout.used - 1));
  return layout;
}

// Whether there is a contraction sumcheck at all: its point is where the weights are folded.
bool UsesContractions(const Circuit& circuit) {
  for (const Lookup& lookup : circuit.lookups) {
    for (const Expression& column : lookup.columns) {
      for (const AccumulatorTerm& acc : column.accumulators) {
        if (!IsLinearContraction(circuit, circuit.contractions[acc.contraction])) return true;
      }
    }
  }
  return false;
}

// Every contraction of a weight leaves a claim that is dense on the weight's rows.
uint64_t RowsOfWeightClaims(const Plan& plan) {
  uint64_t rows = 0;
  for (const Contraction& c : plan.circuit.contractions) {
    if (const auto block = plan.weight_block[c.left.tensor]; block.has_value()) {
      rows += plan.weights_layout.blocks()[*block].rows;
    }
  }
  return rows;
}

constexpr uint32_t kMinWeightColumns = 8;
constexpr uint32_t kMaxWeightColumns = 1024;

}  // namespace

int AxisBits(uint32_t size) { return static_cast<int>(std::bit_width(size - 1)); }

int QueryBits(Profile profile) {
  // Up to eight oracles are queried: 3 bits more than the target each, and one for all field errors together.
  const int target = profile == Profile::kP100 ? ProfileTraits<Ext2>::kTargetBits : ProfileTraits<Ext3>::kTargetBits;
  return target + 4 - kGrindBits;
}

OracleLayout WeightsLayout(const Circuit& circuit, uint32_t columns, std::vector<std::optional<uint32_t>>* blocks) {
  OracleLayout layout(columns);
  blocks->assign(circuit.tensors.size(), std::nullopt);
  for (size_t t = 0; t < circuit.tensors.size(); ++t) {
    const Tensor& tensor = circuit.tensors[t];
    if (tensor.kind == TensorKind::kWeight) (*blocks)[t] = layout.Add(tensor.shape, tensor.outer_axes);
  }
  return layout;
}

WeightsCommitment PlanWeights(const Circuit& circuit) {
  constexpr uint64_t kLargeCodeword = uint64_t{1} << 27;  // symbols: 1 GiB of key file
  WeightsCommitment best;
  uint64_t best_cost = UINT64_MAX;
  for (uint32_t columns = kMinWeightColumns; columns <= kMaxWeightColumns; columns *= 2) {
    std::vector<std::optional<uint32_t>> blocks;
    const uint64_t rows = WeightsLayout(circuit, columns, &blocks).rows();
    if (rows == 0) return WeightsCommitment{};
    for (int rate = 1; rate <= 4; ++rate) {
      const QueryPlan q = PlanQueries(rows, rate, QueryBits(Profile::kP100), false);
      const uint64_t codeword = (uint64_t{1} << q.log_size) * columns;
      // Models so large that no code is small get the shortest one.
      if (codeword > kLargeCodeword && rate > 1) continue;
      // Cells that every proof commits; and a little for the size of the key file.
      const uint64_t hidden = q.queries * (columns + (columns / 8 + 1) * uint64_t{2} * kPoseidonSboxes);
      const uint64_t cost = 2 * rows + hidden + codeword / 512;
      if (cost < best_cost) {
        best_cost = cost;
        best.columns = columns;
        best.log_size = q.log_size;
      }
    }
  }
  return best;
}

template <typename K>
Result<Plan> MakePlan(Circuit circuit, const std::vector<uint8_t>& hidden, const WeightsCommitment& weights) {
  const auto invalid = [](const char* what) { return Error{Code::kInvalidArgument, what, "parameters"}; };
  Plan plan;
  plan.profile = ProfileTraits<K>::kProfile;
  plan.degree = K::kDegree;
  plan.circuit = std::move(circuit);
  const Circuit& batched = plan.circuit;
  plan.hidden = hidden;
  plan.weights = weights;
  const int bits = QueryBits(plan.profile);

  const Error too_large{Code::kTooLarge, "the circuit is too large for one proof: use a smaller batch", "parameters"};
  uint64_t cells = 0;
  uint64_t leaves = 0;
  // Compared as it grows: a batch makes single counts as large as 2^60, and their sum may wrap.
  for (const Tensor& t : batched.tensors) {
    cells += ElementCount(t.shape);
    if (cells > (uint64_t{1} << 31)) return too_large;
  }
  for (const Lookup& l : batched.lookups) {
    leaves += ElementCount(l.space);
    if (leaves > (uint64_t{1} << 29)) return too_large;
  }
  for (const Contraction& c : batched.contractions) {
    if (ElementCount(c.space) > (uint64_t{1} << 40)) return too_large;
  }
  if (hidden.size() != batched.tensors.size()) return invalid("one visibility for each tensor is required");
  for (size_t t = 0; t < hidden.size(); ++t) {
    const TensorKind kind = batched.tensors[t].kind;
    if (hidden[t] != 0 && kind != TensorKind::kInput && kind != TensorKind::kOutput) {
      return invalid("only inputs and outputs are declared hidden");
    }
  }

  RETURN_IF_ERROR(CheckVerifierWork(batched, hidden));

  plan.leaves = LayOutLeaves(batched);

  const bool circuit_has_weights = std::any_of(batched.tensors.begin(), batched.tensors.end(),
                                               [](const Tensor& t) { return t.kind == TensorKind::kWeight; });
  if (circuit_has_weights != plan.has_weights())
    return invalid("weights commitment and circuit disagree about weights");
  if (plan.has_weights()) {
    if (!UsesContractions(batched)) return invalid("the circuit has weights and no relation on them");
    if (!std::has_single_bit(weights.columns) || weights.columns < kMinWeightColumns ||
        weights.columns > kMaxWeightColumns) {
      return invalid("column count of the weights commitment");
    }
    plan.weights_layout = WeightsLayout(batched, weights.columns, &plan.weight_block);
    const uint64_t rows = plan.weights_layout.rows();
    if (rows > kMaxWeightRows || RowsOfWeightClaims(plan) > kMaxVerifierElements) {
      return Error{Code::kTooLarge, "too many rows of weights for their column count", "parameters"};
    }
    if (weights.log_size < 1 || weights.log_size > 30 || (rows << 1) > (uint64_t{1} << weights.log_size)) {
      return invalid("domain size of the weights commitment");
    }
    const uint64_t size = uint64_t{1} << weights.log_size;
    const uint64_t per_query = BitsPerQuery(rows, size);
    const uint64_t q = ((static_cast<uint64_t>(bits) << 32) + per_query - 1) / per_query;
    if (q > size) return invalid("domain of the weights commitment too small for its queries");
    plan.weight_queries = static_cast<uint32_t>(q);
    plan.hash_blocks = weights.columns / 8 + 1;
  } else {
    plan.weight_block.assign(batched.tensors.size(), std::nullopt);
  }

  uint64_t best_bytes = UINT64_MAX;
  uint32_t best_columns = 0;
  for (uint32_t columns = kMinActivationColumns; columns <= 256; columns *= 2) {
    const uint64_t bytes = PlanColumns(columns, bits, plan);
    if (bytes < best_bytes) {
      best_bytes = bytes;
      best_columns = columns;
    }
  }
  PlanColumns(best_columns, bits, plan);

  // Pads and products: run the verifier on a proof of zeros.
  MaskedChannel<K> counter{Transcript("provenn.shape")};
  Statement empty;
  empty.hidden = hidden;
  ReadFront<K>(plan, empty, counter);
  plan.products = static_cast<uint32_t>(counter.products().size());
  plan.pads = counter.pads();
  plan.pads += 2 * static_cast<uint32_t>(plan.activations.log_columns());
  for (const LevelPlan& level : plan.levels) plan.pads += 2 * static_cast<uint32_t>(std::countr_zero(level.columns));

  const uint64_t entries = uint64_t{plan.pads} + plan.products + 3;
  plan.terminal_columns = entries > 1024 ? 4 : 2;
  plan.terminal_shape = ShapeFor(RoundUp(entries, plan.terminal_columns) / plan.terminal_columns,
                                 2 * plan.terminal_columns * static_cast<uint32_t>(plan.degree), bits);

  if (Status enough = MakeBudget<K>(plan).Require(ProfileTraits<K>::kTargetBits); !enough.ok()) {
    // What grows with the circuit are the field's terms: fewer samples, or a larger field.
    const char* advice = plan.profile == Profile::kP100 ? "; prove fewer samples at once, or take profile p128"
                                                        : "; prove fewer samples at once";
    return Error{enough.error().code, enough.error().message + advice, enough.error().where};
  }
  return plan;
}

#define PROVENN_INSTANTIATE(K) \
  template Result<Plan> MakePlan<K>(Circuit, const std::vector<uint8_t>&, const WeightsCommitment&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
