// Parameters of tables as they are told: enough to compute every row again, and no more digits than that takes.
#include <gmock/gmock.h>

#include <cmath>

#include "explain/difference.h"
#include "explain/fit.h"
#include "explain/function.h"
#include "explain/test_hostile_circuit.h"

namespace provenn {
namespace {

using testing::HasSubstr;

FunctionReport Recognised(int64_t first, const std::vector<int32_t>& values, int32_t result_scale = 0) {
  ReadingWork work;
  const FunctionReport f = RecogniseFunction(first, values, 0, result_scale, &work);
  EXPECT_TRUE(f.recognised());
  return f;
}

// Rounded halves of 0.9·x: the float nearest to 0.9 is below it, and each of them falls to the other side.
TEST(Parameters, OtherRowsHaveOtherFormulas) {
  size_t differing = 0;
  for (const double a : {0.9, 0.7, 0.3, 1.3, 2.3}) {
    std::vector<int32_t> rows[2];
    for (int x = 1; x <= 1000; ++x) {
      rows[0].push_back(static_cast<int32_t>(std::floor(x * a + 0.5)));
      rows[1].push_back(static_cast<int32_t>(std::floor(x * static_cast<double>(static_cast<float>(a)) + 0.5)));
    }
    if (rows[0] == rows[1]) continue;
    ++differing;
    const std::string as_float = Recognised(1, rows[1]).formula;
    const std::string as_double = Recognised(1, rows[0]).formula;
    EXPECT_NE(as_float, as_double);
    EXPECT_THAT(as_double, HasSubstr("float64("));
    EXPECT_EQ(as_float.find("float64"), std::string::npos) << as_float;
  }
  EXPECT_GE(differing, 1u);
}

// Of tables that are no known function, the words are the same; the rows are not.
TEST(Parameters, RowsOfTablesAreCompared) {
  const auto explain = [](int32_t row) {
    HostileCircuit circuit(2);
    Table table{"t", 0, 64, {{}}};
    for (uint32_t j = 0; j < table.size; ++j) {
      table.values[0].push_back(static_cast<int32_t>(j * 2654435761u >> 29));
    }
    table.values[0][20] = row;
    const uint32_t out = circuit.Value({2}, TensorKind::kOutput);
    const uint32_t id = circuit.AddTable(std::move(table));
    circuit.Set(out, id, {Sum({{{1, 0}, Cells(0)}}), Sum({{{1, 0}, Cells(out)}})});
    return circuit.Run();
  };
  const Explanation a = explain(3);
  const Explanation b = explain(4);
  EXPECT_EQ(a.tables[2].words, b.tables[2].words);
  ASSERT_TRUE(a.tables[2].digest.has_value());
  EXPECT_NE(a.tables[2].digest, b.tables[2].digest);
  EXPECT_FALSE(a.tables[0].digest.has_value());
  const Difference d = CompareExplanations(a, b);
  ASSERT_EQ(d.tables.size(), 1u);
  EXPECT_THAT(d.tables[0], HasSubstr(ToHex(*b.tables[2].digest)));
  EXPECT_TRUE(CompareExplanations(a, explain(3)).tables.empty());
}

TEST(Parameters, TheSimplestIsZeroAndThenTheNearestToIt) {
  const auto simplest = [](double low, double high) { return SimplestWithin(low, high)->text; };
  EXPECT_EQ(simplest(-3.4, 3.4), "0");
  EXPECT_EQ(simplest(-5.5, -2.5), "-3");
  EXPECT_EQ(simplest(2.5, 5.5), "3");
  EXPECT_EQ(simplest(-0.48, -0.21), "-0.3");
  EXPECT_EQ(simplest(-0.33334, -0.33333), "-1/3");
  EXPECT_FALSE(SimplestWithin(1, 0.5).has_value());
}

// At a result scale of -3 and -5 each value stands for several; 0 is added.
TEST(Parameters, NothingIsAddedWhereNothingNeedBe) {
  for (const int32_t scale : {-3, -5}) {
    std::vector<int32_t> rows;
    const int factor = scale == -3 ? 1 : 2;
    for (int x = -100; x <= 100; ++x) rows.push_back(factor * x);
    EXPECT_EQ(Recognised(-100, rows, scale).formula, scale == -3 ? "8·x" : "64·x");
  }
}

}  // namespace
}  // namespace provenn
