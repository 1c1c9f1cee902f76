// An output has a node that says what it is.
#include <gmock/gmock.h>

#include "explain/difference.h"
#include "explain/table.h"
#include "explain/test_hostile_circuit.h"

namespace provenn {
namespace {

using testing::IsEmpty;

// y = x, where the low bits of x are held to be a digit, of that kind.
HostileCircuit WithDigit(TensorKind kind) {
  HostileCircuit circuit(4);
  Circuit& c = circuit.model().circuit;
  const uint32_t digit = circuit.Value({4}, kind);
  const uint32_t bit = circuit.AddTable(Table{"bit", 0, 2, {}});
  c.tensors[digit].max = 1;
  c.lookups.push_back(Lookup{"bit", {4}, bit, {Sum({{{1, 0}, Cells(digit)}})}});
  c.tables[HostileCircuit::kRange].size = 4;
  c.lookups[0] = Lookup{"x", {4}, HostileCircuit::kRange, {Sum({{{1, 1}, Cells(0)}, {{-1, 1}, Cells(digit)}})}};
  Step step;
  step.kind = Step::Kind::kLookup;
  step.digits = {{digit, 1}};
  circuit.model().program.steps.push_back(step);
  const uint32_t y = circuit.Value({4}, TensorKind::kOutput);
  circuit.Set(y, HostileCircuit::kRelu, {Sum({{{1, 0}, Cells(0)}}), Sum({{{1, 0}, Cells(y)}})});
  return circuit;
}

// Two maxima; the difference of the second one goes through a coarse position: top and clamped one are T3 and T4.
HostileCircuit WithClamp() {
  HostileCircuit circuit(4);
  circuit.Maximum(Cells(0), Cells(0, 1), TensorKind::kOutput);
  circuit.Maximum(Cells(0), Cells(0, 2), TensorKind::kOutput);
  EXPECT_EQ(circuit.Clamp({-2, -1, 0, 1}), 3u);
  return circuit;
}

TEST(Outputs, ADigitHasNoFormula) {
  EXPECT_THAT(WithDigit(TensorKind::kWitness).Run().not_recognised, IsEmpty());
  const Explanation e = WithDigit(TensorKind::kOutput).Run();
  EXPECT_TRUE(Lists(e, "output T1: no node sets it"));
  EXPECT_EQ(e.not_recognised.size(), 1u);
  EXPECT_THAT(CompareExplanations(e, e).ports, IsEmpty());
}

TEST(Outputs, CoarsePositionsHaveNoFormula) {
  EXPECT_THAT(WithClamp().Run().not_recognised, IsEmpty());
  for (const uint32_t t : {3u, 4u}) {
    HostileCircuit other = WithClamp();
    other.model().circuit.tensors[t].kind = TensorKind::kOutput;
    const Explanation e = other.Run();
    EXPECT_TRUE(Lists(e, "output T" + std::to_string(t) + ": no node sets it"));
    EXPECT_EQ(e.not_recognised.size(), 1u);
  }
}

// Where keys are cut off, the function's table has to hold one value, over blocks of more than one row: else the limits
// do not show. The function is the identity on 0 to 3.
TEST(Clamps, OfNoBitsCutNothingOffUnseen) {
  Circuit circuit;
  const auto problem = [&](int64_t from, const std::vector<int32_t>& tops, int bits) {
    circuit.tables = {Table{"clamp", from, static_cast<uint32_t>(tops.size()), {tops}},
                      Table{"same", 0, 4, {{0, 1, 2, 3}, {0, 1, 2, 3}}}};
    return TableReader(circuit).ClampProblem(0, 1, 1, bits);
  };
  EXPECT_EQ(problem(0, {0, 1, 2, 3}, 0), "");
  EXPECT_EQ(problem(0, {0, 1}, 1), "");
  for (const std::string& cut : {problem(-2, {0, 0, 0, 1, 2, 3}, 0), problem(0, {0, 1, 2, 3, 3}, 0),
                                 problem(-1, {0, 0, 1}, 1), problem(0, {0, 1, 1}, 1)}) {
    EXPECT_THAT(cut, testing::HasSubstr("does not hold one value"));
  }
}

// y = relu(x), 3 x 3, with the axes of its output in this order.
CompiledModel Square(std::vector<uint32_t> order) {
  HostileCircuit circuit(Shape{3, 3}, -8);
  const uint32_t y = circuit.Value({3, 3}, TensorKind::kOutput);
  circuit.Set(y, HostileCircuit::kRelu, {Sum({{{1, 0}, circuit.Whole(0)}}), Sum({{{1, 0}, circuit.Whole(y)}})});
  circuit.Run();  // sets the ports
  circuit.model().outputs[0].order = std::move(order);
  return circuit.model();
}

TEST(Ports, TheOrderOfTheirAxesShowsAndDiffers) {
  const Explanation plain = Explain(Square({1, 2}));
  const Explanation turned = Explain(Square({2, 1}));
  EXPECT_EQ(OrderText(plain.ports[1]), "");
  EXPECT_EQ(OrderText(turned.ports[1]), ", whose axes are axes 2 and 1 of it");
  EXPECT_NE(plain.graph_id, turned.graph_id);
  const Difference difference = CompareExplanations(plain, turned);
  ASSERT_EQ(difference.ports.size(), 1u);
  EXPECT_THAT(difference.ports[0], testing::HasSubstr("axes 2 and 1"));
}

}  // namespace
}  // namespace provenn
