// A lookup of as many tuples as a test wants, with the rows that it must find.
#pragma once

#include <random>
#include <vector>

#include "relation/witness.h"

namespace provenn {

// (x, -x^2) looked up in a table of the keys -2^11 ... 2^11 - 1, over lines of `length` along the last axis.
struct NegatedSquares {
  NegatedSquares(uint32_t lines, uint32_t length) {
    const Shape shape{lines, length};
    circuit.tensors = {{"x", TensorKind::kWitness, shape, -kKeys, kKeys - 1, 0, 0},
                       {"y", TensorKind::kWitness, shape, -kKeys * kKeys, 0, 0, 0}};
    std::vector<int32_t> squares;
    for (int32_t key = -kKeys; key < kKeys; ++key) squares.push_back(-key * key);
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

}  // namespace provenn
