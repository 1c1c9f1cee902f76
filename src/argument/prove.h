// The whole prover.
#pragma once

#include "argument/hooks_prover.h"
#include "argument/lookup_prover.h"
#include "argument/plan.h"
#include "argument/weights_oracle.h"
#include "base/progress.h"

namespace provenn {

// Everything secret that one proof is made from. The weights' values are read by tensor id from `weights` (compact);
// the rest from `witness`.
struct ProverInput {
  const Witness* witness = nullptr;
  const IntegerTensors* weights = nullptr;
  const WeightsOracle* oracle = nullptr;  // null for a model without weights
  const ProverHooks* hooks = nullptr;     // tests only
};

// Proves the statement. The proof is not checked here; a witness that does not satisfy the circuit is an error
// (kInvalidArgument) before anything is sent. All randomness comes from `random`.
template <typename K>
Result<Bytes> ProveStatement(const Plan& plan, const Statement& statement, const ProverInput& input, Csprng& random,
                             ProgressSink* progress);

}  // namespace provenn
