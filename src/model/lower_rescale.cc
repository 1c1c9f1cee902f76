#include "model/lower_rescale.h"

#include <algorithm>
#include <bit>

#include "model/lower_layout.h"

namespace provenn {
namespace {

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

Interval Quotients(const RescaleRequest& r) { return {r.min >> r.shift, r.max >> r.shift}; }

// The tables of one class of requests.
struct FunctionClass {
  Interval direct;
  CoarseLayout coarse;
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
    RETURN_IF_ERROR(PlanClasses());
    for (const RangeRequest& r : ranges_) EmitRange(r);
    for (size_t i = 0; i < rescales_.size(); ++i) {
      if (IsExact(rescales_[i])) {
        EmitExact(rescales_[i]);
      } else {
        Emit(rescales_[i], classes_[class_of_[i].first], class_of_[i].second);
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
    // So 2^shift * 2^width is far below p: one decomposition (lower_layout.h).
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

  Status PlanClasses() {
    std::map<FunctionTable, std::vector<size_t>> sharing;
    uint64_t leaves = 0;
    for (size_t i = 0; i < rescales_.size(); ++i) {
      leaves += 2 * Leaves(rescales_[i].space);
      if (!IsExact(rescales_[i])) sharing[rescales_[i].function].push_back(i);
    }
    const uint64_t max_direct_rows = leaves > kManyLeaves ? 2 * kMaxDirectRows : kMaxDirectRows;
    class_of_.resize(rescales_.size());
    for (const auto& [function, members] : sharing) {
      std::vector<LayoutRequest> requests;
      for (const size_t i : members) {
        const RescaleRequest& r = rescales_[i];
        requests.push_back({r.name, Quotients(r), r.shift, SaturationCost(r.space)});
      }
      ASSIGN_OR_RETURN(const std::vector<FunctionLayout> layouts, LayOutFunction(function, requests, max_direct_rows));
      for (const FunctionLayout& layout : layouts) {
        for (size_t j = 0; j < layout.requests.size(); ++j) {
          class_of_[members[layout.requests[j]]] = {classes_.size(), layout.is_direct[j]};
        }
        classes_.push_back({layout.direct, layout.coarse});
      }
    }
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
    const CoarseLayout& coarse = c.coarse;
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
  std::vector<FunctionClass> classes_;
  std::vector<std::pair<size_t, bool>> class_of_;  // of each request: its class, and whether it is direct there
  std::map<int, std::vector<uint8_t>> digits_;
  std::map<uint32_t, uint32_t> range_tables_;
  std::vector<uint32_t> clamp_tables_;
  int functions_ = 0;
};

}  // namespace

Status EmitRequests(const std::vector<RescaleRequest>& rescales, const std::vector<RangeRequest>& ranges,
                    Circuit* circuit, Program* program, std::vector<NodeCost>* costs) {
  return Emitter(rescales, ranges, circuit, program, costs).Run();
}

}  // namespace provenn
