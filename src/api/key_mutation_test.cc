// Keys as a hostile owner would change them: each is refused, or no cell of it has a choice, which is counted.
//
// Counting knows nothing of the check: it writes the circuit out cell by cell and solves for all assignments modulo p
// (relation/test_solution_counter.h), for weights and inputs of honest runs. The graphs are small, so that it can.
//
// A sample by default; PROVENN_KEY_MUTATIONS=all takes every mutation, pairs of them, and ONNX's operator test cases
// (tools/mutate_keys prints what it counts).
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <stdexcept>

#include "api/test_key_cases.h"
#include "api/test_program_mutations.h"
#include "relation/test_solution_counter.h"

namespace provenn {
namespace {

bool All() {
  const char* value = std::getenv("PROVENN_KEY_MUTATIONS");
  return value != nullptr && std::strcmp(value, "all") == 0;
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

struct Tally {
  size_t total = 0;
  size_t refused = 0;
  size_t kept = 0;
  size_t one = 0;   // of those kept: exactly one assignment in at least one run
  size_t none = 0;  // of those kept: no assignment in any run
  size_t too_large = 0;
  size_t tried_refused = 0;  // refused keys that were counted ...
  size_t free = 0;           // ... and had several assignments
};

class Campaign {
 public:
  void Run(const KeyCase& test) {
    ASSERT_TRUE(Check(test.key).ok()) << test.name;
    ASSERT_FALSE(test.runs.empty()) << test.name;
    if (All()) std::printf("%s\n", test.name.c_str()), std::fflush(stdout);
    std::vector<KeyMutation> mutations = KeyMutations(test.key).Take();
    for (KeyMutation& m : ProgramMutations(test.key).Take()) mutations.push_back(std::move(m));
    const size_t every = All() ? 1 : 1 + mutations.size() / 40;
    for (size_t i = random_() % every; i < mutations.size(); i += every) {
      Try(test, mutations[i].kind, mutations[i].place, {&mutations[i]});
    }
    for (size_t i = 0; i < (All() ? mutations.size() : 10); ++i) {
      const KeyMutation& a = mutations[random_() % mutations.size()];
      const KeyMutation& b = mutations[random_() % mutations.size()];
      Try(test, "two at once", a.kind + " at " + a.place + "; " + b.kind + " at " + b.place, {&a, &b});
    }
  }

  void Print() const {
    std::printf("%-52s %8s %8s %7s %7s %7s %7s | %s\n", "mutation", "total", "refused", "kept", "one", "none", "large",
                "of refused ones that were counted: free");
    Tally sum;
    for (const auto& [kind, t] : tallies_) {
      Line(kind, t);
      for (size_t Tally::* field : {&Tally::total, &Tally::refused, &Tally::kept, &Tally::one, &Tally::none,
                                    &Tally::too_large, &Tally::tried_refused, &Tally::free}) {
        sum.*field += t.*field;
      }
    }
    Line("all", sum);
  }
  const std::map<std::string, Tally>& tallies() const { return tallies_; }

 private:
  static void Line(const std::string& kind, const Tally& t) {
    std::printf("%-52s %8zu %8zu %7zu %7zu %7zu %7zu | %zu of %zu\n", kind.c_str(), t.total, t.refused, t.kept, t.one,
                t.none, t.too_large, t.free, t.tried_refused);
  }

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
    Tally& tally = tallies_[kind];
    ++tally.total;
    const auto checked = Check(key);
    tally.refused += checked.ok() ? 0 : 1;
    tally.kept += checked.ok() ? 1 : 0;
    // Of the refused ones a share is counted as well: the counting would notice.
    if (!checked.ok() && (checked.error().code != Code::kRefusedKey || random_() % (All() ? 20 : 8) != 0)) return;
    bool one = false;
    bool undecided = CellConstraints::CountTerms(key.circuit) > kMaxTerms;
    bool several = false;
    for (size_t r = 0; r < test.runs.size() && !undecided && !several; ++r) {
      const Assignment given = Given(key, test.runs[r]);
      const CellConstraints constraints(key.circuit, given);
      const Solutions found = SolutionCounter(constraints, checked.ok() && All() ? 50'000'000 : 1'000'000).Count();
      one = one || found == Solutions::kOne;
      several = found == Solutions::kSeveral;
      undecided = found == Solutions::kUndecided;
    }
    if (!checked.ok()) {
      tally.tried_refused += undecided ? 0 : 1;
      tally.free += several ? 1 : 0;
      return;
    }
    EXPECT_FALSE(several) << test.name << ": " << kind << " at " << place
                          << ": the key is accepted, and one input has several answers";
    if (undecided) std::printf("too large: %s: %s at %s\n", test.name.c_str(), kind.c_str(), place.c_str());
    (undecided ? tally.too_large : one ? tally.one : tally.none) += several ? 0 : 1;
  }

  static constexpr uint64_t kMaxTerms = 400'000;
  std::mt19937 random_{20};
  std::map<std::string, Tally> tallies_;
};

TEST(KeyMutation, NoKeyThatIsAcceptedLeavesAChoice) {
  Campaign campaign;
  for (const KeyCase& test : SmallKeyCases()) campaign.Run(test);
  for (const KeyCase& test : ConformanceKeyCases()) campaign.Run(test);
  if (All()) {
    for (const KeyCase& test : OnnxKeyCases()) campaign.Run(test);
  }
  campaign.Print();
  size_t kept = 0;
  size_t counted = 0;
  size_t free = 0;
  for (const auto& [kind, t] : campaign.tallies()) {
    kept += t.kept;
    counted += t.one;
    free += t.free;
  }
  // The test is of keys that are accepted, and of counts that can be more than one.
  EXPECT_GT(kept, 50u);
  EXPECT_GT(counted, 25u);
  EXPECT_GT(free, 10u);
}

}  // namespace
}  // namespace provenn
