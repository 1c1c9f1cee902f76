// The search for second solutions in what lowering makes, before any key check has seen it: no rescale has two
// decompositions modulo p at any sum that is tried, and no group of cells has a choice. Lowering alone must see to it:
// tools/prover_mutations.py switches its rule off, and both tests fail.
//
// A hundred random networks; PROVENN_RANDOM_NETWORKS=N takes N.
#include <gtest/gtest.h>

#include <cstdlib>

#include "model/float_executor.h"
#include "model/lower.h"
#include "model/test_networks.h"
#include "relation/determinism.h"
#include "relation/test_rescale_search.h"

namespace provenn {
namespace {

constexpr InputFormat kInput{13, -32768, 32767};

Result<Lowered> Lower(const Graph& graph, const std::vector<FloatTensor>& samples) {
  std::vector<Range> ranges(graph.values.size());
  const size_t count = samples[0].data.size() / static_cast<size_t>(ElementCount(graph.shape(graph.inputs[0])));
  const FloatExecutor executor(graph);
  for (size_t s = 0; s < count; ++s) {
    FloatTensor one{graph.shape(graph.inputs[0]), {}};
    const size_t size = samples[0].data.size() / count;
    one.data.assign(samples[0].data.begin() + static_cast<ptrdiff_t>(s * size),
                    samples[0].data.begin() + static_cast<ptrdiff_t>((s + 1) * size));
    const auto run = executor.Run(std::vector<FloatTensor>{one}, [&](ValueId id, const FloatTensor& tensor) {
      for (const float v : tensor.data) ranges[static_cast<size_t>(id)].Include(static_cast<double>(v));
    });
    RETURN_IF_ERROR(run.ok() ? Ok() : Status(run.error()));
  }
  return LowerGraph(graph, ranges, {kInput}, nullptr, {});
}

struct Tried {
  size_t total = 0;
  size_t too_large = 0;  // to count: three digits beside a clamp of 10^5 rows
  void Add(Solutions found) {
    ++total;
    too_large += found == Solutions::kUndecided ? 1 : 0;
  }
};

// Of one rescale: at both ends of what it can spell, around zero, and anywhere.
void ExpectOneDecomposition(const Lowered& lowered, std::mt19937_64& random, Tried* tried) {
  for (const Step& step : lowered.program.steps) {
    if (step.kind != Step::Kind::kLookup) continue;
    const RescaleSearch search(lowered.circuit, step);
    if (!search.HasCells()) continue;
    const auto width = static_cast<unsigned __int128>(search.max() - search.min()) + 1;
    for (const RescaleSearch::Wide e : {search.min(), search.max(), RescaleSearch::Wide{0}, RescaleSearch::Wide{-1},
                                        search.min() + static_cast<RescaleSearch::Wide>(random() % width)}) {
      const Solutions found = search.Count(e);
      const bool possible = e >= search.min() && e <= search.max();
      EXPECT_NE(found, Solutions::kSeveral) << lowered.circuit.lookups[step.id].name << " has two decompositions";
      EXPECT_TRUE(!possible || found != Solutions::kNone) << lowered.circuit.lookups[step.id].name << " has none";
      tried->Add(found);
    }
  }
}

// Of all cells together, for a random input.
void ExpectOneAssignment(const Lowered& lowered, std::mt19937_64& random, Tried* tried) {
  IntegerTensors inputs(lowered.circuit.tensors.size());
  for (const LoweredPort& port : lowered.inputs) {
    const Tensor& tensor = lowered.circuit.tensors[port.tensor];
    std::uniform_int_distribution<int32_t> value(static_cast<int32_t>(tensor.min), static_cast<int32_t>(tensor.max));
    for (uint64_t i = 0; i < ElementCount(tensor.shape); ++i) inputs[port.tensor].push_back(value(random));
  }
  const auto witness = RunProgram(lowered.circuit, lowered.program, lowered.weights, inputs);
  ASSERT_TRUE(witness.ok()) << witness.error().ToString();
  const CellConstraints constraints(lowered.circuit, witness->assignment);
  const Solutions found = SolutionCounter(constraints).Count();
  EXPECT_NE(found, Solutions::kSeveral);
  EXPECT_NE(found, Solutions::kNone);
  tried->Add(found);
}

template <typename Visit>
void ForEachNetwork(const Visit& visit) {
  const BranchNetwork branches;
  const auto crafted = Lower(branches.graph.graph(), branches.samples);
  ASSERT_TRUE(crafted.ok()) << crafted.error().ToString();
  visit(*crafted);
  const char* asked = std::getenv("PROVENN_RANDOM_NETWORKS");
  const int count = asked == nullptr ? 100 : std::atoi(asked);
  std::mt19937 random(17);
  int lowered = 0;
  for (int i = 0; i < count; ++i) {
    TestGraph g = RandomNetwork(5000 + static_cast<uint32_t>(i), 2, random);
    const auto made = Lower(g.graph(), g.Samples(8));
    if (!made.ok()) {
      // Scales beyond what the integers hold are refused; nothing else is.
      ASSERT_EQ(made.error().code, Code::kUnsupported) << made.error().ToString();
      continue;
    }
    ++lowered;
    SCOPED_TRACE(testing::Message() << "network " << i);
    visit(*made);
  }
  EXPECT_GE(lowered, count * 3 / 4);
}

TEST(SecondSolution, TheSearchFindsNoneInWhatLoweringMakes) {
  std::mt19937_64 random(18);
  Tried tried;
  ForEachNetwork([&](const Lowered& lowered) {
    ExpectOneDecomposition(lowered, random, &tried);
    ExpectOneAssignment(lowered, random, &tried);
  });
  EXPECT_GT(tried.total, 1000u);
  EXPECT_LT(100 * tried.too_large, tried.total);
  std::printf("%zu counts, %zu of them too large\n", tried.total, tried.too_large);
}

TEST(SecondSolution, TheKeyCheckTakesWhatLoweringMakes) {
  ForEachNetwork([](const Lowered& lowered) {
    const Status status = CheckDeterminism(lowered.circuit, lowered.program);
    EXPECT_TRUE(status.ok()) << status.error().ToString();
  });
}

}  // namespace
}  // namespace provenn
