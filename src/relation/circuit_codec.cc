// Canonical encoding of a circuit. docs/format.md specifies it byte by byte.
#include "relation/circuit.h"

namespace provenn {
namespace {

constexpr uint32_t kVersion = 1;
constexpr size_t kMaxNameSize = 256;

void Write(ByteWriter& w, const Shape& shape) {
  w.Varint(shape.size());
  for (uint32_t s : shape) w.Varint(s);
}

void Write(ByteWriter& w, const View& view) {
  w.Varint(view.tensor);
  w.Varint(view.axes.size());
  for (const AxisMap& map : view.axes) {
    w.SignedVarint(map.offset);
    w.Varint(map.steps.size());
    for (const AxisStep& step : map.steps) {
      w.Varint(step.axis);
      w.SignedVarint(step.stride);
    }
  }
}

void Write(ByteWriter& w, const Coefficient& c) {
  w.SignedVarint(c.numerator);
  w.U8(c.shift);
}

void Write(ByteWriter& w, const Expression& e) {
  Write(w, e.constant);
  w.Varint(e.terms.size());
  for (const ViewTerm& term : e.terms) {
    Write(w, term.coefficient);
    Write(w, term.view);
  }
  w.Varint(e.accumulators.size());
  for (const AccumulatorTerm& term : e.accumulators) {
    Write(w, term.coefficient);
    w.Varint(term.contraction);
  }
}

// A column of a table as runs of equal second differences: functions made of straight pieces take a few bytes.
void WriteColumn(ByteWriter& w, const std::vector<int32_t>& column) {
  int64_t value = 0;
  int64_t step = 0;
  size_t i = 0;
  while (i < column.size()) {
    const int64_t change = column[i] - value - step;  // second difference at i
    size_t run = 1;
    int64_t next_value = value + step + change;
    int64_t next_step = step + change;
    while (i + run < column.size() && column[i + run] - next_value - next_step == 0) {
      next_value += next_step;
      ++run;
    }
    w.SignedVarint(change);
    w.Varint(run - 1);
    value = next_value;
    step = next_step;
    i += run;
  }
}

// ---- reading: the reader's first failure sticks, so loops over counts stop at the first bad byte ------------------

Shape ReadShape(ByteReader& r) {
  Shape shape(r.Count(kMaxRank, "rank"));
  for (uint32_t& s : shape) s = static_cast<uint32_t>(r.Count(kMaxElements, "axis size"));
  return shape;
}

int32_t ReadInt32(ByteReader& r) {
  const int64_t v = r.SignedVarint();
  if (v < INT32_MIN || v > INT32_MAX) r.Fail("integer beyond 32 bits");
  return static_cast<int32_t>(v);
}

View ReadView(ByteReader& r) {
  View view;
  view.tensor = static_cast<uint32_t>(r.Count(kMaxObjects, "tensor id"));
  view.axes.resize(r.Count(kMaxRank, "view rank"));
  for (AxisMap& map : view.axes) {
    map.offset = ReadInt32(r);
    map.steps.resize(r.Count(kMaxRank, "number of steps"));
    for (AxisStep& step : map.steps) {
      step.axis = static_cast<uint32_t>(r.Count(kMaxRank, "axis"));
      step.stride = ReadInt32(r);
    }
  }
  return view;
}

Coefficient ReadCoefficient(ByteReader& r) {
  Coefficient c;
  c.numerator = r.SignedVarint();
  c.shift = r.U8();
  return c;
}

// Reads `count` objects one by one: a hostile count costs nothing beyond the bytes that are there.
template <typename T, typename ReadOne>
std::vector<T> ReadMany(ByteReader& r, uint64_t limit, const char* what, ReadOne read_one) {
  const uint64_t n = r.Count(limit, what);
  std::vector<T> out;
  for (uint64_t i = 0; i < n && r.ok(); ++i) out.push_back(read_one(r));
  return out;
}

Expression ReadExpression(ByteReader& r) {
  Expression e;
  e.constant = ReadCoefficient(r);
  e.terms = ReadMany<ViewTerm>(r, kMaxObjects, "number of terms", [](ByteReader& in) {
    ViewTerm term;
    term.coefficient = ReadCoefficient(in);
    term.view = ReadView(in);
    return term;
  });
  e.accumulators = ReadMany<AccumulatorTerm>(r, kMaxObjects, "number of accumulators", [](ByteReader& in) {
    AccumulatorTerm term;
    term.coefficient = ReadCoefficient(in);
    term.contraction = static_cast<uint32_t>(in.Count(kMaxObjects, "contraction id"));
    return term;
  });
  return e;
}

std::vector<int32_t> ReadColumn(ByteReader& r, uint32_t size) {
  std::vector<int32_t> column;
  int64_t value = 0;
  int64_t step = 0;
  bool first = true;
  while (r.ok() && column.size() < size) {
    const int64_t change = r.SignedVarint();
    const uint64_t run = r.Count(size - column.size() - 1, "run length") + 1;
    if (!r.ok()) break;
    if (change == 0 && !first) r.Fail("table run is not maximal");
    if (change < -(int64_t{1} << 34) || change > (int64_t{1} << 34)) r.Fail("table step too large");
    first = false;
    step += change;
    for (uint64_t i = 0; i < run && r.ok(); ++i) {
      value += step;
      if (value < INT32_MIN || value > INT32_MAX) r.Fail("table value beyond 32 bits");
      column.push_back(static_cast<int32_t>(value));
    }
  }
  return column;
}

}  // namespace

Bytes EncodeCircuit(const Circuit& circuit) {
  ByteWriter w;
  w.U32(kVersion);
  w.Varint(circuit.tensors.size());
  for (const Tensor& t : circuit.tensors) {
    w.String(t.name);
    w.U8(static_cast<uint8_t>(t.kind));
    Write(w, t.shape);
    w.SignedVarint(t.min);
    w.SignedVarint(t.max);
    w.SignedVarint(t.scale);
    w.Varint(t.outer_axes);
  }
  w.Varint(circuit.tables.size());
  for (const Table& t : circuit.tables) {
    w.String(t.name);
    w.SignedVarint(t.first_key);
    w.Varint(t.size);
    w.Varint(t.values.size());
    for (const auto& column : t.values) WriteColumn(w, column);
  }
  w.Varint(circuit.contractions.size());
  for (const Contraction& c : circuit.contractions) {
    Write(w, c.space);
    w.Varint(c.out_rank);
    Write(w, c.left);
    w.U8(c.right.has_value() ? 1 : 0);
    if (c.right.has_value()) Write(w, *c.right);
  }
  w.Varint(circuit.lookups.size());
  for (const Lookup& lookup : circuit.lookups) {
    w.String(lookup.name);
    Write(w, lookup.space);
    w.Varint(lookup.table);
    w.Varint(lookup.columns.size());
    for (const Expression& e : lookup.columns) Write(w, e);
  }
  return w.Take();
}

Result<Circuit> DecodeCircuit(ByteReader& r) {
  if (r.U32() != kVersion) r.Fail("unknown circuit version");
  Circuit circuit;
  circuit.tensors = ReadMany<Tensor>(r, kMaxObjects, "number of tensors", [](ByteReader& in) {
    Tensor t;
    t.name = in.String(kMaxNameSize);
    t.kind = static_cast<TensorKind>(in.U8());
    t.shape = ReadShape(in);
    t.min = in.SignedVarint();
    t.max = in.SignedVarint();
    t.scale = ReadInt32(in);
    t.outer_axes = static_cast<uint32_t>(in.Count(kMaxRank, "outer axes"));
    return t;
  });
  uint64_t table_rows = 0;
  circuit.tables = ReadMany<Table>(r, kMaxObjects, "number of tables", [&](ByteReader& in) {
    Table t;
    t.name = in.String(kMaxNameSize);
    t.first_key = in.SignedVarint();
    t.size = static_cast<uint32_t>(in.Count(kMaxTableSize, "table size"));
    const uint64_t columns = in.Count(4, "value columns");
    // A run makes many rows out of few bytes: bound the whole, not only the one table.
    table_rows += uint64_t{t.size} * (columns + 1);
    if (table_rows > uint64_t{1} << 25) in.Fail("tables too large");
    for (uint64_t c = 0; c < columns && in.ok(); ++c) t.values.push_back(ReadColumn(in, t.size));
    return t;
  });
  circuit.contractions = ReadMany<Contraction>(r, kMaxObjects, "number of contractions", [](ByteReader& in) {
    Contraction c;
    c.space = ReadShape(in);
    c.out_rank = static_cast<uint32_t>(in.Count(kMaxRank, "output rank"));
    c.left = ReadView(in);
    const uint8_t has_right = in.U8();
    if (has_right > 1) in.Fail("flag is neither 0 nor 1");
    if (has_right == 1) c.right = ReadView(in);
    return c;
  });
  circuit.lookups = ReadMany<Lookup>(r, kMaxObjects, "number of lookups", [](ByteReader& in) {
    Lookup lookup;
    lookup.name = in.String(kMaxNameSize);
    lookup.space = ReadShape(in);
    lookup.table = static_cast<uint32_t>(in.Count(kMaxObjects, "table id"));
    lookup.columns = ReadMany<Expression>(in, 8, "number of columns", ReadExpression);
    return lookup;
  });
  RETURN_IF_ERROR(r.status());
  RETURN_IF_ERROR(ValidateCircuit(circuit));
  return circuit;
}

}  // namespace provenn
