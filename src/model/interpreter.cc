#include "model/interpreter.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>

#include "base/parallel.h"
#include "model/interpreter_view.h"
#include "relation/contraction.h"

namespace provenn {
namespace {

// Positions that are worked on at a time: what they need stays in the first-level cache.
constexpr size_t kStretch = 1024;

Status CheckTensor(const Circuit& circuit, const IntegerTensors& tensors, size_t id, uint64_t copies) {
  const Tensor& tensor = circuit.tensors[id];
  const uint64_t want = ElementCount(tensor.shape) * copies;
  const uint64_t have = id < tensors.size() ? tensors[id].size() : 0;
  if (have == want) return Ok();
  return Error{Code::kInvalidArgument, "has " + std::to_string(have) + " values, expected " + std::to_string(want),
               "tensor " + tensor.name};
}

std::string Real(int64_t value, int32_t scale) {
  std::string text = std::to_string(std::ldexp(static_cast<double>(value), -scale));
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

Status CheckInputRange(const Tensor& tensor, std::span<const int32_t> values) {
  const auto bad =
      std::find_if(values.begin(), values.end(), [&](int32_t v) { return v < tensor.min || v > tensor.max; });
  if (bad == values.end()) return Ok();
  return Error{Code::kOutOfRange,
               "the value at index " + std::to_string(bad - values.begin()) + " is outside the declared range [" +
                   Real(tensor.min, tensor.scale) + ", " + Real(tensor.max, tensor.scale) + "]",
               "input " + tensor.name};
}

// Satisfies one lookup at every position of its space.
class LookupStep {
 public:
  LookupStep(const Circuit& circuit, const Step& step, Witness* witness)
      : circuit_(circuit),
        step_(step),
        lookup_(circuit.lookups[step.id]),
        table_(circuit.tables[lookup_.table]),
        witness_(witness),
        key_(circuit, lookup_, lookup_.columns[0], HelpersOf(step), *witness) {
    for (size_t c = 0; c < step.outputs.size(); ++c) {
      if (step.outputs[c] == kNoTensor) continue;
      const Expression& column = lookup_.columns[c + 1];
      const auto term = std::find_if(column.terms.begin(), column.terms.end(),
                                     [&](const ViewTerm& t) { return t.view.tensor == step.outputs[c]; });
      outputs_.push_back({c, step.outputs[c],
                          ViewRuns(term->view, circuit.tensors[step.outputs[c]].shape, lookup_.space),
                          ExpressionRuns(circuit, lookup_, column, {step.outputs[c]}, *witness)});
    }
  }

  Status Run() {
    const uint64_t n = ElementCount(lookup_.space);
    std::atomic<bool> failed{false};
    ParallelFor(n, 16 * kStretch, [&](size_t begin, size_t end) {
      for (size_t at = begin; at < end; at += kStretch) {
        if (!Stretch(at, std::min(end - at, kStretch))) failed = true;
      }
    });
    if (!failed) return Ok();
    return Error{Code::kOutOfRange, "a value leaves its table " + table_.name, "lookup " + lookup_.name};
  }

 private:
  struct Output {
    size_t column;
    uint32_t tensor;
    ViewRuns cells;
    ExpressionRuns rest;  // the other terms of the column
  };

  int32_t* Cells(uint32_t tensor) const { return witness_->assignment.tensors[tensor].data(); }

  // false where a key leaves its table.
  bool Stretch(uint64_t begin, size_t count) const {
    int64_t keys[kStretch];
    key_.Evaluate(begin, {keys, count});
    uint32_t shift = 0;
    for (const RemainderDigit& digit : step_.digits) {
      int32_t* cells = Cells(digit.tensor) + begin;
      const int64_t mask = (int64_t{1} << digit.bits) - 1;
      for (size_t i = 0; i < count; ++i) cells[i] = static_cast<int32_t>((keys[i] >> shift) & mask);
      shift += digit.bits;
    }
    bool inside = true;
    for (size_t i = 0; i < count; ++i) keys[i] >>= shift;
    if (step_.clamp.has_value()) inside &= Clamp(*step_.clamp, begin, {keys, count});
    if (step_.quotient.has_value()) inside &= Divide(*step_.quotient, begin, {keys, count});
    for (size_t i = 0; i < count; ++i) {
      keys[i] -= table_.first_key;
      inside &= static_cast<uint64_t>(keys[i]) < table_.size;
    }
    if (!inside) return false;
    int64_t rest[kStretch];
    int32_t values[kStretch];
    for (const Output& output : outputs_) {
      output.rest.Evaluate(begin, {rest, count});
      const std::vector<int32_t>& column = table_.values[output.column];
      for (size_t i = 0; i < count; ++i) {
        const int64_t value = column[static_cast<size_t>(keys[i])] - rest[i];
        inside &= value == static_cast<int32_t>(value);
        values[i] = static_cast<int32_t>(value);
      }
      output.cells.Scatter({values, count}, begin, Cells(output.tensor));
    }
    return inside;
  }

  bool Clamp(const CoarseClamp& clamp, uint64_t begin, std::span<int64_t> keys) const {
    const Table& table = circuit_.tables[clamp.table];
    int32_t* tops = Cells(clamp.top) + begin;
    int32_t* clamped = Cells(clamp.clamped) + begin;
    for (size_t i = 0; i < keys.size(); ++i) {
      const int64_t top = keys[i] >> clamp.bits;
      const int64_t row = top - table.first_key;
      if (row < 0 || row >= static_cast<int64_t>(table.size)) return false;
      tops[i] = static_cast<int32_t>(top);
      clamped[i] = table.values[0][static_cast<size_t>(row)];
      keys[i] += (clamped[i] - top) * (int64_t{1} << clamp.bits);
    }
    return true;
  }

  bool Divide(const CommittedQuotient& quotient, uint64_t begin, std::span<int64_t> keys) const {
    int32_t* cells = Cells(quotient.tensor) + begin;
    bool fits = true;
    for (size_t i = 0; i < keys.size(); ++i) {
      const int64_t value = keys[i] >> quotient.bits;
      fits &= value == static_cast<int32_t>(value);
      cells[i] = static_cast<int32_t>(value);
      keys[i] -= value * (int64_t{1} << quotient.bits);
    }
    return fits;
  }

  const Circuit& circuit_;
  const Step& step_;
  const Lookup& lookup_;
  const Table& table_;
  Witness* witness_;
  ExpressionRuns key_;
  std::vector<Output> outputs_;
};

// Runs the steps on an assignment whose weights and inputs are set.
Status RunSample(const Circuit& circuit, const Program& program, Witness* witness) {
  for (size_t t = 0; t < circuit.tensors.size(); ++t) {
    const TensorKind kind = circuit.tensors[t].kind;
    if (kind == TensorKind::kWitness || kind == TensorKind::kOutput) {
      witness->assignment.tensors[t].assign(ElementCount(circuit.tensors[t].shape), 0);
    }
  }
  witness->accumulators.resize(circuit.contractions.size());
  for (const Step& step : program.steps) {
    if (step.kind == Step::Kind::kContract) {
      witness->accumulators[step.id] = EvaluateContraction(circuit, circuit.contractions[step.id], witness->assignment);
    } else {
      RETURN_IF_ERROR(LookupStep(circuit, step, witness).Run());
    }
  }
  return Ok();
}

}  // namespace

Result<Witness> RunProgram(const Circuit& circuit, const Program& program, const IntegerTensors& weights,
                           const IntegerTensors& inputs, uint32_t batch) {
  PROVENN_CHECK(batch >= 1);
  const size_t count = circuit.tensors.size();
  for (size_t t = 0; t < count; ++t) {
    const Tensor& tensor = circuit.tensors[t];
    if (tensor.kind == TensorKind::kWeight) RETURN_IF_ERROR(CheckTensor(circuit, weights, t, 1));
    if (tensor.kind == TensorKind::kInput) {
      RETURN_IF_ERROR(CheckTensor(circuit, inputs, t, batch));
      RETURN_IF_ERROR(CheckInputRange(tensor, inputs[t]));
    }
  }
  Witness all;
  all.assignment.tensors.resize(count);
  all.accumulators.resize(circuit.contractions.size());
  Witness sample;
  sample.assignment.tensors.resize(count);
  for (size_t t = 0; t < count; ++t) {
    if (circuit.tensors[t].kind == TensorKind::kWeight) sample.assignment.tensors[t] = weights[t];
  }
  for (uint32_t b = 0; b < batch; ++b) {
    for (size_t t = 0; t < count; ++t) {
      if (circuit.tensors[t].kind != TensorKind::kInput) continue;
      const size_t size = ElementCount(circuit.tensors[t].shape);
      sample.assignment.tensors[t].assign(inputs[t].begin() + static_cast<ptrdiff_t>(b * size),
                                          inputs[t].begin() + static_cast<ptrdiff_t>((b + 1) * size));
    }
    RETURN_IF_ERROR(RunSample(circuit, program, &sample));
    if (batch == 1) return sample;
    for (size_t t = 0; t < count; ++t) {
      if (circuit.tensors[t].kind == TensorKind::kWeight) continue;
      const SecretVector<int32_t>& from = sample.assignment.tensors[t];
      all.assignment.tensors[t].insert(all.assignment.tensors[t].end(), from.begin(), from.end());
    }
    for (size_t c = 0; c < all.accumulators.size(); ++c) {
      all.accumulators[c].insert(all.accumulators[c].end(), sample.accumulators[c].begin(),
                                 sample.accumulators[c].end());
    }
  }
  for (size_t t = 0; t < count; ++t) {
    if (circuit.tensors[t].kind == TensorKind::kWeight)
      all.assignment.tensors[t] = std::move(sample.assignment.tensors[t]);
  }
  return all;
}

}  // namespace provenn
