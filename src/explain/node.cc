#include "explain/node.h"

#include <algorithm>
#include <bit>
#include <set>

#include "explain/function.h"
#include "explain/operators.h"
#include "explain/reading.h"
#include "relation/determinism.h"

namespace provenn {
namespace {

// A scale that a sum may have, and what the addend is then divided by.
struct ScaleChoice {
  int32_t scale = 0;
  uint64_t divisor = 1;
};

uint64_t Magnitude(int64_t v) { return v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v); }

// Of a constant: what is added to it or taken from it here stays within 64 bits.
bool IsSmall(int64_t v) { return Magnitude(v) <= uint64_t{1} << 62; }

// magnitude = round(2^j / divisor) * 2^d with at least 12 significant bits.
struct Division {
  uint64_t divisor = 0;
  int bits = 0;  // j + d
};

// The one with the largest divisor up to n. Windows that reach beyond the tensor everywhere count fewer cells than they
// have, but no window has many: divisors far below n are none.
std::optional<Division> DivisionOf(uint64_t magnitude, uint64_t n) {
  constexpr uint64_t kFewer = 1024;
  Division best;
  for (int d = 0; d <= std::countr_zero(magnitude); ++d) {
    const uint64_t m = magnitude >> d;
    // 2^j < (m + 1)·q
    const int most = std::min<int>(62, static_cast<int>(std::bit_width(m)) + static_cast<int>(std::bit_width(n)));
    for (int j = 12; j <= most; ++j) {
      // round(2^j / q) = m for q up to 2^j / (m - 1/2), about.
      const uint64_t largest =
          static_cast<uint64_t>((static_cast<unsigned __int128>(2) << j) / (2 * static_cast<unsigned __int128>(m) - 1));
      for (uint64_t q = std::min(largest, n); q > 1 && q + 2 > std::min(largest, n) && q + kFewer > n; --q) {
        const bool exact_enough = static_cast<int>(std::bit_width(q)) + 11 <= j;
        if (q > best.divisor && exact_enough && ((uint64_t{1} << j) + q / 2) / q == m) best = {q, j + d};
      }
    }
  }
  return best.divisor > 0 ? std::optional(best) : std::nullopt;
}

uint64_t SummedCells(const Term& term) {
  uint64_t n = std::max<uint64_t>(term.inputs, 1);
  for (uint32_t k : term.kernel) n *= k;
  return n;
}

std::vector<ScaleChoice> ScaleChoices(const Term& term) {
  std::vector<ScaleChoice> choices;
  const uint64_t c = Magnitude(term.coefficient.numerator);
  const bool plain_sum = FactsOf(term.kind).as_mean != nullptr;
  const uint64_t n = SummedCells(term);
  if (std::has_single_bit(c)) {
    const int32_t lift = std::countr_zero(c);
    choices.push_back({term.scale + lift, 1});
    if (plain_sum && n > 1 && std::has_single_bit(n)) choices.push_back({term.scale + lift + std::countr_zero(n), n});
  } else if (plain_sum) {
    if (const auto division = DivisionOf(c, n)) choices.push_back({term.scale + division->bits, division->divisor});
  }
  return choices;
}

// Of a quotient that no table limits: what its range lookup says.
std::string LimitsText(const FunctionReport& f) {
  return " in [" + std::to_string(f.min_value) + ", " + std::to_string(f.max_value) + "], others have no proof";
}

std::string CoefficientText(const Term& term) {
  const uint64_t c = Magnitude(term.coefficient.numerator);
  if (c == 1) return "";
  if (std::has_single_bit(c)) return PowerText(std::countr_zero(c)) + "·";
  return std::to_string(c) + "·";
}

// What stands for a division by a number that is no power of two: ", with 3641/2^15 for 1/9".
std::string InverseText(const Term& mean, int32_t sum_scale) {
  if (std::has_single_bit(mean.divisor)) return "";
  const uint64_t c = Magnitude(mean.coefficient.numerator);
  const int zeros = std::countr_zero(c);
  return ", with " + std::to_string(c >> zeros) + "/" + PowerText(sum_scale - mean.scale - zeros) + " for 1/" +
         std::to_string(mean.divisor);
}

class StepReader {
 public:
  StepReader(const Step& step, const StepReading& with)
      : circuit_(with.circuit),
        step_(step),
        lookup_(circuit_.lookups[step.id]),
        ranges_(with.ranges),
        held_(with.held),
        tables_(with.tables),
        addends_(with.addends) {}

  ReadStep Run() {
    Node& node = out_.node;
    node.kind = Node::Kind::kLinear;
    node.name = lookup_.name;
    node.lookups = {step_.id};
    node.space = lookup_.space;
    FindOutput();
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
    const uint64_t count = key.accumulators.size() + key.terms.size();
    if (!addends_.Take(count)) {
      unread_ = count;
      Problem("its sum of up to " + std::to_string(count) + " addends was not read: " + kTooManyAddends);
      return;
    }
    for (const AccumulatorTerm& t : key.accumulators) {
      Term term = addends_.OfContraction(t.contraction);
      term.coefficient = {Numerator(t.coefficient), 0};
      out_.node.terms.push_back(std::move(term));
    }
    for (const ViewTerm& t : key.terms) {
      if (IsHelperOf(step_, t.view.tensor)) continue;
      Term term = addends_.OfView(t.view, lookup_.space);
      term.coefficient = {Numerator(t.coefficient), 0};
      out_.node.terms.push_back(std::move(term));
      views_.push_back(&t.view);
    }
    for (const Term& term : out_.node.terms) choices_.push_back(ScaleChoices(term));
    if (Cancels()) Problem("two addends cancel: what they read may be without effect");
    for (const Term& term : out_.node.terms) {
      if (term.kind == Term::Kind::kUnknown) Problem("an addend is no known operator: " + term.formula);
    }
  }

  // The same sum, or the same view of a value, with coefficients of both signs. Formulas are exact.
  bool Cancels() const {
    std::set<std::string> signs[2];
    for (const Term& term : out_.node.terms) {
      const bool minus = term.coefficient.numerator < 0;
      const std::string& text = term.unordered_formula;
      if (signs[minus ? 0 : 1].contains(text)) return true;
      signs[minus ? 1 : 0].insert(text);
    }
    return false;
  }

  void ReadConstant() {
    Node& node = out_.node;
    node.constant = Numerator(lookup_.columns[0].constant);
    if (!IsSmall(node.constant)) Problem("its constant is not within ±2^62: " + std::to_string(node.constant));
    if (node.shift == 0 || !IsSmall(node.constant)) return;
    node.rounding = node.shift > 62 ? 0 : int64_t{1} << (node.shift - 1);
    node.constant -= node.rounding;
    if (node.constant == 0) return;
    Problem("it does not round to the nearest: " + std::to_string(node.constant) + " is added beside 2^" +
            std::to_string(node.shift - 1));
  }

  // The scales at which all addends count with factor 1 or as means.
  std::vector<int32_t> CommonScales() const {
    std::vector<int32_t> common;
    for (size_t i = 0; i < choices_.size(); ++i) {
      std::vector<int32_t> next;
      for (const ScaleChoice& c : choices_[i]) {
        if (i == 0 || std::find(common.begin(), common.end(), c.scale) != common.end()) next.push_back(c.scale);
      }
      common = std::move(next);
    }
    return common;
  }

  void SettleScale(int32_t scale) {
    Node& node = out_.node;
    node.sum_scale = scale;
    for (size_t i = 0; i < choices_.size(); ++i) {
      for (const ScaleChoice& c : choices_[i]) {
        if (c.scale == scale) {
          node.terms[i].divisor = c.divisor;
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
    BecomeIdentity(&node.function);
    node.function.key_scale = node.function.result_scale = result;
    // The key check has seen that there is a range.
    const CellRange& held = *held_[node.output];
    node.function.min_value = held.min;
    node.function.max_value = held.min + static_cast<int64_t>(held.size) - 1;
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
      return f.form == FunctionReport::Form::kFitted ? 1 : 0;
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
      Problem(table + (best->compared ? std::string(" is no known function")
                                      : std::string(" was not compared with all functions: ") + kTooMuchWork));
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
    // A sum that cannot be negative is not changed by a table that stops at 0.
    if (best->recognised() && best->form == FunctionReport::Form::kRelu && NeverNegative()) {
      BecomeIdentity(&node.function);
    }
  }

  bool NeverNegative() const {
    const Node& node = out_.node;
    if (unread_ > 0 || node.constant + node.rounding < 0) return false;
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
      node.operation = "maximum of " + node.terms[0].words + " and " + node.terms[1].words;
      node.formula = out_text_ + " = max(" + node.terms[0].formula + ", " + node.terms[1].formula + ")";
      if (out_.pair->offset != 0) node.formula += " + " + std::to_string(out_.pair->offset);
      return;
    }
    Problem("something is subtracted from the function's value: it is no known operator");
  }

  // f(a - b) + b with f(k) = max(k, 0) over all that a - b can be.
  bool IsMaximum(const std::vector<const ViewTerm*>& rest, const Expression& column) const {
    const Node& node = out_.node;
    if (rest.size() != 1 || !column.accumulators.empty() || column.constant.shift != 0) return false;
    if (!IsSmall(column.constant.numerator)) return false;
    if (node.terms.size() != 2 || views_.size() != 2 || node.shift != 0 || node.constant != 0) return false;
    if (node.terms[0].coefficient.numerator != 1 || node.terms[1].coefficient.numerator != -1) return false;
    if (rest[0]->coefficient != Coefficient{-1, 0} || rest[0]->view != *views_[1]) return false;
    const FunctionReport& f = node.function;
    if (!f.recognised() || f.form != FunctionReport::Form::kRelu || f.key_scale != f.result_scale) return false;
    // Cells beyond a tensor read 0.
    const __int128 highest = std::max<int64_t>(ranges_[views_[0]->tensor].max, 0);
    const __int128 lowest = std::min<int64_t>(ranges_[views_[1]->tensor].min, 0);
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
      const OperatorFacts& facts = FactsOf(t.kind);
      const bool mean = facts.as_mean != nullptr && t.divisor > 1;
      words += mean ? facts.as_mean : weighted ? facts.in_bias : facts.before;
      words += t.words;
      if (mean && t.divisor != SummedCells(t)) words += ", divided by " + std::to_string(t.divisor);
      if (mean) words += InverseText(t, node.sum_scale);
    }
    if (node.constant != 0) {
      const bool minus = node.constant < 0;
      e += e.empty() ? (minus ? "-" : "") : (minus ? " - " : " + ");
      e += std::to_string(Magnitude(node.constant));
      words += words.empty() ? (minus ? "minus constant" : "constant") : (minus ? " - constant" : " + constant");
    }
    if (unread_ > 0) e = words = "a sum that was not read";
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
      node.formula +=
          "; " + out_text_ + " = " + (node.exact ? q + LimitsText(node.function) : FunctionText(node.function, q));
    }
    const bool copy = node.terms.size() == 1 && node.terms[0].kind == Term::Kind::kValue;
    const std::string& family = node.function.family;
    const bool plain = node.function.form == FunctionReport::Form::kIdentity;
    node.operation = copy ? (plain ? "copy of " : (family.empty() ? "table of " : family + " of ")) + words : words;
    if (!copy && !plain) node.operation += ", " + (family.empty() ? "unknown table" : family);
  }

  const Circuit& circuit_;
  const Step& step_;
  const Lookup& lookup_;
  const std::vector<ValueRange>& ranges_;
  const std::vector<std::optional<CellRange>>& held_;
  TableReader& tables_;
  AddendReader& addends_;
  ReadStep out_;
  uint64_t unread_ = 0;                            // addends of a sum that is too long to be read
  std::vector<std::vector<ScaleChoice>> choices_;  // of each addend
  size_t column_ = 0;
  std::vector<const View*> views_;  // of the sum's value terms
  std::string out_text_;
};

}  // namespace

ReadStep ExplainStep(const Step& step, const StepReading& with) { return StepReader(step, with).Run(); }

}  // namespace provenn
