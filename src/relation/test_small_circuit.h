// A circuit of a few lines and an assignment for it: for tests of this module.
//
//   x [2,3] input in [0, 9];  w [4,3] weight;  y [2,4] output = |x w^T|, through a table.
#pragma once

#include <cstdlib>

#include "relation/witness.h"

namespace provenn {

inline Circuit SmallCircuit() {
  Circuit c;
  c.tensors.push_back({"x", TensorKind::kInput, {2, 3}, 0, 9, 4, 0});
  c.tensors.push_back({"w", TensorKind::kWeight, {4, 3}, -3, 3, 2, 1});
  c.tensors.push_back({"y", TensorKind::kOutput, {2, 4}, 0, 90, 6, 0});
  c.tables.push_back({"range", 0, 10, {}});
  Table absolute{"absolute", -90, 181, {{}}};
  for (int32_t key = -90; key <= 90; ++key) absolute.values[0].push_back(std::abs(key));
  c.tables.push_back(absolute);
  // Space: row of x, row of w, shared.
  c.contractions.push_back(
      {{2, 4, 3}, 2, View{1, {{0, {{1, 1}}}, {0, {{2, 1}}}}}, View{0, {{0, {{0, 1}}}, {0, {{2, 1}}}}}});
  Expression x;
  x.terms.push_back({{1, 0}, View{0, {{0, {{0, 1}}}, {0, {{1, 1}}}}}});
  c.lookups.push_back({"x", {2, 3}, 0, {x}});
  Expression key;
  key.accumulators.push_back({{1, 0}, 0});
  Expression y;
  y.terms.push_back({{1, 0}, View{2, {{0, {{0, 1}}}, {0, {{1, 1}}}}}});
  c.lookups.push_back({"y", {2, 4}, 1, {key, y}});
  return c;
}

inline Assignment SmallAssignment() {
  const SecretVector<int32_t> x{1, 2, 9, 5, 7, 3};
  const SecretVector<int32_t> w{1, -2, 3, -3, -3, -3, 0, 2, -1, 3, 1, 2};
  SecretVector<int32_t> y;
  for (size_t r = 0; r < 2; ++r) {
    for (size_t o = 0; o < 4; ++o) {
      int32_t sum = 0;
      for (size_t k = 0; k < 3; ++k) sum += x[3 * r + k] * w[3 * o + k];
      y.push_back(std::abs(sum));
    }
  }
  return Assignment{{x, w, y}};
}

}  // namespace provenn
