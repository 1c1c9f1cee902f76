// Keys as a hostile owner would change them: each is refused, or no cell of it has a choice, which is counted.
//
// Counting knows nothing of the check: it writes the circuit out cell by cell and solves for all assignments modulo p
// (relation/test_solution_counter.h), for weights and inputs of honest runs. The graphs are small, so that it can.
//
// A sample by default; PROVENN_KEY_MUTATIONS=K/N takes every mutation whose number in its case is K modulo N, as many
// pairs, and ONNX's operator test cases (tools/mutate_keys runs all K and adds up what each prints).
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <stdexcept>

#include "api/test_key_cases.h"
#include "api/test_program_mutations.h"
#include "crypto/sha256.h"
#include "relation/test_solution_counter.h"

namespace provenn {
namespace {

// Which part of the campaign is run.
struct Part {
  bool sample = true;
  unsigned number = 0;
  unsigned of = 1;
};

Part PartFromEnvironment() {
  Part part;
  const char* value = std::getenv("PROVENN_KEY_MUTATIONS");
  if (value == nullptr) return part;
  part.sample = false;
  PROVENN_CHECK(std::sscanf(value, "%u/%u", &part.number, &part.of) == 2 && part.number < part.of);
  return part;
}

// The commitment can be anything: an owner commits to what suits the circuit.
Result<PublicModel> Check(PublicModel key) {
  key.weights = {};
  for (const Tensor& t : key.circuit.tensors) {
    if (t.kind == TensorKind::kWeight) key.weights = WeightsCommitment{8, 30, {}};
  }
  return DecodePublicModel(EncodeCircuit(key.circuit), EncodeModelPorts(key), EncodeProgram(key.program), key.weights);
}

// Given values for a changed key: those of the honest run, cut or lengthened to the shapes.
Assignment Given(const PublicModel& key, const Assignment& honest) {
  Assignment given = honest;
  given.tensors.resize(key.circuit.tensors.size());
  for (size_t t = 0; t < given.tensors.size(); ++t) {
    const Tensor& tensor = key.circuit.tensors[t];
    given.tensors[t].resize(ElementCount(tensor.shape), static_cast<int32_t>(tensor.min));
  }
  return given;
}

// What the constraints are made of: names, scales and bounds are not.
Digest DigestOf(const Circuit& circuit, const std::vector<Assignment>& given) {
  Circuit plain = circuit;
  for (Tensor& t : plain.tensors) {
    t.name.clear();
    t.kind = t.kind == TensorKind::kOutput ? TensorKind::kWitness : t.kind;
    t.min = t.max = 0;
    t.scale = 0;
    t.outer_axes = 0;
  }
  for (Lookup& l : plain.lookups) l.name.clear();
  for (Table& t : plain.tables) t.name.clear();
  Sha256 hash;
  hash.Update(EncodeCircuit(plain));
  for (const Assignment& run : given) {
    for (size_t t = 0; t < plain.tensors.size(); ++t) {
      if (plain.tensors[t].kind == TensorKind::kWitness) continue;
      const auto& values = run.tensors[t];
      hash.Update({reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(values[0])});
    }
  }
  return hash.Finish();
}

struct Tally {
  size_t total = 0;
  size_t refused = 0;
  size_t one = 0;         // accepted: exactly one assignment in at least one run, never more
  size_t none = 0;        // accepted: no assignment in any run
  size_t several = 0;     // accepted, and more than one assignment
  size_t undecided = 0;   // accepted, and the counting was given up
  size_t tried = 0;       // refused keys that were counted ...
  size_t tried_free = 0;  // ... and had several assignments
  static constexpr size_t Tally::* kFields[] = {&Tally::total,   &Tally::refused,   &Tally::one,   &Tally::none,
                                                &Tally::several, &Tally::undecided, &Tally::tried, &Tally::tried_free};
};

class Campaign {
 public:
  explicit Campaign(Part part) : part_(part), random_(20 + part.number) {}

  void Run(const char* source, const KeyCase& test) {
    ASSERT_TRUE(Check(test.key).ok()) << test.name;
    ASSERT_FALSE(test.runs.empty()) << test.name;
    source_ = source;
    const bool every_entry = !part_.sample && test.every_entry;
    std::vector<KeyMutation> mutations = KeyMutations(test.key, every_entry).Take();
    for (KeyMutation& m : ProgramMutations(test.key).Take()) mutations.push_back(std::move(m));
    const size_t every = part_.sample ? 1 + mutations.size() / kSample : part_.of;
    for (size_t i = part_.sample ? random_() % every : part_.number; i < mutations.size(); i += every) {
      Try(test, mutations[i].kind, mutations[i].place, {&mutations[i]});
    }
    for (size_t i = 0; i < (part_.sample ? kSample / 4 : mutations.size()); i += every) {
      const KeyMutation& a = mutations[random_() % mutations.size()];
      const KeyMutation& b = mutations[random_() % mutations.size()];
      Try(test, "two at once", a.kind + " at " + a.place + "; " + b.kind + " at " + b.place, {&a, &b});
    }
  }

  void Print() const {
    std::printf("source\tmutation\ttotal\trefused\tone\tnone\tseveral\tundecided\trefused, counted\tof these free\n");
    for (const auto& [key, tally] : tallies_) {
      std::printf("%s\t%s", key.first.c_str(), key.second.c_str());
      for (size_t Tally::* field : Tally::kFields) std::printf("\t%zu", tally.*field);
      std::printf("\n");
    }
    std::printf("different circuits counted\t%zu\n", counted_.size());
  }
  Tally Sum() const {
    Tally sum;
    for (const auto& [key, tally] : tallies_) {
      for (size_t Tally::* field : Tally::kFields) sum.*field += tally.*field;
    }
    return sum;
  }

 private:
  void Try(const KeyCase& test, const std::string& kind, const std::string& place,
           const std::vector<const KeyMutation*>& mutations) {
    PublicModel key = test.key;
    try {
      for (const KeyMutation* m : mutations) m->apply(key);
    } catch (const std::exception&) {  // the second one's place is gone
      return;
    }
    if (key.circuit == test.key.circuit && key.program == test.key.program && key.inputs == test.key.inputs &&
        key.outputs == test.key.outputs) {
      return;
    }
    Tally& tally = tallies_[{source_, kind}];
    ++tally.total;
    const auto checked = Check(key);
    tally.refused += checked.ok() ? 0 : 1;
    // Of the refused ones a share is counted as well: the counting would notice.
    if (!checked.ok() && (checked.error().code != Code::kRefusedKey || random_() % (part_.sample ? 8 : 20) != 0))
      return;
    const Solutions found = Count(test, key, checked.ok() ? 500'000'000 : 1'000'000);
    if (!checked.ok()) {
      tally.tried += found != Solutions::kUndecided ? 1 : 0;
      tally.tried_free += found == Solutions::kSeveral ? 1 : 0;
      return;
    }
    const std::string at = test.name + ": " + kind + " at " + place;
    EXPECT_NE(found, Solutions::kSeveral) << at << ": the key is accepted, and one input has several answers";
    EXPECT_NE(found, Solutions::kUndecided) << at << ": too large to count";
    tally.one += found == Solutions::kOne ? 1 : 0;
    tally.none += found == Solutions::kNone ? 1 : 0;
    tally.several += found == Solutions::kSeveral ? 1 : 0;
    tally.undecided += found == Solutions::kUndecided ? 1 : 0;
  }

  // Over all runs: the worst.
  Solutions Count(const KeyCase& test, const PublicModel& key, uint64_t max_work) {
    if (CellConstraints::CountTerms(key.circuit) > kMaxTerms) return Solutions::kUndecided;
    std::vector<Assignment> given;
    for (const Assignment& run : test.runs) given.push_back(Given(key, run));
    const auto [known, fresh] = counted_.try_emplace({DigestOf(key.circuit, given), max_work}, Solutions::kNone);
    if (!fresh) return known->second;
    for (const Assignment& run : given) {
      const CellConstraints constraints(key.circuit, run);
      const Solutions found = SolutionCounter(constraints, max_work).Count();
      if (found != Solutions::kNone) known->second = found;
      if (found == Solutions::kSeveral || found == Solutions::kUndecided) break;
    }
    return known->second;
  }

  static constexpr size_t kSample = 60;  // of a case
  static constexpr uint64_t kMaxTerms = 2'000'000;
  const Part part_;
  std::mt19937 random_;
  std::string source_;
  std::map<std::pair<std::string, std::string>, Tally> tallies_;  // by source and kind
  std::map<std::pair<Digest, uint64_t>, Solutions> counted_;      // by circuit and limit
};

TEST(KeyMutation, NoKeyThatIsAcceptedLeavesAChoice) {
  const Part part = PartFromEnvironment();
  Campaign campaign(part);
  for (const KeyCase& test : SmallKeyCases()) campaign.Run("graphs", test);
  for (const KeyCase& test : ConformanceKeyCases()) campaign.Run("conformance", test);
  if (!part.sample) {
    for (const KeyCase& test : OnnxKeyCases()) campaign.Run("onnx", test);
  }
  campaign.Print();
  const Tally sum = campaign.Sum();
  // The test is of keys that are accepted, and of counts that can be more than one.
  EXPECT_GT(sum.one + sum.none, 50u);
  EXPECT_GT(sum.one, 25u);
  EXPECT_GT(sum.tried_free, 10u);
}

}  // namespace
}  // namespace provenn
