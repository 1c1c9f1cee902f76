// Rows and counts of lookups that are found in several tasks.
#include <gtest/gtest.h>

#include "argument/lookup_prover.h"
#include "argument/test_squares.h"

namespace provenn {
namespace {

TEST(LookupWitness, RowsAndCountsOfManyTasks) {
  // One line, short lines, lines longer than a task; few tuples, and so many that they are counted apart first.
  for (const auto& [lines, length] :
       {std::pair<uint32_t, uint32_t>{1, 1}, {1, 5000}, {5000, 1}, {700, 13}, {3, 40000}, {40000, 7}, {9, 65536}}) {
    const NegatedSquares s(lines, length);
    const auto found = EvaluateLookups(s.circuit, s.witness);
    ASSERT_TRUE(found.ok()) << found.error().ToString();
    EXPECT_EQ(found->rows[0], s.rows) << lines << " lines of " << length;
    EXPECT_EQ(found->multiplicities[0], s.counts) << lines << " lines of " << length;
    EXPECT_TRUE(found->strays.empty());
  }
}

TEST(LookupWitness, AnyTupleThatIsNoRowIsRefused) {
  for (const size_t at : {size_t{0}, size_t{4999}, size_t{9099}}) {
    for (const size_t tensor : {size_t{0}, size_t{1}}) {
      NegatedSquares s(700, 13);
      int32_t& cell = s.witness.assignment.tensors[tensor][at];
      cell = cell == 0 ? 1 : -cell - 1;
      EXPECT_FALSE(EvaluateLookups(s.circuit, s.witness).ok()) << "element " << at;
    }
  }
  NegatedSquares s(700, 13);
  s.witness.assignment.tensors[0].back() = NegatedSquares::kKeys;  // one key past the table
  const auto found = EvaluateLookups(s.circuit, s.witness);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().where, "lookup square");
}

}  // namespace
}  // namespace provenn
