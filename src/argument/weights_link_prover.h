// The prover's side of the weights link (statement: weights_link_verifier.h).
#pragma once

#include <memory>
#include <vector>

#include "argument/channel_prover.h"
#include "argument/contraction_prover.h"
#include "argument/plan.h"
#include "argument/weights_oracle.h"
#include "commit/oracle_prover.h"

namespace provenn {

struct WeightsLinkOracles {
  std::unique_ptr<OracleProver> folded_weights;
  std::unique_ptr<OracleProver> hidden_rows;
};

// r: the contraction point. values: by tensor id (weights are read).
template <typename K>
WeightsLinkOracles ProveWeightsLink(const Plan& plan, const TensorValues& values, const WeightsOracle& weights,
                                    const std::vector<K>& r, Csprng& random, ProverChannel<K>& channel);

}  // namespace provenn
