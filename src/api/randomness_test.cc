// What two proofs of one key have in common, and what repeated entropy does.
#include <algorithm>
#include <cstring>
#include <set>

#include "api/prove_with_entropy.h"
#include "api/test_session.h"
#include "argument/certificate.h"
#include "argument/proof_random_prover.h"
#include "argument/prove.h"
#include "argument/verify.h"
#include "crypto/entropy.h"

namespace provenn {
namespace {

template <typename K>
Schedule ScheduleOf(const Circuit& batched, const Statement& statement, const Bytes& proof) {
  const auto plan = MakePlan<K>(batched, statement.hidden, statement.weights);
  EXPECT_TRUE(plan.ok());
  const Verdict v = VerifyProof<K>(*plan, statement, proof);
  EXPECT_TRUE(v.accepted);
  return v.schedule;
}

// The 8-byte words of a proof but for these, which are the commitment's or public: row digests and their path, nonces.
std::set<uint64_t> WordsOf(const Schedule& schedule, const Bytes& proof) {
  std::set<uint64_t> words;
  size_t at = 0;
  for (const ScheduleEntry& e : schedule) {
    if (e.kind == 'c') continue;
    const bool shared = e.label == "row digests" || e.label == "row path" || e.kind == 'n';
    for (size_t i = 0; i + 8 <= e.bytes && !shared; i += 8) {
      uint64_t word = 0;
      std::memcpy(&word, proof.data() + at + i, 8);
      EXPECT_TRUE(words.insert(word).second) << "a word occurs twice in one proof, at " << e.label;
    }
    at += e.bytes;
  }
  EXPECT_EQ(at, proof.size());
  EXPECT_GT(words.size(), 5000u);
  return words;
}

std::set<uint64_t> WordsOf(const PublicModel& model, const Certificate& certificate) {
  const auto circuit = MakeCertificateCircuit(model.circuit, model.weights.columns);
  EXPECT_TRUE(circuit.ok());
  const Statement statement = CertificateStatement(*circuit, model.weights, model.model_id);
  return WordsOf(ScheduleOf<Ext2>(circuit->circuit, statement, certificate.proof), certificate.proof);
}

std::set<uint64_t> WordsOf(const PublicModel& model, const ProofFile& file) {
  const auto batched = BatchedCircuit(model.circuit, file.batch);
  Reason reason{};
  std::string where;
  const auto statement = StatementOf(model, file, *batched, &reason, &where);
  EXPECT_TRUE(statement.has_value()) << where;
  const Schedule schedule = file.profile == Profile::kP100 ? ScheduleOf<Ext2>(*batched, *statement, file.proof)
                                                           : ScheduleOf<Ext3>(*batched, *statement, file.proof);
  return WordsOf(schedule, file.proof);
}

size_t Common(const std::set<uint64_t>& a, const std::set<uint64_t>& b) {
  std::vector<uint64_t> common;
  std::ranges::set_intersection(a, b, std::back_inserter(common));
  return common.size();
}

class RandomnessTest : public TinySession {
 protected:
  // A proof from entropy that repeats.
  ProofFile Repeated(const ProveOptions& options, const FloatTensor& input) {
    const auto key = ProvingKey::Open(folder_ + "/model.pk");
    EXPECT_TRUE(key.ok());
    const auto report = ProveAnswerWith(Bytes(kEntropyBytes, 9), *key, {{"", input}}, options, nullptr);
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().ToString());
    return report->file;
  }
};

TEST_F(RandomnessTest, TwoProofsOfOneStatementShareNothing) {
  EXPECT_EQ(Common(WordsOf(model_, Prove().file), WordsOf(model_, Prove().file)), 0u);
}

TEST_F(RandomnessTest, TwoCertificatesShareNothing) {
  const auto key = ProvingKey::Open(folder_ + "/model.pk");
  ASSERT_TRUE(key.ok());
  const auto certify = [&] {
    const auto certificate = CertifyModel(model_, key->weights(), key->oracle(), Profile::kP100, nullptr);
    EXPECT_TRUE(certificate.ok());
    return WordsOf(model_, *certificate);
  };
  EXPECT_EQ(Common(certify(), certify()), 0u);
}

// Where none is given, the seed of the weights' salts is the system's: 32 bytes, in each of which two may differ.
TEST_F(RandomnessTest, SeedsDifferInEveryWord) {
  std::vector<WeightsSeed> seeds;
  for (const std::string name : {"one", "other"}) {
    CommitOptions options;
    options.certificate.reset();
    const std::string folder = folder_ + "/" + name;
    ASSERT_TRUE(CommitModelFile(kTestData + "tiny/model.onnx", {{"", TestTensor("tiny/calibration.npy")}}, options,
                                folder, nullptr)
                    .ok());
    const auto key = ProvingKey::Open(folder + "/model.pk");
    ASSERT_TRUE(key.ok());
    seeds.push_back(key->oracle().seed);
  }
  for (size_t i = 0; i < seeds[0].size(); i += 4) {
    EXPECT_FALSE(std::equal(&seeds[0][i], &seeds[0][i] + 4, &seeds[1][i])) << "bytes " << i << " to " << i + 3;
  }
}

// The generator is ProofRandom of this key's seed, this statement and this witness.
TEST_F(RandomnessTest, TheProofIsMadeFromTheHedgedGenerator) {
  ProveOptions options;
  options.private_input = true;
  const FloatTensor input = TestTensor("tiny/input.npy");
  const ProofFile file = Repeated(options, input);
  const auto key = ProvingKey::Open(folder_ + "/model.pk");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->oracle().seed, WeightsSeed{1});
  const ModelPort& port = model_.inputs[0];
  IntegerTensors integers(model_.circuit.tensors.size());
  integers[port.tensor].resize(input.data.size());
  QuantiseInput(model_.circuit, port, input, integers[port.tensor]);
  const auto witness = RunProgram(model_.circuit, key->program(), key->weights(), integers, 1);
  ASSERT_TRUE(witness.ok());
  const auto batched = BatchedCircuit(model_.circuit, 1);
  Reason reason{};
  std::string where;
  const auto statement = StatementOf(model_, file, *batched, &reason, &where);
  ASSERT_TRUE(statement.has_value()) << where;
  const auto plan = MakePlan<Ext2>(*batched, statement->hidden, statement->weights);
  ASSERT_TRUE(plan.ok());
  Csprng random = ProofRandom(Profile::kP100, *statement, WeightsSeed{1}, *witness, Bytes(kEntropyBytes, 9));
  const ProverInput secret{&*witness, &key->weights(), &key->oracle()};
  const auto proof = ProveStatement<Ext2>(*plan, *statement, secret, random, nullptr);
  ASSERT_TRUE(proof.ok());
  EXPECT_EQ(file.proof, *proof);
}

// Entropy repeats and nothing else: the proof is the same, byte for byte, and shows nothing that it had not shown.
TEST_F(RandomnessTest, EverythingRepeatedIsTheSameProof) {
  ProveOptions options;
  options.private_input = true;
  const FloatTensor input = TestTensor("tiny/input.npy");
  EXPECT_EQ(Repeated(options, input).proof, Repeated(options, input).proof);
}

// With all of it fixed, the bytes are fixed: a prover that is made faster makes the same proof. Whoever means to change
// them changes these digests.
TEST_F(RandomnessTest, TheBytesOfAProofArePinned) {
  const FloatTensor input = TestTensor("tiny/input.npy");
  const auto digest = [&](Profile profile, bool hidden) {
    ProveOptions options;
    options.profile = profile;
    options.private_input = options.private_output = hidden;
    return ToHex(Sha256Of("provenn.test.pinned", {Repeated(options, input).proof}));
  };
  EXPECT_EQ(digest(Profile::kP100, false), "845499c91dbd982f3d06dd2d4429ea0bfb326780b19f055d687c5b4552133c3f");
  EXPECT_EQ(digest(Profile::kP100, true), "2dac22e0580b4f79e3e9398c77dcb5c1dd4252f7a56a99e2fc2e1ab737be7a5f");
  EXPECT_EQ(digest(Profile::kP128, false), "83e287e0d9b28447add6303f0b1fd81078c3ed65a84219763d69d5afe0fe34fe");
  EXPECT_EQ(digest(Profile::kP128, true), "8cdb81384d0de45c5adea5fc1e742990185a9745ab86ccb059cb223096b25a2e");
}

// Entropy repeats and something differs: no word in common.
TEST_F(RandomnessTest, RepeatedEntropyWithAnythingElseDifferentSharesNothing) {
  ProveOptions hidden;
  hidden.private_input = true;
  hidden.private_output = true;
  const FloatTensor input = TestTensor("tiny/input.npy");
  std::vector<std::pair<std::string, std::set<uint64_t>>> seen;
  const auto add = [&](const std::string& what, const ProofFile& file) {
    const std::set<uint64_t> words = WordsOf(model_, file);
    for (const auto& [other, theirs] : seen) EXPECT_EQ(Common(words, theirs), 0u) << what << " and " << other;
    seen.emplace_back(what, words);
  };
  add("hidden", Repeated(hidden, input));
  add("public", Repeated({}, input));
  ProveOptions options = hidden;
  options.context = "another";
  add("context", Repeated(options, input));
  options = hidden;
  options.private_output = false;
  add("visibility", Repeated(options, input));
  options = hidden;
  options.profile = Profile::kP128;
  add("profile", Repeated(options, input));
  // Only the private input differs, and that by one step: the statement is the same.
  FloatTensor near = input;
  near.data[0] += near.data[0] > 0 ? -0.05f : 0.05f;
  add("private input", Repeated(hidden, near));
  add("batch", Repeated(hidden, TestTensor("tiny/batch.npy")));
  // The same model under another seed.
  const auto report = Commit(folder_, 2);
  ASSERT_TRUE(report.ok());
  model_ = *ReadVerifyingKey(folder_ + "/model.vk");
  add("seed", Repeated(hidden, input));
}

}  // namespace
}  // namespace provenn
