// The smallest circuit with a program, whose remainder is so wide that the modulus matters: for tests of the key check.
#pragma once

#include <utility>

#include "relation/circuit.h"
#include "relation/program.h"

namespace provenn {

// y = floor(x / 2^60) with a remainder of three digits and a table of `rows` rows, y its value.
inline std::pair<Circuit, Program> WideDivision(uint32_t rows) {
  const auto tensor = [](const char* name, TensorKind kind, int64_t max) {
    Tensor t;
    t.name = name;
    t.kind = kind;
    t.max = max;
    return t;
  };
  Circuit c;
  c.tensors = {tensor("x", TensorKind::kInput, 3), tensor("lo0", TensorKind::kWitness, (1 << 20) - 1),
               tensor("lo1", TensorKind::kWitness, (1 << 20) - 1), tensor("lo2", TensorKind::kWitness, (1 << 20) - 1),
               tensor("y", TensorKind::kOutput, 0)};
  c.tables = {{"range 4", 0, 4, {}}, {"range 2^20", 0, 1u << 20, {}}, {"zero", 0, rows, {}}};
  c.tables[2].values.emplace_back(rows, 0);
  const auto cell = [](uint32_t t) { return Expression{{0, 0}, {{{1, 0}, View{t, {}}}}, {}}; };
  c.lookups.push_back({"x range", {}, 0, {cell(0)}});
  Step step;
  step.kind = Step::Kind::kLookup;
  Expression key{{0, 0}, {{{1, 60}, View{0, {}}}}, {}};
  for (uint32_t i = 0; i < 3; ++i) {
    c.lookups.push_back({"digit", {}, 1, {cell(1 + i)}});
    key.terms.push_back({{-(int64_t{1} << (20 * i)), 60}, View{1 + i, {}}});
    step.digits.push_back({1 + i, 20});
  }
  step.id = 4;
  step.outputs = {4};
  c.lookups.push_back({"y", {}, 2, {key, cell(4)}});
  return {c, Program{{step}}};
}

// The same for each index of an axis of that size.
inline Circuit Stretched(Circuit circuit, uint32_t size) {
  for (Tensor& t : circuit.tensors) t.shape = {size};
  for (Lookup& l : circuit.lookups) {
    l.space = {size};
    for (Expression& e : l.columns) {
      for (ViewTerm& t : e.terms) t.view.axes = {AxisMap{0, {AxisStep{0, 1}}}};
    }
  }
  return circuit;
}

}  // namespace provenn
