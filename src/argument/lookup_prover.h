// The prover's side of the lookups (statement: lookup_verifier.h).
#pragma once

#include <vector>

#include "argument/channel_prover.h"
#include "argument/lookup_verifier.h"
#include "argument/plan.h"
#include "base/secret.h"
#include "relation/witness.h"

namespace provenn {

// Values of every lookup's columns, and how often each table row is used.
struct LookupWitness {
  std::vector<std::vector<SecretVector<Goldilocks>>> columns;  // by lookup, by column, compact over its space
  std::vector<SecretVector<uint32_t>> multiplicities;          // by table
};

// Errors: kInvalidArgument naming the lookup if a tuple is not in its table (a witness that does not satisfy the
// circuit).
Result<LookupWitness> EvaluateLookups(const Circuit& circuit, const Witness& witness);

template <typename K>
struct LookupProof {
  std::vector<K> leaf_point;
  K beta;
};

template <typename K>
LookupProof<K> ProveLookups(const Plan& plan, const LookupWitness& witness, ProverChannel<K>& channel);

}  // namespace provenn
