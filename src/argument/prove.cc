#include "argument/prove.h"

#include <algorithm>

#include "argument/contraction_prover.h"
#include "argument/front_verifier.h"
#include "argument/opening_prover.h"
#include "argument/weights_link_prover.h"

namespace provenn {
namespace {

void FillActivations(const Plan& plan, const Witness& witness, const LookupWitness& lookups, OracleProver& oracle) {
  const auto cells = oracle.message();
  const uint32_t columns = plan.columns();
  for (size_t t = 0; t < plan.circuit.tensors.size(); ++t) {
    if (!plan.tensor_block[t].has_value()) continue;
    const std::vector<int32_t>& values = witness.assignment.tensors[t];
    ForEachRun(plan.activations.blocks()[*plan.tensor_block[t]], columns,
               [&](uint64_t element, uint64_t cell, uint64_t length) {
                 for (uint64_t i = 0; i < length; ++i) cells[cell + i] = Goldilocks::FromSigned(values[element + i]);
               });
  }
  for (size_t t = 0; t < plan.circuit.tables.size(); ++t) {
    const uint64_t first = plan.activations.blocks()[plan.multiplicity_block[t]].first_row * columns;
    for (size_t j = 0; j < lookups.multiplicities[t].size(); ++j) cells[first + j] = Goldilocks(lookups.multiplicities[t][j]);
  }
}

}  // namespace

template <typename K>
Result<Bytes> ProveStatement(const Plan& plan, const Statement& statement, const ProverInput& input, Csprng& random,
                             ProgressSink* progress) {
  const auto report = [&](double fraction, const char* stage) {
    if (progress != nullptr) progress->Report(fraction, stage);
  };
  const Witness& witness = *input.witness;
  TensorValues values;
  for (size_t t = 0; t < plan.circuit.tensors.size(); ++t) {
    const bool is_weight = plan.circuit.tensors[t].kind == TensorKind::kWeight;
    const std::vector<int32_t>& source = is_weight ? (*input.weights)[t] : witness.assignment.tensors[t];
    if (source.size() != ElementCount(plan.circuit.tensors[t].shape)) {
      return Error{Code::kInvalidArgument, "wrong number of elements", "tensor " + plan.circuit.tensors[t].name};
    }
    values.emplace_back(source);
  }

  report(0.0, "tables");
  ASSIGN_OR_RETURN(LookupWitness lookups, EvaluateLookups(plan.circuit, witness));

  // The verifier's code on a proof of zeros says which products of pads are needed, before anything is committed.
  std::vector<std::pair<uint32_t, uint32_t>> products;
  {
    MaskedChannel<K> shape{Transcript("provenn.shape")};
    Statement empty;
    empty.hidden = plan.hidden;
    ReadFront<K>(plan, empty, shape);
    for (const auto& p : shape.products()) products.emplace_back(p.left, p.right);
  }

  report(0.1, "commitment");
  ProverChannel<K> channel(StartTranscript(plan.profile, statement));
  Digest terminal_root;
  Terminal<K> terminal = CommitTerminal<K>(plan, products, random, &terminal_root);
  SecretBuffer<K> pads(plan.pads);
  std::copy_n(terminal.entries.begin(), plan.pads, pads.begin());
  channel.SetPads(std::move(pads));
  auto activations = std::make_unique<OracleProver>(plan.activations_shape);
  FillActivations(plan, witness, lookups, *activations);
  channel.SendDigest("terminal root", terminal_root);
  channel.SendDigest("activations root", activations->Commit(random));

  report(0.3, "lookups");
  const LookupProof<K> lookup = ProveLookups(plan, lookups, channel);
  lookups = LookupWitness();
  report(0.6, "contractions");
  const std::vector<ContractionTerm<K>> terms = CollectContractionTerms(plan, lookup.leaf_point, lookup.beta);
  std::vector<K> r;
  if (!terms.empty()) r = ProveContractions(plan, values, terms, channel);
  std::vector<std::unique_ptr<OracleProver>> oracles;
  oracles.push_back(std::move(activations));
  if (plan.has_weights()) {
    report(0.7, "weights");
    WeightsLinkOracles link = ProveWeightsLink(plan, values, *input.oracle, r, random, channel);
    oracles.push_back(std::move(link.folded_weights));
    oracles.push_back(std::move(link.hidden_rows));
  }

  report(0.8, "opening");
  // The verifier's own code, on our own messages: the claims, and their linear forms in the pads.
  MaskedChannel<K> replay(StartTranscript(plan.profile, statement), channel.proof());
  FrontResult<K> front = ReadFront<K>(plan, statement, replay);
  if (!replay.ok()) {
    return Error{Code::kInvalidArgument, std::string("the prover's own messages are rejected: ") + ReasonName(*replay.reason()),
                 replay.where()};
  }
  ProveOpening(plan, std::move(front.claims), products, std::move(oracles), std::move(terminal), random, channel);
  report(1.0, "done");
  return channel.TakeProof();
}

#define PROVENN_INSTANTIATE(K)                                                                                  \
  template Result<Bytes> ProveStatement<K>(const Plan&, const Statement&, const ProverInput&, Csprng&,          \
                                           ProgressSink*);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
