#include "argument/prove.h"

#include <algorithm>

#include "argument/contraction_prover.h"
#include "argument/front_verifier.h"
#include "argument/opening_prover.h"
#include "argument/weights_link_prover.h"

namespace provenn {
namespace {

const SecretVector<int32_t>& ValuesOf(const Plan& plan, const ProverInput& input, const Witness& witness,
                                      size_t tensor) {
  const bool is_weight = plan.circuit.tensors[tensor].kind == TensorKind::kWeight;
  return is_weight ? (*input.weights)[tensor] : witness.assignment.tensors[tensor];
}

void FillActivations(const Plan& plan, const Witness& witness, const LookupWitness& lookups, OracleProver& oracle) {
  const auto cells = oracle.message();
  const uint32_t columns = plan.columns();
  for (size_t t = 0; t < plan.circuit.tensors.size(); ++t) {
    if (!plan.tensor_block[t].has_value()) continue;
    const SecretVector<int32_t>& values = witness.assignment.tensors[t];
    ForEachRun(plan.activations.blocks()[*plan.tensor_block[t]], columns,
               [&](uint64_t element, uint64_t cell, uint64_t length) {
                 for (uint64_t i = 0; i < length; ++i) cells[cell + i] = Goldilocks::FromSigned(values[element + i]);
               });
  }
  for (size_t t = 0; t < plan.circuit.tables.size(); ++t) {
    const uint64_t first = plan.activations.blocks()[plan.multiplicity_block[t]].first_row * columns;
    for (size_t j = 0; j < lookups.multiplicities[t].size(); ++j)
      cells[first + j] = Goldilocks(lookups.multiplicities[t][j]);
  }
}

}  // namespace

template <typename K>
Result<Bytes> ProveStatement(const Plan& plan, const Statement& statement, const ProverInput& input, Csprng& random,
                             ProgressSink* progress) {
  const auto report = [&](double fraction, const char* stage) {
    if (progress != nullptr) progress->Report(fraction, stage);
  };
  const ProverHooks* hooks = input.hooks;
  Witness changed;  // by a test
  const Witness* witness = input.witness;
  for (size_t t = 0; t < plan.circuit.tensors.size(); ++t) {
    const Tensor& tensor = plan.circuit.tensors[t];
    if (ValuesOf(plan, input, *witness, t).size() != ElementCount(tensor.shape)) {
      return Error{Code::kInvalidArgument, "wrong number of elements", "tensor " + tensor.name};
    }
  }

  report(0.0, "tables");
  ASSIGN_OR_RETURN(LookupWitness lookups, EvaluateLookups(plan.circuit, *witness));
  if (hooks != nullptr && hooks->witness) {
    changed = *witness;
    hooks->witness(changed, lookups);
    witness = &changed;
  }
  TensorValues values;
  for (size_t t = 0; t < plan.circuit.tensors.size(); ++t) values.emplace_back(ValuesOf(plan, input, *witness, t));

  report(0.05, "shape");
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
  ProverChannel<K> channel(StartTranscript(plan.profile, statement), hooks);
  Terminal<K> terminal = CommitTerminal<K>(plan, products, random, channel);
  auto activations = std::make_unique<OracleProver>(plan.activations_shape);
  FillActivations(plan, *witness, lookups, *activations);
  channel.SendOracle("activations root", *activations, random);

  report(0.3, "lookups");
  const LookupProof<K> lookup = ProveLookups(plan, lookups, channel);
  lookups = LookupWitness();
  report(0.6, "contractions");
  const std::vector<ContractionTerm<K>> terms = CollectContractionTerms(plan, lookup.leaf_point, lookup.beta, true);
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
  Transcript again = StartTranscript(plan.profile, statement);
  if (hooks != nullptr && hooks->transcript) hooks->transcript(again);
  MaskedChannel<K> replay(std::move(again), channel.proof());
  FrontResult<K> front = ReadFront<K>(plan, statement, replay);
  if (!replay.ok() && hooks == nullptr) {
    return Error{Code::kInvalidArgument,
                 std::string("the prover's own messages are rejected: ") + ReasonName(*replay.reason()),
                 replay.where()};
  }
  ProveOpening(plan, std::move(front.claims), products, std::move(oracles), std::move(terminal), random, channel);
  report(1.0, "done");
  return channel.TakeProof();
}

#define PROVENN_INSTANTIATE(K) \
  template Result<Bytes> ProveStatement<K>(const Plan&, const Statement&, const ProverInput&, Csprng&, ProgressSink*);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
