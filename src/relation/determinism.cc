#include "relation/determinism.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "field/goldilocks.h"

namespace provenn {
namespace {

using Wide = unsigned __int128;

// 2^bits * count <= p: that many residues are different numbers below p.
bool FitsField(uint32_t bits, uint64_t count) {
  return bits < 64 && (static_cast<Wide>(count) << bits) <= Wide{Goldilocks::kModulus};
}

bool IsInteger(const Coefficient& c) { return c.shift == 0 || c.numerator == 0; }

// The view reads every cell of the tensor once: axes one to one with those of the space, in any order.
bool IsWhole(const Circuit& circuit, const View& view, const Shape& space) {
  const Shape& shape = circuit.tensors[view.tensor].shape;
  if (shape.size() != space.size()) return false;
  for (size_t a = 0; a < shape.size(); ++a) {
    const AxisMap& map = view.axes[a];
    if (map.offset != 0 || map.steps.size() != 1 || map.steps[0].stride != 1) return false;
    if (space[map.steps[0].axis] != shape[a]) return false;
  }
  return true;  // a view uses each axis at most once (ValidateCircuit), so the axes are a permutation
}

// The view reads the tensor at the index of the space itself.
bool IsOwnIndex(const Circuit& circuit, const View& view, const Shape& space) {
  if (!IsWhole(circuit, view, space)) return false;
  for (size_t a = 0; a < view.axes.size(); ++a) {
    if (view.axes[a].steps[0].axis != a) return false;
  }
  return true;
}

// The expression is that tensor's cell at the index of the space, and nothing else.
bool IsCell(const Circuit& circuit, const Expression& e, uint32_t tensor, const Shape& space) {
  return e.constant.numerator == 0 && e.accumulators.empty() && e.terms.size() == 1 &&
         e.terms[0].view.tensor == tensor && e.terms[0].coefficient == Coefficient{1, 0} &&
         IsOwnIndex(circuit, e.terms[0].view, space);
}

}  // namespace

std::vector<std::optional<CellRange>> CellRanges(const Circuit& circuit) {
  std::vector<std::optional<CellRange>> ranges(circuit.tensors.size());
  constexpr int64_t kLargest = int64_t{1} << 40;
  const auto set = [&](uint32_t tensor, int64_t min, uint64_t size, size_t lookup) {
    std::optional<CellRange>& range = ranges[tensor];
    // The first of the narrowest counts: what it is may not depend on how the lookups are ordered otherwise.
    if (range.has_value() && range->size <= size) return;
    range = CellRange{min, size, static_cast<uint32_t>(lookup)};
  };
  const auto whole = [&](const ViewTerm& term, const Lookup& lookup) {
    return circuit.tensors[term.view.tensor].kind != TensorKind::kWeight && IsWhole(circuit, term.view, lookup.space);
  };
  for (size_t i = 0; i < circuit.lookups.size(); ++i) {
    const Lookup& lookup = circuit.lookups[i];
    const Table& table = circuit.tables[lookup.table];
    const Expression& key = lookup.columns[0];
    const int64_t constant = key.constant.numerator;
    if (!key.accumulators.empty() || key.terms.size() != 1 || !IsInteger(key.constant)) continue;
    if (constant > kLargest || constant < -kLargest) continue;
    if (key.terms[0].coefficient != Coefficient{1, 0} || !whole(key.terms[0], lookup)) continue;
    set(key.terms[0].view.tensor, table.first_key - constant, table.size, i);
  }
  // (cell + constant - low) / 2^w is a key, low in [0, 2^w).
  for (size_t i = 0; i < circuit.lookups.size(); ++i) {
    const Lookup& lookup = circuit.lookups[i];
    const Table& table = circuit.tables[lookup.table];
    const Expression& key = lookup.columns[0];
    if (!key.accumulators.empty() || key.terms.size() != 2) continue;
    const bool first = key.terms[0].coefficient.numerator == 1;
    const ViewTerm& cell = key.terms[first ? 0 : 1];
    const ViewTerm& low = key.terms[first ? 1 : 0];
    const uint8_t w = cell.coefficient.shift;
    if (w == 0 || w > 20 || cell.coefficient != Coefficient{1, w} || low.coefficient != Coefficient{-1, w}) continue;
    const int64_t constant = key.constant.numerator;
    if (constant != 0 && (key.constant.shift != w || constant > kLargest || constant < -kLargest)) continue;
    if (!whole(cell, lookup) || !whole(low, lookup) || low.view.tensor == cell.view.tensor) continue;
    const std::optional<CellRange>& digit = ranges[low.view.tensor];
    if (!digit.has_value() || digit->min != 0 || digit->size != uint64_t{1} << w) continue;
    set(cell.view.tensor, (table.first_key << w) - constant, uint64_t{table.size} << w, i);
  }
  return ranges;
}

std::vector<std::optional<uint32_t>> ClampLookups(const Circuit& circuit) {
  std::vector<std::optional<uint32_t>> by_top(circuit.tensors.size());
  for (size_t i = 0; i < circuit.lookups.size(); ++i) {
    const Lookup& l = circuit.lookups[i];
    if (l.columns.size() != 2 || l.columns[0].terms.size() != 1 || l.columns[1].terms.size() != 1) continue;
    const uint32_t top = l.columns[0].terms[0].view.tensor;
    const uint32_t clamped = l.columns[1].terms[0].view.tensor;
    if (by_top[top].has_value() || !IsCell(circuit, l.columns[0], top, l.space)) continue;
    if (IsCell(circuit, l.columns[1], clamped, l.space)) by_top[top] = static_cast<uint32_t>(i);
  }
  return by_top;
}

namespace {

// Some indices of an axis.
class Indices {
 public:
  Indices(uint32_t size, bool all) : words_((size + 63) / 64, all ? ~uint64_t{0} : 0) {
    if (all && size % 64 != 0) words_.back() >>= 64 - size % 64;
  }
  // False if it was there.
  bool Add(size_t i) {
    const uint64_t bit = uint64_t{1} << (i % 64);
    const bool fresh = (words_[i / 64] & bit) == 0;
    words_[i / 64] |= bit;
    return fresh;
  }
  bool Meets(const Indices& other) const {
    for (size_t w = 0; w < words_.size(); ++w) {
      if ((words_[w] & other.words_[w]) != 0) return true;
    }
    return false;
  }

 private:
  std::vector<uint64_t> words_;
};

// The cells of a tensor that one view writes: per axis the indices.
struct Box {
  std::vector<Indices> axes;
  uint64_t cells = 1;
};

class DeterminismChecker {
 public:
  DeterminismChecker(const Circuit& circuit, const Program& program)
      : circuit_(circuit), program_(program), ranges_(CellRanges(circuit)), clamp_lookups_(ClampLookups(circuit)) {}

  Status Run() {
    RETURN_IF_ERROR(Named(ValidateProgram(circuit_, program_)));
    RETURN_IF_ERROR(CheckCoefficients());
    RETURN_IF_ERROR(CheckInputs());
    CountWriters();
    for (const Step& step : program_.steps) {
      RETURN_IF_ERROR(step.kind == Step::Kind::kContract ? Contract(step) : Satisfy(step));
    }
    RETURN_IF_ERROR(CheckCoverage());
    return CheckLiveness();
  }

 private:
  static Error Bad(std::string where, std::string what) {
    return Error{Code::kRefusedKey, std::move(what), std::move(where)};
  }
  Error Bad(std::string what) const { return Bad(where_, std::move(what)); }
  static Status Named(const Status& status) {
    if (status.ok()) return Ok();
    return Bad(status.error().where, status.error().message);
  }
  const Tensor& TensorOf(uint32_t id) const { return circuit_.tensors[id]; }

  Status CheckCoefficients() const {
    for (const Lookup& lookup : circuit_.lookups) {
      for (const Expression& e : lookup.columns) {
        bool zero = false;
        for (const ViewTerm& t : e.terms) zero = zero || t.coefficient.numerator == 0;
        for (const AccumulatorTerm& t : e.accumulators) zero = zero || t.coefficient.numerator == 0;
        if (zero) return Bad("lookup " + lookup.name, "a term with the coefficient 0");
      }
    }
    return Ok();
  }

  Status CheckInputs() const {
    for (size_t t = 0; t < circuit_.tensors.size(); ++t) {
      const Tensor& tensor = circuit_.tensors[t];
      if (tensor.kind != TensorKind::kInput) continue;
      const auto& range = ranges_[t];
      if (!range.has_value()) return Bad("input " + tensor.name, "no lookup holds all its cells to a range");
      if (range->min != tensor.min || range->size != static_cast<uint64_t>(tensor.max - tensor.min) + 1) {
        return Bad("input " + tensor.name, "its lookup holds it to another range than the declared one");
      }
    }
    return Ok();
  }

  void CountWriters() {
    writers_left_.assign(circuit_.tensors.size(), 0);
    for (const Step& step : program_.steps) {
      for (const uint32_t t : SetBy(step)) ++writers_left_[t];
    }
    boxes_.resize(circuit_.tensors.size());
  }

  // Several steps may set one tensor: it may be read when the last of them is done.
  Status Known(uint32_t tensor) const {
    if (writers_left_[tensor] == 0) return Ok();
    return Bad("tensor " + TensorOf(tensor).name + " is read before all its cells are set");
  }

  Status Contract(const Step& step) {
    const Contraction& c = circuit_.contractions[step.id];
    where_ = "contraction " + std::to_string(step.id);
    RETURN_IF_ERROR(Known(c.left.tensor));
    return c.right.has_value() ? Known(c.right->tensor) : Ok();
  }

  // The tensor's one term in the key: at its own index, with this coefficient.
  Status Role(uint32_t tensor, const Lookup& lookup, Coefficient expected, const char* role) {
    int found = 0;
    for (const ViewTerm& term : lookup.columns[0].terms) {
      if (term.view.tensor != tensor) continue;
      ++found;
      if (term.coefficient != expected) {
        return Bad(std::string("the ") + role + " " + TensorOf(tensor).name + " has another coefficient than its role");
      }
      if (!IsOwnIndex(circuit_, term.view, lookup.space)) {
        return Bad(std::string("the ") + role + " " + TensorOf(tensor).name + " is not read at its own index");
      }
    }
    if (found == 1) return Ok();
    return Bad(std::string("the ") + role + " " + TensorOf(tensor).name + " occurs in the key " +
               std::to_string(found) + " times, not once");
  }

  Status Satisfy(const Step& step) {
    const Lookup& lookup = circuit_.lookups[step.id];
    where_ = "lookup " + lookup.name;
    const Table& table = circuit_.tables[lookup.table];
    const std::vector<uint32_t> sets = SetBy(step);
    const std::set<uint32_t> own(sets.begin(), sets.end());
    for (size_t c = 0; c < lookup.columns.size(); ++c) {
      for (const ViewTerm& term : lookup.columns[c].terms) {
        // Reading an output of this step in another column than its own would be a choice.
        const bool is_output =
            std::find(step.outputs.begin(), step.outputs.end(), term.view.tensor) != step.outputs.end();
        if (is_output && (c == 0 || step.outputs[c - 1] != term.view.tensor)) {
          return Bad((c == 0 ? "its key reads its own output " : "a column reads another column's output ") +
                     TensorOf(term.view.tensor).name);
        }
        if (!own.contains(term.view.tensor)) RETURN_IF_ERROR(Known(term.view.tensor));
      }
    }
    uint32_t shift = 0;
    for (const RemainderDigit& digit : step.digits) shift += digit.bits;
    RETURN_IF_ERROR(CheckDigits(step, lookup, shift));
    bool fits = FitsField(shift, table.size);
    if (step.clamp.has_value()) {
      RETURN_IF_ERROR(CheckClamp(step, lookup, table));
      fits = FitsField(shift + step.clamp->bits, circuit_.tables[step.clamp->table].size);
    }
    if (step.quotient.has_value()) {
      if (!step.digits.empty() || step.clamp.has_value()) return Bad("a quotient beside digits or a clamp");
      RETURN_IF_ERROR(CheckQuotient(*step.quotient, lookup, table, &fits));
    }
    if (!fits) return Bad("remainder and rows leave room for a second solution modulo p");
    uint64_t marks = 0;
    for (const uint32_t t : sets) marks += Marks(t);
    if (marks > kMaxMarks - marks_) return Bad("its axes are too long for a verifier");
    marks_ += marks;
    for (size_t c = 0; c < step.outputs.size(); ++c) {
      if (step.outputs[c] != kNoTensor) RETURN_IF_ERROR(AddBox(step.outputs[c], lookup, lookup.columns[c + 1]));
    }
    for (const uint32_t t : sets) {
      --writers_left_[t];
      const bool is_output = std::find(step.outputs.begin(), step.outputs.end(), t) != step.outputs.end();
      if (!is_output) AddWhole(t);
    }
    return Ok();
  }

  Status CheckDigits(const Step& step, const Lookup& lookup, uint32_t shift) {
    if (shift > 62) return Bad("a remainder of more than 62 bits");
    uint32_t at = 0;
    for (const RemainderDigit& digit : step.digits) {
      RETURN_IF_ERROR(
          Role(digit.tensor, lookup, {-(int64_t{1} << at), static_cast<uint8_t>(shift)}, "remainder digit"));
      const auto& range = ranges_[digit.tensor];
      if (!range.has_value() || range->min != 0 || range->size != uint64_t{1} << digit.bits) {
        return Bad("no lookup holds the remainder digit " + TensorOf(digit.tensor).name + " to its " +
                   std::to_string(digit.bits) + " bits");
      }
      at += digit.bits;
    }
    return Ok();
  }

  Status CheckClamp(const Step& step, const Lookup& lookup, const Table& table) {
    const CoarseClamp& clamp = *step.clamp;
    const int64_t unit = int64_t{1} << clamp.bits;
    RETURN_IF_ERROR(Role(clamp.top, lookup, {-unit, 0}, "coarse position"));
    RETURN_IF_ERROR(Role(clamp.clamped, lookup, {unit, 0}, "clamped position"));
    const std::optional<uint32_t> tie = clamp_lookups_[clamp.top];
    if (!tie.has_value() || circuit_.lookups[*tie].table != clamp.table ||
        circuit_.lookups[*tie].columns[1].terms[0].view.tensor != clamp.clamped) {
      return Bad("no lookup ties the clamped position " + TensorOf(clamp.clamped).name + " to the coarse one");
    }
    if (table.values.empty() || step.outputs.empty() || step.outputs[0] != kNoTensor ||
        !IsCell(circuit_, lookup.columns[1], clamp.clamped, lookup.space)) {
      return Bad("its first value column is not the clamped position");
    }
    const auto [known, fresh] = coarse_.try_emplace({lookup.table, clamp.bits}, true);
    for (uint32_t j = 0; fresh && j < table.size; ++j) {
      known->second = known->second && table.values[0][j] == (table.first_key + int64_t{j}) >> clamp.bits;
    }
    if (!known->second) return Bad("table " + table.name + " does not tie its keys to their coarse positions");
    return Ok();
  }

  Status CheckQuotient(const CommittedQuotient& quotient, const Lookup& lookup, const Table& table, bool* fits) {
    RETURN_IF_ERROR(Role(quotient.tensor, lookup, {-(int64_t{1} << quotient.bits), 0}, "quotient"));
    if (table.size > uint64_t{1} << quotient.bits) return Bad("a remainder wider than its division");
    const auto& range = ranges_[quotient.tensor];
    if (!range.has_value()) {
      return Bad("no lookup holds the quotient " + TensorOf(quotient.tensor).name + " to a range");
    }
    *fits = FitsField(quotient.bits, range->size);
    return Ok();
  }

  // Indices of a tensor's axes, which a part of it marks: a few bytes can declare long axes, so they are counted before
  // they are expanded.
  uint64_t Marks(uint32_t tensor) const {
    uint64_t marks = 0;
    for (uint32_t size : TensorOf(tensor).shape) marks += size;
    return marks;
  }

  // Digits, clamps and quotients have the shape of the space.
  void AddWhole(uint32_t tensor) {
    Box box;
    for (uint32_t size : TensorOf(tensor).shape) {
      box.axes.emplace_back(size, true);
      box.cells *= size;
    }
    boxes_[tensor].push_back(std::move(box));
  }

  // The cells that an output column sets: different indices of the space, different cells.
  Status AddBox(uint32_t tensor, const Lookup& lookup, const Expression& column) {
    const auto term = std::find_if(column.terms.begin(), column.terms.end(),
                                   [&](const ViewTerm& t) { return t.view.tensor == tensor; });
    const Shape& shape = TensorOf(tensor).shape;
    std::vector<bool> used(lookup.space.size(), false);
    Box box;
    for (size_t a = 0; a < shape.size(); ++a) {
      const AxisMap& map = term->view.axes[a];
      std::vector<int64_t> indices = {map.offset};
      for (const AxisStep& step : map.steps) {
        used[step.axis] = true;
        const size_t count = indices.size();
        // More indices than the axis is long cannot all be different.
        if (count * lookup.space[step.axis] > shape[a]) return Bad("two of its tuples set one cell");
        for (uint32_t i = 1; i < lookup.space[step.axis]; ++i) {
          for (size_t k = 0; k < count; ++k) indices.push_back(indices[k] + int64_t{step.stride} * i);
        }
      }
      Indices& marks = box.axes.emplace_back(shape[a], false);
      for (int64_t at : indices) {
        if (at < 0 || at >= int64_t{shape[a]}) return Bad("an output that leaves its tensor");
        if (!marks.Add(static_cast<size_t>(at))) return Bad("two of its tuples set one cell");
      }
      box.cells *= indices.size();
    }
    for (size_t a = 0; a < used.size(); ++a) {
      if (!used[a] && lookup.space[a] > 1) return Bad("two of its tuples set one cell");
    }
    boxes_[tensor].push_back(std::move(box));
    return Ok();
  }

  static bool Overlap(const Box& x, const Box& y) {
    for (size_t a = 0; a < x.axes.size(); ++a) {
      if (!x.axes[a].Meets(y.axes[a])) return false;
    }
    return true;
  }

  // The parts that steps set fill their tensor and do not overlap.
  Status CheckCoverage() const {
    for (size_t t = 0; t < circuit_.tensors.size(); ++t) {
      const std::vector<Box>& boxes = boxes_[t];
      if (boxes.empty()) continue;
      const std::string where = "tensor " + circuit_.tensors[t].name;
      if (boxes.size() > kMaxParts) return Bad(where, "is set in too many parts");
      uint64_t cells = 0;
      for (size_t i = 0; i < boxes.size(); ++i) {
        cells += boxes[i].cells;
        for (size_t j = 0; j < i; ++j) {
          if (Overlap(boxes[i], boxes[j])) return Bad(where, "two lookups set one cell");
        }
      }
      if (cells != ElementCount(circuit_.tensors[t].shape)) return Bad(where, "has cells that no lookup sets");
    }
    return Ok();
  }

  // Backwards from the outputs: what they depend on.
  Status CheckLiveness() const {
    std::vector<bool> live(circuit_.tensors.size());
    std::vector<bool> summed(circuit_.contractions.size(), false);
    for (size_t t = 0; t < live.size(); ++t) live[t] = circuit_.tensors[t].kind == TensorKind::kOutput;
    for (size_t i = program_.steps.size(); i-- > 0;) {
      const Step& step = program_.steps[i];
      if (step.kind == Step::Kind::kContract) {
        if (!summed[step.id]) continue;
        const Contraction& c = circuit_.contractions[step.id];
        live[c.left.tensor] = true;
        if (c.right.has_value()) live[c.right->tensor] = true;
        continue;
      }
      bool wanted = false;
      // A low digit alone is a range check: it does not carry its tensor anywhere.
      if (step.quotient.has_value()) wanted = live[step.quotient->tensor];
      for (uint32_t tensor : step.outputs) wanted = wanted || (tensor != kNoTensor && live[tensor]);
      if (!wanted) continue;
      for (const Expression& e : circuit_.lookups[step.id].columns) {
        for (const ViewTerm& term : e.terms) live[term.view.tensor] = true;
        for (const AccumulatorTerm& term : e.accumulators) summed[term.contraction] = true;
      }
    }
    for (size_t t = 0; t < live.size(); ++t) {
      const Tensor& tensor = circuit_.tensors[t];
      if (live[t]) continue;
      if (tensor.kind == TensorKind::kInput) return Bad("input " + tensor.name, "no output depends on it");
      if (tensor.kind == TensorKind::kWeight) return Bad("weight " + tensor.name, "no output depends on it");
    }
    return Ok();
  }

  // Limits of what the check expands: all parts together; parts of one tensor, which are compared pair by pair.
  static constexpr uint64_t kMaxMarks = uint64_t{1} << 25;
  static constexpr size_t kMaxParts = 256;

  const Circuit& circuit_;
  const Program& program_;
  const std::vector<std::optional<CellRange>> ranges_;
  const std::vector<std::optional<uint32_t>> clamp_lookups_;  // by coarse position
  std::vector<uint32_t> writers_left_;                        // by tensor
  std::vector<std::vector<Box>> boxes_;                       // by tensor: what each step sets
  uint64_t marks_ = 0;
  std::map<std::pair<uint32_t, uint8_t>, bool> coarse_;  // [table, bits] its first value column is right
  std::string where_;
};

}  // namespace

Status CheckDeterminism(const Circuit& circuit, const Program& program) {
  return DeterminismChecker(circuit, program).Run();
}

}  // namespace provenn
