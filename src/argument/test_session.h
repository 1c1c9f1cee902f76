// A prover and a verifier around one circuit: for tests of the argument.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "argument/front_verifier.h"
#include "argument/lookup_prover.h"
#include "argument/opening_verifier.h"
#include "argument/prove.h"
#include "argument/test_circuit.h"
#include "argument/verify.h"

namespace provenn {

// Everything is deterministic in the seeds, so that a tampered proof is rejected at the same message in every run.
template <typename K>
struct Session {
  TestCase test;
  OwnedWeightsOracle oracle;
  Statement statement;
  std::optional<Plan> plan;

  explicit Session(TestCase made, bool hide_input = false, bool hide_output = false) : test(std::move(made)) {
    oracle = CommitWeights(test.circuit, test.weights, WeightsSeed{1, 2, 3});
    statement.circuit_digest = CircuitDigest(test.circuit);
    statement.weights = oracle.commitment;
    statement.context = "test";
    for (size_t t = 0; t < test.circuit.tensors.size(); ++t) {
      const TensorKind kind = test.circuit.tensors[t].kind;
      const bool hidden = (kind == TensorKind::kInput && hide_input) || (kind == TensorKind::kOutput && hide_output);
      const bool shown = (kind == TensorKind::kInput || kind == TensorKind::kOutput) && !hidden;
      statement.hidden.push_back(hidden ? 1 : 0);
      statement.values.emplace_back();
      const SecretVector<int32_t>& values = test.witness.assignment.tensors[t];
      if (shown) statement.values.back().assign(values.begin(), values.end());
    }
    MakePlanFor(statement);
  }
  explicit Session(uint32_t seed, bool hide_input = false, bool hide_output = false)
      : Session(TestCaseBuilder(seed).Build(), hide_input, hide_output) {}

  void MakePlanFor(const Statement& s) {
    auto made = MakePlan<K>(test.circuit, s.hidden, s.weights);
    PROVENN_CHECK(made.ok());
    plan = std::move(made).value();
  }

  Result<Bytes> Prove(const ProverHooks* hooks = nullptr, uint8_t seed = 1) const {
    Csprng random = Csprng::FromSeed({seed}, "test");
    return Prove(hooks, random, oracle.View(), test.weights, test.witness);
  }
  Result<Bytes> Prove(const ProverHooks* hooks, Csprng& random, const WeightsOracle& weights_oracle,
                      const IntegerTensors& weights, const Witness& witness) const {
    return ProveStatement<K>(*plan, statement, ProverInput{&witness, &weights, &weights_oracle, hooks}, random,
                             nullptr);
  }
  Verdict Verify(ByteSpan proof) const { return VerifyProof<K>(*plan, statement, proof); }

  // A tuple of an honest witness, to be changed.
  LookupWitness::Stray Tuple(const LookupWitness& lookups, size_t lookup, size_t index) const {
    const Table& table = test.circuit.tables[test.circuit.lookups[lookup].table];
    const uint32_t row = lookups.rows[lookup][index];
    LookupWitness::Stray tuple{lookup, index, {Goldilocks::FromSigned(table.first_key + int64_t{row})}};
    for (const auto& column : table.values) tuple.columns.push_back(Goldilocks::FromSigned(column[row]));
    return tuple;
  }
  uint32_t TensorId(const std::string& name) const {
    for (uint32_t t = 0; t < test.circuit.tensors.size(); ++t) {
      if (test.circuit.tensors[t].name == name) return t;
    }
    PROVENN_CHECK(false);
    return 0;
  }
};

// The verifier from a transcript of the caller's.
template <typename K>
Verdict VerifyFrom(const Plan& plan, const Statement& statement, Transcript transcript, ByteSpan proof) {
  MaskedChannel<K> channel(std::move(transcript), proof);
  FrontResult<K> front = ReadFront<K>(plan, statement, channel);
  if (channel.ok()) ReadOpening<K>(plan, std::move(front), channel);
  channel.Finish();
  return {channel.ok(), channel.reason().value_or(Reason::kMalformed), channel.where(), channel.schedule()};
}

inline std::string Show(const Verdict& v) {
  return v.accepted ? std::string("accepted") : std::string(ReasonName(v.reason)) + " at " + v.where;
}

// A message of a proof: where its bytes are.
struct Message {
  ScheduleEntry entry;
  size_t first = 0;
};

// The messages of an accepted proof, challenges left out.
inline std::vector<Message> MessagesOf(const Schedule& schedule) {
  std::vector<Message> messages;
  size_t at = 0;
  for (const ScheduleEntry& e : schedule) {
    if (e.kind == 'c') continue;
    messages.push_back({e, at});
    at += e.bytes;
  }
  return messages;
}

// Adds 1 to the field element at byte `at`, modulo p: another valid encoding.
inline void IncrementElement(Bytes& proof, size_t at) {
  uint64_t v = 0;
  std::memcpy(&v, proof.data() + at, 8);
  v = v + 1 == Goldilocks::kModulus ? 0 : v + 1;
  std::memcpy(proof.data() + at, &v, 8);
}

}  // namespace provenn
