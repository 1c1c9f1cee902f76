// The smallest circuit with weights: for tests whose cost grows with the proof.
//
//   x [2] input, range-checked;  y [2] output = clamp((W x + b) / 4), rescaled through one remainder and one table.
#pragma once

#include "argument/test_circuit.h"

namespace provenn {

// x: two values in [0, 7].
inline TestCase TinyCase(const SecretVector<int32_t>& x) {
  TestCase out;
  Circuit& c = out.circuit;
  c.tensors.push_back({"x", TensorKind::kInput, {2}, 0, 7, 0, 0});
  c.tensors.push_back({"w", TensorKind::kWeight, {2, 2}, -3, 3, 0, 1});
  c.tensors.push_back({"b", TensorKind::kWeight, {2}, -9, 9, 0, 0});
  c.tensors.push_back({"lo", TensorKind::kWitness, {2}, 0, 3, 0, 0});
  c.tensors.push_back({"y", TensorKind::kOutput, {2}, 0, 3, 0, 0});
  c.tables.push_back({"range", 0, 8, {}});
  c.tables.push_back({"low", 0, 4, {}});
  Table clamp{"clamp", -16, 32, {{}}};
  for (int32_t key = -16; key < 16; ++key) clamp.values[0].push_back(std::clamp(key, 0, 3));
  c.tables.push_back(clamp);
  const auto plain = [](uint32_t tensor, const std::vector<uint32_t>& axes) {
    View view{tensor, {}};
    for (uint32_t a : axes) view.axes.push_back({0, {{a, 1}}});
    return view;
  };
  c.contractions.push_back({{2, 2}, 1, plain(1, {0, 1}), plain(0, {1})});
  c.contractions.push_back({{2}, 1, plain(2, {0}), std::nullopt});
  const auto column = [&](Coefficient coefficient, uint32_t tensor) {
    Expression e;
    e.terms.push_back({coefficient, plain(tensor, {0})});
    return e;
  };
  c.lookups.push_back({"x", {2}, 0, {column({1, 0}, 0)}});
  c.lookups.push_back({"lo", {2}, 1, {column({1, 0}, 3)}});
  Expression key = column({-1, 2}, 3);
  key.accumulators = {{{1, 2}, 0}, {{1, 2}, 1}};
  c.lookups.push_back({"y", {2}, 2, {key, column({1, 0}, 4)}});

  out.weights = {{}, {3, -2, 1, 3}, {5, -9}, {}, {}};
  IntegerTensors& t = out.witness.assignment.tensors;
  t = {x, out.weights[1], out.weights[2], {0, 0}, {0, 0}};
  for (const Contraction& contraction : c.contractions) {
    out.witness.accumulators.push_back(EvaluateContraction(c, contraction, out.witness.assignment));
  }
  for (size_t i = 0; i < 2; ++i) {
    const int64_t acc = out.witness.accumulators[0][i] + out.witness.accumulators[1][i];
    t[3][i] = static_cast<int32_t>(acc & 3);
    t[4][i] = std::clamp(static_cast<int32_t>(acc >> 2), 0, 3);
  }
  return out;
}

}  // namespace provenn
