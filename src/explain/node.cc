#include "explain/node.h"

#include <algorithm>
#include <bit>

#include "explain/reading.h"
#include "explain/term.h"
#include "relation/determinism.h"

namespace provenn {
namespace {

// A scale that a sum may have, and what the addend is then divided by.
struct ScaleChoice {
  int32_t scale = 0;
  uint64_t divisor = 1;
};

// Beyond all cells, and far from overflow.
constexpr int64_t kAnything = int64_t{1} << 40;

uint64_t Magnitude(int64_t v) { return v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v); }

// j + d where magnitude = round(2^j / n) * 2^d, with at least 12 significant bits.
std::optional<int> DivisionBits(uint64_t magnitude, uint64_t n) {
  for (int d = 0; d <= std::countr_zero(magnitude); ++d) {
    const uint64_t m = magnitude >> d;
    for (int j = static_cast<int>(std::bit_width(n)) + 11; j < 63; ++j) {
      if (((uint64_t{1} << j) + n / 2) / n == m) return j + d;
    }
  }
  return std::nullopt;
}

uint64_t SummedCells(const Term& term) {
  uint64_t n = std::max<uint64_t>(term.inputs, 1);
  for (uint32_t k : term.kernel) n *= k;
  return n;
}

std::vector<ScaleChoice> ScaleChoices(const Term& term) {
  std::vector<ScaleChoice> choices;
  const uint64_t c = Magnitude(term.coefficient.numerator);
  const bool plain_sum = term.kind == Term::Kind::kWindowSum || term.kind == Term::Kind::kAxisSum;
  const uint64_t n = SummedCells(term);
  if (std::has_single_bit(c)) {
    const int32_t lift = std::countr_zero(c);
    choices.push_back({term.scale + lift, 1});
    if (plain_sum && n > 1 && std::has_single_bit(n)) choices.push_back({term.scale + lift + std::countr_zero(n), n});
  } else if (plain_sum) {
    // Windows that reach beyond the tensor everywhere count fewer cells than they have. No window has many: what a
    // hostile key declares is not searched whole.
    constexpr uint64_t kSearched = 1024;
    for (uint64_t divisor = n; divisor > 1 && divisor + kSearched > n && choices.empty(); --divisor) {
      if (const auto bits = DivisionBits(c, divisor)) choices.push_back({term.scale + *bits, divisor});
    }
  }
  return choices;
}

std::string CoefficientText(const Term& term) {
  const uint64_t c = Magnitude(term.coefficient.numerator);
  if (c == 1) return "";
  if (std::has_single_bit(c)) return PowerText(std::countr_zero(c)) + "·";
  return std::to_string(c) + "·";
}

class StepReader {
 public:
  StepReader(const Circuit& circuit, const Step& step, TableReader* tables, std::vector<ValueRange>* ranges)
      : circuit_(circuit), step_(step), lookup_(circuit.lookups[step.id]), tables_(*tables), ranges_(*ranges) {}

  ReadStep Run() {
    Node& node = out_.node;
    node.kind = Node::Kind::kLinear;
    node.name = lookup_.name;
    node.lookups = {step_.id};
    node.space = lookup_.space;
    FindOutput();
    if (node.output != kNoTensor) before_ = ranges_[node.output];
    ReadSum();
    ReadConstant();
    if (node.exact) {
      Exact();
    } else if (node.output != kNoTensor) {
      ReadFunction();
      ReadRest();
    }
    if (!out_.pair.has_value()) {
      Describe();
    }
    if (node.operation.empty()) node.operation = "nothing";
    return std::move(out_);
  }

 private:
  void Problem(std::string text) { out_.node.problems.push_back(std::move(text)); }

  void FindOutput() {
    Node& node = out_.node;
    if (step_.quotient.has_value()) {
      node.output = step_.quotient->tensor;
      node.exact = true;
      node.shift = step_.quotient->bits;
    } else {
      for (const RemainderDigit& digit : step_.digits) node.shift += digit.bits;
      node.tables.push_back(lookup_.table);
    }
    for (size_t c = 0; c < step_.outputs.size(); ++c) {
      if (step_.outputs[c] == kNoTensor) {
        // The coarse position: the key check has seen that it is that.
        if (!(step_.clamp.has_value() && c == 0))
          Problem("value column " + std::to_string(c) + " demands something more");
        continue;
      }
      if (node.output != kNoTensor) {
        Problem("it sets several tensors at once");
        continue;
      }
      node.output = step_.outputs[c];
      column_ = c;
    }
    if (step_.clamp.has_value()) {
      node.clamp_bits = step_.clamp->bits;
      node.tables.push_back(step_.clamp->table);
    }
  }

  // Numerator over the common denominator 2^shift of the key.
  int64_t Numerator(const Coefficient& c) {
    const int denominator = step_.quotient.has_value() ? 0 : out_.node.shift;
    if (c.numerator == 0 || int{c.shift} == denominator) return c.numerator;
    const int up = denominator - int{c.shift};
    if (up < 0 || up > 40 || Magnitude(c.numerator) >> (62 - up) != 0) {
      Problem("coefficients of different fractions");
      return c.numerator;
    }
    return c.numerator * (int64_t{1} << up);
  }

  void ReadSum() {
    const Expression& key = lookup_.columns[0];
    for (const AccumulatorTerm& t : key.accumulators) {
      Term term = RecogniseContraction(circuit_, t.contraction);
      term.coefficient = {Numerator(t.coefficient), 0};
      out_.node.terms.push_back(std::move(term));
    }
    for (const ViewTerm& t : key.terms) {
      if (IsHelperOf(step_, t.view.tensor)) continue;
      Term term = RecogniseValue(circuit_, t.view, lookup_.space);
      term.coefficient = {Numerator(t.coefficient), 0};
      out_.node.terms.push_back(std::move(term));
      views_.push_back(&t.view);
    }
    if (Cancels(key)) Problem("two addends cancel: what they read may be without effect");
    for (const Term& term : out_.node.terms) {
      if (term.kind == Term::Kind::kUnknown) Problem("an addend is no known operator: " + term.formula);
    }
  }

  // The same contraction, or the same view of a value, with coefficients of both signs.
  bool Cancels(const Expression& key) const {
    for (const AccumulatorTerm& x : key.accumulators) {
      for (const AccumulatorTerm& y : key.accumulators) {
        if (x.coefficient.numerator < 0 && y.coefficient.numerator > 0 &&
            circuit_.contractions[x.contraction] == circuit_.contractions[y.contraction]) {
          return true;
        }
      }
    }
    for (const ViewTerm& x : key.terms) {
      for (const ViewTerm& y : key.terms) {
        if (x.coefficient.numerator < 0 && y.coefficient.numerator > 0 && x.view == y.view) return true;
      }
    }
    return false;
  }

  void ReadConstant() {
    Node& node = out_.node;
    node.constant = Numerator(lookup_.columns[0].constant);
    if (node.shift == 0) return;
    node.rounding = node.shift > 62 ? 0 : int64_t{1} << (node.shift - 1);
    node.constant -= node.rounding;
    if (node.constant == 0) return;
    Problem("it does not round to the nearest: " + std::to_string(node.constant) + " is added beside 2^" +
            std::to_string(node.shift - 1));
  }

  // The scales at which all addends count with factor 1 or as means.
  std::vector<int32_t> CommonScales() const {
    std::vector<int32_t> common;
    for (size_t i = 0; i < out_.node.terms.size(); ++i) {
      const auto choices = ScaleChoices(out_.node.terms[i]);
      std::vector<int32_t> next;
      for (const ScaleChoice& c : choices) {
        if (i == 0 || std::find(common.begin(), common.end(), c.scale) != common.end()) next.push_back(c.scale);
      }
      common = std::move(next);
    }
    return common;
  }

  void SettleScale(int32_t scale) {
    Node& node = out_.node;
    node.sum_scale = scale;
    for (Term& term : node.terms) {
      for (const ScaleChoice& c : ScaleChoices(term)) {
        if (c.scale == scale) {
          term.divisor = c.divisor;
          break;
        }
      }
    }
  }

  std::vector<int32_t> ScalesToTry() {
    std::vector<int32_t> scales = CommonScales();
    if (scales.empty()) {
      if (!out_.node.terms.empty())
        Problem("its addends do not count equally: their factors are those of no sum or mean");
      scales.push_back(out_.node.terms.empty() ? 0 : out_.node.terms[0].scale);
    }
    return scales;
  }

  void Exact() {
    Node& node = out_.node;
    // The remainder must be able to be each of 0..2^bits - 1, and nothing else, for q to be the rounded quotient.
    const Table& remainders = circuit_.tables[lookup_.table];
    if (remainders.first_key != 0 || remainders.size != uint64_t{1} << node.shift || !remainders.values.empty()) {
      Problem("table " + std::to_string(lookup_.table) + " does not hold the remainders of a division by 2^" +
              std::to_string(node.shift) + ": the quotient is another, or there is none for some inputs");
    }
    const int32_t result = circuit_.tensors[node.output].scale;
    const std::vector<int32_t> scales = ScalesToTry();
    SettleScale(scales[0]);
    for (int32_t s : scales) {
      if (s - node.shift == result) SettleScale(s);
    }
    node.function.family = "identity";
    node.function.formula = "x";
    node.function.key_scale = node.function.result_scale = result;
    if (node.sum_scale - node.shift != result) Problem("the declared scale of its result is another than the sum's");
  }

  void ReadFunction() {
    Node& node = out_.node;
    const int32_t result = circuit_.tensors[node.output].scale;
    // Fitted functions fit at any scale: those without parameters go first.
    const FunctionReport* best = nullptr;
    int32_t best_scale = 0;
    const auto rank = [](const FunctionReport& f) {
      if (f.family.empty()) return 3;
      if (f.departure_count > 0) return 2;
      return f.family.find("affine") != std::string::npos ? 1 : 0;
    };
    for (int32_t scale : ScalesToTry()) {
      const FunctionReport& f = tables_.Function(lookup_.table, column_, scale - node.shift, result);
      if (best == nullptr || rank(f) < rank(*best)) {
        best = &f;
        best_scale = scale;
      }
    }
    node.function = *best;
    SettleScale(best_scale);
    const std::string table = "table " + std::to_string(lookup_.table);
    if (best->family.empty()) {
      Problem(table + " is no known function");
    } else if (best->departure_count > 0) {
      std::string text = table + " departs from " + best->family + " in " + std::to_string(best->departure_count) +
                         (best->departure_count == 1 ? " row" : " rows");
      for (const Departure& d : best->departures) {
        text += (&d == &best->departures.front() ? ": " : "; ") + ("at key " + std::to_string(d.key)) + " expected " +
                std::to_string(d.expected) + ", found " + std::to_string(d.found);
      }
      Problem(text + (best->departures.size() < best->departure_count ? "; ..." : ""));
    }
    if (step_.clamp.has_value()) {
      const std::string problem = tables_.ClampProblem(step_.clamp->table, lookup_.table, column_, step_.clamp->bits);
      if (!problem.empty()) Problem(problem);
    }
    Widen({best->min_value, best->max_value});
    // A sum that cannot be negative is not changed by a table that stops at 0.
    if (best->recognised() && best->family == "relu" && NeverNegative()) {
      node.function.family = "identity";
      node.function.formula = "x";
    }
  }

  bool NeverNegative() const {
    const Node& node = out_.node;
    if (node.constant + node.rounding < 0) return false;
    return std::all_of(node.terms.begin(), node.terms.end(), [&](const Term& t) {
      if (t.weight != kNoTensor || t.value == kNoTensor || t.coefficient.numerator < 0) return false;
      if (ranges_[t.value].min < 0) return false;
      return t.second == kNoTensor || ranges_[t.second].min >= 0;
    });
  }

  // out + the other terms of its column = f(key).
  void ReadRest() {
    Node& node = out_.node;
    const Expression& column = lookup_.columns[column_ + 1];
    const View* out_view = nullptr;
    std::vector<const ViewTerm*> rest;
    for (const ViewTerm& t : column.terms) {
      if (t.view.tensor == node.output) {
        out_view = &t.view;
      } else {
        rest.push_back(&t);
      }
    }
    if (out_view != nullptr) {
      node.part = PartText(*out_view, lookup_.space, circuit_.tensors[node.output].shape);
      out_text_ = ViewText(*out_view, lookup_.space.size());
    }
    if (rest.empty() && column.accumulators.empty() && column.constant.numerator == 0) return;
    if (IsMaximum(rest, column)) {
      out_.pair = MaximumPair{*views_[0], *views_[1], -column.constant.numerator};
      node.kind = Node::Kind::kMaximum;
      const ValueRange a = RangeOf(*views_[0]);
      const ValueRange b = RangeOf(*views_[1]);
      ranges_[node.output] = before_;
      Widen({std::max(a.min, b.min) - column.constant.numerator, std::max(a.max, b.max) - column.constant.numerator});
      node.operation = "maximum of " + node.terms[0].words + " and " + node.terms[1].words;
      node.formula = out_text_ + " = max(" + node.terms[0].formula + ", " + node.terms[1].formula + ")";
      if (out_.pair->offset != 0) node.formula += " + " + std::to_string(out_.pair->offset);
      return;
    }
    Problem("something is subtracted from the function's value: it is no known operator");
    // Whatever is demanded of it is then a demand that nothing accounts for.
    ranges_[node.output] = {-kAnything, kAnything};
  }

  void Widen(ValueRange by) {
    ValueRange& range = ranges_[out_.node.output];
    range = range.min > range.max ? by : ValueRange{std::min(range.min, by.min), std::max(range.max, by.max)};
  }

  // Of what a view reads: its tensor's, and 0 where it leaves it.
  ValueRange RangeOf(const View& view) const {
    ValueRange range = ranges_[view.tensor];
    const Shape& shape = circuit_.tensors[view.tensor].shape;
    for (size_t a = 0; a < shape.size(); ++a) {
      const Reach reach = ReachOf(view.axes[a], lookup_.space);
      if (reach.low >= 0 && reach.high < int64_t{shape[a]}) continue;
      range = {std::min<int64_t>(range.min, 0), std::max<int64_t>(range.max, 0)};
    }
    return range;
  }

  // f(a - b) + b with f(k) = max(k, 0) over all that a - b can be.
  bool IsMaximum(const std::vector<const ViewTerm*>& rest, const Expression& column) const {
    const Node& node = out_.node;
    if (rest.size() != 1 || !column.accumulators.empty() || column.constant.shift != 0) return false;
    if (node.terms.size() != 2 || views_.size() != 2 || node.shift != 0 || node.constant != 0) return false;
    if (node.terms[0].coefficient.numerator != 1 || node.terms[1].coefficient.numerator != -1) return false;
    if (rest[0]->coefficient != Coefficient{-1, 0} || rest[0]->view != *views_[1]) return false;
    const FunctionReport& f = node.function;
    if (!f.recognised() || f.family != "relu" || f.key_scale != f.result_scale) return false;
    // Cells beyond a tensor read 0.
    const int64_t highest = std::max<int64_t>(ranges_[views_[0]->tensor].max, 0);
    const int64_t lowest = std::min<int64_t>(ranges_[views_[1]->tensor].min, 0);
    return !f.held_high.has_value() || highest - lowest <= *f.held_high;
  }

  void Describe() {
    Node& node = out_.node;
    std::string e;
    std::string words;
    const bool weighted = std::any_of(node.terms.begin(), node.terms.end(), [](const Term& t) {
      return t.weight != kNoTensor && t.kind != Term::Kind::kConstant;
    });
    for (const Term& t : node.terms) {
      const bool minus = t.coefficient.numerator < 0;
      e += e.empty() ? (minus ? "-" : "") : (minus ? " - " : " + ");
      e += CoefficientText(t) + t.formula;
      const bool first = words.empty();
      if (!first) words += minus ? " - " : " + ";
      if (first && minus) words += "minus ";
      if (t.kind == Term::Kind::kAxisSum) words += t.divisor > 1 ? "mean " : "sum ";
      if (t.kind == Term::Kind::kWindowSum) words += t.divisor > 1 ? "average " : "sum ";
      if (t.kind == Term::Kind::kConstant) words += weighted ? "bias " : "constant ";
      words += t.words;
      if (t.kind == Term::Kind::kAxisSum || t.kind == Term::Kind::kWindowSum) {
        if (t.divisor > 1 && t.divisor != SummedCells(t)) words += ", divided by " + std::to_string(t.divisor);
      }
    }
    if (node.constant != 0) {
      e += node.constant < 0 ? " - " : " + ";
      e += std::to_string(Magnitude(node.constant));
      words += node.constant < 0 ? " - constant" : " + constant";
    }
    if (e.empty()) e = "0";
    if (out_text_.empty() && node.output != kNoTensor) {
      View own{node.output, {}};
      for (uint32_t a = 0; a < node.space.size(); ++a) own.axes.push_back(AxisMap{0, {AxisStep{a, 1}}});
      out_text_ = ViewText(own, node.space.size());
    }
    std::string q = "E";
    node.formula = "E = " + e;
    if (node.shift > 0) {
      node.formula += "; q = floor((E + " + PowerText(node.shift - 1) + ")/" + PowerText(node.shift) + ")";
      q = "q";
    }
    if (node.output != kNoTensor) {
      node.formula += "; " + out_text_ + " = " + (node.exact ? q : FunctionText(node.function, q));
    }
    const bool copy = node.terms.size() == 1 && node.terms[0].kind == Term::Kind::kValue;
    const std::string& family = node.function.family;
    const bool plain = family == "identity";
    node.operation = copy ? (plain ? "copy of " : (family.empty() ? "table of " : family + " of ")) + words : words;
    if (!copy && !plain) node.operation += ", " + (family.empty() ? "unknown table" : family);
  }

  const Circuit& circuit_;
  const Step& step_;
  const Lookup& lookup_;
  TableReader& tables_;
  std::vector<ValueRange>& ranges_;
  ReadStep out_;
  size_t column_ = 0;
  ValueRange before_{1, 0};         // of the output, by steps that set other parts of it
  std::vector<const View*> views_;  // of the sum's value terms
  std::string out_text_;
};

}  // namespace

ReadStep ExplainStep(const Circuit& circuit, const Step& step, TableReader* tables, std::vector<ValueRange>* ranges) {
  return StepReader(circuit, step, tables, ranges).Run();
}

}  // namespace provenn
