#include "commit/oracle_shape.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "commit/soundness_budget.h"

namespace provenn {
namespace {

long double ExactBits(uint64_t degree_bound, uint64_t size) {
  return std::log2(2.0L * static_cast<long double>(size) /
                   (static_cast<long double>(size) + static_cast<long double>(degree_bound)));
}

// The integer logarithm never overstates, and understates by less than 2^-28 bits.
TEST(OracleShapeTest, BitsPerQueryAgainstLongDouble) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const int log_size = 1 + static_cast<int>(random() % 32);
    const uint64_t size = uint64_t{1} << log_size;
    const uint64_t bound = 1 + random() % (size - 1);
    const long double bits = static_cast<long double>(BitsPerQuery(bound, size)) / 4294967296.0L;
    const long double exact = ExactBits(bound, size);
    // Half an ulp of log2's own error at 1e-18, far below 2^-32.
    ASSERT_LE(bits, exact + 1e-17L) << bound << " of " << size;
    ASSERT_GE(bits, exact - 1.0L / (1 << 28)) << bound << " of " << size;
  }
  EXPECT_EQ(BitsPerQuery(1, 2), static_cast<uint64_t>(std::floor(std::log2(4.0L / 3.0L) * 4294967296.0L)));
}

TEST(OracleShapeTest, PlanQueriesIsTheSmallestThatReachesTheGoal) {
  for (const uint64_t rows : {1u, 2u, 7u, 33u, 500u, 4096u, 100000u, 3000000u}) {
    for (const int rate : {1, 2, 3, 4}) {
      for (const int bits : {20, 92, 120}) {
        for (const bool are_rows : {false, true}) {
          const QueryPlan plan = PlanQueries(rows, rate, bits, are_rows);
          const uint64_t bound = rows + (are_rows ? plan.queries : 0);
          const uint64_t size = uint64_t{1} << plan.log_size;
          EXPECT_GE(size, bound << rate);
          EXPECT_GE(size, 2 * uint64_t{plan.queries});
          EXPECT_LT(size, 2 * std::max(bound << rate, 2 * uint64_t{plan.queries}))
              << "a domain twice as large as needed";
          EXPECT_GE(plan.queries * ExactBits(bound, size), bits);
          // One query fewer would not do, in the domain that it would get.
          const uint32_t fewer = plan.queries - 1;
          const uint64_t bound_fewer = rows + (are_rows ? fewer : 0);
          const uint64_t wanted = std::max(bound_fewer << rate, 2 * uint64_t{fewer});
          uint64_t size_fewer = 1;
          while (size_fewer < wanted) size_fewer *= 2;
          EXPECT_LT(static_cast<long double>(fewer) * ExactBits(bound_fewer, size_fewer), bits + 1e-6L);
        }
      }
    }
  }
}

TEST(SoundnessBudgetTest, AddsErrorsAndNamesTheWeakest) {
  SoundnessBudget budget(128);
  EXPECT_EQ(budget.TotalBits(), 0) << "nothing was argued for";
  EXPECT_FALSE(budget.Require(1).ok());
  budget.AddBits("queries", 101);
  EXPECT_DOUBLE_EQ(budget.TotalBits(), 101);
  budget.AddBits("more queries", 101);
  EXPECT_DOUBLE_EQ(budget.TotalBits(), 100);
  EXPECT_TRUE(budget.Require(100).ok());
  budget.AddField("nothing", 0);
  EXPECT_EQ(budget.terms().size(), 2u);
  budget.AddField("rounds", 16);
  EXPECT_DOUBLE_EQ(budget.terms().back().bits, 124);
  EXPECT_LT(budget.TotalBits(), 100);
  EXPECT_FALSE(budget.Require(100).ok());
  budget.AddField("proximity", std::exp2(30));
  const Status status = budget.Require(100);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kInvalidArgument);
  EXPECT_NE(status.error().message.find("proximity"), std::string::npos) << status.error().message;
  EXPECT_TRUE(budget.Require(97).ok());
}

}  // namespace
}  // namespace provenn
