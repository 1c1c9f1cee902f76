// Inputs that a key leaves without a proof: said where it is seen.
#include <gmock/gmock.h>

#include "explain/test_hostile_circuit.h"

namespace provenn {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// q = floor((x + 1)/2) for x of 0 to 7, which a lookup holds to first, first + 1, ...
Explanation Halves(int32_t first, uint32_t count) {
  HostileCircuit circuit(4);
  Circuit& c = circuit.model().circuit;
  const uint32_t q = circuit.Value({4}, TensorKind::kOutput, -1);
  c.lookups.push_back(Lookup{"q", {4}, circuit.AddTable(Table{"held", first, count, {}}), {Sum({{{1, 0}, Cells(q)}})}});
  Expression key = Sum({{{1, 0}, Cells(0)}, {{-2, 0}, Cells(q)}});
  key.constant = {1, 0};
  Step step;
  step.kind = Step::Kind::kLookup;
  step.id = static_cast<uint32_t>(c.lookups.size());
  step.quotient = CommittedQuotient{q, 1};
  c.lookups.push_back(Lookup{"r", {4}, circuit.AddTable(Table{"remainders", 0, 2, {}}), {key}});
  circuit.model().program.steps.push_back(step);
  return circuit.Run();
}

TEST(Demands, TheRangeOfAQuotientIsShown) {
  for (const uint32_t size : {5u, 6u}) {
    const Explanation e = Halves(0, size);
    EXPECT_THAT(e.nodes[0].problems, IsEmpty());
    EXPECT_EQ(e.not_total, "");
    const std::string range = "[0, " + std::to_string(size - 1) + "]";
    EXPECT_THAT(e.nodes[0].formula, HasSubstr("T1[i0] = q in " + range + ", others have no proof"));
    ASSERT_FALSE(e.about_weights.empty());
    EXPECT_THAT(e.about_weights.back(), HasSubstr("step 2^1, " + range + ", others have no proof (T1)"));
  }
}

TEST(Demands, ARangeThatAQuotientCanLeaveIsListed) {
  for (const auto& [first, count] : {std::pair(3, 1u), {0, 4u}, {1, 4u}}) {
    SCOPED_TRACE(first);
    const Explanation e = Halves(first, count);
    EXPECT_TRUE(Lists(e, "node 1, T1: its range does not hold every quotient"));
    EXPECT_THAT(e.not_total, Not(IsEmpty()));
    EXPECT_NE(e.graph_id, Halves(0, 5).graph_id);
  }
}

// T0[i0 + 100] is not there and reads 0, which is not from 5 to 7.
TEST(Demands, ARangeOfCellsThatAreNotThereIsListed) {
  for (const int32_t from : {0, 1, 100}) {
    HostileCircuit circuit(4, 5);
    const uint32_t out = circuit.Value({4}, TensorKind::kOutput);
    circuit.Set(out, HostileCircuit::kRelu, {Sum({{{1, 0}, Cells(0)}}), Sum({{{1, 0}, Cells(out)}})});
    circuit.model().circuit.lookups.push_back(
        Lookup{"d", {4}, HostileCircuit::kRange, {Sum({{{1, 0}, Cells(0, from)}})}});
    const Explanation e = circuit.Run();
    EXPECT_EQ(Lists(e, "T0[i0+" + std::to_string(from) + "] be in table 0"), from > 0);
    EXPECT_EQ(e.not_recognised.empty(), from == 0);
  }
}

}  // namespace
}  // namespace provenn
