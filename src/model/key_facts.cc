#include "model/key_facts.h"

#include <algorithm>
#include <cmath>

#include "base/printable.h"

namespace provenn {
namespace {

// Weights of this bound or less tell nothing by it: every tensor of 16 bits has it.
constexpr int64_t kUsualBound = 32767;

std::string RealRange(int64_t min, int64_t max, int32_t scale) {
  return "[" + Number(std::ldexp(static_cast<double>(min), -scale)) + ", " +
         Number(std::ldexp(static_cast<double>(max), -scale)) + "]";
}
std::string ScaleText(int32_t scale) { return "scale 2^" + std::to_string(-scale); }

// Keys between which the values change: where the function's own rows begin and end. Empty: a constant.
std::string ChangingKeys(const Table& table, size_t column) {
  const std::vector<int32_t>& v = table.values[column];
  size_t begin = 0;
  size_t end = v.size();
  while (end - begin > 1 && v[begin] == v[begin + 1]) ++begin;
  while (end - begin > 1 && v[end - 1] == v[end - 2]) --end;
  if (end - begin <= 1) return "";
  return "its values change from key " + std::to_string(table.first_key + static_cast<int64_t>(begin)) + " to " +
         std::to_string(table.first_key + static_cast<int64_t>(end) - 1);
}

}  // namespace

std::vector<KeyFact> WhatTheKeyTells(const Circuit& circuit, const Program& program) {
  std::vector<KeyFact> facts;
  for (const Tensor& t : circuit.tensors) {
    if (t.kind != TensorKind::kInput) continue;
    facts.push_back({"input '" + t.name + "'", ScaleText(t.scale) + ", range " + RealRange(t.min, t.max, t.scale),
                     FactSource::kCalibration});
  }
  for (const Tensor& t : circuit.tensors) {
    if (t.kind != TensorKind::kWeight) continue;
    std::string fact = ScaleText(t.scale);
    if (t.max > kUsualBound) fact += ", entries up to " + Number(static_cast<double>(t.max)) + " steps";
    facts.push_back({"weights '" + t.name + "'", std::move(fact), FactSource::kWeights});
  }
  // Activations: what lookups set, other than digits and clamps; and the tables that set them.
  std::vector<bool> set(circuit.tensors.size(), false);
  std::vector<bool> seen(circuit.tables.size(), false);
  std::vector<KeyFact> of_tables;
  for (const Step& step : program.steps) {
    if (step.kind != Step::Kind::kLookup) continue;
    const uint32_t table = circuit.lookups[step.id].table;
    for (size_t c = 0; c < step.outputs.size(); ++c) {
      if (step.outputs[c] == kNoTensor) continue;
      set[step.outputs[c]] = true;
      const std::string keys = seen[table] ? "" : ChangingKeys(circuit.tables[table], c);
      seen[table] = true;
      if (!keys.empty()) {
        of_tables.push_back({"table '" + circuit.tables[table].name + "'", keys, FactSource::kCalibration});
      }
    }
    if (step.quotient.has_value()) set[step.quotient->tensor] = true;
  }
  for (size_t t = 0; t < circuit.tensors.size(); ++t) {
    if (!set[t]) continue;
    const Tensor& tensor = circuit.tensors[t];
    facts.push_back({"activation '" + tensor.name + "'",
                     ScaleText(tensor.scale) + ", declared range " + RealRange(tensor.min, tensor.max, tensor.scale),
                     FactSource::kCalibration});
  }
  facts.insert(facts.end(), of_tables.begin(), of_tables.end());
  return facts;
}

}  // namespace provenn
