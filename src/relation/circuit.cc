#include "relation/circuit.h"

#include <algorithm>

namespace provenn {
namespace {

Error Invalid(const std::string& where, const std::string& what) { return Error{Code::kInvalidArgument, what, where}; }

bool ShapeFits(const Shape& shape) {
  if (shape.size() > kMaxRank) return false;
  uint64_t n = 1;
  for (uint32_t s : shape) {
    if (s == 0) return false;
    n *= s;
    if (n > kMaxElements) return false;
  }
  return true;
}

// Marks in `used` the axes of the space that the view uses.
Status ValidateView(const Circuit& circuit, const View& view, const Shape& space, const std::string& where,
                    std::vector<bool>* used) {
  if (view.tensor >= circuit.tensors.size()) return Invalid(where, "view of a tensor that does not exist");
  const Tensor& tensor = circuit.tensors[view.tensor];
  if (view.axes.size() != tensor.shape.size()) return Invalid(where, "view of " + tensor.name + " has the wrong rank");
  used->assign(space.size(), false);
  for (size_t a = 0; a < view.axes.size(); ++a) {
    // Bounds on the reachable indices keep every index computation inside 64 bits.
    int64_t reach = std::abs(static_cast<int64_t>(view.axes[a].offset));
    for (const AxisStep& step : view.axes[a].steps) {
      if (step.axis >= space.size())
        return Invalid(where, "view of " + tensor.name + " uses an axis that does not exist");
      if ((*used)[step.axis]) return Invalid(where, "view of " + tensor.name + " uses an axis twice");
      if (step.stride == 0) return Invalid(where, "view of " + tensor.name + " has a stride of 0");
      (*used)[step.axis] = true;
      reach += std::abs(static_cast<int64_t>(step.stride)) * space[step.axis];
    }
    if (reach > (int64_t{1} << 40)) return Invalid(where, "view of " + tensor.name + " reaches too far");
  }
  return Ok();
}

// A weight axis is read one to one: index = the index along a single axis of equal size.
bool ReadsOneToOne(const AxisMap& map, uint32_t size, const Shape& space) {
  return map.offset == 0 && map.steps.size() == 1 && map.steps[0].stride == 1 && space[map.steps[0].axis] == size;
}

Status ValidateWeightOperand(const Circuit& circuit, const Contraction& c, const std::vector<bool>& in_right,
                             const std::string& where) {
  const Tensor& weight = circuit.tensors[c.left.tensor];
  for (size_t a = 0; a < weight.shape.size(); ++a) {
    if (!ReadsOneToOne(c.left.axes[a], weight.shape[a], c.space)) {
      return Invalid(where, "an axis of the weight " + weight.name + " is not read one to one");
    }
    const uint32_t axis = c.left.axes[a].steps[0].axis;
    if (a < weight.outer_axes) {
      if (in_right[axis])
        return Invalid(where, "an outer axis of the weight " + weight.name + " is used by the right operand");
      if (axis >= c.out_rank) return Invalid(where, "an outer axis of the weight " + weight.name + " is summed over");
    } else if (c.right.has_value() && !in_right[axis]) {
      return Invalid(where, "an inner axis of the weight " + weight.name + " is not used by the right operand");
    }
  }
  return Ok();
}

Status ValidateContraction(const Circuit& circuit, const Contraction& c, const std::string& where) {
  if (!ShapeFits(c.space) || c.out_rank > c.space.size()) return Invalid(where, "bad index space");
  std::vector<bool> in_left;
  std::vector<bool> in_right(c.space.size(), false);
  RETURN_IF_ERROR(ValidateView(circuit, c.left, c.space, where, &in_left));
  if (c.right.has_value()) {
    RETURN_IF_ERROR(ValidateView(circuit, *c.right, c.space, where, &in_right));
    if (circuit.tensors[c.right->tensor].kind == TensorKind::kWeight) {
      return Invalid(where, "the right operand is a weight");
    }
  }
  for (size_t a = c.out_rank; a < c.space.size(); ++a) {
    if (!in_left[a] && !in_right[a]) return Invalid(where, "a summed axis is used by neither operand");
  }
  if (circuit.tensors[c.left.tensor].kind == TensorKind::kWeight) {
    return ValidateWeightOperand(circuit, c, in_right, where);
  }
  return Ok();
}

Status ValidateLookup(const Circuit& circuit, const Lookup& lookup, const std::string& where) {
  if (!ShapeFits(lookup.space)) return Invalid(where, "bad index space");
  if (lookup.table >= circuit.tables.size()) return Invalid(where, "table that does not exist");
  if (lookup.columns.size() != 1 + circuit.tables[lookup.table].values.size()) {
    return Invalid(where, "number of columns is not that of table " + circuit.tables[lookup.table].name);
  }
  std::vector<bool> used;
  for (const Expression& e : lookup.columns) {
    if (e.constant.shift > 62) return Invalid(where, "coefficient shift over 62");
    for (const ViewTerm& term : e.terms) {
      if (term.coefficient.shift > 62) return Invalid(where, "coefficient shift over 62");
      RETURN_IF_ERROR(ValidateView(circuit, term.view, lookup.space, where, &used));
      if (circuit.tensors[term.view.tensor].kind == TensorKind::kWeight) {
        return Invalid(where, "a weight outside a contraction");
      }
    }
    for (const AccumulatorTerm& term : e.accumulators) {
      if (term.coefficient.shift > 62) return Invalid(where, "coefficient shift over 62");
      if (term.contraction >= circuit.contractions.size()) return Invalid(where, "contraction that does not exist");
      const Contraction& c = circuit.contractions[term.contraction];
      if (!std::equal(lookup.space.begin(), lookup.space.end(), c.space.begin(), c.space.begin() + c.out_rank)) {
        return Invalid(where, "index space differs from the output axes of its contraction");
      }
    }
  }
  return Ok();
}

View Batched(const Circuit& circuit, View view) {
  for (AxisMap& map : view.axes) {
    for (AxisStep& step : map.steps) ++step.axis;
  }
  if (circuit.tensors[view.tensor].kind != TensorKind::kWeight) {
    view.axes.insert(view.axes.begin(), AxisMap{0, {AxisStep{0, 1}}});
  }
  return view;
}

}  // namespace

uint64_t ElementCount(const Shape& shape) {
  uint64_t n = 1;
  for (uint32_t s : shape) n *= s;
  return n;
}

Status ValidateCircuit(const Circuit& circuit) {
  if (circuit.tensors.size() > kMaxObjects || circuit.tables.size() > kMaxObjects ||
      circuit.contractions.size() > kMaxObjects || circuit.lookups.size() > kMaxObjects) {
    return Error{Code::kTooLarge, "too many tensors, tables, contractions or lookups", "circuit"};
  }
  if (circuit.lookups.empty()) return Invalid("circuit", "no lookups: nothing is constrained");
  for (const Tensor& t : circuit.tensors) {
    const std::string where = "tensor " + t.name;
    if (t.kind > TensorKind::kWeight) return Invalid(where, "unknown kind");
    // One axis is left free for the batch.
    if (!ShapeFits(t.shape) || t.shape.size() >= kMaxRank) return Invalid(where, "bad shape");
    if (t.min > t.max) return Invalid(where, "empty range");
    if (t.min < INT32_MIN || t.max > INT32_MAX) return Invalid(where, "range beyond 32 bits");
    if (t.scale < -64 || t.scale > 64) return Invalid(where, "scale beyond 64 bits");
    if (t.kind != TensorKind::kWeight && t.outer_axes != 0)
      return Invalid(where, "outer axes on a tensor that is no weight");
    if (t.outer_axes > 0 && t.outer_axes >= t.shape.size()) return Invalid(where, "no axis besides the outer ones");
  }
  for (const Table& t : circuit.tables) {
    const std::string where = "table " + t.name;
    if (t.size == 0 || t.size > kMaxTableSize) return Invalid(where, "bad size");
    if (t.values.size() > 4) return Invalid(where, "more than 4 value columns");
    if (t.first_key < INT32_MIN || t.first_key > INT32_MAX - int64_t{t.size} + 1)
      return Invalid(where, "keys beyond 32 bits");
    for (const auto& column : t.values) {
      if (column.size() != t.size) return Invalid(where, "a value column of the wrong length");
    }
  }
  for (size_t i = 0; i < circuit.contractions.size(); ++i) {
    RETURN_IF_ERROR(ValidateContraction(circuit, circuit.contractions[i], "contraction " + std::to_string(i)));
    if (circuit.contractions[i].space.size() >= kMaxRank)
      return Invalid("contraction " + std::to_string(i), "bad rank");
  }
  for (const Lookup& lookup : circuit.lookups) {
    RETURN_IF_ERROR(ValidateLookup(circuit, lookup, "lookup " + lookup.name));
    if (lookup.space.size() >= kMaxRank) return Invalid("lookup " + lookup.name, "bad rank");
  }
  return Ok();
}

Circuit WithBatch(const Circuit& circuit, uint32_t batch) {
  PROVENN_CHECK(batch >= 1);
  if (batch == 1) return circuit;
  Circuit out = circuit;
  for (Tensor& t : out.tensors) {
    if (t.kind != TensorKind::kWeight) t.shape.insert(t.shape.begin(), batch);
  }
  for (Contraction& c : out.contractions) {
    c.space.insert(c.space.begin(), batch);
    ++c.out_rank;
    c.left = Batched(circuit, std::move(c.left));
    if (c.right.has_value()) c.right = Batched(circuit, std::move(*c.right));
  }
  for (Lookup& lookup : out.lookups) {
    lookup.space.insert(lookup.space.begin(), batch);
    for (Expression& e : lookup.columns) {
      for (ViewTerm& term : e.terms) term.view = Batched(circuit, std::move(term.view));
    }
  }
  return out;
}

}  // namespace provenn
