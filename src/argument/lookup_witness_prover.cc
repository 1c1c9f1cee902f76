#include <algorithm>
#include <atomic>
#include <optional>

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

// An expression's constant and coefficients: as they are, in F, or all times 2^shift, as integers.
template <typename T>
struct Scaled {
  uint32_t shift = 0;
  T constant{};
  std::vector<T> terms, accumulators;
};

Goldilocks Lift(int64_t value, Goldilocks /*as*/) { return Goldilocks::FromSigned(value); }
int64_t Lift(int64_t value, int64_t /*as*/) { return value; }

Scaled<Goldilocks> InField(const Expression& e) {
  Scaled<Goldilocks> out{0, ToField(e.constant), {}, {}};
  for (const ViewTerm& term : e.terms) out.terms.push_back(ToField(term.coefficient));
  for (const AccumulatorTerm& term : e.accumulators) out.accumulators.push_back(ToField(term.coefficient));
  return out;
}

// None if a sum of values, and of accumulators whose magnitudes are at most largest_accumulator + 1, could reach 2^62;
// or if a table's value times 2^shift could.
std::optional<Scaled<int64_t>> InIntegers(const Expression& e, uint64_t largest_accumulator) {
  using Wide = __int128;
  constexpr Wide kLimit = Wide{1} << 62;
  Scaled<int64_t> out;
  const auto take_shift = [&](const Coefficient& c) { out.shift = std::max<uint32_t>(out.shift, c.shift); };
  take_shift(e.constant);
  for (const ViewTerm& term : e.terms) take_shift(term.coefficient);
  for (const AccumulatorTerm& term : e.accumulators) take_shift(term.coefficient);
  if (out.shift > 30) return std::nullopt;
  Wide bound = 0;
  const auto scaled = [&](const Coefficient& c, Wide largest) {
    const Wide value = Wide{c.numerator} * (Wide{1} << (out.shift - c.shift));
    const Wide magnitude = value < 0 ? -value : value;
    bound = magnitude < kLimit ? bound + magnitude * largest : kLimit;
    bound = std::min(bound, kLimit);
    return static_cast<int64_t>(value);
  };
  out.constant = scaled(e.constant, 1);
  for (const ViewTerm& term : e.terms) out.terms.push_back(scaled(term.coefficient, Wide{1} << 31));
  for (const AccumulatorTerm& term : e.accumulators) {
    out.accumulators.push_back(scaled(term.coefficient, Wide{largest_accumulator} + 1));
  }
  if (bound >= kLimit) return std::nullopt;
  return out;
}

template <typename T>
void AddLine(const Line& line, T coefficient, std::span<const int32_t> values, std::span<T> out) {
  if (!line.inside || out.empty()) return;
  const int64_t last = line.at + line.at_step * static_cast<int64_t>(out.size() - 1);
  if (line.flat_step == 1 && line.at >= 0 && last < line.at_size) {
    const auto from = values.subspan(static_cast<size_t>(line.base), out.size());
    for (size_t i = 0; i < out.size(); ++i) out[i] += coefficient * Lift(from[i], T());
    return;
  }
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t at = line.at + line.at_step * static_cast<int64_t>(i);
    if (at < 0 || at >= line.at_size) continue;
    const int64_t flat = line.base + line.flat_step * static_cast<int64_t>(i);
    out[i] += coefficient * Lift(values[static_cast<size_t>(flat)], T());
  }
}

// Values of the expression on lines [from, to) of the space (a line runs along the last axis).
template <typename T>
void EvaluateLines(const Circuit& circuit, const Witness& witness, const Expression& e, const Scaled<T>& scaled,
                   const Shape& space, size_t from, size_t to, std::span<T> out) {
  const size_t rank = space.size();
  const size_t length = rank == 0 ? 1 : space[rank - 1];
  std::vector<uint32_t> index(rank, 0);
  const uint32_t moving = rank == 0 ? 0 : static_cast<uint32_t>(rank - 1);
  for (size_t l = from; l < to; ++l) {
    size_t rest = l;
    for (size_t a = rank; a-- > 0;) {
      if (a == moving) continue;
      index[a] = static_cast<uint32_t>(rest % space[a]);
      rest /= space[a];
    }
    const auto line = out.subspan((l - from) * length, length);
    std::fill(line.begin(), line.end(), scaled.constant);
    for (size_t t = 0; t < e.terms.size(); ++t) {
      const View& view = e.terms[t].view;
      AddLine<T>(LineOf(view, circuit.tensors[view.tensor].shape, index, moving), scaled.terms[t],
                 witness.assignment.tensors[view.tensor], line);
    }
    for (size_t t = 0; t < e.accumulators.size(); ++t) {
      const int64_t* acc = witness.accumulators[e.accumulators[t].contraction].data() + l * length;
      for (size_t i = 0; i < length; ++i) line[i] += scaled.accumulators[t] * Lift(acc[i], T());
    }
  }
}

// The row of a key; something beyond the table if there is none.
uint64_t RowOf(Goldilocks key, uint32_t /*shift*/, int64_t first_key) {
  return (key - Goldilocks::FromSigned(first_key)).value();
}
uint64_t RowOf(int64_t key, uint32_t shift, int64_t first_key) {
  const bool whole = (key & ((int64_t{1} << shift) - 1)) == 0;
  return whole ? static_cast<uint64_t>(key >> shift) - static_cast<uint64_t>(first_key) : UINT64_MAX;
}

// Rows of the table for the tuples of lines [from, to); false if one is in no row. scaled: of each column.
template <typename T>
bool FindRows(const Circuit& circuit, const Witness& witness, const Lookup& lookup,
              const std::vector<Scaled<T>>& scaled, size_t from, size_t to, std::span<uint32_t> rows) {
  const Table& table = circuit.tables[lookup.table];
  const size_t size = rows.size();
  SecretVector<T> keys(size);
  EvaluateLines<T>(circuit, witness, lookup.columns[0], scaled[0], lookup.space, from, to, keys);
  bool missing = false;
  for (size_t i = 0; i < size; ++i) {
    const uint64_t row = RowOf(keys[i], scaled[0].shift, table.first_key);
    missing |= row >= table.size;
    rows[i] = static_cast<uint32_t>(row);
  }
  SecretVector<T> values(table.values.empty() ? 0 : size);
  for (size_t c = 0; !missing && c < table.values.size(); ++c) {
    const Scaled<T>& column = scaled[c + 1];
    EvaluateLines<T>(circuit, witness, lookup.columns[c + 1], column, lookup.space, from, to, values);
    const int32_t* of_row = table.values[c].data();
    for (size_t i = 0; i < size; ++i) missing |= values[i] != Lift(int64_t{of_row[rows[i]]} << column.shift, T());
  }
  return !missing;
}

void Count(std::span<const uint32_t> rows, std::span<uint32_t> counts) {
  // Many tuples are counted apart first.
  if (rows.size() < counts.size()) {
    for (const uint32_t row : rows) std::atomic_ref<uint32_t>(counts[row]).fetch_add(1, std::memory_order_relaxed);
    return;
  }
  SecretVector<uint32_t> own(counts.size(), 0);
  for (const uint32_t row : rows) ++own[row];
  for (size_t row = 0; row < own.size(); ++row) {
    if (own[row] == 0) continue;
    std::atomic_ref<uint32_t>(counts[row]).fetch_add(own[row], std::memory_order_relaxed);
  }
}

// The same for lines of `length` tuples, with integers unless they could overflow. In F a key that is no integer, or is
// far from the table, is not taken for another.
bool FindRows(const Circuit& circuit, const Witness& witness, const Lookup& lookup, size_t length, size_t from,
              size_t to, std::span<uint32_t> rows) {
  std::vector<Scaled<int64_t>> integers;
  for (const Expression& e : lookup.columns) {
    uint64_t bits = 0;
    for (const AccumulatorTerm& term : e.accumulators) {
      const int64_t* acc = witness.accumulators[term.contraction].data();
      for (size_t i = from * length; i < to * length; ++i) bits |= static_cast<uint64_t>(acc[i] ^ (acc[i] >> 63));
    }
    auto scaled = InIntegers(e, bits);
    if (!scaled.has_value()) break;
    integers.push_back(*std::move(scaled));
  }
  if (integers.size() == lookup.columns.size()) return FindRows(circuit, witness, lookup, integers, from, to, rows);
  std::vector<Scaled<Goldilocks>> in_field;
  for (const Expression& e : lookup.columns) in_field.push_back(InField(e));
  return FindRows(circuit, witness, lookup, in_field, from, to, rows);
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
      if (!FindRows(circuit, witness, lookup, length, from, to, here)) {
        missing = true;
      } else {
        Count(here, counts);
      }
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
