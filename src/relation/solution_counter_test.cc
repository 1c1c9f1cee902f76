// The counter that tests of keys rely on counts what is known by other means.
#include "relation/test_solution_counter.h"

#include <gtest/gtest.h>

#include "relation/test_small_circuit.h"

namespace provenn {
namespace {

Solutions CountOf(const Circuit& circuit, const Assignment& given) {
  EXPECT_TRUE(ValidateCircuit(circuit).ok());
  const CellConstraints constraints(circuit, given);
  return SolutionCounter(constraints).Count();
}

TEST(SolutionCounter, ACircuitOfTables) {
  Circuit c = SmallCircuit();
  Assignment given = SmallAssignment();
  EXPECT_EQ(CountOf(c, given), Solutions::kOne);
  // An input out of its range has none.
  given.tensors[0][3] = 10;
  EXPECT_EQ(CountOf(c, given), Solutions::kNone);
  given = SmallAssignment();
  // Without its lookup, y is free.
  c.lookups.pop_back();
  EXPECT_EQ(CountOf(c, given), Solutions::kSeveral);
}

TEST(SolutionCounter, ACellThatOneRowInTwoPlacesAllows) {
  // y is the square root of x: two rows hold 4.
  Circuit c;
  c.tensors = {{"x", TensorKind::kInput, {}, 0, 9, 0, 0}, {"y", TensorKind::kOutput, {}, -3, 3, 0, 0}};
  c.tables = {{"square", -3, 7, {{9, 4, 1, 0, 1, 4, 9}}}};
  const auto cell = [](uint32_t t) { return Expression{{0, 0}, {{{1, 0}, View{t, {}}}}, {}}; };
  c.lookups = {{"root", {}, 0, {cell(1), cell(0)}}};
  EXPECT_EQ(CountOf(c, {{{4}, {0}}}), Solutions::kSeveral);
  EXPECT_EQ(CountOf(c, {{{0}, {0}}}), Solutions::kOne);
  EXPECT_EQ(CountOf(c, {{{5}, {0}}}), Solutions::kNone);
}

// y = floor(x / 2^60): 2^60 * 15 <= p < 2^60 * 16, so that of 16 rows the last may be one too many.
TEST(SolutionCounter, DecompositionsModuloP) {
  const auto division = [](uint32_t rows) {
    Circuit c;
    for (const char* name : {"x", "lo0", "lo1", "lo2", "y"})
      c.tensors.push_back({name, TensorKind::kWitness, {}, 0, 3});
    c.tensors[0].kind = TensorKind::kInput;
    c.tensors[4].kind = TensorKind::kOutput;
    c.tables = {{"range 2^20", 0, 1u << 20, {}}, {"same", 0, rows, {{}}}};
    for (uint32_t r = 0; r < rows; ++r) c.tables[1].values[0].push_back(static_cast<int32_t>(r));
    const auto cell = [](uint32_t t) { return Expression{{0, 0}, {{{1, 0}, View{t, {}}}}, {}}; };
    Expression key{{0, 0}, {{{1, 60}, View{0, {}}}}, {}};
    for (uint32_t i = 0; i < 3; ++i) {
      c.lookups.push_back({"digit", {}, 0, {cell(1 + i)}});
      key.terms.push_back({{-(int64_t{1} << (20 * i)), 60}, View{1 + i, {}}});
    }
    c.lookups.push_back({"y", {}, 1, {key, cell(4)}});
    return c;
  };
  const Assignment given{{{3}, {0}, {0}, {0}, {0}}};
  EXPECT_EQ(CountOf(division(15), given), Solutions::kOne);
  EXPECT_EQ(CountOf(division(16), given), Solutions::kSeveral);
}

// 1024 y = x + 512 - remainder and y = 512 high + low, forty times: what the cells cost is added, not multiplied, and
// of the remainders only those are tried that leave a multiple of 1024.
TEST(SolutionCounter, CellsThatDoNotMeet) {
  constexpr uint32_t kCells = 40;
  const auto view = [](uint32_t t) { return View{t, {{0, {{0, 1}}}}}; };
  Circuit c;
  c.tensors = {{"x", TensorKind::kInput, {kCells}, 0, 1 << 20, 0, 0},
               {"y", TensorKind::kOutput, {kCells}, 0, 1 << 19, 0, 0},
               {"low", TensorKind::kWitness, {kCells}, 0, 511, 0, 0}};
  c.tables = {{"remainder", 0, 1024, {}}, {"range", 0, 512, {}}};
  const auto lookup = [&](const char* name, uint32_t table, Expression key) {
    c.lookups.push_back({name, {kCells}, table, {std::move(key)}});
  };
  lookup("remainder", 0, {{512, 0}, {{{1, 0}, view(0)}, {{-1024, 0}, view(1)}}, {}});
  lookup("low", 1, {{0, 0}, {{{1, 0}, view(2)}}, {}});
  lookup("high", 0, {{0, 0}, {{{1, 9}, view(1)}, {{-1, 9}, view(2)}}, {}});
  ASSERT_TRUE(ValidateCircuit(c).ok());
  Assignment given{{SecretVector<int32_t>(kCells), {}, {}}};
  for (uint32_t i = 0; i < kCells; ++i) given.tensors[0][i] = static_cast<int32_t>(25'000 * i);
  const CellConstraints constraints(c, given);
  SolutionCounter counter(constraints, 100'000);
  EXPECT_EQ(counter.Count(), Solutions::kOne);
  // A remainder of one more value: where x + 512 is a multiple of 1024, which is at no cell and then at one, y has two.
  c.tables[0].size = 1025;
  EXPECT_EQ(CountOf(c, given), Solutions::kOne);
  given.tensors[0][7] = 512;
  EXPECT_EQ(CountOf(c, given), Solutions::kSeveral);
}

TEST(SolutionCounter, ProductsOfCells) {
  // z = y * y, y = |x|: z waits for y.
  Circuit c;
  c.tensors = {{"x", TensorKind::kInput, {2}, -3, 3, 0, 0},
               {"y", TensorKind::kWitness, {2}, 0, 3, 0, 0},
               {"z", TensorKind::kOutput, {2}, 0, 9, 0, 0}};
  c.tables = {{"absolute", -3, 7, {{3, 2, 1, 0, 1, 2, 3}}}, {"same", 0, 10, {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}}};
  const auto view = [](uint32_t t) { return View{t, {{0, {{0, 1}}}}}; };
  const auto cell = [&](uint32_t t) { return Expression{{0, 0}, {{{1, 0}, view(t)}}, {}}; };
  c.contractions = {{{2}, 1, view(1), view(1)}};
  c.lookups = {{"z", {2}, 1, {Expression{{0, 0}, {}, {{{1, 0}, 0}}}, cell(2)}}, {"y", {2}, 0, {cell(0), cell(1)}}};
  EXPECT_EQ(CountOf(c, {{{-2, 3}, {0, 0}, {0, 0}}}), Solutions::kOne);
}

}  // namespace
}  // namespace provenn
