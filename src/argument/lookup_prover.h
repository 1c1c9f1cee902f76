// The prover's side of the lookups (statement: lookup_verifier.h).
#pragma once

#include <vector>

#include "argument/channel_prover.h"
#include "argument/lookup_verifier.h"
#include "argument/plan.h"
#include "base/secret.h"
#include "relation/witness.h"

namespace provenn {

// The row of its table that each tuple of each lookup is, and how often each row is used.
struct LookupWitness {
  // A tuple that is no row: only in proofs of tests that cheat.
  struct Stray {
    size_t lookup = 0;
    size_t index = 0;
    std::vector<Goldilocks> columns;
  };
  std::vector<SecretVector<uint32_t>> rows;            // by lookup, compact over its space
  std::vector<SecretVector<uint32_t>> multiplicities;  // by table
  std::vector<Stray> strays;
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
