// Keys whose answers are unique but which have none for inputs that their owner chooses: each passes the key check, and
// the totality check refuses it.
#include "relation/totality.h"

#include <gtest/gtest.h>

#include <string>

#include "relation/determinism.h"
#include "relation/table_column.h"

namespace provenn {
namespace {

constexpr int64_t kLarge = int64_t{1} << 30;

Tensor Make(const char* name, TensorKind kind, Shape shape, int64_t min, int64_t max) {
  return Tensor{name, kind, std::move(shape), min, max, 0, 0};
}
View Own(uint32_t tensor, uint32_t rank) {
  View view{tensor, {}};
  for (uint32_t a = 0; a < rank; ++a) view.axes.push_back(AxisMap{0, {AxisStep{a, 1}}});
  return view;
}
Expression Cell(uint32_t tensor, uint32_t rank = 0) { return Expression{{0, 0}, {{{1, 0}, Own(tensor, rank)}}, {}}; }
Table Range(int64_t first, uint32_t size) { return Table{"range", first, size, {}}; }
Table Identity(int64_t first, uint32_t size) {
  Table table{"identity", first, size, {{}}};
  for (uint32_t j = 0; j < size; ++j) table.values[0].push_back(static_cast<int32_t>(first + j));
  return table;
}
Step Contract(uint32_t id) {
  Step step;
  step.id = id;
  return step;
}
Step Satisfy(uint32_t id, std::vector<uint32_t> outputs) {
  Step step;
  step.kind = Step::Kind::kLookup;
  step.id = id;
  step.outputs = std::move(outputs);
  return step;
}

// Where totality fails; empty if it does not.
std::string NotTotal(const Circuit& circuit, const Program& program) {
  EXPECT_TRUE(ValidateCircuit(circuit).ok());
  const Status key = CheckDeterminism(circuit, program);
  EXPECT_TRUE(key.ok()) << key.error().ToString();
  const auto total = CheckTotality(circuit, program);
  return total.ok() ? std::string() : total.error().ToString();
}

// y = x, and the range of x has a second column that is false for x = 3.
TEST(TotalityOfHostileKeys, ARangeWithAnotherColumn) {
  Circuit c;
  c.tensors = {Make("x", TensorKind::kInput, {}, 0, 3), Make("y", TensorKind::kOutput, {}, 0, 3)};
  Table censor = Range(0, 4);
  censor.values = {{1, 1, 1, 0}};
  c.tables = {censor, Identity(0, 4)};
  c.lookups = {{"range of x", {}, 0, {Cell(0), Expression{{1, 0}, {}, {}}}}, {"y", {}, 1, {Cell(0), Cell(1)}}};
  const Program program{{Satisfy(1, {1})}};
  EXPECT_NE(NotTotal(c, program).find("range of x"), std::string::npos) << NotTotal(c, program);
  c.lookups[0].columns.pop_back();
  c.tables[0].values.clear();
  EXPECT_EQ(NotTotal(c, program), "");
}

// The range of x takes its low digit from z: only x of z's parity have an answer.
TEST(TotalityOfHostileKeys, ARangeWithADigitOfAnotherTensor) {
  Circuit c;
  c.tensors = {Make("x", TensorKind::kInput, {}, 0, 7), Make("low", TensorKind::kWitness, {}, 0, 1),
               Make("z", TensorKind::kInput, {}, 0, 1), Make("y", TensorKind::kOutput, {}, 0, 8)};
  c.tables = {Range(0, 2), Range(0, 4), Identity(0, 8), Identity(0, 2)};
  const Expression half{{0, 0}, {{{1, 1}, Own(0, 0)}, {{-1, 1}, Own(1, 0)}}, {}};
  Expression sum = Cell(3);
  sum.terms.push_back({{-1, 0}, Own(1, 0)});
  c.lookups = {{"range of low", {}, 0, {Cell(1)}},
               {"range of z", {}, 0, {Cell(2)}},
               {"range of x", {}, 1, {half}},
               {"low is z", {}, 3, {Cell(2), Cell(1)}},
               {"y", {}, 2, {Cell(0), sum}}};
  const Program program{{Satisfy(3, {1}), Satisfy(4, {3})}};
  EXPECT_NE(NotTotal(c, program).find("range of x"), std::string::npos) << NotTotal(c, program);
}

// 2^62 (w a - w b): each term is far beyond the field's integers, their intervals must not cancel.
Circuit Cancelling(bool in_key) {
  Circuit c;
  c.tensors = {Make("a", TensorKind::kInput, {1}, kLarge, kLarge + 7),
               Make("b", TensorKind::kInput, {1}, kLarge, kLarge + 7),
               Make("w", TensorKind::kWeight, {1}, kLarge, kLarge + 7), Make("x", TensorKind::kInput, {}, 0, 7),
               Make("y", TensorKind::kOutput, {}, 0, 7)};
  c.tables = {Range(kLarge, 8), Identity(0, 8), Range(0, 8)};
  c.contractions = {{{1}, 0, Own(2, 1), Own(0, 1)}, {{1}, 0, Own(2, 1), Own(1, 1)}};
  Expression key = Cell(3);
  Expression value = Cell(4);
  (in_key ? key : value).accumulators = {{{int64_t{1} << 62, 0}, 0}, {{-(int64_t{1} << 62), 0}, 1}};
  c.lookups = {
      {"a", {1}, 0, {Cell(0, 1)}}, {"b", {1}, 0, {Cell(1, 1)}}, {"x", {}, 2, {Cell(3)}}, {"y", {}, 1, {key, value}}};
  return c;
}

TEST(TotalityOfHostileKeys, SumsThatWrapDoNotCancel) {
  const Program program{{Contract(0), Contract(1), Satisfy(3, {4})}};
  EXPECT_NE(NotTotal(Cancelling(true), program).find("wrap"), std::string::npos);
  EXPECT_NE(NotTotal(Cancelling(false), program).find("tensor y"), std::string::npos);
}

// Sixteen products of 2^62: the sum leaves the integers of the interpreter, whatever is subtracted from it later.
TEST(TotalityOfHostileKeys, AContractionThatWraps) {
  const int64_t large = INT32_MAX - 7;
  Circuit c;
  c.tensors = {Make("a", TensorKind::kInput, {16}, large, large), Make("w", TensorKind::kWeight, {16}, large, large),
               Make("x", TensorKind::kInput, {}, 0, 7), Make("y", TensorKind::kOutput, {}, 0, 7)};
  c.tables = {Range(large, 1), Identity(0, 8), Range(0, 8)};
  const View half{0, {AxisMap{0, {AxisStep{0, 2}}}}};
  c.contractions = {{{16}, 0, Own(1, 1), Own(0, 1)}, {{8}, 0, half, half}};
  Expression key = Cell(2);
  key.accumulators = {{{1, 0}, 0}, {{-2, 0}, 1}};
  c.lookups = {{"a", {16}, 0, {Cell(0, 1)}}, {"y", {}, 1, {key, Cell(3)}}, {"x", {}, 2, {Cell(2)}}};
  const Program program{{Contract(0), Contract(1), Satisfy(1, {3})}};
  EXPECT_NE(NotTotal(c, program).find("contraction 0"), std::string::npos) << NotTotal(c, program);
}

TEST(TotalityOfHostileKeys, AStepThatSatisfiesALookupTwiceIsRefused) {
  Circuit c;
  c.tensors = {Make("x", TensorKind::kInput, {}, 0, 3), Make("y", TensorKind::kOutput, {}, 0, 3)};
  c.tables = {Range(0, 4), Identity(0, 4)};
  c.lookups = {{"x", {}, 0, {Cell(0)}}, {"y", {}, 1, {Cell(0), Cell(1)}}};
  const Status once = CheckDeterminism(c, Program{{Satisfy(0, {}), Satisfy(1, {1})}});
  EXPECT_TRUE(once.ok()) << once.error().ToString();
  const Status twice = CheckDeterminism(c, Program{{Satisfy(0, {}), Satisfy(0, {}), Satisfy(1, {1})}});
  ASSERT_FALSE(twice.ok());
  EXPECT_NE(twice.error().message.find("second time"), std::string::npos) << twice.error().ToString();
}

TEST(TableColumns, AgreeWithTheRowsThemselves) {
  Circuit c;
  Table table{"t", -2500, 5000, {{}, {}, {}}};
  for (int64_t k = -2500; k < 2500; ++k) {
    table.values[0].push_back(static_cast<int32_t>((k * 7919) % 1009));
    table.values[1].push_back(static_cast<int32_t>(k == 1200 ? 3 : std::max<int64_t>(k, 0)));
    table.values[2].push_back(static_cast<int32_t>(k < 0 ? (k == -77 ? 0 : -1) : k));
  }
  c.tables = {table};
  TableColumns columns(c);
  for (int64_t from = -2500; from < 2500; from += 211) {
    for (int64_t to = from; to < 2500; to += 97) {
      const auto begin = table.values[0].begin() + static_cast<ptrdiff_t>(from + 2500);
      const auto [min, max] = std::minmax_element(begin, begin + static_cast<ptrdiff_t>(to - from + 1));
      const auto span = columns.Values(0, 0, from, to);
      ASSERT_EQ(span.min, *min);
      ASSERT_EQ(span.max, *max);
      ASSERT_EQ(columns.IsPositivePart(0, 1, from, to), !(from <= 1200 && 1200 <= to));
      ASSERT_EQ(columns.KeepsPositivePart(0, 2, from, to), !(from <= -77 && -77 <= to));
    }
  }
}

// y = max(q, 0) of q = floor((2^48 x + 2^43) / 2^44), |x| < 2^15, with rows for q from -2^18 to `last`: where they
// reach beyond p / 2^45, negative sums plus p have rows, too. The key check does not mind: there is one answer for each
// x.
struct Wrapping {
  explicit Wrapping(int64_t last) {
    c.tensors = {Make("x", TensorKind::kInput, {}, -32767, 32767), Make("y", TensorKind::kOutput, {}, 0, 1 << 20),
                 Make("d0", TensorKind::kWitness, {}, 0, (1 << 15) - 1),
                 Make("d1", TensorKind::kWitness, {}, 0, (1 << 15) - 1),
                 Make("d2", TensorKind::kWitness, {}, 0, (1 << 14) - 1)};
    Table relu = Range(-(1 << 18), static_cast<uint32_t>(last + (1 << 18) + 1));
    relu.values.emplace_back();
    for (int64_t key = relu.first_key; key <= last; ++key) {
      relu.values[0].push_back(static_cast<int32_t>(std::max<int64_t>(key, 0)));
    }
    c.tables = {Range(-32767, 65535), relu, Range(0, 1 << 15), Range(0, 1 << 14)};
    const Expression key{{int64_t{1} << 43, 44},
                         {{{int64_t{1} << 48, 44}, Own(0, 0)},
                          {{-1, 44}, Own(2, 0)},
                          {{-(1 << 15), 44}, Own(3, 0)},
                          {{-(1 << 30), 44}, Own(4, 0)}},
                         {}};
    c.lookups = {{"x", {}, 0, {Cell(0)}},
                 {"d0", {}, 2, {Cell(2)}},
                 {"d1", {}, 2, {Cell(3)}},
                 {"d2", {}, 3, {Cell(4)}},
                 {"y", {}, 1, {key, Cell(1)}}};
    Step y = Satisfy(4, {1});
    y.digits = {{2, 15}, {3, 15}, {4, 14}};
    program.steps = {y};
  }
  Circuit c;
  Program program;
};

TEST(SumsThatWrap, RowsBeyondHalfTheFieldAreFound) {
  const Wrapping wide((1 << 20) - (1 << 18) - 2);
  EXPECT_NE(NotTotal(wide.c, wide.program).find("lookup y"), std::string::npos) << NotTotal(wide.c, wide.program);
  EXPECT_EQ(LookupsThatCanWrap(wide.c, wide.program), (std::vector<uint32_t>{4}));
  // x = -20000 gives 728576, so nothing below the largest row is excluded.
  EXPECT_EQ(RangesWhereProved(wide.c, wide.program)[1], (ValueRange{0, (1 << 20) - (1 << 18) - 2}));
}

// 2^44 (last + 1) - 1 is p more than the least sum first where last = 2^19 + 16.
TEST(SumsThatWrap, FromTheFirstRowThatASumPlusPMeets) {
  const Wrapping meets((1 << 19) + 16);
  EXPECT_EQ(LookupsThatCanWrap(meets.c, meets.program), (std::vector<uint32_t>{4}));
  const Wrapping below((1 << 19) + 15);
  EXPECT_EQ(LookupsThatCanWrap(below.c, below.program), std::vector<uint32_t>());
  EXPECT_EQ(RangesWhereProved(below.c, below.program)[1], (ValueRange{0, 524272}));  // of x = 32767
}

}  // namespace
}  // namespace provenn
