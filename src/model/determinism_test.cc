// Keys that a hostile owner would like to be accepted: each free cell is refused at its place and for its reason.
#include "relation/determinism.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "model/compile.h"
#include "model/test_graph.h"
#include "relation/test_division.h"
#include "relation/totality.h"

namespace provenn {
namespace {

using testing::HasSubstr;

class DeterminismTest : public testing::Test {
 protected:
  DeterminismTest() {
    TestGraph g = SmallLeNet();
    auto model = CompileModel(g.graph(), g.Samples(4));
    EXPECT_TRUE(model.ok());
    model_ = *std::move(model);
  }

  // Why the changed key is refused; empty if it is not.
  std::string Refusal(const std::function<void(Circuit&, Program&)>& change) const {
    Circuit circuit = model_.circuit;
    Program program = model_.program;
    change(circuit, program);
    EXPECT_TRUE(ValidateCircuit(circuit).ok());
    const Status status = CheckDeterminism(circuit, program);
    if (status.ok()) return "";
    EXPECT_EQ(status.error().code, Code::kRefusedKey);
    EXPECT_FALSE(status.error().where.empty());
    return status.error().message;
  }

  // The first step with digits and a clamp.
  size_t ClampedStep() const {
    const auto& steps = model_.program.steps;
    const auto it = std::find_if(steps.begin(), steps.end(),
                                 [](const Step& s) { return !s.digits.empty() && s.clamp.has_value(); });
    EXPECT_NE(it, steps.end());
    return static_cast<size_t>(it - steps.begin());
  }

  CompiledModel model_;
};

ViewTerm& TermOf(Circuit& circuit, const Step& step, uint32_t tensor) {
  auto& terms = circuit.lookups[step.id].columns[0].terms;
  return *std::find_if(terms.begin(), terms.end(), [&](const ViewTerm& t) { return t.view.tensor == tensor; });
}

uint32_t RangeLookup(const Circuit& circuit, uint32_t tensor) { return CellRanges(circuit)[tensor]->lookup; }

TEST_F(DeterminismTest, TheCompilersKeysPass) {
  EXPECT_EQ(Refusal([](Circuit&, Program&) {}), "");
}

TEST_F(DeterminismTest, ARemainderWithoutARange) {
  EXPECT_THAT(Refusal([&](Circuit& c, Program& p) {
                const Step& step = p.steps[ClampedStep()];
                c.lookups[RangeLookup(c, step.digits[0].tensor)].columns[0].terms[0].coefficient.numerator = 2;
              }),
              HasSubstr("no lookup holds the remainder digit"));
}

TEST_F(DeterminismTest, ACoefficientOfZero) {
  EXPECT_THAT(Refusal([&](Circuit& c, Program& p) {
                const Step& step = p.steps[ClampedStep()];
                c.lookups[RangeLookup(c, step.digits[0].tensor)].columns[0].terms[0].coefficient.numerator = 0;
              }),
              HasSubstr("coefficient 0"));
}

TEST_F(DeterminismTest, AnotherCoefficientOfADigit) {
  EXPECT_THAT(Refusal([&](Circuit& c, Program& p) {
                const Step& step = p.steps[ClampedStep()];
                TermOf(c, step, step.digits[0].tensor).coefficient.numerator = -2;
              }),
              HasSubstr("another coefficient than its role"));
}

TEST_F(DeterminismTest, ADigitReadElsewhere) {
  EXPECT_THAT(Refusal([&](Circuit& c, Program& p) {
                const Step& step = p.steps[ClampedStep()];
                TermOf(c, step, step.digits[0].tensor).view.axes[0].offset = 1;
              }),
              HasSubstr("not read at its own index"));
}

TEST_F(DeterminismTest, AClampWithoutItsLookup) {
  EXPECT_THAT(Refusal([&](Circuit& c, Program& p) {
                const Step& step = p.steps[ClampedStep()];
                c.lookups[*ClampLookups(c)[step.clamp->top]].columns[1].terms[0].coefficient.numerator = 2;
              }),
              HasSubstr("ties the clamped position"));
}

TEST_F(DeterminismTest, ATableThatDoesNotTieKeysToPositions) {
  EXPECT_THAT(
      Refusal([&](Circuit& c, Program& p) { ++c.tables[c.lookups[p.steps[ClampedStep()].id].table].values[0][3]; }),
      HasSubstr("does not tie its keys"));
}

// 2^60 * 15 <= p < 2^60 * 16: with 16 rows x and x + p have decompositions of their own.
TEST(DivisionTest, TwoDecompositionsModuloP) {
  const auto [narrow, program] = WideDivision(15);
  ASSERT_TRUE(ValidateCircuit(narrow).ok());
  EXPECT_TRUE(CheckDeterminism(narrow, program).ok());
  const auto [wide, same] = WideDivision(16);
  const Status status = CheckDeterminism(wide, same);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("second solution modulo p"));
  EXPECT_EQ(status.error().where, "lookup y");
}

TEST(DivisionTest, EveryInputHasAnAnswer) {
  auto [circuit, program] = WideDivision(15);
  const auto ranges = CheckTotality(circuit, program);
  ASSERT_TRUE(ranges.ok());
  EXPECT_EQ((*ranges)[0], (ValueRange{0, 3}));
  EXPECT_EQ((*ranges)[4], (ValueRange{0, 0}));
  const auto place = [&] {
    EXPECT_TRUE(CheckDeterminism(circuit, program).ok());
    const auto refused = CheckTotality(circuit, program);
    EXPECT_FALSE(refused.ok());
    return refused.ok() ? "" : refused.error().where + ": " + refused.error().message;
  };
  // No row for the quotient 0.
  circuit.tables[2].first_key = 1;
  EXPECT_THAT(place(), HasSubstr("lookup y: its keys can leave table zero"));
  circuit.tables[2].first_key = 0;
  // A row's value outside what is declared.
  circuit.tables[2].values[0][0] = 1;
  EXPECT_THAT(place(), HasSubstr("tensor y: its values can leave their declared bounds"));
  circuit.tables[2].values[0][0] = 0;
  // A further lookup that nothing makes true.
  circuit.lookups.push_back(circuit.lookups[0]);
  circuit.lookups.back().columns[0].constant = {7, 0};
  EXPECT_THAT(place(), HasSubstr("its keys can leave table range 4"));
}

TEST_F(DeterminismTest, AnInputWithoutARange) {
  EXPECT_THAT(Refusal([&](Circuit& c, Program&) {
                for (size_t t = 0; t < c.tensors.size(); ++t) {
                  if (c.tensors[t].kind == TensorKind::kInput) c.tensors[t].max += 1;
                }
              }),
              HasSubstr("another range than the declared one"));
}

TEST_F(DeterminismTest, ADecoyInput) {
  EXPECT_THAT(Refusal([&](Circuit& c, Program&) {
                // Held to its range, and read by nothing else.
                for (uint32_t t = 0; t < c.tensors.size(); ++t) {
                  if (c.tensors[t].kind != TensorKind::kInput) continue;
                  Lookup l = c.lookups[RangeLookup(c, t)];
                  c.tensors.push_back(c.tensors[t]);
                  l.columns[0].terms[0].view.tensor = static_cast<uint32_t>(c.tensors.size() - 1);
                  c.lookups.push_back(l);
                  return;
                }
              }),
              HasSubstr("no output depends on it"));
}

TEST_F(DeterminismTest, CellsThatNothingSets) {
  EXPECT_THAT(Refusal([&](Circuit& c, Program& p) {
                const Step& step = p.steps[ClampedStep()];
                ++c.tensors[step.outputs[1]].shape.back();
              }),
              HasSubstr("has cells that no lookup sets"));
}

TEST_F(DeterminismTest, EveryChangeOfAProgramIsRefusedOrStillEvidence) {
  size_t refused = 0;
  for (size_t i = 0; i < model_.program.steps.size(); ++i) {
    Program without = model_.program;
    without.steps.erase(without.steps.begin() + static_cast<ptrdiff_t>(i));
    refused += CheckDeterminism(model_.circuit, without).ok() ? 0 : 1;
  }
  EXPECT_EQ(refused, model_.program.steps.size());
}

}  // namespace
}  // namespace provenn
