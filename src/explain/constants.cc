#include "explain/constants.h"

#include <algorithm>

#include "base/bytes.h"
#include "explain/reading.h"
#include "model/interpreter.h"

namespace provenn {
namespace {

constexpr uint64_t kMaxWork = uint64_t{1} << 24;  // cells and products
constexpr size_t kShown = 16;

// A circuit of what the steps that make public constants need; every other tensor is a scalar that nothing reads.
struct ConstantPart {
  Circuit circuit;
  Program program;
  uint64_t work = 0;
};

// What can be computed without inputs and weights: tensors of which every cell is set by steps that read nothing else.
// A step that sets part of a tensor, where another sets the rest from an input, is not run, and so its digits are not
// known either.
class Computable {
 public:
  Computable(const Circuit& circuit, const Program& program, const std::vector<Source>& sources)
      : circuit_(circuit), tensors_(circuit.tensors.size(), true) {
    std::vector<std::vector<const Step*>> steps_of(circuit.tensors.size());
    for (const Step& step : program.steps) {
      if (step.kind != Step::Kind::kLookup) continue;
      for (const uint32_t t : TouchedBy(step)) steps_of[t].push_back(&step);
    }
    std::vector<uint32_t> open;
    const auto exclude = [&](uint32_t t) {
      if (tensors_[t]) open.push_back(t);
      tensors_[t] = false;
    };
    for (uint32_t t = 0; t < sources.size(); ++t) {
      if (sources[t] != Source::kNothing) exclude(t);
    }
    while (!open.empty()) {
      const uint32_t t = open.back();
      open.pop_back();
      for (const Step* step : steps_of[t]) {
        for (const uint32_t own : SetBy(*step)) exclude(own);
      }
      steps_of[t].clear();
    }
  }

  bool Has(uint32_t tensor) const { return tensors_[tensor]; }
  bool Has(const Step& step) const {
    const std::vector<uint32_t> own = SetBy(step);
    // What it reads is excluded only together with what it sets.
    return !own.empty() && tensors_[own[0]];
  }

 private:
  // All that it sets or reads.
  std::vector<uint32_t> TouchedBy(const Step& step) const {
    std::vector<uint32_t> touched = SetBy(step);
    for (const Expression& e : circuit_.lookups[step.id].columns) {
      for (const ViewTerm& t : e.terms) touched.push_back(t.view.tensor);
      for (const AccumulatorTerm& t : e.accumulators) {
        const Contraction& c = circuit_.contractions[t.contraction];
        touched.push_back(c.left.tensor);
        if (c.right.has_value()) touched.push_back(c.right->tensor);
      }
    }
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    return touched;
  }

  const Circuit& circuit_;
  std::vector<bool> tensors_;
};

ConstantPart PartOf(const Circuit& circuit, const Program& program, const Computable& computable) {
  ConstantPart part;
  std::vector<bool> needed(circuit.contractions.size(), false);
  for (const Step& step : program.steps) {
    if (step.kind != Step::Kind::kLookup || !computable.Has(step)) continue;
    const Lookup& lookup = circuit.lookups[step.id];
    part.work += ElementCount(lookup.space) * (1 + SetBy(step).size());
    for (const Expression& e : lookup.columns) {
      part.work += ElementCount(lookup.space) * e.terms.size();
      for (const AccumulatorTerm& t : e.accumulators) needed[t.contraction] = true;
    }
    if (part.work > kMaxWork) return part;
  }
  for (const Step& step : program.steps) {
    const bool contract = step.kind == Step::Kind::kContract;
    if (contract && needed[step.id]) part.work += ElementCount(circuit.contractions[step.id].space);
    if (contract ? needed[step.id] : computable.Has(step)) part.program.steps.push_back(step);
    if (part.work > kMaxWork) return part;
  }
  part.circuit = circuit;
  for (uint32_t t = 0; t < circuit.tensors.size(); ++t) {
    Tensor& tensor = part.circuit.tensors[t];
    tensor.kind = TensorKind::kWitness;
    if (!computable.Has(t)) tensor.shape.clear();
  }
  return part;
}

std::string ValuesText(const ConstantReport& report) {
  std::string text;
  const bool uniform =
      std::adjacent_find(report.values.begin(), report.values.end(), std::not_equal_to<>()) == report.values.end();
  if (uniform && report.all_equal) return "constant " + std::to_string(report.values[0]) + " everywhere";
  for (const int64_t v : report.values) text += (text.empty() ? "" : ", ") + std::to_string(v);
  return "constants " + text + (report.cells > report.values.size() ? ", ..." : "") + " (SHA-256 " +
         ToHex(report.digest) + ")";
}

}  // namespace

std::vector<Source> SourcesOf(const Circuit& circuit, const Program& program) {
  std::vector<Source> tensors(circuit.tensors.size(), Source::kNothing);
  std::vector<Source> sums(circuit.contractions.size(), Source::kNothing);
  for (size_t t = 0; t < tensors.size(); ++t) {
    if (circuit.tensors[t].kind == TensorKind::kInput) tensors[t] = Source::kInputs;
    if (circuit.tensors[t].kind == TensorKind::kWeight) tensors[t] = Source::kWeights;
  }
  for (const Step& step : program.steps) {
    if (step.kind == Step::Kind::kContract) {
      const Contraction& c = circuit.contractions[step.id];
      sums[step.id] = tensors[c.left.tensor];
      if (c.right.has_value()) sums[step.id] = std::max(sums[step.id], tensors[c.right->tensor]);
      continue;
    }
    const std::vector<uint32_t> own = SetBy(step);
    Source most = Source::kNothing;
    for (const Expression& e : circuit.lookups[step.id].columns) {
      for (const ViewTerm& t : e.terms) {
        // What the step sets it does not read; other parts of its output count when they are set.
        if (std::find(own.begin(), own.end(), t.view.tensor) == own.end()) {
          most = std::max(most, tensors[t.view.tensor]);
        }
      }
      for (const AccumulatorTerm& t : e.accumulators) most = std::max(most, sums[t.contraction]);
    }
    for (const uint32_t t : own) tensors[t] = std::max(tensors[t], most);
  }
  return tensors;
}

std::vector<ConstantReport> ConstantsOf(const Circuit& circuit, const Program& program,
                                        const std::vector<Source>& sources, bool total) {
  std::vector<ConstantReport> reports;
  std::vector<bool> known(circuit.tensors.size(), false);
  bool any_public = false;
  for (const Step& step : program.steps) {
    if (step.kind != Step::Kind::kLookup || !SetsValue(step)) continue;
    for (const uint32_t t : SetBy(step)) {
      if (IsHelperOf(step, t) && !step.quotient.has_value()) continue;
      if (known[t] || sources[t] == Source::kInputs) continue;
      known[t] = true;
      ConstantReport report;
      report.tensor = t;
      report.secret = sources[t] == Source::kWeights;
      report.cells = ElementCount(circuit.tensors[t].shape);
      report.words = report.secret ? "constant, made of weights (secret)" : "constant that was not computed";
      any_public = any_public || !report.secret;
      reports.push_back(std::move(report));
    }
  }
  if (!any_public || !total) return reports;
  const Computable computable(circuit, program, sources);
  const ConstantPart part = PartOf(circuit, program, computable);
  if (part.work > kMaxWork) return reports;
  const IntegerTensors none(circuit.tensors.size());
  const auto witness = RunProgram(part.circuit, part.program, none, none);
  if (!witness.ok()) return reports;
  for (ConstantReport& report : reports) {
    if (report.secret || !computable.Has(report.tensor)) continue;
    const auto& values = witness->assignment.tensors[report.tensor];
    ByteWriter bytes;
    for (const int32_t v : values) bytes.U32(static_cast<uint32_t>(v));
    report.computed = true;
    report.digest = Sha256Of("provenn.constant", {ByteSpan(bytes.bytes())});
    report.values.assign(values.begin(), values.begin() + static_cast<ptrdiff_t>(std::min(values.size(), kShown)));
    report.all_equal = std::all_of(values.begin(), values.end(), [&](int32_t v) { return v == values[0]; });
    report.words = ValuesText(report);
  }
  return reports;
}

}  // namespace provenn
