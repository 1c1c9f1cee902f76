#include "explain/weights_section.h"

#include <algorithm>
#include <map>
#include <set>

#include "explain/reading.h"

namespace provenn {
namespace {

// "T1, T4" by whatever is said of them.
using Grouped = std::map<std::string, std::string>;
void Add(Grouped* groups, const std::string& what, const std::string& who) {
  std::string& list = (*groups)[what];
  list += (list.empty() ? "" : ", ") + who;
}
std::string Joined(const Grouped& groups) {
  std::string text;
  for (const auto& [what, who] : groups) text += (text.empty() ? "" : "; ") + what + " (" + who + ")";
  return text;
}
std::string Limits(int64_t min, int64_t max) { return "[" + std::to_string(min) + ", " + std::to_string(max) + "]"; }

}  // namespace

std::vector<std::string> WeightsSection(const Circuit& circuit, const Explanation& explanation) {
  std::vector<std::string> lines;
  Grouped scales;
  Grouped bounds;
  for (uint32_t t = 0; t < circuit.tensors.size(); ++t) {
    const Tensor& tensor = circuit.tensors[t];
    if (tensor.kind != TensorKind::kWeight) continue;
    Add(&scales, "2^" + std::to_string(-tensor.scale), TensorText(t));
    Add(&bounds, Limits(tensor.min, tensor.max), TensorText(t));
  }
  if (!scales.empty()) {
    lines.push_back("steps of the weights, which may follow their largest magnitude: " + Joined(scales));
    lines.push_back("declared bounds of the weights' integers: " + Joined(bounds));
  }
  Grouped results;
  std::set<std::string> constants;
  for (const Node& node : explanation.nodes) {
    if (node.output == kNoTensor || node.kind == Node::Kind::kMaximum) continue;
    const std::string step = "2^" + std::to_string(-circuit.tensors[node.output].scale);
    Add(&results,
        "step " + step + ", " + Limits(node.function.min_value, node.function.max_value) +
            (node.exact ? ", others have no proof" : ""),
        TensorText(node.output));
    if (node.function.form == FunctionReport::Form::kFitted) {
      constants.insert(TensorText(node.output) + ": " + node.function.formula);
    }
  }
  if (!results.empty()) lines.push_back("steps and limits of results, which follow calibration: " + Joined(results));
  Grouped keys;
  for (size_t i = 0; i < explanation.tables.size(); ++i) {
    const TableReport& table = explanation.tables[i];
    if (table.role == "range" || table.uses == 0) continue;
    Add(&keys, Limits(table.first_key, table.first_key + int64_t{table.rows} - 1), "table " + std::to_string(i));
  }
  if (!keys.empty()) lines.push_back("keys of the tables, which may follow the largest sums: " + Joined(keys));
  std::string public_constants;
  for (const std::string& c : constants) public_constants += (public_constants.empty() ? "" : "; ") + c;
  if (!public_constants.empty())
    lines.push_back("constants of the model that are public, in a table: " + public_constants);
  return lines;
}

}  // namespace provenn
