// That no rescale of a compiled model has a second solution over the field: with E also E + p and E - p are the same
// element, and neither may have digits and a key of its own.
#include <gtest/gtest.h>

#include "field/goldilocks.h"
#include "model/compile.h"
#include "model/interpreter_view.h"
#include "model/test_networks.h"
#include "relation/test_rescale_search.h"

namespace provenn {
namespace {

using Wide = RescaleSearch::Wide;
constexpr Wide kP = Wide{Goldilocks::kModulus};

// E at every index, without what the step sets.
std::vector<int64_t> Sums(const Circuit& circuit, const Step& step, const Witness& witness) {
  const Lookup& lookup = circuit.lookups[step.id];
  std::vector<int64_t> sums(ElementCount(lookup.space));
  ExpressionRuns(circuit, lookup, lookup.columns[0], HelpersOf(step), witness).Evaluate(0, sums);
  return sums;
}

void ExpectOneDecomposition(const CompiledModel& model, std::span<const FloatTensor> inputs) {
  uint32_t batch = 0;
  const auto integers = QuantiseInputs(model.circuit, model.inputs, inputs, &batch);
  ASSERT_TRUE(integers.ok());
  ASSERT_EQ(batch, 1u);
  const auto witness = RunProgram(model.circuit, model.program, model.weights, *integers, batch);
  ASSERT_TRUE(witness.ok()) << witness.error().ToString();
  for (const Step& step : model.program.steps) {
    if (step.kind != Step::Kind::kLookup) continue;
    const std::string& name = model.circuit.lookups[step.id].name;
    const RescaleSearch range(model.circuit, step);
    const auto contains = [&](Wide e) { return e >= range.min() && e <= range.max(); };
    // No element has two representatives in the range ...
    EXPECT_LE(range.max() - range.min() + 1, kP) << name;
    // ... and so none of these: both ends, and what this input gives.
    std::vector<Wide> sums = {range.min(), range.max()};
    for (const int64_t e : Sums(model.circuit, step, *witness)) sums.push_back(e);
    for (const Wide e : sums) {
      EXPECT_TRUE(contains(e)) << name;
      EXPECT_FALSE(contains(e + kP)) << name;
      EXPECT_FALSE(contains(e - kP)) << name;
    }
  }
}

TEST(CompileDecomposition, BranchesOfVeryDifferentMagnitude) {
  BranchNetwork branches;
  const auto model = CompileModel(branches.graph.graph(), branches.samples);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  for (int i = 0; i < 8; ++i) ExpectOneDecomposition(*model, branches.graph.Samples(1, -1.4f, 1.4f));
}

void CheckRandomNetworks(int count, double decades, uint32_t seed) {
  std::mt19937 random(seed);
  int compiled = 0;
  for (int i = 0; i < count; ++i) {
    TestGraph g = RandomNetwork(seed + 1000 + static_cast<uint32_t>(i), decades, random);
    const auto model = CompileModel(g.graph(), g.Samples(8));
    if (!model.ok()) {
      // Scales beyond what the integers hold are refused; nothing else is.
      ASSERT_EQ(model.error().code, Code::kUnsupported) << model.error().ToString();
      continue;
    }
    ++compiled;
    SCOPED_TRACE(testing::Message() << "network " << i << " of 10^+-" << decades);
    ExpectOneDecomposition(*model, g.Samples(1, -0.9f, 0.9f));
  }
  EXPECT_GT(compiled, count * 3 / 4);
}

TEST(CompileDecomposition, RandomNetworksOverTwoDecades) { CheckRandomNetworks(200, 2, 11); }
TEST(CompileDecomposition, RandomNetworksOverThreeDecades) { CheckRandomNetworks(200, 3, 12); }

}  // namespace
}  // namespace provenn
