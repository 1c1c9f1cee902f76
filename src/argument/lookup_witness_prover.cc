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
    const auto line = out.subspan(l * length, length);
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

}  // namespace

Result<LookupWitness> EvaluateLookups(const Circuit& circuit, const Witness& witness) {
  LookupWitness out;
  for (const Table& table : circuit.tables) out.multiplicities.emplace_back(table.size, 0);
  for (const Lookup& lookup : circuit.lookups) {
    const Table& table = circuit.tables[lookup.table];
    SecretVector<uint32_t>& counts = out.multiplicities[lookup.table];
    const size_t count = ElementCount(lookup.space);
    const size_t length = lookup.space.empty() ? 1 : lookup.space.back();
    auto& columns = out.columns.emplace_back();
    for (size_t c = 0; c < lookup.columns.size(); ++c) columns.emplace_back(count);
    std::atomic<bool> missing = false;
    ParallelFor(count / length, std::max<size_t>(1, 2048 / length), [&](size_t from, size_t to) {
      for (size_t c = 0; c < columns.size(); ++c) {
        EvaluateLines(circuit, witness, lookup.columns[c], lookup.space, from, to, columns[c]);
      }
      for (size_t i = from * length; i < to * length; ++i) {
        // In the field: a key that is no integer, or far from the table, may not overflow.
        const uint64_t row = (columns[0][i] - Goldilocks::FromSigned(table.first_key)).value();
        bool found = row < table.size;
        for (size_t c = 0; found && c < table.values.size(); ++c) {
          found = columns[c + 1][i] == Goldilocks::FromSigned(table.values[c][row]);
        }
        if (!found) {
          missing = true;
          return;
        }
        std::atomic_ref<uint32_t>(counts[row]).fetch_add(1, std::memory_order_relaxed);
      }
    });
    if (missing) {
      return Error{Code::kInvalidArgument, "the witness has a tuple that is not in table " + table.name,
                   "lookup " + lookup.name};
    }
  }
  return out;
}

}  // namespace provenn
