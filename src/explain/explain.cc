#include "explain/explain.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "explain/architecture.h"
#include "explain/constants.h"
#include "explain/maximum.h"
#include "explain/node.h"
#include "explain/reading.h"
#include "explain/table.h"
#include "explain/weights_section.h"
#include "relation/determinism.h"
#include "relation/totality.h"

namespace provenn {
namespace {

class Explainer {
 public:
  Explainer(const Circuit& circuit, const Program& program, const std::vector<ModelPort>& inputs,
            const std::vector<ModelPort>& outputs)
      : circuit_(circuit),
        program_(program),
        inputs_(inputs),
        outputs_(outputs),
        tables_(circuit),
        addends_(circuit),
        cell_ranges_(CellRanges(circuit)),
        ranges_(RangesWhereProved(circuit, program)),
        wrapping_(LookupsThatCanWrap(circuit, program)),
        leaving_(QuotientsThatCanLeave(circuit, program)),
        accounted_(circuit.lookups.size(), false) {}

  Explanation Run() {
    ReadSteps();
    AccountForLookups();
    for (size_t i = 0; i < accounted_.size(); ++i) {
      if (!accounted_[i]) other_lookups_.push_back(static_cast<uint32_t>(i));
    }
    Ports();
    // Before maxima are joined: the tables of those that are taken in are used as well.
    std::vector<const Node*> apart;
    for (const ReadStep& step : steps_) apart.push_back(&step.node);
    out_.tables = tables_.Reports(apart);
    out_.nodes = JoinMaxima(circuit_, ranges_, std::move(steps_));
    out_.lookups = circuit_.lookups.size();
    for (const Tensor& t : circuit_.tensors) {
      if (t.kind == TensorKind::kWeight) out_.weights += ElementCount(t.shape);
    }
    const auto total = CheckTotality(circuit_, program_);
    if (!total.ok()) out_.not_total = total.error().ToString();
    ShowConstants();
    CollectFindings();
    const ArchitectureInput architecture{circuit_, program_, inputs_, outputs_, facts_, other_lookups_};
    out_.graph_id = GraphId(architecture);
    out_.formats_id = FormatsId(architecture, out_.graph_id);
    out_.about_weights = WeightsSection(circuit_, out_);
    return std::move(out_);
  }

 private:
  void ReadSteps() {
    facts_.resize(program_.steps.size());
    is_value_.assign(circuit_.tensors.size(), false);
    for (size_t t = 0; t < circuit_.tensors.size(); ++t) {
      const TensorKind kind = circuit_.tensors[t].kind;
      is_value_[t] = kind == TensorKind::kInput || kind == TensorKind::kWeight;
    }
    for (size_t i = 0; i < program_.steps.size(); ++i) {
      const Step& step = program_.steps[i];
      if (step.kind != Step::Kind::kLookup) continue;
      if (!SetsValue(step)) continue;
      ReadStep read = ExplainStep(step, {circuit_, ranges_, cell_ranges_, tables_, addends_});
      for (const Term& term : read.node.terms) {
        for (const uint32_t t : {term.value, term.second}) {
          if (t != kNoTensor && !is_value_[t]) {
            read.node.problems.push_back("it reads " + TensorText(t) +
                                         ", which is no value but a helper of another step");
          }
        }
      }
      if (std::binary_search(wrapping_.begin(), wrapping_.end(), step.id)) {
        read.node.problems.push_back(
            "its sums can pass the modulus: rows that belong to other integers are accepted for them, so that the "
            "answer need not be the formula's");
      }
      if (std::binary_search(leaving_.begin(), leaving_.end(), step.id)) {
        read.node.problems.push_back(
            "its range does not hold every quotient: inputs that give another one have no proof");
      }
      if (read.node.output != kNoTensor) is_value_[read.node.output] = true;
      accounted_[step.id] = true;
      facts_[i].recognised = read.node.problems.empty();
      facts_[i].family = read.node.function.family;
      for (const Term& term : read.node.terms) facts_[i].divisors.push_back(term.divisor);
      steps_.push_back(std::move(read));
    }
  }

  // What a lookup without a value column says: the cells of a tensor are within a range.
  struct RangeCheck {
    uint32_t tensor = kNoTensor;
    int64_t min = 0;
    int64_t max = 0;
  };
  std::optional<RangeCheck> RangeCheckOf(uint32_t id) const {
    const Lookup& lookup = circuit_.lookups[id];
    const Table& table = circuit_.tables[lookup.table];
    const Expression& key = lookup.columns[0];
    if (!table.values.empty() || !key.accumulators.empty() || key.terms.empty() || key.terms.size() > 2) {
      return std::nullopt;
    }
    const size_t cell = key.terms[0].coefficient.numerator == 1 ? 0 : 1;
    if (cell >= key.terms.size()) return std::nullopt;
    const ViewTerm& term = key.terms[cell];
    const uint8_t bits = term.coefficient.shift;
    // A cell that is not there reads 0, which need not be in range.
    const Shape& shape = circuit_.tensors[term.view.tensor].shape;
    if (ReadView(term.view, lookup.space, lookup.space.size(), shape).outside) return std::nullopt;
    if (term.coefficient.numerator != 1 || bits > 30 || (key.constant.numerator != 0 && key.constant.shift != bits)) {
      return std::nullopt;
    }
    if (key.terms.size() == 1 && bits != 0) return std::nullopt;
    if (key.terms.size() == 2) {
      const ViewTerm& low = key.terms[1 - cell];
      const auto& digit = cell_ranges_[low.view.tensor];
      if (low.coefficient != Coefficient{-1, bits} || low.view.axes != term.view.axes || !digit.has_value()) {
        return std::nullopt;
      }
      // A digit of this very cell, which a step takes from it: another's would be a demand.
      if (digit->min != 0 || digit->size != uint64_t{1} << bits || low_digit_[id] != low.view.tensor) {
        return std::nullopt;
      }
    }
    const __int128 first = (__int128{table.first_key} << bits) - key.constant.numerator;
    const __int128 last = first + (__int128{table.size} << bits) - 1;
    return RangeCheck{term.view.tensor, static_cast<int64_t>(std::max<__int128>(first, INT64_MIN)),
                      static_cast<int64_t>(std::min<__int128>(last, INT64_MAX))};
  }

  // Lookups that set no value: ranges of inputs and of what steps set beside their values, and clamps. A range that a
  // tensor has anyway demands nothing more.
  void AccountForLookups() {
    low_digit_.assign(circuit_.lookups.size(), kNoTensor);
    const auto clamps = ClampLookups(circuit_);
    for (const Step& step : program_.steps) {
      if (step.kind != Step::Kind::kLookup) continue;
      if (step.digits.size() == 1) low_digit_[step.id] = step.digits[0].tensor;
      if (step.clamp.has_value() && clamps[step.clamp->top].has_value()) accounted_[*clamps[step.clamp->top]] = true;
    }
    for (size_t i = 0; i < accounted_.size(); ++i) {
      const auto check = RangeCheckOf(static_cast<uint32_t>(i));
      if (accounted_[i] || !check.has_value()) continue;
      const ValueRange& range = ranges_[check->tensor];
      accounted_[i] = circuit_.tensors[check->tensor].kind != TensorKind::kWeight && check->min <= range.min &&
                      check->max >= range.max;
    }
  }

  void Ports() {
    for (const auto* list : {&inputs_, &outputs_}) {
      for (const ModelPort& port : *list) {
        const Tensor& t = circuit_.tensors[port.tensor];
        PortReport report;
        report.name = port.name;
        report.is_input = list == &inputs_;
        report.tensor = port.tensor;
        report.shape = ShapeToString(port.shape);
        report.order = port.order;
        report.min = ranges_[port.tensor].min;
        report.max = ranges_[port.tensor].max;
        report.scale = t.scale;
        out_.ports.push_back(std::move(report));
      }
    }
  }

  // Nodes that read no input are no operators, and their values are what counts.
  void ShowConstants() {
    const std::vector<Source> sources = SourcesOf(circuit_, program_);
    out_.constants = ConstantsOf(circuit_, program_, sources, out_.not_total.empty());
    std::vector<const ConstantReport*> by_tensor(circuit_.tensors.size(), nullptr);
    for (const ConstantReport& c : out_.constants) by_tensor[c.tensor] = &c;
    for (Node& node : out_.nodes) {
      const ConstantReport* constant = node.output == kNoTensor ? nullptr : by_tensor[node.output];
      if (constant == nullptr) continue;
      node.constant_result = true;
      node.operation = constant->words;
      if (!constant->secret && !constant->computed) {
        node.problems.push_back(
            "a constant whose values were not computed: its sums can wrap, it is too large, or it is set together with "
            "something that reads an input");
      }
    }
  }

  void CollectFindings() {
    for (size_t i = 0; i < out_.nodes.size(); ++i) {
      Node& node = out_.nodes[i];
      if (!node.problems.empty()) node.kind = Node::Kind::kUnknown;
      for (const std::string& problem : node.problems) {
        out_.not_recognised.push_back({"node " + std::to_string(i + 1) + ", " + TensorText(node.output), problem});
      }
    }
    for (uint32_t t = 0; t < circuit_.tensors.size(); ++t) {
      if (circuit_.tensors[t].kind != TensorKind::kOutput || is_value_[t]) continue;
      out_.not_recognised.push_back({"output " + TensorText(t),
                                     "no node sets it: it is a helper of a step (a digit of a remainder, a coarse "
                                     "position), and no formula says what it is"});
    }
    for (const uint32_t id : other_lookups_) {
      const Lookup& lookup = circuit_.lookups[id];
      std::string text = "lookup " + std::to_string(id) + " sets nothing that is used and demands that";
      size_t listed = 0;
      for (size_t c = 0; c < lookup.columns.size(); ++c) {
        for (const ViewTerm& t : lookup.columns[c].terms) {
          if (listed++ < kListed) text += (c == 0 ? " " : ", ") + ViewText(t.view, lookup.space.size());
        }
      }
      if (listed > kListed) text += ", and " + std::to_string(listed - kListed) + " more,";
      text += " be in table " + std::to_string(lookup.table) + " of " +
              std::to_string(circuit_.tables[lookup.table].size) + " rows: inputs for which it is not have no proof";
      out_.not_recognised.push_back({"lookup " + std::to_string(id), text});
    }
    for (size_t i = 0; i < out_.tables.size(); ++i) {
      if (out_.tables[i].uses == 0) out_.not_recognised.push_back({"table " + std::to_string(i), "is not used"});
    }
    std::vector<bool> read(circuit_.contractions.size(), false);
    for (const Lookup& lookup : circuit_.lookups) {
      for (const Expression& e : lookup.columns) {
        for (const AccumulatorTerm& t : e.accumulators) read[t.contraction] = true;
      }
    }
    for (size_t i = 0; i < read.size(); ++i) {
      if (!read[i]) out_.not_recognised.push_back({"contraction " + std::to_string(i), "is not used"});
    }
  }

  // Of the views in a demand.
  static constexpr size_t kListed = 8;

  const Circuit& circuit_;
  const Program& program_;
  const std::vector<ModelPort>& inputs_;
  const std::vector<ModelPort>& outputs_;
  TableReader tables_;
  AddendReader addends_;
  const std::vector<std::optional<CellRange>> cell_ranges_;
  const std::vector<ValueRange> ranges_;  // by tensor
  const std::vector<uint32_t> wrapping_;  // lookups
  const std::vector<uint32_t> leaving_;   // lookups
  std::vector<bool> accounted_;           // by lookup
  std::vector<bool> is_value_;            // by tensor: inputs, weights and what nodes set
  std::vector<uint32_t> low_digit_;       // by lookup: what a step takes from its cell
  std::vector<ReadStep> steps_;
  std::vector<StepFacts> facts_;
  std::vector<uint32_t> other_lookups_;
  Explanation out_;
};

}  // namespace

std::string OrderText(const PortReport& port) {
  if (std::is_sorted(port.order.begin(), port.order.end())) return "";
  return ", whose axes are " + AxesText(port.order) + " of it";
}

Explanation ExplainCircuit(const Circuit& circuit, const Program& program, const std::vector<ModelPort>& inputs,
                           const std::vector<ModelPort>& outputs) {
  return Explainer(circuit, program, inputs, outputs).Run();
}

}  // namespace provenn
