#include "api/verify_key.h"

#include <bit>
#include <set>

#include "argument/plan.h"
#include "base/file.h"
#include "relation/determinism.h"

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

namespace {

// A reader of a verdict knows inputs and outputs by name: each has one, no two have the same, and each tensor has one
// port. Otherwise the input that is looked at could be another one than the input that is proved about.
Status CheckPorts(const PublicModel& model) {
  std::set<uint32_t> tensors;
  for (const auto* list : {&model.inputs, &model.outputs}) {
    std::set<std::string> names;
    for (const ModelPort& port : *list) {
      const std::string where = (list == &model.inputs ? "input '" : "output '") + port.name + "'";
      if (port.name.empty()) return Error{Code::kRefusedKey, "has no name", where};
      if (!names.insert(port.name).second) return Error{Code::kRefusedKey, "two ports of one name", where};
      if (!tensors.insert(port.tensor).second) return Error{Code::kRefusedKey, "two ports of one tensor", where};
    }
  }
  // One without a port would be neither set nor shown.
  for (size_t t = 0; t < model.circuit.tensors.size(); ++t) {
    const Tensor& tensor = model.circuit.tensors[t];
    const bool is_port = tensor.kind == TensorKind::kInput || tensor.kind == TensorKind::kOutput;
    if (is_port && !tensors.contains(static_cast<uint32_t>(t))) {
      return Error{Code::kRefusedKey, "an input or output tensor that no port names", "tensor " + tensor.name};
    }
  }
  return Ok();
}

}  // namespace

Result<PublicModel> DecodePublicModel(ByteSpan circuit, ByteSpan ports, ByteSpan program,
                                      const WeightsCommitment& weights) {
  PublicModel model;
  ByteReader circuit_reader(circuit);
  ASSIGN_OR_RETURN(model.circuit, DecodeCircuit(circuit_reader));
  RETURN_IF_ERROR(circuit_reader.Finish());
  ByteReader port_reader(ports);
  ASSIGN_OR_RETURN(model.inputs, DecodePorts(port_reader, model.circuit, TensorKind::kInput));
  ASSIGN_OR_RETURN(model.outputs, DecodePorts(port_reader, model.circuit, TensorKind::kOutput));
  RETURN_IF_ERROR(port_reader.Finish());
  ByteReader program_reader(program);
  ASSIGN_OR_RETURN(model.program, DecodeProgram(program_reader));
  RETURN_IF_ERROR(program_reader.Finish());
  model.weights = weights;
  RETURN_IF_ERROR(CheckWeightsShape(model.circuit, weights));
  RETURN_IF_ERROR(CheckPorts(model));
  RETURN_IF_ERROR(CheckDeterminism(model.circuit, model.program));
  model.Seal();
  return model;
}

Bytes EncodeVerifyingKey(const PublicModel& model) {
  const Bytes circuit = EncodeCircuit(model.circuit);
  const Bytes ports = EncodeModelPorts(model);
  const Bytes program = EncodeProgram(model.program);
  ByteWriter w;
  WriteFileHeader(kVerifyingKeyMagic, kKeyFormatVersion, &w);
  WriteWeightsCommitment(model.weights, &w);
  w.U64(circuit.size());
  w.U64(ports.size());
  w.U64(program.size());
  w.Raw(circuit);
  w.Raw(ports);
  w.Raw(program);
  return w.Take();
}

Result<PublicModel> DecodeVerifyingKey(ByteSpan bytes) {
  const std::string where = "verifying key";
  ByteReader reader(bytes);
  RETURN_IF_ERROR(ReadFileHeader(kVerifyingKeyMagic, kKeyFormatVersion, "verifying key", &reader));
  const WeightsCommitment weights = ReadWeightsCommitment(reader);
  const uint64_t circuit_size = reader.U64();
  const uint64_t ports_size = reader.U64();
  const uint64_t program_size = reader.U64();
  RETURN_IF_ERROR(reader.status());
  if (circuit_size > reader.remaining() || ports_size > reader.remaining() - circuit_size ||
      program_size != reader.remaining() - circuit_size - ports_size) {
    return Error{Code::kCorrupt, "the section sizes do not add up to the file's size", where};
  }
  const ByteSpan circuit = reader.Raw(circuit_size);
  const ByteSpan ports = reader.Raw(ports_size);
  const ByteSpan program = reader.Raw(program_size);
  return DecodePublicModel(circuit, ports, program, weights);
}

Result<PublicModel> ReadVerifyingKey(const std::string& path) {
  ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(path, kMaxVerifyingKeyBytes));
  auto model = DecodeVerifyingKey(bytes);
  if (!model.ok()) {
    const std::string& where = model.error().where;
    return Error{model.error().code, where.empty() ? model.error().message : where + ": " + model.error().message,
                 path};
  }
  return model;
}

}  // namespace provenn
