// The façade: everything that a program outside needs. Commit to a model, run it, prove an answer, verify it.
//
//   owner     CommitModel -> model.pk (secret), model.vk, model.cert and the model id (published)
//   owner     ProvingKey::Open, RunModel, ProveAnswer -> a proof file
//   anyone    ReadVerifyingKey, DecodeProofFile, VerifyAnswer
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/card.h"
#include "api/model_options.h"
#include "api/proving_key.h"
#include "api/seed_file.h"
#include "api/verify_answer.h"
#include "api/verify_certificate.h"
#include "base/progress.h"
#include "model/compile.h"
#include "model/tensor_io.h"

namespace provenn {

struct CommitOptions : ModelOptions {
  std::optional<ModelFormats> formats;  // see CompileOptions
  // Row salts of the weights' commitment. Absent: from the operating system, and the model id differs every time.
  std::optional<WeightsSeed> seed;
  // Keys that are in the folder are replaced. Their seed is then lost, unless it was kept elsewhere, and with it their
  // model id.
  bool overwrite = false;
  // Of the certificate, model.cert; absent: none is made.
  std::optional<Profile> certificate = Profile::kP100;
  // The card, model.card.json, whose model id is filled in; absent: none is written.
  std::optional<ModelCard> card;
};

struct CommitReport {
  Digest model_id{};
  uint64_t weights = 0;  // integer weights
  std::string pk_path;
  std::string vk_path;
  uint64_t pk_bytes = 0;
  uint64_t vk_bytes = 0;
  std::string certificate_path;  // empty: none was made
  uint64_t certificate_bytes = 0;
  double certificate_s = 0;
  std::string card_path;  // empty: none was written
  std::vector<NodeReport> nodes;
  std::vector<Deviation> deviations;
  ModelFormats formats;        // for CommitOptions::formats of another model of the family
  std::vector<KeyFact> tells;  // what in the public key depends on weights or calibration
};

// Commits to an ONNX model (in memory, or a file with the weight files beside it) and writes `directory`/model.pk (mode
// 0600) and model.vk; the folder is made if it is not there. model.vk appears last, so a folder with both is complete;
// each file appears whole or not at all. kIo: keys are there already (of two commits at once, one finds the other's).
Result<CommitReport> CommitModel(ByteSpan onnx, const std::vector<NamedTensor>& calibration,
                                 const CommitOptions& options, const std::string& directory, ProgressSink* progress);
Result<CommitReport> CommitModelFile(const std::string& onnx_path, const std::vector<NamedTensor>& calibration,
                                     const CommitOptions& options, const std::string& directory,
                                     ProgressSink* progress);

// Proves that the committed weights are integers within the bounds of the key, and nothing else is committed: the
// certificate that CommitModel writes. p128 is taken where p100 has no room. Every one is another proof of the same.
// kUnsupported: bounds that cannot be certified; kOutOfRange: a weight outside them.
Result<Certificate> CertifyModel(const PublicModel& model, const IntegerTensors& weights, const WeightsOracle& oracle,
                                 Profile profile, ProgressSink* progress);

struct OutputTensor {
  std::string name;
  FloatTensor values;
  double step = 0;  // values are multiples of it
};

// The integer model's answer, as real numbers. kInvalidArgument: a missing input, a wrong shape; kOutOfRange: a value
// that is not finite or outside the declared range, naming its place.
Result<std::vector<OutputTensor>> RunModel(const ProvingKey& key, const std::vector<NamedTensor>& inputs);

struct ProveOptions {
  Profile profile = Profile::kP100;
  bool private_input = false;
  bool private_output = false;
  std::string context;  // at most kMaxContextBytes
  bool check = true;    // verify the proof before returning it; a damaged key shows here (kCorrupt)
};

struct ProveReport {
  ProofFile file;
  std::vector<OutputTensor> outputs;  // the prover's own copy, private or not
  double seconds = 0;                 // from the input to the proof's bytes: the integer run and the proof
  double check_seconds = 0;
};

Result<ProveReport> ProveAnswer(const ProvingKey& key, const std::vector<NamedTensor>& inputs,
                                const ProveOptions& options, ProgressSink* progress);

}  // namespace provenn
