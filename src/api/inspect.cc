#include "api/inspect.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "api/card.h"
#include "api/provenn.h"
#include "base/file.h"
#include "explain/reading.h"
#include "model/onnx_import.h"

namespace provenn {
namespace {

int64_t Int(uint64_t v) { return static_cast<int64_t>(v); }

const char* KindText(TensorKind kind) {
  switch (kind) {
    case TensorKind::kInput:
      return "input";
    case TensorKind::kOutput:
      return "output";
    case TensorKind::kWitness:
      return "activation";
    case TensorKind::kWeight:
      return "weight";
  }
  return "unknown";
}

void AddPorts(const PublicModel& model, Inspection* out) {
  InspectTable table{"inputs and outputs", {"name", "kind", "shape", "from", "to", "step"}, {}};
  for (const auto* ports : {&model.inputs, &model.outputs}) {
    for (const ModelPort& port : *ports) {
      const Tensor& t = model.circuit.tensors[port.tensor];
      const double step = std::ldexp(1.0, -t.scale);
      table.rows.push_back({port.name, KindText(t.kind), ShapeToString(port.shape), static_cast<double>(t.min) * step,
                            static_cast<double>(t.max) * step, step});
    }
  }
  out->tables.push_back(std::move(table));
}

// One row per lookup: each layer of the model is one or more of them.
void AddLayers(const Circuit& circuit, Inspection* out) {
  InspectTable layers{"layers", {"lookup", "space", "elements", "table", "rows", "products"}, {}};
  for (const Lookup& lookup : circuit.lookups) {
    uint64_t products = 0;
    for (const Expression& column : lookup.columns) {
      for (const AccumulatorTerm& term : column.accumulators) {
        products += ElementCount(circuit.contractions[term.contraction].space);
      }
    }
    const Table& table = circuit.tables[lookup.table];
    layers.rows.push_back({lookup.name, ShapeText(lookup.space), Int(ElementCount(lookup.space)), table.name,
                           Int(table.size), Int(products)});
  }
  out->tables.push_back(std::move(layers));

  InspectTable tensors{"tensors", {"name", "kind", "shape", "elements", "scale", "min", "max"}, {}};
  for (const Tensor& t : circuit.tensors) {
    tensors.rows.push_back(
        {t.name, KindText(t.kind), ShapeText(t.shape), Int(ElementCount(t.shape)), int64_t{t.scale}, t.min, t.max});
  }
  out->tables.push_back(std::move(tensors));
}

void AddModelFacts(const PublicModel& model, Inspection* out) {
  uint64_t weights = 0;
  uint64_t activations = 0;
  for (const Tensor& t : model.circuit.tensors) {
    (t.kind == TensorKind::kWeight ? weights : activations) += ElementCount(t.shape);
  }
  out->facts.emplace_back("model id", ToHex(model.model_id));
  out->facts.emplace_back("circuit digest", ToHex(model.circuit_digest));
  out->facts.emplace_back("weights root", ToHex(model.weights.root));
  out->facts.emplace_back("weights", Int(weights));
  out->facts.emplace_back("activations", Int(activations));
  out->facts.emplace_back("contractions", Int(model.circuit.contractions.size()));
  out->facts.emplace_back("lookups", Int(model.circuit.lookups.size()));
}

Status AddParameters(const PublicModel& model, Profile profile, Inspection* out) {
  const std::vector<uint8_t> nothing_hidden(model.circuit.tensors.size(), 0);
  ASSIGN_OR_RETURN(const ProofParameters parameters, ParametersOf(model, profile, 1, nothing_hidden));
  const std::string name = ProfileName(profile);
  InspectTable sizes{"parameters " + name, {"parameter", "value"}, {}};
  for (const auto& [parameter, value] : parameters.sizes) sizes.rows.push_back({parameter, Int(value)});
  out->tables.push_back(std::move(sizes));
  InspectTable soundness{"soundness " + name, {"what could go wrong", "bits"}, {}};
  for (const SoundnessBudget::Term& term : parameters.budget.terms()) soundness.rows.push_back({term.name, term.bits});
  soundness.rows.push_back({"all together", parameters.budget.TotalBits()});
  out->tables.push_back(std::move(soundness));
  InspectTable messages{"proof sections " + name, {"message", "count", "bytes"}, {}};
  uint64_t total = 0;
  // Entries of one label are added up: rounds of sumchecks are many.
  for (const ScheduleEntry& entry : parameters.schedule) {
    if (entry.bytes == 0) continue;
    total += entry.bytes;
    const auto row = std::find_if(messages.rows.begin(), messages.rows.end(),
                                  [&](const auto& r) { return std::get<std::string>(r[0]) == entry.label; });
    if (row == messages.rows.end()) {
      messages.rows.push_back({entry.label, Int(entry.count), Int(entry.bytes)});
    } else {
      (*row)[1] = std::get<int64_t>((*row)[1]) + Int(entry.count);
      (*row)[2] = std::get<int64_t>((*row)[2]) + Int(entry.bytes);
    }
  }
  messages.rows.push_back({"all, for typical positions of the queries", int64_t{0}, Int(total)});
  out->tables.push_back(std::move(messages));
  return Ok();
}

Status AddModel(const PublicModel& model, Inspection* out) {
  AddModelFacts(model, out);
  AddPorts(model, out);
  RETURN_IF_ERROR(AddParameters(model, Profile::kP100, out));
  RETURN_IF_ERROR(AddParameters(model, Profile::kP128, out));
  AddLayers(model.circuit, out);
  return Ok();
}

Result<Inspection> InspectProvingKey(const std::string& path) {
  ASSIGN_OR_RETURN(const ProvingKey key, ProvingKey::Open(path));
  Inspection out{"proving key", {{"secret", std::string("yes: it holds the weights")}}, {}};
  const ProvingKeySections& s = key.sections();
  out.tables.push_back({"sections",
                        {"section", "bytes"},
                        {{"circuit", Int(s.circuit)},
                         {"ports", Int(s.ports)},
                         {"program", Int(s.program)},
                         {"weights", Int(s.weights)},
                         {"codeword", Int(s.codeword)},
                         {"row digests", Int(s.digests)},
                         {"Merkle nodes", Int(s.nodes)}}});
  out.facts.emplace_back("program steps", Int(key.program().steps.size()));
  RETURN_IF_ERROR(AddModel(key.model(), &out));
  return out;
}

Result<Inspection> InspectVerifyingKey(const std::string& path) {
  ASSIGN_OR_RETURN(const PublicModel model, ReadVerifyingKey(path));
  Inspection out{"verifying key", {}, {}};
  out.tables.push_back({"sections",
                        {"section", "bytes"},
                        {{"circuit", Int(EncodeCircuit(model.circuit).size())},
                         {"ports", Int(EncodeModelPorts(model).size())},
                         {"program", Int(EncodeProgram(model.program).size())}}});
  RETURN_IF_ERROR(AddModel(model, &out));
  return out;
}

Result<Inspection> InspectProof(const std::string& path) {
  ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(path, kMaxProofFileBytes));
  ASSIGN_OR_RETURN(const ProofFile file, DecodeProofFile(bytes));
  Inspection out{"proof", {}, {}};
  out.facts.emplace_back("model id", ToHex(file.model_id));
  out.facts.emplace_back("profile", std::string(ProfileName(file.profile)));
  out.facts.emplace_back("batch", int64_t{file.batch});
  out.facts.emplace_back("context", file.context);
  InspectTable tensors{"inputs and outputs, as claimed", {"tensor", "visibility", "values"}, {}};
  uint64_t public_bytes = 0;
  for (const ProofTensor& t : file.tensors) {
    tensors.rows.push_back({int64_t{t.tensor}, std::string(t.hidden ? "hidden" : "public"), Int(t.values.size())});
    public_bytes += 4 * t.values.size();
  }
  out.tables.push_back({"sections",
                        {"section", "bytes"},
                        {{"header and statement", Int(bytes.size() - public_bytes - file.proof.size())},
                         {"public values", Int(public_bytes)},
                         {"proof", Int(file.proof.size())}}});
  out.tables.push_back(std::move(tensors));
  return out;
}

Result<Inspection> InspectCertificate(const std::string& path) {
  ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(path, kMaxCertificateBytes));
  ASSIGN_OR_RETURN(const Certificate certificate, DecodeCertificate(bytes));
  Inspection out{"certificate", {}, {}};
  out.facts.emplace_back("model id", ToHex(certificate.model_id));
  out.facts.emplace_back("profile", std::string(ProfileName(certificate.profile)));
  out.facts.emplace_back("proof bytes", Int(certificate.proof.size()));
  return out;
}

Result<Inspection> InspectOnnx(const std::string& path) {
  ASSIGN_OR_RETURN(const Graph graph, ImportOnnxFile(path));
  Inspection out{"ONNX model", {}, {}};
  uint64_t constants = 0;
  for (const GraphValue& value : graph.values) constants += value.data.size();
  out.facts.emplace_back("nodes after import", Int(graph.nodes.size()));
  out.facts.emplace_back("constants", Int(constants));
  InspectTable ports{"inputs and outputs", {"name", "kind", "shape"}, {}};
  for (ValueId id : graph.inputs) {
    ports.rows.push_back({graph.value(id).name, std::string("input"), ShapeToString(graph.shape(id))});
  }
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    ports.rows.push_back({graph.output_names[i], std::string("output"), ShapeToString(graph.shape(graph.outputs[i]))});
  }
  out.tables.push_back(std::move(ports));
  InspectTable nodes{"layers", {"node", "op", "shape"}, {}};
  for (const GraphNode& node : graph.nodes) {
    nodes.rows.push_back({node.name, std::string(OpName(node.op)), ShapeToString(graph.shape(node.output))});
  }
  out.tables.push_back(std::move(nodes));
  return out;
}

// The first bytes of a file; fewer if it is shorter.
Result<Bytes> FirstBytes(const std::string& path, size_t count) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  const ByteSpan bytes = file.bytes().first(std::min(count, file.bytes().size()));
  return Bytes(bytes.begin(), bytes.end());
}

Result<Inspection> InspectCard(const std::string& path) {
  ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(path, kMaxCardBytes));
  ASSIGN_OR_RETURN(const ModelCard card, DecodeCard(bytes));
  Inspection out{"card", {}, {}};
  out.facts.emplace_back("model id", ToHex(card.model_id));
  out.facts.emplace_back("digest", ToHex(CardDigest(bytes)));
  InspectTable claims{"claimed, not proved", {"what", "claim"}, {}};
  for (const auto& [what, text] : CardLines(card)) claims.rows.push_back({what, text});
  out.tables.push_back(std::move(claims));
  return out;
}

}  // namespace

Result<Inspection> InspectFile(const std::string& path) {
  ASSIGN_OR_RETURN(const Bytes head, FirstBytes(path, kProofMagic.size()));
  const std::string magic(head.begin(), head.end());
  auto result = magic == kProvingKeyMagic     ? InspectProvingKey(path)
                : magic == kVerifyingKeyMagic ? InspectVerifyingKey(path)
                : magic == kProofMagic        ? InspectProof(path)
                : magic == kCertificateMagic  ? InspectCertificate(path)
                : magic.starts_with("{")      ? InspectCard(path)
                                              : InspectOnnx(path);
  if (result.ok()) {
    std::error_code ignored;
    auto& facts = result->facts;
    facts.emplace(facts.begin(), "bytes", Int(std::filesystem::file_size(path, ignored)));
  } else if (magic != kProvingKeyMagic && magic != kVerifyingKeyMagic && magic != kProofMagic &&
             magic != kCertificateMagic && !magic.starts_with("{")) {
    return Error{Code::kCorrupt,
                 "is none of: proving key, verifying key, certificate, card, proof, ONNX model (" +
                     result.error().ToString() + ")",
                 path};
  }
  return result;
}

}  // namespace provenn
