#include "model/lower_rescale.h"

#include <algorithm>
#include <bit>

namespace provenn {
namespace {

// What one committed cell or one leaf of the lookup argument costs, is the unit. Leaves come in blocks of a power of
// two: per table, and per lookup along every axis.
uint64_t TableCost(uint64_t rows) { return std::bit_ceil(rows) + rows; }
uint64_t Leaves(const Shape& space) {
  uint64_t n = 1;
  for (uint32_t size : space) n *= std::bit_ceil(size);
  return n;
}
// What saturation adds for one request: a lookup and two cells per value.
uint64_t SaturationCost(const Shape& space) { return Leaves(space) + 2 * ElementCount(space); }

// The longest direct table: the verifier walks all of it. Models with this many leaves may have one twice as long.
constexpr uint64_t kMaxDirectRows = uint64_t{1} << 17;
constexpr uint64_t kManyLeaves = uint64_t{1} << 22;
constexpr int64_t kMaxDigitBits = 16;

struct Interval {
  int64_t min = 0;
  int64_t max = 0;
  uint64_t Size() const { return static_cast<uint64_t>(max - min) + 1; }
};

// Smallest number of at most three binary digits (followed by zeros) that is >= x.
int64_t RoundUp(int64_t x) {
  int64_t unit = 1;
  while (x > 7 * unit) unit *= 2;
  return (x + unit - 1) / unit * unit;
}

// min is rounded down to -m, max up to m - 1: what table sizes may tell.
Interval RoundOut(Interval i) {
  return {i.min < 0 ? -RoundUp(-i.min) : 0, i.max >= 0 ? std::max<int64_t>(RoundUp(i.max + 1) - 1, 0) : -1};
}

Interval Quotients(const RescaleRequest& r) { return {r.min >> r.shift, r.max >> r.shift}; }

// The coarse layout of a saturating table.
struct Coarse {
  int bits = 0;
  Interval rows;     // keys of the table
  Interval tops;     // keys of the clamp table
  Interval clamped;  // its values
  uint64_t Cost() const { return TableCost(rows.Size()) + TableCost(tops.Size()); }
};

Coarse LayOut(const FunctionTable& f, Interval quotients, int bits) {
  Coarse c;
  c.bits = bits;
  const int64_t low = f.first >> bits;
  const int64_t high = f.last() >> bits;
  c.clamped = {low - 1, high + 1};
  c.rows = {(low - 1) * (int64_t{1} << bits), (high + 2) * (int64_t{1} << bits) - 1};
  c.tops = RoundOut({std::min(quotients.min >> bits, low - 1), std::max(quotients.max >> bits, high + 1)});
  return c;
}

Coarse BestCoarse(const FunctionTable& f, Interval quotients) {
  Coarse best = LayOut(f, quotients, 0);
  for (int bits = 1; bits <= 24; ++bits) {
    const Coarse c = LayOut(f, quotients, bits);
    if (c.Cost() < best.Cost()) best = c;
  }
  return best;
}

// All requests with one function: which are direct, and over which keys.
struct FunctionClass {
  std::vector<size_t> requests;
  Interval direct;
  std::vector<bool> is_direct;  // parallel to `requests`
  Coarse coarse;
  int direct_table = -1;
  int coarse_table = -1;
  int clamp_table = -1;
};

class Emitter {
 public:
  Emitter(const std::vector<RescaleRequest>& rescales, const std::vector<RangeRequest>& ranges, Circuit* circuit,
          Program* program, std::vector<NodeCost>* costs)
      : rescales_(rescales), ranges_(ranges), circuit_(*circuit), program_(*program), costs_(*costs) {
    contracted_.assign(circuit->contractions.size(), false);
  }

  Status Run() {
    PlanDigits();
    for (size_t i = 0; i < rescales_.size(); ++i) {
      if (!IsExact(rescales_[i])) classes_[rescales_[i].function].requests.push_back(i);
    }
    class_of_.resize(rescales_.size());
    uint64_t leaves = 0;
    for (const RescaleRequest& r : rescales_) leaves += 2 * Leaves(r.space);
    max_direct_rows_ = leaves > kManyLeaves ? 2 * kMaxDirectRows : kMaxDirectRows;
    for (auto& [function, c] : classes_) {
      RETURN_IF_ERROR(PlanClass(function, &c));
      for (size_t j = 0; j < c.requests.size(); ++j) class_of_[c.requests[j]] = {&c, c.is_direct[j]};
    }
    for (const RangeRequest& r : ranges_) EmitRange(r);
    for (size_t i = 0; i < rescales_.size(); ++i) {
      if (IsExact(rescales_[i])) {
        EmitExact(rescales_[i]);
      } else {
        Emit(rescales_[i], *class_of_[i].first, class_of_[i].second);
      }
    }
    if (circuit_.tensors.size() > kMaxObjects || circuit_.lookups.size() > kMaxObjects) {
      return Error{Code::kTooLarge, "the model needs too many tensors or lookups", "circuit"};
    }
    return Ok();
  }

 private:
  // Up to this many values a table of their own costs more than a range check of two digits.
  static constexpr uint64_t kFewValues = 1024;
  static constexpr int kExactDigit = 12;

  bool IsExact(const RescaleRequest& r) const {
    const Interval q = Quotients(r);
    const int width = static_cast<int>(std::bit_width(static_cast<uint64_t>(q.max - q.min)));
    const bool cells = circuit_.tensors[r.out].shape == r.space && r.out_view == Cell(r.out, r.space, {}).view;
    return r.exact && cells && r.rest == Expression{} && r.shift > 0 && r.shift <= kMaxDigitBits &&
           width <= 2 * kExactDigit && q.min > INT32_MIN / 2 && q.max < INT32_MAX / 2 &&
           ElementCount(r.space) <= kFewValues;
  }

  void EmitExact(const RescaleRequest& r) {
    Contract(r.sum);
    const Interval q = Quotients(r);
    Tensor& out = circuit_.tensors[r.out];
    // A power of two of values, as the range table is one.
    const int width =
        std::max(static_cast<int>(std::bit_width(static_cast<uint64_t>(RoundOut(q).max - RoundOut(q).min))), 1);
    out.min = RoundOut(q).min;
    out.max = out.min + (int64_t{1} << width) - 1;
    Step divide;
    divide.kind = Step::Kind::kLookup;
    divide.quotient = CommittedQuotient{r.out, static_cast<uint8_t>(r.shift)};
    Expression remainder = r.sum;
    remainder.terms.push_back({{-(int64_t{1} << r.shift), 0}, r.out_view});
    divide.id = AddLookup(r.name + " remainder", r.node, r.space, RangeTable(uint32_t{1} << r.shift), {remainder});
    program_.steps.push_back(std::move(divide));
    RangeRequest range{r.name + " range", r.node, r.space, {}, uint32_t{1} << width};
    range.key.constant = {-out.min, 0};
    range.key.terms.push_back({{1, 0}, r.out_view});
    EmitRange(range);
  }

  Status PlanClass(const FunctionTable& function, FunctionClass* c) {
    // Direct up to some extent, saturating beyond: the cheapest cut in the order of extents.
    std::vector<size_t> order(c->requests.size());
    for (size_t j = 0; j < order.size(); ++j) order[j] = j;
    const auto extent = [&](size_t j) { return Quotients(rescales_[c->requests[j]]).Size(); };
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return extent(a) < extent(b); });
    std::vector<uint64_t> cost_from(order.size() + 1, 0);
    std::vector<Interval> all_from(order.size() + 1);
    for (size_t k = order.size(); k-- > 0;) {
      const RescaleRequest& r = rescales_[c->requests[order[k]]];
      cost_from[k] = cost_from[k + 1] + SaturationCost(r.space);
      const Interval q = Quotients(r);
      all_from[k] = k + 1 == order.size()
                        ? q
                        : Interval{std::min(q.min, all_from[k + 1].min), std::max(q.max, all_from[k + 1].max)};
    }
    uint64_t best = UINT64_MAX;
    size_t best_cut = 0;
    Interval united;
    for (size_t cut = 0; cut <= order.size(); ++cut) {
      if (cut > 0) {
        const Interval q = Quotients(rescales_[c->requests[order[cut - 1]]]);
        united = cut == 1 ? q : Interval{std::min(q.min, united.min), std::max(q.max, united.max)};
        if (RoundOut(united).Size() > max_direct_rows_) break;
      }
      uint64_t cost = cut > 0 ? TableCost(RoundOut(united).Size()) : 0;
      if (cut < order.size()) {
        const Coarse coarse = BestCoarse(function, all_from[cut]);
        if (coarse.rows.Size() > kMaxTableSize || coarse.tops.Size() > kMaxTableSize) continue;
        cost += coarse.Cost() + cost_from[cut];
      }
      if (cost < best) {
        best = cost;
        best_cut = cut;
        c->direct = RoundOut(united);
      }
    }
    if (best == UINT64_MAX) {
      const RescaleRequest& r = rescales_[c->requests[order.back()]];
      return Error{Code::kUnsupported, "its values span too many bits for any table; try fewer --bits", r.name};
    }
    c->is_direct.assign(order.size(), false);
    for (size_t k = 0; k < best_cut; ++k) c->is_direct[order[k]] = true;
    if (best_cut < order.size()) c->coarse = BestCoarse(function, all_from[best_cut]);
    return Ok();
  }

  // One digit where its table is cheaper than a second digit per value.
  void PlanDigits() {
    std::map<int, uint64_t> values;
    for (const RescaleRequest& r : rescales_) {
      if (r.shift > 0) values[r.shift] += ElementCount(r.space);
    }
    for (const auto& [shift, count] : values) {
      std::vector<uint8_t>& digits = digits_[shift];
      const int pieces = shift <= 8 ? 1
                         : shift <= kMaxDigitBits && (uint64_t{1} << shift) <= count + (uint64_t{2} << (shift / 2))
                             ? 1
                             : std::max<int>(2, static_cast<int>((shift + 11) / 12));
      for (int i = 0; i < pieces; ++i) {
        digits.push_back(static_cast<uint8_t>(shift * (i + 1) / pieces - shift * i / pieces));
      }
    }
  }

  uint32_t AddTable(Table table, const std::string& name) {
    table.name = name;
    circuit_.tables.push_back(std::move(table));
    return static_cast<uint32_t>(circuit_.tables.size() - 1);
  }

  uint32_t RangeTable(uint32_t size) {
    const auto [it, fresh] = range_tables_.try_emplace(size, 0);
    if (fresh) it->second = AddTable(MakeRangeTable(size), "range " + std::to_string(size));
    return it->second;
  }

  template <typename Request>
  uint32_t AddCells(const Request& r, const std::string& suffix, int64_t min, int64_t max) {
    Tensor t;
    t.name = r.name + "/" + suffix;
    t.shape = r.space;
    t.min = min;
    t.max = max;
    circuit_.tensors.push_back(std::move(t));
    costs_[r.node].cells += ElementCount(r.space);
    return static_cast<uint32_t>(circuit_.tensors.size() - 1);
  }

  uint32_t AddLookup(const std::string& name, size_t node, const Shape& space, uint32_t table,
                     std::vector<Expression> columns) {
    circuit_.lookups.push_back(Lookup{name, space, table, std::move(columns)});
    costs_[node].lookups += ElementCount(space);
    return static_cast<uint32_t>(circuit_.lookups.size() - 1);
  }

  // The tensor at its own index.
  static ViewTerm Cell(uint32_t tensor, const Shape& space, Coefficient coefficient) {
    ViewTerm term{coefficient, View{tensor, {}}};
    for (uint32_t a = 0; a < space.size(); ++a) term.view.axes.push_back(AxisMap{0, {AxisStep{a, 1}}});
    return term;
  }

  static Expression CellAlone(uint32_t tensor, const Shape& space) {
    Expression e;
    e.terms.push_back(Cell(tensor, space, {1, 0}));
    return e;
  }

  // Width of the low digit of a range check: that of a table which is there anyway, or half.
  int LowBits(int bits) const {
    int best = bits / 2;
    for (const auto& [shift, digits] : digits_) {
      for (const uint8_t width : digits) {
        if (width < bits && bits - width <= 10 && width > best) best = width;
      }
    }
    return best;
  }

  // One lookup, or two with a committed low digit where the table would outweigh the values.
  void EmitRange(const RangeRequest& r) {
    const int bits = static_cast<int>(std::bit_width(r.size)) - 1;
    const bool shared = std::any_of(digits_.begin(), digits_.end(), [&](const auto& d) {
      return std::find(d.second.begin(), d.second.end(), bits) != d.second.end();
    });
    const bool worth_a_table = shared || r.size <= ElementCount(r.space) + (uint64_t{2} << (bits / 2));
    if (!std::has_single_bit(r.size) || bits <= 8 || worth_a_table) {
      AddLookup(r.name, r.node, r.space, RangeTable(r.size), {r.key});
      return;
    }
    const uint8_t low_bits = static_cast<uint8_t>(LowBits(bits));
    const uint32_t low = AddCells(r, "low", 0, (int64_t{1} << low_bits) - 1);
    AddLookup(r.name + " low", r.node, r.space, RangeTable(uint32_t{1} << low_bits), {CellAlone(low, r.space)});
    Expression key = r.key;
    key.constant.shift = low_bits;
    for (ViewTerm& term : key.terms) term.coefficient.shift = low_bits;
    key.terms.push_back(Cell(low, r.space, {-1, low_bits}));
    Step step;
    step.kind = Step::Kind::kLookup;
    step.id = AddLookup(r.name, r.node, r.space, RangeTable(r.size >> low_bits), {std::move(key)});
    step.digits.push_back({low, low_bits});
    program_.steps.push_back(std::move(step));
  }

  void Contract(const Expression& e) {
    for (const AccumulatorTerm& term : e.accumulators) {
      if (contracted_[term.contraction]) continue;
      contracted_[term.contraction] = true;
      program_.steps.push_back(Step{Step::Kind::kContract, term.contraction, {}, {}, {}, {}});
    }
  }

  void Emit(const RescaleRequest& r, FunctionClass& c, bool direct) {
    Contract(r.sum);
    Contract(r.rest);
    Step step;
    step.kind = Step::Kind::kLookup;
    const uint8_t s = static_cast<uint8_t>(r.shift);
    Expression key = r.sum;
    if (key.constant.numerator != 0) key.constant.shift = s;
    for (ViewTerm& term : key.terms) term.coefficient.shift = s;
    for (AccumulatorTerm& term : key.accumulators) term.coefficient.shift = s;
    int at = 0;
    if (r.shift > 0) {
      for (const uint8_t bits : digits_[r.shift]) {
        const uint32_t digit = AddCells(r, at == 0 ? "low" : "low" + std::to_string(at), 0, (int64_t{1} << bits) - 1);
        AddLookup(r.name + " remainder", r.node, r.space, RangeTable(uint32_t{1} << bits), {CellAlone(digit, r.space)});
        key.terms.push_back(Cell(digit, r.space, {-(int64_t{1} << at), s}));
        step.digits.push_back({digit, bits});
        at += bits;
      }
    }
    Expression value = r.rest;
    value.terms.push_back(ViewTerm{{1, 0}, r.out_view});
    if (direct) {
      if (c.direct_table < 0) {
        const std::string name = "function " + std::to_string(++functions_);
        c.direct_table = static_cast<int>(AddTable(MakeTable(r.function, c.direct.min, c.direct.max), name));
      }
      step.outputs = {r.out};
      step.id =
          AddLookup(r.name, r.node, r.space, static_cast<uint32_t>(c.direct_table), {std::move(key), std::move(value)});
    } else {
      EmitSaturating(r, c, std::move(key), std::move(value), &step);
    }
    program_.steps.push_back(std::move(step));
  }

  void EmitSaturating(const RescaleRequest& r, FunctionClass& c, Expression key, Expression value, Step* step) {
    const Coarse& coarse = c.coarse;
    if (c.coarse_table < 0) {
      const std::string name = "saturating function " + std::to_string(++functions_);
      c.coarse_table =
          static_cast<int>(AddTable(MakeCoarseTable(r.function, coarse.rows.min, coarse.rows.max, coarse.bits), name));
      c.clamp_table = static_cast<int>(ClampTable(IdentityTable(coarse.clamped.min, coarse.clamped.max), coarse.tops));
    }
    const uint32_t top = AddCells(r, "top", coarse.tops.min, coarse.tops.max);
    const uint32_t clamped = AddCells(r, "clamped", coarse.clamped.min, coarse.clamped.max);
    const uint32_t clamp_table = static_cast<uint32_t>(c.clamp_table);
    AddLookup(r.name + " clamp", r.node, r.space, clamp_table, {CellAlone(top, r.space), CellAlone(clamped, r.space)});
    const int64_t unit = int64_t{1} << coarse.bits;
    key.terms.push_back(Cell(clamped, r.space, {unit, 0}));
    key.terms.push_back(Cell(top, r.space, {-unit, 0}));
    step->clamp = CoarseClamp{top, clamped, clamp_table, static_cast<uint8_t>(coarse.bits)};
    step->outputs = {kNoTensor, r.out};
    step->id = AddLookup(r.name, r.node, r.space, static_cast<uint32_t>(c.coarse_table),
                         {std::move(key), CellAlone(clamped, r.space), std::move(value)});
  }

  uint32_t ClampTable(const FunctionTable& clamp, Interval tops) {
    Table table = MakeTable(clamp, tops.min, tops.max);
    for (const uint32_t known : clamp_tables_) {
      const Table& t = circuit_.tables[known];
      if (t.first_key == table.first_key && t.values == table.values) return known;
    }
    const uint32_t id = AddTable(std::move(table), "clamp " + std::to_string(clamp_tables_.size() + 1));
    clamp_tables_.push_back(id);
    return id;
  }

  const std::vector<RescaleRequest>& rescales_;
  const std::vector<RangeRequest>& ranges_;
  Circuit& circuit_;
  Program& program_;
  std::vector<NodeCost>& costs_;
  std::vector<bool> contracted_;
  std::map<FunctionTable, FunctionClass> classes_;
  std::vector<std::pair<FunctionClass*, bool>> class_of_;
  std::map<int, std::vector<uint8_t>> digits_;
  std::map<uint32_t, uint32_t> range_tables_;
  std::vector<uint32_t> clamp_tables_;
  uint64_t max_direct_rows_ = 0;
  int functions_ = 0;
};

}  // namespace

Status EmitRequests(const std::vector<RescaleRequest>& rescales, const std::vector<RangeRequest>& ranges,
                    Circuit* circuit, Program* program, std::vector<NodeCost>* costs) {
  return Emitter(rescales, ranges, circuit, program, costs).Run();
}

}  // namespace provenn
