// Keys that a hostile owner would like to be accepted: each free cell is refused at its place and for its reason.
#include "relation/determinism.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "model/compile.h"
#include "model/test_graph.h"
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

TEST_F(DeterminismTest, TwoDecompositionsModuloP) {
  // A remainder and coarse positions that together span the field: 2^(s + t) * rows > p.
  EXPECT_THAT(Refusal([&](Circuit& c, Program& p) {
                Step& step = p.steps[ClampedStep()];
                const uint32_t digit = step.digits[0].tensor;
                const uint32_t wide = RangeLookup(c, digit);
                // The digit becomes 20 bits wide, and five more of the kind are appended.
                Table range;
                range.name = "range";
                range.size = 1u << 20;
                c.tables.push_back(range);
                const auto table = static_cast<uint32_t>(c.tables.size() - 1);
                c.lookups[wide].table = table;
                step.digits[0].bits = 20;
                Expression& key = c.lookups[step.id].columns[0];
                for (int i = 1; i < 3; ++i) {
                  Tensor t = c.tensors[digit];
                  t.name += "more";
                  c.tensors.push_back(t);
                  const auto id = static_cast<uint32_t>(c.tensors.size() - 1);
                  Lookup l = c.lookups[wide];
                  l.columns[0].terms[0].view.tensor = id;
                  c.lookups.push_back(l);
                  ViewTerm term = TermOf(c, step, digit);
                  term.view.tensor = id;
                  term.coefficient.numerator = -(int64_t{1} << (20 * i));
                  key.terms.push_back(term);
                  step.digits.push_back({id, 20});
                }
                for (ViewTerm& t : key.terms) {
                  if (t.coefficient.shift != 0) t.coefficient.shift = 60;
                }
                for (AccumulatorTerm& t : key.accumulators) t.coefficient.shift = 60;
                if (key.constant.numerator != 0) key.constant.shift = 60;
              }),
              HasSubstr("second solution modulo p"));
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
                for (auto it = p.steps.rbegin(); it != p.steps.rend(); ++it) {
                  if (it->outputs.empty() || it->outputs[0] == kNoTensor) continue;
                  Tensor& t = c.tensors[it->outputs[0]];
                  if (t.kind == TensorKind::kWitness) {
                    ++t.shape.back();
                    return;
                  }
                }
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
