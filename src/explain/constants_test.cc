// Nodes that read no input are shown as constants, with their values.
#include "explain/constants.h"

#include <gmock/gmock.h>

#include "explain/test_models.h"
#include "relation/determinism.h"

namespace provenn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Step Satisfy(uint32_t lookup, std::vector<uint32_t> outputs) {
  Step step;
  step.kind = Step::Kind::kLookup;
  step.id = lookup;
  step.outputs = std::move(outputs);
  return step;
}

View Cells(uint32_t tensor, int32_t from = 0) { return View{tensor, {{from, {{0, 1}}}}}; }

// y = x + c, c = (first, first, second, second), set part by part.
CompiledModel Sum(int64_t first, int64_t second) {
  CompiledModel m;
  Circuit& c = m.circuit;
  c.tensors = {Tensor{"x", TensorKind::kInput, {4}, 0, 3, 0, 0}, Tensor{"c", TensorKind::kWitness, {4}, 0, 15, 0, 0},
               Tensor{"y", TensorKind::kOutput, {4}, 0, 15, 0, 0}};
  Table identity{"identity", 0, 16, {{}}};
  for (int32_t key = 0; key < 16; ++key) identity.values[0].push_back(key);
  c.tables = {Table{"range", 0, 4, {}}, identity};
  const auto cell = [](const View& view) { return Expression{{0, 0}, {{{1, 0}, view}}, {}}; };
  c.lookups = {Lookup{"x", {4}, 0, {cell(Cells(0))}},
               Lookup{"first", {2}, 1, {Expression{{first, 0}, {}, {}}, cell(Cells(1))}},
               Lookup{"second", {2}, 1, {Expression{{second, 0}, {}, {}}, cell(Cells(1, 2))}},
               Lookup{"y", {4}, 1, {Expression{{0, 0}, {{{1, 0}, Cells(0)}, {{1, 0}, Cells(1)}}, {}}, cell(Cells(2))}}};
  m.program.steps = {Satisfy(1, {1}), Satisfy(2, {1}), Satisfy(3, {2})};
  m.inputs = {ModelPort{"x", {1, 4}, 0, {1}}};
  m.outputs = {ModelPort{"y", {1, 4}, 2, {1}}};
  EXPECT_TRUE(ValidateCircuit(c).ok());
  const Status status = CheckDeterminism(c, m.program);
  EXPECT_TRUE(status.ok()) << status.error().ToString();
  return m;
}

TEST(Constants, AreShownWithTheirValues) {
  const Explanation e = Explain(Sum(3, 5));
  EXPECT_THAT(e.not_recognised, IsEmpty());
  ASSERT_EQ(e.nodes.size(), 3u);
  EXPECT_TRUE(e.nodes[0].constant_result && e.nodes[1].constant_result);
  EXPECT_FALSE(e.nodes[2].constant_result);
  EXPECT_THAT(e.nodes[0].operation, HasSubstr("constants 3, 3, 5, 5 (SHA-256 "));
  ASSERT_EQ(e.constants.size(), 1u);
  EXPECT_EQ(e.constants[0].tensor, 1u);
  EXPECT_THAT(e.constants[0].values, ElementsAre(3, 3, 5, 5));
  EXPECT_EQ(Explain(Sum(4, 4)).nodes[0].operation, "constant 4 everywhere");
}

TEST(Constants, OtherValuesAreAnotherDigest) {
  const Explanation a = Explain(Sum(3, 5));
  const Explanation b = Explain(Sum(3, 6));
  EXPECT_NE(a.constants[0].digest, b.constants[0].digest);
  EXPECT_NE(a.formats_id, b.formats_id);
}

TEST(Constants, WhereSumsCouldWrapTheyAreNotComputed) {
  const CompiledModel m = Sum(3, 5);
  const auto sources = SourcesOf(m.circuit, m.program);
  EXPECT_THAT(sources, ElementsAre(Source::kInputs, Source::kNothing, Source::kInputs));
  const auto constants = ConstantsOf(m.circuit, m.program, sources, /*total=*/false);
  ASSERT_EQ(constants.size(), 1u);
  EXPECT_FALSE(constants[0].computed);
}

// t is set in one half by a step that reads nothing, with a digit, and in the other by one that reads the input; u is a
// constant beside it and, with `from_digit`, another one is made of the digit.
CompiledModel HalfConstant(bool from_digit) {
  CompiledModel m;
  Circuit& c = m.circuit;
  c.tensors = {Tensor{"x", TensorKind::kInput, {2}, 0, 3, 0, 0}, Tensor{"t", TensorKind::kOutput, {4}, 0, 3, 0, 0},
               Tensor{"d", TensorKind::kWitness, {2}, 0, 1, 0, 0}, Tensor{"u", TensorKind::kOutput, {2}, 0, 3, 0, 0},
               Tensor{"v", TensorKind::kOutput, {2}, 0, 3, 0, 0}};
  c.tables = {Table{"range", 0, 4, {}}, Table{"bit", 0, 2, {}}, Table{"identity", 0, 4, {{0, 1, 2, 3}}}};
  const auto cell = [](const View& view) { return Expression{{0, 0}, {{{1, 0}, view}}, {}}; };
  c.contractions = {Contraction{{2}, 1, Cells(0), std::nullopt}};
  c.lookups = {Lookup{"x", {2}, 0, {cell(Cells(0))}},
               Lookup{"d", {2}, 1, {cell(Cells(2))}},
               Lookup{"constant half", {2}, 2, {Expression{{3, 1}, {{{-1, 1}, Cells(2)}}, {}}, cell(Cells(1))}},
               Lookup{"other half", {2}, 2, {Expression{{0, 0}, {}, {{{1, 0}, 0}}}, cell(Cells(1, 2))}},
               Lookup{"u", {2}, 2, {Expression{{1, 0}, {}, {}}, cell(Cells(3))}},
               Lookup{"v", {2}, 2, {from_digit ? cell(Cells(2)) : Expression{{2, 0}, {}, {}}, cell(Cells(4))}}};
  m.program.steps = {Step{}, Satisfy(2, {1}), Satisfy(3, {1}), Satisfy(4, {3}), Satisfy(5, {4})};
  m.program.steps[1].digits = {{2, 1}};
  m.inputs = {ModelPort{"x", {1, 2}, 0, {1}}};
  m.outputs = {ModelPort{"t", {1, 4}, 1, {1}}, ModelPort{"u", {1, 2}, 3, {1}}, ModelPort{"v", {1, 2}, 4, {1}}};
  EXPECT_TRUE(ValidateCircuit(c).ok());
  const Status status = CheckDeterminism(c, m.program);
  EXPECT_TRUE(status.ok()) << status.error().ToString();
  return m;
}

TEST(Constants, HalvesOfWhatAnInputSetsAreNotRun) {
  const Explanation e = Explain(HalfConstant(/*from_digit=*/false));
  ASSERT_EQ(e.nodes.size(), 4u);
  EXPECT_FALSE(e.nodes[0].constant_result || e.nodes[1].constant_result);
  EXPECT_EQ(e.nodes[2].operation, "constant 1 everywhere");
  EXPECT_EQ(e.nodes[3].operation, "constant 2 everywhere");
  ASSERT_EQ(e.constants.size(), 2u);
  EXPECT_EQ(e.constants[0].tensor, 3u);
}

// The digit is not known, since the step that takes it is not run.
TEST(Constants, MadeOfADigitOfSuchAHalfAreNotComputed) {
  const Explanation e = Explain(HalfConstant(/*from_digit=*/true));
  ASSERT_EQ(e.nodes.size(), 4u);
  EXPECT_EQ(e.nodes[2].operation, "constant 1 everywhere");
  EXPECT_EQ(e.nodes[3].operation, "constant that was not computed");
  EXPECT_FALSE(e.nodes[3].problems.empty());
}

TEST(Constants, NetworksHaveNone) {
  TestGraph g = Residual();
  EXPECT_THAT(Explain(Compiled(g)).constants, IsEmpty());
}

}  // namespace
}  // namespace provenn
