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

ConstantPart PartOf(const Circuit& circuit, const Program& program, const std::vector<Source>& sources) {
  ConstantPart part;
  std::vector<bool> needed(circuit.contractions.size(), false);
  std::vector<bool> set(circuit.tensors.size(), false);
  for (const Step& step : program.steps) {
    if (step.kind != Step::Kind::kLookup) continue;
    const std::vector<uint32_t> own = SetBy(step);
    if (own.empty() || sources[own[0]] != Source::kNothing) continue;
    const Lookup& lookup = circuit.lookups[step.id];
    part.work += ElementCount(lookup.space) * (1 + own.size());
    for (const Expression& e : lookup.columns) {
      part.work += ElementCount(lookup.space) * e.terms.size();
      for (const AccumulatorTerm& t : e.accumulators) needed[t.contraction] = true;
    }
    for (const uint32_t t : own) set[t] = true;
    if (part.work > kMaxWork) return part;
  }
  for (const Step& step : program.steps) {
    const bool contract = step.kind == Step::Kind::kContract;
    if (contract && needed[step.id]) part.work += ElementCount(circuit.contractions[step.id].space);
    const std::vector<uint32_t> own = SetBy(step);
    if (contract ? needed[step.id] : !own.empty() && set[own[0]]) part.program.steps.push_back(step);
    if (part.work > kMaxWork) return part;
  }
  part.circuit = circuit;
  for (size_t t = 0; t < set.size(); ++t) {
    Tensor& tensor = part.circuit.tensors[t];
    tensor.kind = TensorKind::kWitness;
    if (!set[t]) tensor.shape.clear();
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
  const ConstantPart part = PartOf(circuit, program, sources);
  if (part.work > kMaxWork) return reports;
  const IntegerTensors none(circuit.tensors.size());
  const auto witness = RunProgram(part.circuit, part.program, none, none);
  if (!witness.ok()) return reports;
  for (ConstantReport& report : reports) {
    if (report.secret) continue;
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
