#include "argument/statement.h"

namespace provenn {
namespace {

constexpr const char* kProtocolTag = "provenn.proof.v1";

}  // namespace

Digest CircuitDigest(const Circuit& circuit) {
  const Bytes bytes = EncodeCircuit(circuit);
  return Sha256Of("provenn.circuit", {ByteSpan(bytes)});
}

Digest ModelId(const Digest& circuit_digest, const Digest& interface_digest, const WeightsCommitment& weights) {
  ByteWriter w;
  w.Raw(circuit_digest);
  w.Raw(interface_digest);
  w.U32(weights.columns);
  w.U32(static_cast<uint32_t>(weights.log_size));
  w.Raw(weights.root);
  return Sha256Of("provenn.model", {ByteSpan(w.bytes())});
}

Status ValidateStatement(const Circuit& batched, const Statement& statement) {
  if (statement.hidden.size() != batched.tensors.size() || statement.values.size() != batched.tensors.size()) {
    return Error{Code::kInvalidArgument, "wrong number of tensors", "statement"};
  }
  for (size_t t = 0; t < batched.tensors.size(); ++t) {
    const Tensor& tensor = batched.tensors[t];
    const bool is_io = tensor.kind == TensorKind::kInput || tensor.kind == TensorKind::kOutput;
    const bool is_public = is_io && statement.hidden[t] == 0;
    if (!is_io && statement.hidden[t] != 0) {
      return Error{Code::kInvalidArgument, "only inputs and outputs are declared hidden", "tensor " + tensor.name};
    }
    if (statement.values[t].size() != (is_public ? ElementCount(tensor.shape) : 0)) {
      return Error{Code::kInvalidArgument, "wrong number of public values", "tensor " + tensor.name};
    }
    for (int32_t v : statement.values[t]) {
      if (v < tensor.min || v > tensor.max) {
        return Error{Code::kOutOfRange,
                     "value " + std::to_string(v) + " is outside [" + std::to_string(tensor.min) + ", " +
                         std::to_string(tensor.max) + "]",
                     "tensor " + tensor.name};
      }
    }
  }
  return Ok();
}

Transcript StartTranscript(Profile profile, const Statement& statement) {
  Transcript transcript(kProtocolTag);
  ByteWriter w;
  w.U8(static_cast<uint8_t>(profile));
  w.Raw(ModelId(statement.circuit_digest, statement.interface_digest, statement.weights));
  w.U32(statement.batch);
  w.U32(static_cast<uint32_t>(statement.hidden.size()));
  w.Raw(statement.hidden);
  transcript.Absorb("statement", w.bytes());
  for (size_t t = 0; t < statement.values.size(); ++t) {
    if (statement.values[t].empty()) continue;
    ByteWriter values;
    values.U32(static_cast<uint32_t>(t));
    for (int32_t v : statement.values[t]) values.U32(static_cast<uint32_t>(v));
    transcript.Absorb("public tensor", values.bytes());
  }
  transcript.Absorb("context", AsBytes(statement.context));
  return transcript;
}

}  // namespace provenn
