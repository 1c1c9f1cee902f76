// RunModel and ProveAnswer of provenn.h.
#include <chrono>
#include <cmath>

#include "api/prove_with_entropy.h"
#include "argument/proof_random_prover.h"
#include "argument/prove.h"
#include "base/page_pool.h"
#include "crypto/entropy.h"

namespace provenn {
namespace {

double Seconds(std::chrono::steady_clock::time_point from) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

Result<IntegerTensors> IntegerInputs(const PublicModel& model, const std::vector<NamedTensor>& inputs,
                                     uint32_t* batch) {
  ASSIGN_OR_RETURN(const auto matched, MatchTensors(inputs, PortNames(model.inputs), "input"));
  IntegerTensors tensors(model.circuit.tensors.size());
  for (size_t i = 0; i < matched.size(); ++i) {
    const ModelPort& port = model.inputs[i];
    if (matched[i] == nullptr) {
      return Error{Code::kInvalidArgument, "no tensor is given for it", "input " + port.name};
    }
    uint32_t samples = 0;
    ASSIGN_OR_RETURN(samples, CheckInput(model.circuit, port, *matched[i]));
    tensors[port.tensor].resize(matched[i]->data.size());
    QuantiseInput(model.circuit, port, *matched[i], tensors[port.tensor]);
    if (i > 0 && samples != *batch) {
      return Error{Code::kInvalidArgument, "the inputs have different batch sizes", "input " + port.name};
    }
    *batch = samples;
  }
  return tensors;
}

std::vector<OutputTensor> RealOutputs(const PublicModel& model, const Witness& witness, uint32_t batch) {
  std::vector<OutputTensor> outputs;
  for (const ModelPort& port : model.outputs) {
    outputs.push_back({port.name, RealValues(model.circuit, port, witness.assignment.tensors[port.tensor], batch),
                       std::ldexp(1.0, -model.circuit.tensors[port.tensor].scale)});
  }
  return outputs;
}

void ReportStage(ProgressSink* progress, const char* stage) {
  if (progress != nullptr) progress->Report(0, stage);
}

template <typename K>
Result<Bytes> Prove(const ProvingKey& key, const Circuit& batched, const Statement& statement, const Witness& witness,
                    ByteSpan entropy, ProgressSink* progress) {
  ReportStage(progress, "plan");
  ASSIGN_OR_RETURN(const Plan plan, MakePlan<K>(batched, statement.hidden, statement.weights));
  Csprng random = ProofRandom(plan.profile, statement, key.oracle().seed, witness, entropy);
  const ProverInput input{&witness, &key.weights(), statement.weights.columns == 0 ? nullptr : &key.oracle()};
  return ProveStatement<K>(plan, statement, input, random, progress);
}

}  // namespace

Result<std::vector<OutputTensor>> RunModel(const ProvingKey& key, const std::vector<NamedTensor>& inputs) {
  const PublicModel& model = key.model();
  uint32_t batch = 0;
  ASSIGN_OR_RETURN(const IntegerTensors integers, IntegerInputs(model, inputs, &batch));
  ASSIGN_OR_RETURN(const Witness witness, RunProgram(model.circuit, key.program(), key.weights(), integers, batch));
  return RealOutputs(model, witness, batch);
}

Result<ProveReport> ProveAnswer(const ProvingKey& key, const std::vector<NamedTensor>& inputs,
                                const ProveOptions& options, ProgressSink* progress) {
  return ProveAnswerWith(SystemEntropy().span(), key, inputs, options, progress);
}

Result<ProveReport> ProveAnswerWith(ByteSpan entropy, const ProvingKey& key, const std::vector<NamedTensor>& inputs,
                                    const ProveOptions& options, ProgressSink* progress) {
  const PublicModel& model = key.model();
  if (options.context.size() > kMaxContextBytes) {
    return Error{Code::kTooLarge, "more than " + std::to_string(kMaxContextBytes) + " bytes", "context"};
  }
  const PagePoolScope pool;
  const auto started = std::chrono::steady_clock::now();
  ReportStage(progress, "model");
  ProveReport report;
  ProofFile& file = report.file;
  file.profile = options.profile;
  file.model_id = model.model_id;
  file.context = options.context;
  ASSIGN_OR_RETURN(const IntegerTensors integers, IntegerInputs(model, inputs, &file.batch));
  ASSIGN_OR_RETURN(const Circuit batched, BatchedCircuit(model.circuit, file.batch));
  ASSIGN_OR_RETURN(const Witness witness,
                   RunProgram(model.circuit, key.program(), key.weights(), integers, file.batch));
  report.outputs = RealOutputs(model, witness, file.batch);

  for (uint32_t t = 0; t < batched.tensors.size(); ++t) {
    const TensorKind kind = batched.tensors[t].kind;
    if (kind != TensorKind::kInput && kind != TensorKind::kOutput) continue;
    const bool hidden = kind == TensorKind::kInput ? options.private_input : options.private_output;
    file.tensors.push_back({t, hidden, {}});
    const SecretVector<int32_t>& values = witness.assignment.tensors[t];
    if (!hidden) file.tensors.back().values.assign(values.begin(), values.end());
  }
  Reason reason{};
  std::string where;
  const auto statement = StatementOf(model, file, batched, &reason, &where);
  if (!statement.has_value()) return Error{Code::kInvalidArgument, where, "statement"};

  auto proof = options.profile == Profile::kP100 ? Prove<Ext2>(key, batched, *statement, witness, entropy, progress)
                                                 : Prove<Ext3>(key, batched, *statement, witness, entropy, progress);
  if (!proof.ok()) return proof.error();
  file.proof = std::move(*proof);
  report.seconds = Seconds(started);

  if (options.check) {
    const auto checking = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(const VerifyReport verdict, VerifyAnswer(model, file, {}));
    if (!verdict.accepted) {
      return Error{Code::kCorrupt,
                   std::string("the finished proof does not verify (") + ReasonName(verdict.reason) + ", " +
                       verdict.where + "): the key is damaged; commit again",
                   "proving key"};
    }
    report.check_seconds = Seconds(checking);
  }
  return report;
}

}  // namespace provenn
