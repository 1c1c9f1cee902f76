#include "relation/checker.h"

#include <string>

#include "field/goldilocks.h"

namespace provenn {

int64_t ValueAt(const Circuit& circuit, const Assignment& assignment, const View& view,
                const std::vector<uint32_t>& index) {
  const Shape& shape = circuit.tensors[view.tensor].shape;
  uint64_t flat = 0;
  for (size_t a = 0; a < shape.size(); ++a) {
    int64_t at = view.axes[a].offset;
    for (const AxisStep& step : view.axes[a].steps) at += static_cast<int64_t>(step.stride) * index[step.axis];
    if (at < 0 || at >= static_cast<int64_t>(shape[a])) return 0;
    flat = flat * shape[a] + static_cast<uint64_t>(at);
  }
  return assignment.tensors[view.tensor][flat];
}

namespace {

// Steps `index` through axes [from, to) of the space, last axis fastest; false after the last.
bool Next(const Shape& space, size_t from, size_t to, std::vector<uint32_t>& index) {
  for (size_t a = to; a-- > from;) {
    if (++index[a] < space[a]) return true;
    index[a] = 0;
  }
  return false;
}

Goldilocks ToField(const Coefficient& c) {
  if (c.shift == 0) return Goldilocks::FromSigned(c.numerator);
  static const std::vector<Goldilocks> inverses = [] {
    std::vector<Goldilocks> powers;
    for (int shift = 0; shift < 63; ++shift) powers.push_back(Goldilocks(uint64_t{1} << shift).Inverse());
    return powers;
  }();
  return Goldilocks::FromSigned(c.numerator) * inverses[c.shift];
}

Goldilocks Accumulate(const Circuit& circuit, const Assignment& assignment, const Contraction& c,
                      const std::vector<uint32_t>& out_index) {
  std::vector<uint32_t> index(c.space.size(), 0);
  std::copy(out_index.begin(), out_index.end(), index.begin());
  Goldilocks sum;
  do {
    const int64_t left = ValueAt(circuit, assignment, c.left, index);
    const int64_t right = c.right.has_value() ? ValueAt(circuit, assignment, *c.right, index) : 1;
    sum += Goldilocks::FromSigned(left) * Goldilocks::FromSigned(right);
  } while (Next(c.space, c.out_rank, c.space.size(), index));
  return sum;
}

Goldilocks Evaluate(const Circuit& circuit, const Assignment& assignment, const Expression& e,
                    const std::vector<uint32_t>& index) {
  Goldilocks sum = ToField(e.constant);
  for (const ViewTerm& term : e.terms) {
    sum += ToField(term.coefficient) * Goldilocks::FromSigned(ValueAt(circuit, assignment, term.view, index));
  }
  for (const AccumulatorTerm& term : e.accumulators) {
    sum += ToField(term.coefficient) * Accumulate(circuit, assignment, circuit.contractions[term.contraction], index);
  }
  return sum;
}

Status CheckLookup(const Circuit& circuit, const Assignment& assignment, const Lookup& lookup) {
  const Table& table = circuit.tables[lookup.table];
  std::vector<uint32_t> index(lookup.space.size(), 0);
  do {
    const int64_t key = Evaluate(circuit, assignment, lookup.columns[0], index).ToSigned();
    std::string at = "(";
    for (size_t a = 0; a < index.size(); ++a) at += (a ? "," : "") + std::to_string(index[a]);
    at += ")";
    if (key < table.first_key || key >= table.first_key + static_cast<int64_t>(table.size)) {
      return Error{Code::kInvalidArgument, "the key at " + at + " is not in table " + table.name,
                   "lookup " + lookup.name};
    }
    const auto row = static_cast<size_t>(key - table.first_key);
    for (size_t c = 0; c < table.values.size(); ++c) {
      const int64_t value = Evaluate(circuit, assignment, lookup.columns[c + 1], index).ToSigned();
      if (value != table.values[c][row]) {
        return Error{
            Code::kInvalidArgument,
            "the value in column " + std::to_string(c + 1) + " at " + at + " is not the one of table " + table.name,
            "lookup " + lookup.name};
      }
    }
  } while (Next(lookup.space, 0, lookup.space.size(), index));
  return Ok();
}

}  // namespace

Status CheckAssignment(const Circuit& circuit, const Assignment& assignment) {
  if (assignment.tensors.size() != circuit.tensors.size()) {
    return Error{Code::kInvalidArgument, "wrong number of tensors", "assignment"};
  }
  for (size_t t = 0; t < circuit.tensors.size(); ++t) {
    const Tensor& tensor = circuit.tensors[t];
    if (assignment.tensors[t].size() != ElementCount(tensor.shape)) {
      return Error{Code::kInvalidArgument, "wrong number of elements", "tensor " + tensor.name};
    }
    if (tensor.kind != TensorKind::kInput) continue;
    for (int32_t v : assignment.tensors[t]) {
      if (v < tensor.min || v > tensor.max) {
        return Error{Code::kOutOfRange,
                     "a value is outside [" + std::to_string(tensor.min) + ", " + std::to_string(tensor.max) + "]",
                     "tensor " + tensor.name};
      }
    }
  }
  for (const Lookup& lookup : circuit.lookups) RETURN_IF_ERROR(CheckLookup(circuit, assignment, lookup));
  return Ok();
}

}  // namespace provenn
