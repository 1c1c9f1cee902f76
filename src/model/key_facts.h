// What a public key tells beyond the graph: every field that was chosen with weights or calibration data in view. The
// table of docs/security.md has the same entries by kind; this is the list for one key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relation/circuit.h"
#include "relation/program.h"

namespace provenn {

enum class FactSource { kWeights, kCalibration };
constexpr std::string_view Name(FactSource source) {
  return source == FactSource::kWeights ? "weights" : "calibration";
}

struct KeyFact {
  std::string place;  // "weights 'conv1 weight'"
  std::string fact;   // "scale 2^-14"
  FactSource source;
};

// In the order: inputs, weights, activations, tables, all from the circuit alone. What it cannot know: which constants
// of a public function were constants of the model (CompiledModel::tells has them), and the root of the weights, which
// tells nothing more while its seed is secret. Sizes of tables and widths of remainders follow from what is listed, but
// for keys of `commit --tight`, where sizes also tell sums of the weights.
std::vector<KeyFact> WhatTheKeyTells(const Circuit& circuit, const Program& program);

}  // namespace provenn
