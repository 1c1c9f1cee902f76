// What words say of addends that other keys could mean otherwise.
#include <gmock/gmock.h>

#include "explain/test_hostile_circuit.h"

namespace provenn {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AddendsTest : public testing::Test {
 protected:
  // A node that is the sum of one contraction.
  static void SetSum(HostileCircuit& circuit, Contraction contraction) {
    CompiledModel& m = circuit.model();
    Step step;
    step.id = static_cast<uint32_t>(m.circuit.contractions.size());
    const Shape shape(contraction.space.begin(), contraction.space.begin() + contraction.out_rank);
    m.circuit.contractions.push_back(std::move(contraction));
    m.program.steps.push_back(step);
    const uint32_t out = circuit.Value(shape, TensorKind::kOutput);
    Expression key = Sum({});
    key.accumulators = {{{1, 0}, step.id}};
    circuit.Set(out, HostileCircuit::kRelu, {key, Sum({{{1, 0}, circuit.Whole(out)}})});
  }
};

TEST_F(AddendsTest, AWeightReadInTwoOrdersIsToldWithItsAxes) {
  for (const bool transposed : {false, true}) {
    HostileCircuit circuit(Shape{4, 4}, 0);
    const uint32_t w = circuit.Value({4, 4}, TensorKind::kWeight);
    const View plain{w, {{0, {{0, 1}}}, {0, {{1, 1}}}}};
    const View turned{w, {{0, {{1, 1}}}, {0, {{0, 1}}}}};
    SetSum(circuit, {{4, 4}, 1, plain, circuit.Whole(0)});
    SetSum(circuit, {{4, 4}, 1, transposed ? turned : plain, circuit.Whole(0)});
    const Explanation e = circuit.Run();
    if (!transposed) {
      EXPECT_THAT(e.nodes[1].operation, Not(HasSubstr("weights T1")));
      continue;
    }
    EXPECT_THAT(e.nodes[0].operation, HasSubstr("in each of 4 groups, weights T1[i0, k0], of T0"));
    EXPECT_THAT(e.nodes[1].operation, HasSubstr("in each of 4 groups, weights T1[k0, i0], of T0"));
  }
}

TEST_F(AddendsTest, GroupsThatAreAReshapeAreToldAsOne) {
  HostileCircuit circuit(12);
  const uint32_t w = circuit.Value({3}, TensorKind::kWeight);
  SetSum(circuit, {{3, 4}, 2, Cells(w), View{0, {{0, {{0, 4}, {1, 1}}}}}});
  EXPECT_THAT(circuit.Run().nodes[0].operation, HasSubstr("product with weights T1 (3) along axis 0 of T0 reshaped"));
}

TEST_F(AddendsTest, SummedAxesOfOneAxisAreToldWithTheirSizes) {
  const View cells{0, {{0, {{1, 2}, {2, 1}}}}};
  for (const uint32_t first : {2u, 3u}) {
    HostileCircuit circuit(12);
    SetSum(circuit, {{1, first, 5 - first}, 1, cells, std::nullopt});
    const std::string sizes = "k0<" + std::to_string(first) + ", k1<" + std::to_string(5 - first);
    EXPECT_THAT(circuit.Run().nodes[0].operation, HasSubstr("[2·k0+k1 for " + sizes + "]"));
  }
}

TEST_F(AddendsTest, AProductThatSumsNothingIsNoMatrixProduct) {
  HostileCircuit circuit(Shape{4, 1}, 0);
  SetSum(circuit, {{4, 1}, 1, circuit.Whole(0), View{0, {{3, {{0, -1}}}, {0, {{1, 1}}}}}});
  const Explanation e = circuit.Run();
  EXPECT_EQ(e.nodes[0].terms[0].kind, Term::Kind::kProduct);
  EXPECT_THAT(e.nodes[0].operation, HasSubstr("T0 times T0 reversed"));
}

// The same cells, along an axis of size 1 or at its only index, as a view or as a sum of one.
TEST_F(AddendsTest, CellsThatCancelAreFoundHoweverTheyAreRead) {
  for (const bool sum : {false, true}) {
    SCOPED_TRACE(sum);
    HostileCircuit circuit(Shape{4, 1}, 0);
    const uint32_t out = circuit.Value({4, 1}, TensorKind::kOutput);
    const View fixed{0, {{0, {{0, 1}}}, {0, {}}}};
    Expression key = Sum({{{1, 0}, View{0, {{3, {{0, -1}}}, {0, {}}}}}, {{1, 0}, fixed}});
    if (sum) {
      CompiledModel& m = circuit.model();
      const View summed{0, {{0, {{0, 1}}}, {0, {{2, 1}}}}};
      m.circuit.contractions.push_back(Contraction{{4, 1, 1}, 2, summed, std::nullopt});
      m.program.steps.push_back(Step{});
      key.accumulators = {{{-1, 0}, 0}};
    } else {
      key.terms.push_back({{-1, 0}, circuit.Whole(0)});
    }
    circuit.Set(out, HostileCircuit::kRelu, {key, Sum({{{1, 0}, circuit.Whole(out)}})});
    EXPECT_TRUE(Lists(circuit.Run(), "two addends cancel"));
  }
}

TEST_F(AddendsTest, AConstantAloneHasNoOperatorBeforeIt) {
  HostileCircuit circuit(4);
  for (const int64_t constant : {-3, 3}) {
    const uint32_t out = circuit.Value({4}, TensorKind::kOutput);
    Expression key = Sum({});
    key.constant = {constant, 0};
    circuit.Set(out, HostileCircuit::kRelu, {key, Sum({{{1, 0}, Cells(out)}})});
  }
  circuit.Maximum(Cells(0), Cells(0), TensorKind::kOutput);
  const Explanation e = circuit.Run();
  EXPECT_THAT(e.nodes[0].formula, HasSubstr("E = -3;"));
  EXPECT_THAT(e.nodes[1].formula, HasSubstr("E = 3;"));
}

// A division by 13 is a product with a number of 12 bits.
TEST_F(AddendsTest, AMeanIsToldWithItsFactor) {
  HostileCircuit circuit(13);
  CompiledModel& m = circuit.model();
  const uint32_t q = circuit.Value({1}, TensorKind::kOutput);
  m.circuit.contractions.push_back(Contraction{{1, 13}, 1, View{0, {{0, {{1, 1}}}}}, std::nullopt});
  m.program.steps.push_back(Step{});
  m.circuit.lookups.push_back(Lookup{"q", {1}, HostileCircuit::kRange, {Sum({{{1, 0}, Cells(q)}})}});
  Expression key = Sum({{{-(1 << 15), 0}, Cells(q)}});
  key.accumulators = {{{2521, 0}, 0}};
  key.constant = {1 << 14, 0};
  Step step;
  step.kind = Step::Kind::kLookup;
  step.id = static_cast<uint32_t>(m.circuit.lookups.size());
  step.quotient = CommittedQuotient{q, 15};
  const uint32_t remainders = circuit.AddTable(Table{"remainders", 0, 1 << 15, {}});
  m.circuit.lookups.push_back(Lookup{"r", {1}, remainders, {key}});
  m.program.steps.push_back(step);
  const Explanation e = circuit.Run();
  EXPECT_TRUE(e.nodes[0].problems.empty());
  EXPECT_THAT(e.nodes[0].operation,
              AllOf(HasSubstr("mean over 13 (axis 0) of T0, with 2521/2^15 for 1/13"), Not(HasSubstr("divided"))));
}

}  // namespace
}  // namespace provenn
