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

// Coefficients from which on integers could overflow: then rows are found in F, and these are the same ones.
TEST(LookupWitness, KeysThatIntegersCouldNotHold) {
  for (const uint8_t shift : {uint8_t{0}, uint8_t{5}, uint8_t{30}, uint8_t{31}, uint8_t{62}}) {
    for (const int64_t extra : {int64_t{0}, int64_t{1}, int64_t{1} << 20, int64_t{1} << 40}) {
      NegatedSquares s(40, 30);
      // 2^-shift (2^shift x + extra x - extra x), and the constant 2^shift 2^-shift - 1.
      Expression& key = s.circuit.lookups[0].columns[0];
      const View x = key.terms[0].view;
      key.terms[0].coefficient = {(int64_t{1} << shift) + extra, shift};
      key.terms.push_back({{-extra, shift}, x});
      const auto found = EvaluateLookups(s.circuit, s.witness);
      ASSERT_TRUE(found.ok()) << found.error().ToString();
      EXPECT_EQ(found->rows[0], s.rows) << "shift " << int{shift} << ", " << extra;
      EXPECT_EQ(found->multiplicities[0], s.counts);
    }
  }
}

// The key is (an accumulator + x) / 8. An accumulator that is off by less than 8 or by much gives no key, and neither
// does a sum that 64 bits would take for one.
TEST(LookupWitness, AccumulatorsAndKeysThatAreNoIntegers) {
  NegatedSquares s(9, 50);
  const View x = s.circuit.lookups[0].columns[0].terms[0].view;
  s.circuit.contractions = {{s.circuit.lookups[0].space, 2, x, {}}};
  Expression& key = s.circuit.lookups[0].columns[0];
  key.terms[0].coefficient = {1, 3};
  key.accumulators.push_back({{1, 3}, 0});
  s.witness.accumulators.resize(1);
  for (const int32_t v : s.witness.assignment.tensors[0]) s.witness.accumulators[0].push_back(int64_t{v} * 7);
  const auto found = EvaluateLookups(s.circuit, s.witness);
  ASSERT_TRUE(found.ok()) << found.error().ToString();
  EXPECT_EQ(found->rows[0], s.rows);
  for (const int64_t off : {int64_t{1}, int64_t{-4}, int64_t{7}, int64_t{1} << 61, int64_t{1} << 62}) {
    s.witness.accumulators[0][333] += off;
    EXPECT_FALSE(EvaluateLookups(s.circuit, s.witness).ok()) << off;
    s.witness.accumulators[0][333] -= off;
  }
  // 2^62 * 4 + x: of 64 bits, x is left.
  s.circuit.lookups[0].columns[0].accumulators[0].coefficient = {int64_t{1} << 62, 0};
  key.terms[0].coefficient = {1, 0};
  std::fill(s.witness.accumulators[0].begin(), s.witness.accumulators[0].end(), 4);
  EXPECT_FALSE(EvaluateLookups(s.circuit, s.witness).ok()) << "2^64";
}

}  // namespace
}  // namespace provenn
