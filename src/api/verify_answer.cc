#include "api/verify_answer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "argument/plan.h"
#include "argument/verify.h"
#include "base/printable.h"

namespace provenn {
namespace {

bool IsInputOrOutput(const Tensor& tensor) {
  return tensor.kind == TensorKind::kInput || tensor.kind == TensorKind::kOutput;
}

Digest TensorDigest(const ModelPort& port, const std::vector<int32_t>& values) {
  ByteWriter w;
  w.String(port.name);
  w.Varint(port.shape.size());
  for (int64_t size : port.shape) w.I64(size);
  w.U64(values.size());
  for (int32_t v : values) w.U32(static_cast<uint32_t>(v));
  return Sha256Of("provenn.tensor", {ByteSpan(w.bytes())});
}

double Step(const PublicModel& model, const ModelPort& port) {
  return std::ldexp(1.0, -model.circuit.tensors[port.tensor].scale);
}

std::vector<ShownTensor> Show(const PublicModel& model, const std::vector<ModelPort>& ports,
                              const Statement& statement) {
  std::vector<ShownTensor> shown;
  for (const ModelPort& port : ports) {
    ShownTensor s;
    s.name = port.name;
    s.hidden = statement.hidden[port.tensor] != 0;
    s.step = Step(model, port);
    if (!s.hidden) {
      const std::vector<int32_t>& values = statement.values[port.tensor];
      s.values = RealValues(model.circuit, port, values, statement.batch);
      s.digest = TensorDigest(port, values);
    }
    shown.push_back(std::move(s));
  }
  return shown;
}

std::string HiddenText(const std::string& what, const std::string& name) {
  return what + " " + name + " is hidden in this proof";
}

bool GivenByPosition(const std::vector<NamedTensor>& expected, const FloatTensor* values) {
  return std::any_of(expected.begin(), expected.end(),
                     [&](const NamedTensor& t) { return &t.values == values && t.name.empty(); });
}

std::string OtherBatch(const std::string& side, const ModelPort& port, const Statement& statement, uint32_t samples) {
  return side + " " + port.name + ": the proof is about " + std::to_string(statement.batch) + " samples, not " +
         std::to_string(samples);
}

// Where the proof's inputs differ from those that are expected; empty if they do not.
Result<std::string> InputMismatch(const PublicModel& model, const Statement& statement,
                                  const std::vector<NamedTensor>& expected, std::vector<InputDifference>* differences) {
  ASSIGN_OR_RETURN(const auto tensors, MatchTensors(expected, PortNames(model.inputs), "input"));
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i] == nullptr) continue;
    const ModelPort& port = model.inputs[i];
    const auto batch = CheckInput(model.circuit, port, *tensors[i]);
    if (!batch.ok()) {
      // No proof is about a value that the model does not take.
      if (batch.error().code == Code::kOutOfRange) return batch.error().ToString();
      return batch.error();
    }
    std::vector<int32_t> want(tensors[i]->data.size());
    QuantiseInput(model.circuit, port, *tensors[i], want);
    if (statement.hidden[port.tensor] != 0) return HiddenText("input", port.name);
    const std::vector<int32_t>& have = statement.values[port.tensor];
    if (*batch != statement.batch) return OtherBatch("input", port, statement, *batch);
    const auto [w, h] = std::mismatch(want.begin(), want.end(), have.begin(), have.end());
    if (w == want.end() && h == have.end()) {
      const FloatTensor proved = RealValues(model.circuit, port, have, statement.batch);
      InputDifference difference{port.name, 0, Step(model, port), GivenByPosition(expected, tensors[i])};
      for (size_t k = 0; k < proved.data.size(); ++k) {
        const double d = static_cast<double>(proved.data[k]) - static_cast<double>(tensors[i]->data[k]);
        difference.largest = std::max(difference.largest, std::abs(d));
      }
      differences->push_back(std::move(difference));
      continue;
    }
    const auto differing =
        std::inner_product(want.begin(), want.end(), have.begin(), size_t{0}, std::plus<>(), std::not_equal_to<>());
    return "input " + port.name + ": " + std::to_string(differing) + " of " + std::to_string(have.size()) +
           " values differ";
  }
  return std::string();
}

Result<std::string> OutputMismatch(const PublicModel& model, const Statement& statement,
                                   const std::vector<NamedTensor>& expected, std::vector<std::string>* compared) {
  ASSIGN_OR_RETURN(const auto tensors, MatchTensors(expected, PortNames(model.outputs), "output"));
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i] == nullptr) continue;
    const ModelPort& port = model.outputs[i];
    ASSIGN_OR_RETURN(const uint32_t samples, CountSamples(tensors[i]->shape, port.shape, "output " + port.name));
    if (statement.hidden[port.tensor] != 0) return HiddenText("output", port.name);
    if (samples != statement.batch) return OtherBatch("output", port, statement, samples);
    const FloatTensor have = RealValues(model.circuit, port, statement.values[port.tensor], statement.batch);
    const std::vector<float>& want = tensors[i]->data;
    // Equal as real numbers, so that -0 is 0; NaN equals nothing.
    const auto [w, h] = std::mismatch(want.begin(), want.end(), have.data.begin());
    if (w == want.end()) {
      compared->push_back(port.name);
      continue;
    }
    return "output " + port.name + "[" + std::to_string(w - want.begin()) + "]: " + Number(static_cast<double>(*h), 9) +
           " was proved, not " + Number(static_cast<double>(*w), 9);
  }
  return std::string();
}

template <typename K>
void CheckProof(Circuit batched, const Statement& statement, const ProofFile& file, VerifyReport* report) {
  const auto plan = MakePlan<K>(std::move(batched), statement.hidden, statement.weights);
  if (!plan.ok()) {
    report->reason = Reason::kParameters;
    report->where = plan.error().ToString();
    return;
  }
  const Verdict verdict = VerifyProof<K>(*plan, statement, file.proof);
  report->accepted = verdict.accepted;
  report->reason = verdict.reason;
  report->where = verdict.where;
}

template <typename K>
Result<ProofParameters> Parameters(const PublicModel& model, const Circuit& batched,
                                   const std::vector<uint8_t>& hidden) {
  ASSIGN_OR_RETURN(const Plan plan, MakePlan<K>(batched, hidden, model.weights));
  ProofParameters p;
  const auto add = [&](std::string name, uint64_t value) { p.sizes.emplace_back(std::move(name), value); };
  const auto oracle = [&](const std::string& name, const OracleShape& shape) {
    add(name + " rows", shape.message_rows);
    add(name + " columns", shape.columns);
    add(name + " domain", shape.size());
    add(name + " queries", shape.random_rows);
  };
  oracle("activations", plan.activations_shape);
  if (plan.has_weights()) {
    add("weights rows", plan.weights_layout.rows());
    add("weights columns", plan.weights.columns);
    add("weights domain", uint64_t{1} << plan.weights.log_size);
    add("weights queries", plan.weight_queries);
    oracle("folded weights", plan.folded_weights_shape);
    oracle("hidden rows", plan.hidden_rows.shape);
  }
  oracle("terminal", plan.terminal_shape);
  for (size_t i = 0; i < plan.levels.size(); ++i) oracle("level " + std::to_string(i + 1), plan.levels[i].shape);
  add("pads", plan.pads);
  add("pad products", plan.products);
  add("lookup leaves", plan.leaves.used);
  p.budget = MakeBudget<K>(plan);
  p.schedule = ProofSchedule<K>(plan);
  return p;
}

}  // namespace

std::vector<std::string> PortNames(const std::vector<ModelPort>& ports) {
  std::vector<std::string> names;
  for (const ModelPort& port : ports) names.push_back(port.name);
  return names;
}

Result<std::vector<const FloatTensor*>> MatchTensors(const std::vector<NamedTensor>& tensors,
                                                     const std::vector<std::string>& names, const std::string& what) {
  std::vector<const FloatTensor*> matched(names.size(), nullptr);
  size_t next = 0;
  for (const NamedTensor& t : tensors) {
    size_t at = next;
    if (t.name.empty()) {
      ++next;
    } else {
      at = static_cast<size_t>(std::find(names.begin(), names.end(), t.name) - names.begin());
    }
    if (at >= names.size()) {
      std::string known;
      for (const std::string& name : names) {
        if (!known.empty()) known += ", ";
        known += name;
      }
      return Error{Code::kInvalidArgument,
                   (t.name.empty() ? "more tensors than the model has " + what + "s"
                                   : "the model has no " + what + " '" + t.name + "'") +
                       "; it has: " + known,
                   what};
    }
    if (matched[at] != nullptr) return Error{Code::kInvalidArgument, "'" + names[at] + "' is given twice", what};
    matched[at] = &t.values;
  }
  return matched;
}

Result<Circuit> BatchedCircuit(const Circuit& circuit, uint32_t batch) {
  if (batch == 0 || batch > kMaxBatch) return Error{Code::kTooLarge, "batch size " + std::to_string(batch), "batch"};
  if (batch == 1) return circuit;
  const auto fits = [&](const Shape& shape) {
    return shape.size() < kMaxRank && ElementCount(shape) <= kMaxElements / batch;
  };
  bool ok = true;
  for (const Tensor& t : circuit.tensors) ok = ok && (t.kind == TensorKind::kWeight || fits(t.shape));
  for (const Contraction& c : circuit.contractions) ok = ok && fits(c.space);
  for (const Lookup& l : circuit.lookups) ok = ok && fits(l.space);
  if (!ok) return Error{Code::kTooLarge, "the model is too large for a batch of " + std::to_string(batch), "batch"};
  Circuit batched = WithBatch(circuit, batch);
  RETURN_IF_ERROR(ValidateCircuit(batched));
  return batched;
}

std::optional<Statement> StatementOf(const PublicModel& model, const ProofFile& file, const Circuit& batched,
                                     Reason* reason, std::string* where) {
  Statement statement;
  statement.circuit_digest = model.circuit_digest;
  statement.interface_digest = model.interface_digest;
  statement.weights = model.weights;
  statement.batch = file.batch;
  statement.context = file.context;
  statement.hidden.assign(batched.tensors.size(), 0);
  statement.values.resize(batched.tensors.size());
  *reason = Reason::kPublicValue;
  *where = "the inputs and outputs of the proof are not those of the model";
  size_t next = 0;
  for (size_t t = 0; t < batched.tensors.size(); ++t) {
    if (!IsInputOrOutput(batched.tensors[t])) continue;
    if (next >= file.tensors.size() || file.tensors[next].tensor != t) return std::nullopt;
    statement.hidden[t] = file.tensors[next].hidden ? 1 : 0;
    statement.values[t] = file.tensors[next].values;
    ++next;
  }
  if (next != file.tensors.size()) return std::nullopt;
  if (const Status valid = ValidateStatement(batched, statement); !valid.ok()) {
    *where = valid.error().ToString();
    return std::nullopt;
  }
  return statement;
}

Result<VerifyReport> VerifyAnswer(const PublicModel& model, const ProofFile& file, const Expectations& expectations) {
  VerifyReport report;
  report.model_id = model.model_id;
  report.profile = file.profile;
  report.batch = file.batch;
  report.context = file.context;
  const auto reject = [&](Reason reason, std::string where) {
    report.reason = reason;
    report.where = std::move(where);
    report.inputs.clear();
    report.outputs.clear();
    return report;
  };
  if (file.model_id != model.model_id) {
    return reject(Reason::kModelId, "the proof is about model " + ToHex(file.model_id));
  }
  if (expectations.model_id.has_value() && *expectations.model_id != model.model_id) {
    return reject(Reason::kModelId, "the key is of model " + ToHex(model.model_id));
  }
  if (expectations.profile.has_value() && file.profile < *expectations.profile) {
    return reject(Reason::kParameters, std::string("the proof is of profile ") + ProfileName(file.profile) + ", " +
                                           ProfileName(*expectations.profile) + " is demanded");
  }
  auto batched = BatchedCircuit(model.circuit, file.batch);
  if (!batched.ok()) return reject(Reason::kParameters, batched.error().ToString());
  const auto statement = StatementOf(model, file, *batched, &report.reason, &report.where);
  if (!statement.has_value()) return report;
  report.inputs = Show(model, model.inputs, *statement);
  report.outputs = Show(model, model.outputs, *statement);

  if (expectations.context.has_value() && *expectations.context != file.context) {
    return reject(Reason::kContext, "the proof was made for '" + file.context + "'");
  }
  ASSIGN_OR_RETURN(const std::string input_mismatch,
                   InputMismatch(model, *statement, expectations.inputs, &report.differences));
  if (!input_mismatch.empty()) return reject(Reason::kInputMismatch, input_mismatch);
  ASSIGN_OR_RETURN(const std::string output_mismatch,
                   OutputMismatch(model, *statement, expectations.outputs, &report.compared_outputs));
  if (!output_mismatch.empty()) return reject(Reason::kOutputMismatch, output_mismatch);

  if (expectations.certificate.has_value()) {
    const KeyVerdict key =
        VerifyCertificate(model, *expectations.certificate, expectations.profile.value_or(Profile::kP100));
    if (!key.accepted) return reject(key.reason, "certificate: " + key.where);
    report.total = key.total;
    report.not_total = key.not_total;
  }

  if (file.profile == Profile::kP100) {
    CheckProof<Ext2>(*std::move(batched), *statement, file, &report);
  } else {
    CheckProof<Ext3>(*std::move(batched), *statement, file, &report);
  }
  if (!report.accepted) return reject(report.reason, report.where);
  return report;
}

Result<ProofParameters> ParametersOf(const PublicModel& model, Profile profile, uint32_t batch,
                                     const std::vector<uint8_t>& hidden) {
  ASSIGN_OR_RETURN(const Circuit batched, BatchedCircuit(model.circuit, batch));
  if (profile == Profile::kP100) return Parameters<Ext2>(model, batched, hidden);
  return Parameters<Ext3>(model, batched, hidden);
}

}  // namespace provenn
