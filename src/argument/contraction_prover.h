// The prover's side of the contractions (statement: contraction_verifier.h). Work is one pass over each operand.
#pragma once

#include <vector>

#include "argument/channel_prover.h"
#include "argument/contraction_verifier.h"
#include "argument/plan.h"

namespace provenn {

// Values of a tensor by id, compact row-major (batched).
using TensorValues = std::vector<std::span<const int32_t>>;

// Returns the point r, as long as the verifier's.
template <typename K>
std::vector<K> ProveContractions(const Plan& plan, const TensorValues& values,
                                 const std::vector<ContractionTerm<K>>& terms, ProverChannel<K>& channel);

}  // namespace provenn
