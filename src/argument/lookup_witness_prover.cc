#include <atomic>
#include <mutex>

#include "argument/lookup_prover.h"
#include "argument/view_functional.h"
#include "base/parallel.h"

namespace provenn {
namespace {

// Index of the first tensor element and step along the last axis of the space, for one line of it.
struct Line {
  bool inside = true;   // whether the axes that do not move are in range
  int64_t base = 0;     // flat index, moving axis at index 0 of the line
  int64_t at = 0;       // index along the moving axis at the start of the line
  int64_t at_step = 0;  // its step; 0: no axis moves
  int64_t at_size = 1;
  int64_t flat_step = 0;
};

Line LineOf(const View& view, const Shape& shape, const std::vector<uint32_t>& index, uint32_t moving) {
  Line line;
  int64_t stride = 1;
  for (size_t a = shape.size(); a-- > 0;) {
    int64_t at = view.axes[a].offset;
    int64_t step = 0;
    for (const AxisStep& s : view.axes[a].steps) {
      if (s.axis == moving) step = s.stride;
      at += int64_t{s.stride} * index[s.axis];
    }
    if (step != 0) {
      line.at = at;
      line.at_step = step;
      line.at_size = shape[a];
      line.flat_step = stride * step;
      line.base += at * stride;
    } else {
      if (at < 0 || at >= static_cast<int64_t>(shape[a])) line.inside = false;
      line.base += at * stride;
    }
    stride *= shape[a];
  }
  return line;
}

void AddLine(const Line& line, Goldilocks coefficient, std::span<const int32_t> values, std::span<Goldilocks> out) {
  if (!line.inside) return;
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t at = line.at + line.at_step * static_cast<int64_t>(i);
    if (at < 0 || at >= line.at_size) continue;
    const int64_t flat = line.base + line.flat_step * static_cast<int64_t>(i);
    out[i] += coefficient * Goldilocks::FromSigned(values[static_cast<size_t>(flat)]);
  }
}

// Values of the expression on lines [from, to) of the space (a line runs along the last axis).
void EvaluateLines(const Circuit& circuit, const Witness& witness, const Expression& e, const Shape& space, size_t from,
                   size_t to, std::span<Goldilocks> out) {
  const size_t rank = space.size();
  const size_t length = rank == 0 ? 1 : space[rank - 1];
  std::vector<uint32_t> index(rank, 0);
  const uint32_t moving = rank == 0 ? 0 : static_cast<uint32_t>(rank - 1);
  const Goldilocks constant = ToField(e.constant);
  std::vector<Goldilocks> view_coefficients;
  for (const ViewTerm& term : e.terms) view_coefficients.push_back(ToField(term.coefficient));
  std::vector<Goldilocks> acc_coefficients;
  for (const AccumulatorTerm& term : e.accumulators) acc_coefficients.push_back(ToField(term.coefficient));
  for (size_t l = from; l < to; ++l) {
    size_t rest = l;
    for (size_t a = rank; a-- > 0;) {
      if (a == moving) continue;
      index[a] = static_cast<uint32_t>(rest % space[a]);
      rest /= space[a];
    }
    const auto line = out.subspan((l - from) * length, length);
    for (Goldilocks& v : line) v = constant;
    for (size_t t = 0; t < e.terms.size(); ++t) {
      const View& view = e.terms[t].view;
      AddLine(LineOf(view, circuit.tensors[view.tensor].shape, index, moving), view_coefficients[t],
              witness.assignment.tensors[view.tensor], line);
    }
    for (size_t t = 0; t < e.accumulators.size(); ++t) {
      const SecretVector<int64_t>& acc = witness.accumulators[e.accumulators[t].contraction];
      for (size_t i = 0; i < length; ++i) line[i] += acc_coefficients[t] * Goldilocks::FromSigned(acc[l * length + i]);
    }
  }
}

// Rows of the table for the tuples of lines [from, to), which are counted; false if one is in no row.
bool FindRows(const Circuit& circuit, const Witness& witness, const Lookup& lookup, size_t from, size_t to,
              std::span<uint32_t> rows, std::span<uint32_t> counts) {
  const Table& table = circuit.tables[lookup.table];
  const size_t size = rows.size();
  SecretVector<Goldilocks> keys(size);
  EvaluateLines(circuit, witness, lookup.columns[0], lookup.space, from, to, keys);
  bool found = true;
  for (size_t i = 0; i < size; ++i) {
    // In the field: a key that is no integer, or far from the table, may not overflow.
    const uint64_t row = (keys[i] - Goldilocks::FromSigned(table.first_key)).value();
    found = found && row < table.size;
    rows[i] = static_cast<uint32_t>(row);
  }
  SecretVector<Goldilocks> values(table.values.empty() ? 0 : size);
  for (size_t c = 0; found && c < table.values.size(); ++c) {
    EvaluateLines(circuit, witness, lookup.columns[c + 1], lookup.space, from, to, values);
    for (size_t i = 0; i < size; ++i) {
      found = found && values[i] == Goldilocks::FromSigned(table.values[c][rows[i]]);
    }
  }
  if (!found) return false;
  // Many tuples are counted apart first.
  if (size < table.size) {
    for (const uint32_t row : rows) std::atomic_ref<uint32_t>(counts[row]).fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  SecretVector<uint32_t> own(table.size, 0);
  for (const uint32_t row : rows) ++own[row];
  for (size_t row = 0; row < own.size(); ++row) {
    if (own[row] == 0) continue;
    std::atomic_ref<uint32_t>(counts[row]).fetch_add(own[row], std::memory_order_relaxed);
  }
  return true;
}

}  // namespace

Result<LookupWitness> EvaluateLookups(const Circuit& circuit, const Witness& witness) {
  LookupWitness out;
  for (const Table& table : circuit.tables) out.multiplicities.emplace_back(table.size, 0);
  for (const Lookup& lookup : circuit.lookups) {
    const std::span<uint32_t> counts(out.multiplicities[lookup.table]);
    const size_t count = ElementCount(lookup.space);
    const size_t length = lookup.space.empty() ? 1 : lookup.space.back();
    // Large tasks where there are many tuples, so that counting apart pays.
    const size_t tuples = count >= (size_t{1} << 18) ? size_t{1} << 15 : size_t{1} << 11;
    const std::span<uint32_t> rows(out.rows.emplace_back(count));
    std::atomic<bool> missing = false;
    ParallelFor(count / length, std::max<size_t>(1, tuples / length), [&](size_t from, size_t to) {
      const auto here = rows.subspan(from * length, (to - from) * length);
      if (!FindRows(circuit, witness, lookup, from, to, here, counts)) missing = true;
    });
    if (missing) {
      return Error{Code::kInvalidArgument,
                   "the witness has a tuple that is not in table " + circuit.tables[lookup.table].name,
                   "lookup " + lookup.name};
    }
  }
  return out;
}

}  // namespace provenn
