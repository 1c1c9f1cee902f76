// One padded sumcheck for all contractions: sum_l c_l acc_l(rho_l) = sum_l c_l sum_kappa F_l(kappa) G_l(kappa), where F
// and G are the operands with everything but the shared index folded away:
//   F_l(kappa) = sum over axes of left alone of weight * left,   G_l likewise, times the weights of shared output axes.
// Both are tensor-product functionals on their source, so the sumcheck ends in linear claims on committed cells.
// All terms bind the lowest variables first and together; a term with fewer variables is extended (F by zeros, G
// constantly), and a term on weights has at least log2(columns of the weights matrix) variables. So all claims on the
// weights share the point of the columns.
#pragma once

#include <vector>

#include "argument/channel_verifier.h"
#include "argument/claims.h"
#include "argument/lookup_verifier.h"
#include "argument/plan.h"

namespace provenn {

// How one contraction folds: computed from the circuit alone.
struct ContractionShape {
  std::vector<uint32_t> kappa;  // axes of the space that are summed in the sumcheck, last innermost
  std::vector<uint8_t> in_left;
  std::vector<uint8_t> in_right;
  size_t bits = 0;       // of kappa
  size_t variables = 0;  // bits, or more for a weight operand
};
ContractionShape ShapeOf(const Plan& plan, const Contraction& contraction);

// Weights along every axis of the space for each operand. `kappa_weights` (by axis; empty: all ones) multiplies the
// shared axes; the weights of shared output axes go with the right operand.
template <typename K>
struct OperandWeights {
  AxisWeights<K> left;
  AxisWeights<K> right;
  K scale;  // sums of output weights that neither operand uses
};
template <typename K>
OperandWeights<K> WeightsOfOperands(const Contraction& contraction, const ContractionShape& shape,
                                    const AxisWeights<K>& out_weights, const AxisWeights<K>& kappa_weights);

// <rows, W eq(point)> = value, with rows a dense vector over the rows of the weights matrix.
template <typename K>
struct WeightClaim {
  uint64_t first_row = 0;
  std::vector<K> rows;
  Affine<K> value;
};

// Returns the point r.
template <typename K>
std::vector<K> ReadContractions(const Plan& plan, const Statement& statement, const LookupOutcome<K>& lookups,
                                MaskedChannel<K>& channel, std::vector<LinearClaim<K>>& claims,
                                std::vector<WeightClaim<K>>& weight_claims);

}  // namespace provenn
