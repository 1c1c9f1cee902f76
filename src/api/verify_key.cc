#include "api/verify_key.h"

#include <bit>

#include "argument/plan.h"
#include "base/file.h"

namespace provenn {
namespace {

constexpr uint32_t kMaxWeightColumns = 1024;
constexpr uint32_t kMaxWeightLogSize = 30;

}  // namespace

void PublicModel::Seal() {
  circuit_digest = CircuitDigest(circuit);
  const Bytes ports = EncodeModelPorts(*this);
  interface_digest = Sha256Of("provenn.ports", {ByteSpan(ports)});
  model_id = ModelId(circuit_digest, interface_digest, weights);
}

Bytes EncodeModelPorts(const PublicModel& model) {
  ByteWriter w;
  EncodePorts(model.inputs, &w);
  EncodePorts(model.outputs, &w);
  return w.Take();
}

void WriteWeightsCommitment(const WeightsCommitment& weights, ByteWriter* writer) {
  writer->U32(weights.columns);
  writer->U32(static_cast<uint32_t>(weights.log_size));
  writer->Raw(weights.root);
}

WeightsCommitment ReadWeightsCommitment(ByteReader& reader) {
  WeightsCommitment weights;
  weights.columns = reader.U32();
  const uint32_t log_size = reader.U32();
  const ByteSpan root = reader.Raw(weights.root.size());
  if (weights.columns > kMaxWeightColumns || log_size > kMaxWeightLogSize) reader.Fail("shape of the weights matrix");
  if (!reader.ok()) return WeightsCommitment{};
  weights.log_size = static_cast<int>(log_size);
  std::copy(root.begin(), root.end(), weights.root.begin());
  return weights;
}

Status CheckWeightsShape(const Circuit& circuit, const WeightsCommitment& weights) {
  const auto corrupt = [](const char* what) { return Error{Code::kCorrupt, what, "weights commitment"}; };
  bool has_weights = false;
  uint64_t elements = 0;
  for (const Tensor& tensor : circuit.tensors) {
    if (tensor.kind != TensorKind::kWeight) continue;
    has_weights = true;
    elements += ElementCount(tensor.shape);
  }
  if (!has_weights) return weights == WeightsCommitment{} ? Ok() : corrupt("present, but the model has no weights");
  if (!std::has_single_bit(weights.columns) || weights.columns < 8 || weights.columns > kMaxWeightColumns ||
      weights.log_size < 1) {
    return corrupt("impossible matrix shape");
  }
  const uint64_t size = uint64_t{1} << weights.log_size;
  std::vector<std::optional<uint32_t>> blocks;
  if (elements > size * weights.columns || WeightsLayout(circuit, weights.columns, &blocks).rows() > size / 2) {
    return corrupt("the matrix is too small for the weights");
  }
  return Ok();
}

Result<PublicModel> DecodePublicModel(ByteSpan circuit, ByteSpan ports, const WeightsCommitment& weights) {
  PublicModel model;
  ByteReader circuit_reader(circuit);
  ASSIGN_OR_RETURN(model.circuit, DecodeCircuit(circuit_reader));
  RETURN_IF_ERROR(circuit_reader.Finish());
  ByteReader port_reader(ports);
  ASSIGN_OR_RETURN(model.inputs, DecodePorts(port_reader, model.circuit, TensorKind::kInput));
  ASSIGN_OR_RETURN(model.outputs, DecodePorts(port_reader, model.circuit, TensorKind::kOutput));
  RETURN_IF_ERROR(port_reader.Finish());
  model.weights = weights;
  RETURN_IF_ERROR(CheckWeightsShape(model.circuit, weights));
  // Every input and output of the circuit must have a name: one without would be neither set nor shown.
  std::vector<bool> named(model.circuit.tensors.size(), false);
  for (const auto* list : {&model.inputs, &model.outputs}) {
    for (const ModelPort& port : *list) named[port.tensor] = true;
  }
  for (size_t t = 0; t < named.size(); ++t) {
    const TensorKind kind = model.circuit.tensors[t].kind;
    if ((kind == TensorKind::kInput || kind == TensorKind::kOutput) && !named[t]) {
      return Error{Code::kCorrupt, "an input or output tensor that no port names", model.circuit.tensors[t].name};
    }
  }
  model.Seal();
  return model;
}

Bytes EncodeVerifyingKey(const PublicModel& model) {
  const Bytes circuit = EncodeCircuit(model.circuit);
  const Bytes ports = EncodeModelPorts(model);
  ByteWriter w;
  WriteFileHeader(kVerifyingKeyMagic, kKeyFormatVersion, &w);
  WriteWeightsCommitment(model.weights, &w);
  w.U64(circuit.size());
  w.U64(ports.size());
  w.Raw(circuit);
  w.Raw(ports);
  return w.Take();
}

Result<PublicModel> DecodeVerifyingKey(ByteSpan bytes) {
  const std::string where = "verifying key";
  ByteReader reader(bytes);
  RETURN_IF_ERROR(ReadFileHeader(kVerifyingKeyMagic, kKeyFormatVersion, "verifying key", &reader));
  const WeightsCommitment weights = ReadWeightsCommitment(reader);
  const uint64_t circuit_size = reader.U64();
  const uint64_t ports_size = reader.U64();
  RETURN_IF_ERROR(reader.status());
  if (circuit_size > reader.remaining() || ports_size != reader.remaining() - circuit_size) {
    return Error{Code::kCorrupt, "the section sizes do not add up to the file's size", where};
  }
  const ByteSpan circuit = reader.Raw(circuit_size);
  const ByteSpan ports = reader.Raw(ports_size);
  return DecodePublicModel(circuit, ports, weights);
}

Result<PublicModel> ReadVerifyingKey(const std::string& path) {
  ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(path, kMaxVerifyingKeyBytes));
  auto model = DecodeVerifyingKey(bytes);
  if (!model.ok()) return Error{model.error().code, model.error().ToString(), path};
  return model;
}

}  // namespace provenn
