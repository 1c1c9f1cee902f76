// The public key of a committed model, `model.vk`: what a verifier needs to know. It holds no weight.
// Layout: docs/format.md.
#pragma once

#include <string>
#include <vector>

#include "api/verify_header.h"
#include "argument/statement.h"
#include "base/bytes.h"
#include "model/compile_port.h"
#include "relation/program.h"

namespace provenn {

inline constexpr uint32_t kKeyFormatVersion = 2;
inline constexpr uint64_t kMaxVerifyingKeyBytes = uint64_t{1} << 28;

// Everything public about a committed model, and what follows from it.
struct PublicModel {
  Circuit circuit;
  std::vector<ModelPort> inputs;
  std::vector<ModelPort> outputs;
  // Evidence that no cell of the circuit has a choice (relation/determinism.h); not part of the model id.
  Program program;
  WeightsCommitment weights;
  // Derived by Seal().
  Digest circuit_digest{};
  Digest interface_digest{};
  Digest model_id{};

  // Computes the digests from the other fields.
  void Seal();
};

// Reads the sections of a key that describe a public model. Both kinds of key hold them in the same encoding:
//   circuit   EncodeCircuit
//   ports     inputs, then outputs, each EncodePorts
//   program   EncodeProgram
// kRefusedKey: the circuit leaves its owner a choice, or its ports could mislead: nothing that it proves says anything.
// kCorrupt, kInvalidArgument: not a valid circuit, ports that do not fit it, or a weights commitment that cannot belong
// to it. The result is sealed.
Result<PublicModel> DecodePublicModel(ByteSpan circuit, ByteSpan ports, ByteSpan program,
                                      const WeightsCommitment& weights);
Bytes EncodeModelPorts(const PublicModel& model);

void WriteWeightsCommitment(const WeightsCommitment& weights, ByteWriter* writer);
WeightsCommitment ReadWeightsCommitment(ByteReader& reader);
// That a commitment of this shape can belong to the circuit, so that array sizes may be computed from it.
Status CheckWeightsShape(const Circuit& circuit, const WeightsCommitment& weights);

Bytes EncodeVerifyingKey(const PublicModel& model);
// kCorrupt for bytes that are not exactly what EncodeVerifyingKey would write for the result.
Result<PublicModel> DecodeVerifyingKey(ByteSpan bytes);
Result<PublicModel> ReadVerifyingKey(const std::string& path);

}  // namespace provenn
