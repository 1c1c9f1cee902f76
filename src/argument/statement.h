// What a proof is about: everything public, absorbed before the first challenge.
#pragma once

#include <string>
#include <vector>

#include "argument/profile.h"
#include "crypto/transcript.h"
#include "relation/circuit.h"

namespace provenn {

// The commitment to the weights: the root over the salted rows of their codeword, and its shape.
struct WeightsCommitment {
  uint32_t columns = 0;  // 0: the model has no weights
  int log_size = 0;
  Digest root{};

  bool operator==(const WeightsCommitment&) const = default;
};

// SHA-256 of the circuit's canonical encoding, for one sample.
Digest CircuitDigest(const Circuit& circuit);

// The published commitment to a model. `interface_digest` binds what the circuit does not say: how the model's real
// inputs and outputs map to the circuit's tensors. The argument only absorbs it.
Digest ModelId(const Digest& circuit_digest, const Digest& interface_digest, const WeightsCommitment& weights);

struct Statement {
  Digest circuit_digest{};
  Digest interface_digest{};
  WeightsCommitment weights;
  uint32_t batch = 1;
  // Per tensor id of the circuit: whether the input or output stays hidden. False for all other tensors.
  std::vector<uint8_t> hidden;
  // Per tensor id: the values of public inputs and outputs (batched, row-major); empty for all others.
  std::vector<std::vector<int32_t>> values;
  // Purpose, verifier's nonce: whatever the answer is to be bound to.
  std::string context;
};

// Checks sizes and ranges of the public values against the (batched) circuit. Errors: kInvalidArgument for a wrong
// size, kOutOfRange naming the tensor, the value and the range.
Status ValidateStatement(const Circuit& batched, const Statement& statement);

// A transcript that has absorbed the whole statement.
Transcript StartTranscript(Profile profile, const Statement& statement);

}  // namespace provenn
