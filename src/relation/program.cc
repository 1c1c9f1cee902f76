#include "relation/program.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace provenn {
namespace {

constexpr uint64_t kMaxSteps = 2 * uint64_t{kMaxObjects};
constexpr uint64_t kMaxDigits = 8;
constexpr uint64_t kMaxValueColumns = 8;

class Validator {
 public:
  Validator(const Circuit& circuit, const Program& program)
      : circuit_(circuit),
        program_(program),
        set_(circuit.tensors.size()),
        contracted_(circuit.contractions.size()),
        satisfied_(circuit.lookups.size()) {
    for (size_t t = 0; t < circuit.tensors.size(); ++t) {
      const TensorKind kind = circuit.tensors[t].kind;
      set_[t] = kind == TensorKind::kInput || kind == TensorKind::kWeight;
    }
  }

  Status Run() {
    for (size_t i = 0; i < program_.steps.size(); ++i) {
      where_ = "program step " + std::to_string(i);
      const Step& step = program_.steps[i];
      RETURN_IF_ERROR(step.kind == Step::Kind::kContract ? Contract(step) : Satisfy(step));
    }
    where_ = "program";
    for (size_t t = 0; t < set_.size(); ++t) {
      if (!set_[t]) return Bad("tensor " + circuit_.tensors[t].name + " is never set");
    }
    for (size_t c = 0; c < contracted_.size(); ++c) {
      if (!contracted_[c]) return Bad("contraction " + std::to_string(c) + " is never evaluated");
    }
    return Ok();
  }

 private:
  Error Bad(std::string message) const { return Error{Code::kInvalidArgument, std::move(message), where_}; }

  Status Contract(const Step& step) {
    if (step.id >= circuit_.contractions.size()) return Bad("contraction that does not exist");
    if (contracted_[step.id]) return Bad("contraction evaluated twice");
    if (!step.digits.empty() || step.clamp.has_value() || step.quotient.has_value() || !step.outputs.empty())
      return Bad("fields that do not belong");
    const Contraction& c = circuit_.contractions[step.id];
    RETURN_IF_ERROR(Readable(c.left.tensor));
    if (c.right.has_value()) RETURN_IF_ERROR(Readable(c.right->tensor));
    contracted_[step.id] = true;
    return Ok();
  }

  Status Readable(uint32_t tensor) const {
    if (!set_[tensor]) return Bad("tensor " + circuit_.tensors[tensor].name + " is read before it is set");
    return Ok();
  }

  // A tensor that a step sets cell by cell in the order of the lookup's space.
  Status CellTensor(uint32_t tensor, const Lookup& lookup) {
    RETURN_IF_ERROR(Settable(tensor));
    if (set_[tensor]) return Bad("tensor " + circuit_.tensors[tensor].name + " is set twice");
    if (circuit_.tensors[tensor].shape != lookup.space) return Bad("a cell tensor differs in shape from the lookup");
    return Ok();
  }

  Status Settable(uint32_t tensor) const {
    if (tensor >= circuit_.tensors.size()) return Bad("tensor that does not exist");
    const TensorKind kind = circuit_.tensors[tensor].kind;
    if (kind != TensorKind::kWitness && kind != TensorKind::kOutput) return Bad("sets a tensor that is given");
    return Ok();
  }

  // Every term but those of `own` must be known by now.
  Status Known(const Expression& e, const std::vector<uint32_t>& own) const {
    for (const ViewTerm& term : e.terms) {
      if (std::find(own.begin(), own.end(), term.view.tensor) == own.end()) {
        RETURN_IF_ERROR(Readable(term.view.tensor));
      }
    }
    for (const AccumulatorTerm& term : e.accumulators) {
      if (!contracted_[term.contraction]) return Bad("contraction is read before it is evaluated");
    }
    return Ok();
  }

  Status Satisfy(const Step& step) {
    if (step.id >= circuit_.lookups.size()) return Bad("lookup that does not exist");
    if (satisfied_[step.id]) return Bad("satisfies a lookup a second time");
    satisfied_[step.id] = true;
    const Lookup& lookup = circuit_.lookups[step.id];
    where_ += " (" + lookup.name + ")";
    std::vector<uint32_t> own;
    uint32_t digit_bits = 0;
    for (const RemainderDigit& digit : step.digits) {
      RETURN_IF_ERROR(CellTensor(digit.tensor, lookup));
      if (digit.bits == 0 || digit.bits > 30) return Bad("bad digit width");
      digit_bits += digit.bits;
      own.push_back(digit.tensor);
    }
    if (step.clamp.has_value()) RETURN_IF_ERROR(CheckClamp(*step.clamp, lookup, &own));
    if (step.quotient.has_value()) {
      RETURN_IF_ERROR(CheckQuotient(*step.quotient, lookup));
      own.push_back(step.quotient->tensor);
    }
    for (size_t i = 0; i < own.size(); ++i) {
      if (std::count(own.begin(), own.end(), own[i]) != 1) return Bad("one tensor in two roles");
    }
    const Expression& key = lookup.columns[0];
    RETURN_IF_ERROR(Known(key, own));
    uint32_t shift = key.constant.shift;
    for (const ViewTerm& term : key.terms) shift = std::max<uint32_t>(shift, term.coefficient.shift);
    for (const AccumulatorTerm& term : key.accumulators) shift = std::max<uint32_t>(shift, term.coefficient.shift);
    if (shift != digit_bits) return Bad("digits do not cover the remainder");
    if (step.outputs.size() + 1 != lookup.columns.size()) return Bad("outputs do not match the value columns");
    for (size_t c = 0; c < step.outputs.size(); ++c) {
      const Expression& column = lookup.columns[c + 1];
      const uint32_t output = step.outputs[c];
      RETURN_IF_ERROR(output == kNoTensor ? Known(column, own) : CheckOutput(output, lookup, column, own));
    }
    for (uint32_t tensor : own) set_[tensor] = true;
    for (uint32_t tensor : step.outputs) {
      if (tensor != kNoTensor) set_[tensor] = true;
    }
    return Ok();
  }

  Status CheckClamp(const CoarseClamp& clamp, const Lookup& lookup, std::vector<uint32_t>* own) {
    RETURN_IF_ERROR(CellTensor(clamp.top, lookup));
    RETURN_IF_ERROR(CellTensor(clamp.clamped, lookup));
    if (clamp.table >= circuit_.tables.size()) return Bad("table that does not exist");
    if (circuit_.tables[clamp.table].values.size() != 1) return Bad("a clamp table has one value column");
    if (clamp.bits > 30) return Bad("bad clamp width");
    own->push_back(clamp.top);
    own->push_back(clamp.clamped);
    return Ok();
  }

  Status CheckQuotient(const CommittedQuotient& quotient, const Lookup& lookup) {
    RETURN_IF_ERROR(CellTensor(quotient.tensor, lookup));
    if (quotient.bits > 48) return Bad("bad quotient width");
    const Coefficient expected{-(int64_t{1} << quotient.bits), 0};
    const auto found = std::count_if(
        lookup.columns[0].terms.begin(), lookup.columns[0].terms.end(),
        [&](const ViewTerm& term) { return term.view.tensor == quotient.tensor && term.coefficient == expected; });
    if (found != 1) return Bad("a quotient that is not a term of the key");
    return Ok();
  }

  Status CheckOutput(uint32_t tensor, const Lookup& lookup, const Expression& column,
                     const std::vector<uint32_t>& own) const {
    RETURN_IF_ERROR(Settable(tensor));
    if (std::find(own.begin(), own.end(), tensor) != own.end()) return Bad("one tensor in two roles");
    if (column.constant.shift != 0) return Bad("a fraction in an output column");
    int found = 0;
    for (const ViewTerm& term : column.terms) {
      if (term.coefficient.shift != 0) return Bad("a fraction in an output column");
      if (term.view.tensor != tensor) continue;
      ++found;
      if (term.coefficient.numerator != 1) return Bad("an output with a coefficient");
      RETURN_IF_ERROR(CheckInside(term.view, lookup.space));
    }
    if (found != 1) return Bad("an output that is not one term of its column");
    for (const AccumulatorTerm& term : column.accumulators) {
      if (term.coefficient.shift != 0) return Bad("a fraction in an output column");
    }
    std::vector<uint32_t> others = own;
    others.push_back(tensor);
    return Known(column, others);
  }

  // The view never leaves its tensor.
  Status CheckInside(const View& view, const Shape& space) const {
    const Shape& shape = circuit_.tensors[view.tensor].shape;
    for (size_t a = 0; a < shape.size(); ++a) {
      int64_t low = view.axes[a].offset;
      int64_t high = low;
      for (const AxisStep& step : view.axes[a].steps) {
        const int64_t reach = static_cast<int64_t>(step.stride) * (space[step.axis] - 1);
        (reach < 0 ? low : high) += reach;
      }
      if (low < 0 || high >= static_cast<int64_t>(shape[a])) return Bad("an output that leaves its tensor");
    }
    return Ok();
  }

  const Circuit& circuit_;
  const Program& program_;
  std::vector<bool> set_;
  std::vector<bool> contracted_;
  std::vector<bool> satisfied_;
  std::string where_;
};

}  // namespace

bool SetsValue(const Step& step) {
  return step.quotient.has_value() ||
         std::any_of(step.outputs.begin(), step.outputs.end(), [](uint32_t t) { return t != kNoTensor; });
}

std::vector<uint32_t> HelpersOf(const Step& step) {
  std::vector<uint32_t> tensors;
  for (const RemainderDigit& digit : step.digits) tensors.push_back(digit.tensor);
  if (step.clamp.has_value()) tensors.insert(tensors.end(), {step.clamp->top, step.clamp->clamped});
  if (step.quotient.has_value()) tensors.push_back(step.quotient->tensor);
  return tensors;
}

std::vector<uint32_t> SetBy(const Step& step) {
  std::vector<uint32_t> tensors = HelpersOf(step);
  std::copy_if(step.outputs.begin(), step.outputs.end(), std::back_inserter(tensors),
               [](uint32_t t) { return t != kNoTensor; });
  return tensors;
}

bool IsHelperOf(const Step& step, uint32_t tensor) {
  const std::vector<uint32_t> helpers = HelpersOf(step);
  return std::find(helpers.begin(), helpers.end(), tensor) != helpers.end();
}

Status ValidateProgram(const Circuit& circuit, const Program& program) { return Validator(circuit, program).Run(); }

Bytes EncodeProgram(const Program& program) {
  ByteWriter w;
  w.Varint(program.steps.size());
  for (const Step& step : program.steps) {
    w.U8(static_cast<uint8_t>(step.kind));
    w.Varint(step.id);
    if (step.kind == Step::Kind::kContract) continue;
    w.Varint(step.digits.size());
    for (const RemainderDigit& digit : step.digits) {
      w.Varint(digit.tensor);
      w.U8(digit.bits);
    }
    w.U8(step.clamp.has_value() ? 1 : 0);
    if (step.clamp.has_value()) {
      w.Varint(step.clamp->top);
      w.Varint(step.clamp->clamped);
      w.Varint(step.clamp->table);
      w.U8(step.clamp->bits);
    }
    w.U8(step.quotient.has_value() ? 1 : 0);
    if (step.quotient.has_value()) {
      w.Varint(step.quotient->tensor);
      w.U8(step.quotient->bits);
    }
    w.Varint(step.outputs.size());
    for (uint32_t tensor : step.outputs) w.Varint(tensor == kNoTensor ? 0 : uint64_t{tensor} + 1);
  }
  return w.Take();
}

Result<Program> DecodeProgram(ByteReader& reader) {
  Program program;
  const auto id = [&](const char* what) { return static_cast<uint32_t>(reader.Count(kMaxObjects, what)); };
  const uint64_t count = reader.Count(kMaxSteps, "program steps");
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Step step;
    const uint8_t kind = reader.U8();
    if (kind > 1) reader.Fail("unknown kind of program step");
    step.kind = static_cast<Step::Kind>(kind);
    step.id = id("step object");
    if (step.kind == Step::Kind::kLookup) {
      const uint64_t digits = reader.Count(kMaxDigits, "remainder digits");
      for (uint64_t d = 0; d < digits && reader.ok(); ++d) {
        RemainderDigit digit;
        digit.tensor = id("digit tensor");
        digit.bits = reader.U8();
        step.digits.push_back(digit);
      }
      const uint8_t clamped = reader.U8();
      if (clamped > 1) reader.Fail("a flag is 0 or 1");
      if (clamped == 1) {
        CoarseClamp clamp;
        clamp.top = id("top tensor");
        clamp.clamped = id("clamped tensor");
        clamp.table = id("clamp table");
        clamp.bits = reader.U8();
        step.clamp = clamp;
      }
      const uint8_t divided = reader.U8();
      if (divided > 1) reader.Fail("a flag is 0 or 1");
      if (divided == 1) {
        CommittedQuotient quotient;
        quotient.tensor = id("quotient tensor");
        quotient.bits = reader.U8();
        step.quotient = quotient;
      }
      const uint64_t outputs = reader.Count(kMaxValueColumns, "output columns");
      for (uint64_t c = 0; c < outputs && reader.ok(); ++c) {
        const uint32_t tensor = id("output tensor");
        step.outputs.push_back(tensor == 0 ? kNoTensor : tensor - 1);
      }
    }
    program.steps.push_back(std::move(step));
  }
  RETURN_IF_ERROR(reader.status());
  return program;
}

}  // namespace provenn
