// Verification of a proof file against a public key. This file and all that it reaches contain no prover, no thread and
// no ONNX: it is what a small verifier is made of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/verify_certificate.h"
#include "api/verify_key.h"
#include "api/verify_proof_file.h"
#include "argument/reject.h"
#include "argument/schedule.h"
#include "commit/soundness_budget.h"
#include "model/tensor.h"

namespace provenn {

// A tensor for the model's input or output of that name; an empty name means the next one in the model's order.
struct NamedTensor {
  std::string name;
  FloatTensor values;
};

// What the answer must be about, beyond being proved.
struct Expectations {
  std::vector<NamedTensor> inputs;   // quantised as the prover quantises
  std::vector<NamedTensor> outputs;  // exactly the values that the integer model gives, to the precision of a float
  std::optional<std::string> context;
  std::optional<Digest> model_id;
  std::optional<Profile> profile;          // at least this one, of the certificate too
  std::optional<Certificate> certificate;  // that it is a valid one of this key
};

// One input or output as the proof shows it.
struct ShownTensor {
  std::string name;
  bool hidden = false;
  FloatTensor values;  // real numbers; empty if hidden
  double step = 0;     // values are multiples of it
  Digest digest{};     // docs/format.md, "Digest of a public tensor"; zero if hidden
};

// How far a demanded input is from the one that was proved, after the rounding that the key declares.
struct InputDifference {
  std::string name;
  double largest = 0;        // of any value
  double step = 0;           // values that differ by less may be the same input
  bool by_position = false;  // it was given without a name, and this is the one that its place means
};

struct VerifyReport {
  bool accepted = false;
  Reason reason = Reason::kMalformed;  // if not accepted
  std::string where;                   // and where it showed: a message, a tensor, both values
  Digest model_id{};                   // of the key
  Profile profile = Profile::kP100;
  uint32_t batch = 1;
  std::string context;
  // Empty unless accepted: what a proof claims that does not hold is nothing to show.
  std::vector<ShownTensor> inputs;
  std::vector<ShownTensor> outputs;
  // For each input that was demanded and is the one that was proved.
  std::vector<InputDifference> differences;
  // The names of the outputs that were demanded and are those that were proved.
  std::vector<std::string> compared_outputs;
  // Where a certificate was demanded, as in KeyVerdict: whether every input in range has an answer.
  bool total = false;
  std::string not_total;
};

// Never an error for anything that the proof's bytes say: that is a rejection. kInvalidArgument, kOutOfRange only for
// expectations that make no sense for this model (no such input).
Result<VerifyReport> VerifyAnswer(const PublicModel& model, const ProofFile& file, const Expectations& expectations);

// The statement that a proof file makes about a model. nullopt, with `reason` and `where`, if it cannot be about it.
std::optional<Statement> StatementOf(const PublicModel& model, const ProofFile& file, const Circuit& batched,
                                     Reason* reason, std::string* where);

// The model for that many samples at once; kTooLarge beyond the limits of a circuit.
Result<Circuit> BatchedCircuit(const Circuit& circuit, uint32_t batch);

// Parameters, errors of soundness, and messages of proofs of a model: for `inspect`.
struct ProofParameters {
  std::vector<std::pair<std::string, uint64_t>> sizes;
  SoundnessBudget budget{0};
  Schedule schedule;
};
Result<ProofParameters> ParametersOf(const PublicModel& model, Profile profile, uint32_t batch,
                                     const std::vector<uint8_t>& hidden);

// Puts tensors into the order of `names`: those without a name fill the first places, and fewer than all are allowed.
// Result: by port, nullptr where none was given. kInvalidArgument naming the tensor.
Result<std::vector<const FloatTensor*>> MatchTensors(const std::vector<NamedTensor>& tensors,
                                                     const std::vector<std::string>& names, const std::string& what);
std::vector<std::string> PortNames(const std::vector<ModelPort>& ports);

}  // namespace provenn
