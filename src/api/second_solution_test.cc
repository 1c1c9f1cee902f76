// The search for second solutions in the circuits of conformance/ and of every operation: no rescale has two
// decompositions modulo p, at either end of what it can spell, at its honest sums' neighbours or anywhere else that is
// tried; and no group of cells, all of them together, has two values for one input.
#include <gtest/gtest.h>

#include <random>

#include "api/test_key_cases.h"
#include "relation/test_rescale_search.h"

namespace provenn {
namespace {

void ExpectNoSecondSolution(const KeyCase& test, size_t* rescales) {
  const Circuit& circuit = test.key.circuit;
  std::mt19937_64 random(21);
  for (const Step& step : test.key.program.steps) {
    if (step.kind != Step::Kind::kLookup) continue;
    const RescaleSearch search(circuit, step);
    if (!search.HasCells()) continue;
    const auto width = static_cast<unsigned __int128>(search.max() - search.min()) + 1;
    std::vector<RescaleSearch::Wide> sums = {search.min(), search.max(), 0, -1, 1};
    for (int i = 0; i < 4; ++i) sums.push_back(search.min() + static_cast<RescaleSearch::Wide>(random() % width));
    for (const RescaleSearch::Wide e : sums) {
      const Solutions found = search.Count(e);
      EXPECT_TRUE(found == Solutions::kOne || found == Solutions::kNone)
          << test.name << ": " << circuit.lookups[step.id].name << ": " << static_cast<int>(found);
    }
    EXPECT_EQ(search.Count(search.min()), Solutions::kOne) << test.name << ": " << circuit.lookups[step.id].name;
    ++*rescales;
  }
  ASSERT_FALSE(test.runs.empty()) << test.name;
  for (const Assignment& run : test.runs) {
    const CellConstraints constraints(circuit, run);
    EXPECT_EQ(SolutionCounter(constraints).Count(), Solutions::kOne) << test.name;
  }
}

TEST(SecondSolution, NoneInTheConformanceKeys) {
  size_t rescales = 0;
  for (const KeyCase& test : ConformanceKeyCases()) ExpectNoSecondSolution(test, &rescales);
  EXPECT_GE(rescales, 29u);
}

TEST(SecondSolution, NoneInAnyOperation) {
  size_t rescales = 0;
  for (const KeyCase& test : SmallKeyCases()) ExpectNoSecondSolution(test, &rescales);
  EXPECT_GT(rescales, 60u);
}

}  // namespace
}  // namespace provenn
