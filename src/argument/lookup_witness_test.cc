// Rows and counts of lookups that are found in several tasks.
#include <gtest/gtest.h>

#include <random>

#include "argument/lookup_prover.h"

namespace provenn {
namespace {

// (x, x^2) looked up in a table of the keys -2^11 ... 2^11 - 1, over lines of `length` along the last axis.
struct Squares {
  Squares(uint32_t lines, uint32_t length) {
    const Shape shape{lines, length};
    circuit.tensors = {{"x", TensorKind::kWitness, shape, -kKeys, kKeys - 1, 0, 0},
                       {"y", TensorKind::kWitness, shape, 0, kKeys * kKeys, 0, 0}};
    std::vector<int32_t> squares;
    for (int32_t key = -kKeys; key < kKeys; ++key) squares.push_back(key * key);
    circuit.tables = {{"square", -kKeys, static_cast<uint32_t>(squares.size()), {squares}}};
    Lookup lookup{"square", shape, 0, std::vector<Expression>(2)};
    for (uint32_t t = 0; t < 2; ++t) {
      lookup.columns[t].terms.push_back({{1, 0}, View{t, {AxisMap{0, {{0, 1}}}, AxisMap{0, {{1, 1}}}}}});
    }
    circuit.lookups = {lookup};
    std::mt19937_64 random(7);
    witness.assignment.tensors.resize(2);
    rows.resize(ElementCount(shape));
    counts.assign(squares.size(), 0);
    for (uint32_t& row : rows) {
      row = static_cast<uint32_t>(random() % squares.size());
      ++counts[row];
      witness.assignment.tensors[0].push_back(static_cast<int32_t>(row) - kKeys);
      witness.assignment.tensors[1].push_back(squares[row]);
    }
  }

  static constexpr int32_t kKeys = 1 << 11;
  Circuit circuit;
  Witness witness;
  SecretVector<uint32_t> rows;
  SecretVector<uint32_t> counts;
};

TEST(LookupWitness, RowsAndCountsOfManyTasks) {
  // One line, short lines, lines longer than a task; few tuples, and so many that they are counted apart first.
  for (const auto& [lines, length] :
       {std::pair<uint32_t, uint32_t>{1, 1}, {1, 5000}, {5000, 1}, {700, 13}, {3, 40000}, {40000, 7}, {9, 65536}}) {
    const Squares s(lines, length);
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
      Squares s(700, 13);
      int32_t& cell = s.witness.assignment.tensors[tensor][at];
      cell = cell == 0 ? 1 : -cell - 1;
      EXPECT_FALSE(EvaluateLookups(s.circuit, s.witness).ok()) << "element " << at;
    }
  }
  Squares s(700, 13);
  s.witness.assignment.tensors[0].back() = Squares::kKeys;  // one key past the table
  const auto found = EvaluateLookups(s.circuit, s.witness);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().where, "lookup square");
}

}  // namespace
}  // namespace provenn
