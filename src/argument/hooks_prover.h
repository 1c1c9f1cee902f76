// Places where a test makes the prover cheat, or replaces the verifier's coins. Absent (null) in every real proof.
//
// Each hook changes one thing and the prover goes on honestly from there: what follows is computed from the changed
// value, absorbed and masked as usual. So a test can break exactly one check of the verifier.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "commit/oracle_verifier.h"
#include "crypto/poseidon.h"
#include "crypto/transcript.h"
#include "relation/witness.h"

namespace provenn {

struct LookupWitness;  // lookup_prover.h

// Labels are those of the messages. With hooks, the prover does not refuse to go on when it sees that its messages
// will be rejected.
struct ProverHooks {
  // Every transcript that the prover starts, once the statement is absorbed.
  std::function<void(Transcript&)> transcript;
  // The witness and what the lookups make of it, after the tuples were found to be in their tables.
  std::function<void(Witness&, LookupWitness&)> witness;
  // The message cells of an oracle, before they are committed under the root of that label.
  std::function<void(std::string_view label, std::span<Goldilocks> cells)> commit;
  // The same oracle once it is encoded, row by row, before it is hashed: a word that need not be a codeword.
  std::function<void(std::string_view label, std::span<Goldilocks> codeword)> codeword;
  // The state that a permutation of the weights link starts from: permutation `block` of hidden row `row`. Called from
  // several threads.
  std::function<void(size_t row, size_t block, PoseidonState& state)> permutation;
  // Field elements of a message (coefficients, for extension elements), before pads are subtracted.
  std::function<void(std::string_view label, std::span<Goldilocks> values)> send;
  // Opened rows, before they are sent.
  std::function<void(std::string_view label, RowOpening& opening)> rows;
  // A proof of work that was found.
  std::function<void(uint64_t& nonce)> nonce;
};

}  // namespace provenn
