#include "explain/function.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "explain/fit.h"
#include "model/deterministic_math.h"
#include "model/quantise.h"

namespace provenn {
namespace {

using RealFunction = std::function<double(double)>;

using Form = FunctionReport::Form;

struct Candidate {
  Form form;
  std::string family;
  std::string formula;
  RealFunction f;
};

constexpr const char* kIdentity = "identity";
constexpr const char* kIdentityFormula = "x";

GraphNode NodeOf(Op op, Attributes attributes = {}) {
  GraphNode node;
  node.op = op;
  node.attributes = attributes;
  return node;
}

RealFunction Of(const Unary& f) {
  return [f](double x) { return (*f)(x); };
}

// The functions without parameters, each computed as lowering computes it.
const std::vector<Candidate>& Candidates() {
  static const std::vector<Candidate> all = [] {
    const Unary x = UnaryFunction::Identity();
    const auto apply = [&](Op op) { return UnaryFunction::Apply(NodeOf(op), x); };
    const auto times = [&](const Unary& f) { return UnaryFunction::Combine(Op::kMul, x, f); };
    return std::vector<Candidate>{
        {Form::kIdentity, kIdentity, kIdentityFormula, Of(x)},
        {Form::kOther, "sigmoid", "1 / (1 + e^-x)", Of(apply(Op::kSigmoid))},
        {Form::kOther, "tanh", "tanh(x)", Of(apply(Op::kTanh))},
        {Form::kOther, "hard-swish", "x·clamp(x/6 + 1/2, 0, 1)", Of(apply(Op::kHardSwish))},
        {Form::kOther, "swish", "x / (1 + e^-x)", Of(times(apply(Op::kSigmoid)))},
        {Form::kOther, "exponential", "e^x", DeterministicExp},
        {Form::kOther, "reciprocal", "1/x", [](double v) { return 1.0 / v; }},
        {Form::kOther, "square", "x·x", Of(times(x))},
    };
  }();
  return all;
}

constexpr size_t kListed = 16;
constexpr size_t kSample = 200;

// Row i of a sample of `count` among `rows` > 1 rows, evenly spread, both ends among them.
size_t Spread(size_t i, size_t count, size_t rows) { return i * (rows - 1) / (count - 1); }

// f at the rows, with rows held constant on both sides from the same places on as in the table.
class Comparison {
 public:
  Comparison(int64_t first_key, std::span<const int32_t> values, int32_t key_scale, int32_t result_scale, bool tolerant)
      : first_key_(first_key), values_(values), key_scale_(key_scale), result_scale_(result_scale) {
    const size_t n = values.size();
    const size_t skip = tolerant ? std::min<size_t>(n / 4, 4) : 0;
    low_value_ = values[skip];
    high_value_ = values[n - 1 - skip];
    for (size_t j = 0; j < n && Holds(low_value_, j, 1, skip); ++j) low_ = j;
    high_ = n - 1;
    for (size_t j = n; j-- > 0 && Holds(high_value_, j, -1, skip);) high_ = j;
  }

  // Whether rows at that end hold a value instead of following f: to be shown as a limit.
  bool HoldsLow(const RealFunction& f) const { return low_ > 0 || low_value_ != Rounded(f, low_); }
  bool HoldsHigh(const RealFunction& f) const { return high_ + 1 < values_.size() || high_value_ != Rounded(f, high_); }

  size_t low() const { return low_; }
  size_t high() const { return high_; }

  // The same rows are held, at the same values: the comparison gives the same.
  bool HoldsTheSame(const Comparison& c) const {
    return low_ == c.low_ && high_ == c.high_ && low_value_ == c.low_value_ && high_value_ == c.high_value_;
  }

  // Whether a sample of the rows that move leaves it open that f departs in fewer than `limit` rows.
  bool MayFit(const RealFunction& f, uint64_t limit) const {
    if (high_ <= low_) return true;
    const size_t moving = high_ - low_ + 1;
    const size_t count = std::min(kSample, moving);
    // Of a sample, twice the share that departures may have, and as many as a small table may have.
    const uint64_t allowed = std::min(limit, 16 + 2 * limit * count / moving);
    const Ends ends = EndsOf(f);
    uint64_t departures = 0;
    for (size_t i = 0; i < count; ++i) {
      const size_t j = low_ + Spread(i, count, moving);
      if (Expected(f, ends, j) != values_[j] && ++departures > allowed) return false;
    }
    return true;
  }

  // Stops once there are more than `limit` departures.
  void Run(const RealFunction& f, uint64_t limit, FunctionReport* report) const {
    const Ends ends = EndsOf(f);
    for (size_t j = 0; j < values_.size(); ++j) {
      const int64_t expected = Expected(f, ends, j);
      if (expected == values_[j]) continue;
      if (report->departures.size() < kListed) {
        report->departures.push_back({first_key_ + static_cast<int64_t>(j), expected, values_[j]});
      }
      if (++report->departure_count > limit) return;
    }
  }

 private:
  // f at the rows from which on values are held, and whether those can be its values there.
  struct Ends {
    int64_t at_low = 0;
    int64_t at_high = 0;
    bool low_fits = false;
    bool high_fits = false;
  };
  Ends EndsOf(const RealFunction& f) const {
    Ends e{Rounded(f, low_), Rounded(f, high_)};
    const bool constant = low_ >= high_;
    // What f has beyond the last row that moves; saturation stops before it gets there.
    e.low_fits = low_value_ == e.at_low || (!constant && Between(values_[low_ + 1], low_value_, e.at_low));
    e.high_fits = high_value_ == e.at_high || (!constant && Between(values_[high_ - 1], high_value_, e.at_high));
    return e;
  }
  int64_t Expected(const RealFunction& f, const Ends& e, size_t j) const {
    if (j <= low_ && low_ > 0) return e.low_fits ? low_value_ : Rounded(f, j);
    if (j >= high_ && high_ + 1 < values_.size()) return e.high_fits ? high_value_ : Rounded(f, j);
    if (j == low_) return e.low_fits ? low_value_ : e.at_low;
    if (j == high_) return e.high_fits ? high_value_ : e.at_high;
    return Rounded(f, j);
  }
  // Whether row j still holds the end's value; `skip` rows in a row may differ where those after them hold it again.
  bool Holds(int32_t value, size_t j, int direction, size_t skip) const {
    for (size_t i = 0; i <= skip; ++i) {
      const int64_t at = static_cast<int64_t>(j) + direction * static_cast<int64_t>(i);
      if (at < 0 || at >= static_cast<int64_t>(values_.size())) return i > 0 && i <= skip;
      if (values_[static_cast<size_t>(at)] == value) return true;
    }
    return false;
  }
  static bool Between(int64_t a, int64_t b, int64_t c) { return (a <= b && b <= c) || (a >= b && b >= c); }
  int64_t Rounded(const RealFunction& f, size_t j) const {
    const double x = Scaled(static_cast<double>(first_key_ + static_cast<int64_t>(j)), -key_scale_);
    return RoundToInteger(Scaled(f(x), result_scale_), INT32_MIN, INT32_MAX);
  }

  int64_t first_key_;
  std::span<const int32_t> values_;
  int32_t key_scale_;
  int32_t result_scale_;
  int32_t low_value_ = 0;
  int32_t high_value_ = 0;
  size_t low_ = 0;   // rows up to it hold the first value
  size_t high_ = 0;  // rows from it on hold the last value
};

// One-to-one functions that may have an affine function inside, with what undoes them.
struct Invertible {
  const char* family;
  const char* before;
  const char* after;
  double (*f)(double);
  double (*inverse)(double);
};
constexpr Invertible kInvertible[] = {
    {"sigmoid", "1 / (1 + e^-(", "))", DeterministicSigmoid, [](double y) { return std::log(y / (1 - y)); }},
    {"tanh", "tanh(", ")", DeterministicTanh, [](double y) { return std::atanh(y); }},
    {"exponential", "e^(", ")", DeterministicExp, [](double y) { return std::log(y); }},
};

// A parameter stands for the 32-bit float nearest to it, as models hold it, unless float64 is said.
std::string ParameterText(SimpleNumber n) { return n.float64 ? "float64(" + n.text + ")" : n.text; }

std::string LineText(const SimpleLine& line, const std::string& x) {
  const std::string slope = ParameterText(line.slope);
  std::string text = (slope == "1" ? "" : slope == "-1" ? "-" : slope + "·") + x;
  if (line.shift.value == 0) return text;
  SimpleNumber magnitude = line.shift;
  if (magnitude.value < 0) magnitude.text.erase(0, 1);
  return text + (line.shift.value < 0 ? " - " : " + ") + ParameterText(magnitude);
}

// Functions whose parameters the table tells, from the rows where it moves.
class Fitter {
 public:
  Fitter(int64_t first_key, std::span<const int32_t> values, int32_t key_scale, int32_t result_scale,
         const Comparison& ends, ReadingWork* work)
      : first_key_(first_key), values_(values), key_scale_(key_scale), result_scale_(result_scale), work_(*work) {
    // The rows that saturation may have changed say nothing.
    first_row_ = ends.low() + 1;
    rows_ = ends.high() > first_row_ ? ends.high() - first_row_ : 0;
  }

  std::vector<Candidate> Run() {
    LeakyRelu();
    // a * f(g(x)) + b
    const std::vector<Candidate>& all = Candidates();
    for (size_t i = 0; i < all.size() && fitted_.empty(); ++i) Outer(all[i]);
    for (size_t i = 0; i < all.size() && fitted_.empty(); ++i) {
      for (size_t k = 0; k < all.size() && fitted_.empty(); ++k) {
        const Candidate& f = all[i];
        const Candidate& g = all[k];
        if (f.form == Form::kIdentity || g.form == Form::kIdentity || f.family == "reciprocal") continue;
        Outer({Form::kFitted, f.family + " of " + g.family, f.family + "(" + g.family + "(x))",
               [&f, &g](double x) { return f.f(g.f(x)); }});
      }
    }
    if (fitted_.empty()) {
      for (const Invertible& f : kInvertible) Inner(f);
    }
    return std::move(fitted_);
  }

 private:
  static constexpr size_t kFewRows = 16;
  static constexpr int kMaxFits = 6;
  // Of a row: a fit of few rows evaluates hundreds of lines at each, one of all rows at the corners of their hull.
  static constexpr uint64_t kWorkOfSample = 16;
  static constexpr uint64_t kWorkOfAll = 3;

  // At most so many rows, evenly spread.
  std::vector<LineBound> Rows(size_t at_most) const {
    const size_t count = std::min(rows_, at_most);
    std::vector<LineBound> rows;
    rows.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      const size_t j = first_row_ + (count == rows_ ? i : Spread(i, count, rows_));
      const double key = static_cast<double>(first_key_ + static_cast<int64_t>(j));
      rows.push_back({Scaled(key, -key_scale_), values_[j] - 0.5, values_[j] + 0.5});
    }
    return rows;
  }

  // Lines that keep to the bounds that `map` makes of the rows: the simplest one, with its numbers as the 32-bit floats
  // that models hold and as they are, and one that keeps away from where rounding turns.
  template <typename Map>
  std::vector<SimpleLine> Fit(const Map& map) {
    if (rows_ < 5) return {};
    for (const size_t at_most : {kFewRows, kSample}) {
      std::vector<LineBound> some = Rows(at_most);
      if (!work_.Take(kWorkOfSample * some.size())) return {};
      for (LineBound& b : some) b = map(b);
      // Beyond what a float holds anything would fit.
      if (std::any_of(some.begin(), some.end(), [](const LineBound& b) { return !std::isfinite(b.x); })) return {};
      if (!FitLine(some).has_value()) return {};
    }
    // Rows made so that a sample of them fits one function after the other: few are tried on all rows.
    if (++fits_ > kMaxFits) return {};
    std::vector<SimpleLine> lines;
    for (const double margin : {0.0, 1e-6}) {
      if (!work_.Take(kWorkOfAll * rows_)) return {};
      std::vector<LineBound> all = Rows(rows_);
      for (LineBound& b : all) b = map(LineBound{b.x, b.low + margin, b.high - margin});
      const auto line = FitLine(all);
      if (!line.has_value()) continue;
      const auto read = [](SimpleNumber n, bool float64) {
        const double nearest = static_cast<double>(static_cast<float>(n.value));
        n.float64 = float64 && nearest != n.value;
        if (!float64) n.value = nearest;
        return n;
      };
      for (const auto& [slope, shift] : {std::pair(false, false), {true, true}, {false, true}, {true, false}}) {
        lines.push_back({read(line->slope, slope), read(line->shift, shift)});
      }
    }
    return lines;
  }

  std::vector<LineBound> Negative(const std::vector<LineBound>& rows) const {
    std::vector<LineBound> negative;
    for (const LineBound& row : rows) {
      if (row.x < 0) negative.push_back({row.x, Scaled(row.low, -result_scale_), Scaled(row.high, -result_scale_)});
    }
    return negative;
  }

  void LeakyRelu() {
    const std::vector<LineBound> some = Rows(kSample);
    if (some.empty() || some.back().x <= 0 || !work_.Take(kWorkOfSample * some.size())) return;
    const bool other_above = std::any_of(some.begin(), some.end(), [&](const LineBound& row) {
      const double y = Scaled(row.x, result_scale_);
      return row.x > 0 && (y < row.low - 0.5 || y > row.high + 0.5);
    });
    const std::vector<LineBound> some_negative = Negative(some);
    if (other_above || (some_negative.size() > 1 && !FitSlope(some_negative).has_value())) return;
    if (!work_.Take(kWorkOfAll * rows_)) return;
    const std::vector<LineBound> rows = Rows(rows_);
    const std::vector<LineBound> negative = Negative(rows);
    if (negative.size() < 2) return;
    const auto alpha = FitSlope(negative);
    if (!alpha.has_value() || alpha->value == 1) return;
    const Unary f = UnaryFunction::Apply(NodeOf(Op::kLeakyRelu, LeakyReluAttributes{static_cast<float>(alpha->value)}),
                                         UnaryFunction::Identity());
    // Only if the other side is the identity.
    for (const LineBound& row : rows) {
      const double y = Scaled((*f)(row.x), result_scale_);
      if (y < row.low - 0.5 || y > row.high + 0.5) return;
    }
    fitted_.push_back({Form::kFitted, "leaky-relu", "x for x >= 0, " + alpha->text + "·x below", Of(f)});
  }

  void Outer(const Candidate& inner) {
    const bool plain = inner.form == Form::kIdentity;
    const std::string x = plain ? "x" : "(" + inner.formula + ")";
    const auto lines = Fit([&](const LineBound& b) {
      return LineBound{inner.f(b.x), Scaled(b.low, -result_scale_), Scaled(b.high, -result_scale_)};
    });
    for (const SimpleLine& line : lines) {
      const double a = line.slope.value;
      const double b = line.shift.value;
      const RealFunction f = inner.f;
      fitted_.push_back({Form::kFitted, plain ? "affine" : "affine of " + inner.family, LineText(line, x),
                         [a, b, f](double v) { return f(v) * a + b; }});
    }
  }

  void Inner(const Invertible& outer) {
    const auto lines = Fit([&](const LineBound& b) {
      const double low = outer.inverse(Scaled(b.low, -result_scale_));
      const double high = outer.inverse(Scaled(b.high, -result_scale_));
      // Where f does not reach, anything goes.
      return LineBound{b.x, std::isnan(low) ? -1e9 : std::max(low, -1e9), std::isnan(high) ? 1e9 : std::min(high, 1e9)};
    });
    for (const SimpleLine& line : lines) {
      const double a = line.slope.value;
      const double b = line.shift.value;
      const auto f = outer.f;
      fitted_.push_back({Form::kFitted, std::string(outer.family) + " of affine",
                         outer.before + LineText(line, "x") + outer.after,
                         [a, b, f](double v) { return f(v * a + b); }});
    }
  }

  int64_t first_key_;
  std::span<const int32_t> values_;
  int32_t key_scale_;
  int32_t result_scale_;
  ReadingWork& work_;
  size_t first_row_ = 0;  // that moves, and how many do
  size_t rows_ = 0;
  std::vector<Candidate> fitted_;
  int fits_ = 0;
};

// Of finding the ends of a table: passes over its rows that evaluate nothing.
constexpr uint64_t kPassesPerRow = 8;
constexpr uint64_t kWorkOfAReading = 16;

}  // namespace

bool HasExactScales(int32_t key_scale, int32_t result_scale) {
  return key_scale >= -128 && key_scale <= 128 && result_scale >= -128 && result_scale <= 128;
}

void BecomeIdentity(FunctionReport* function) {
  function->form = Form::kIdentity;
  function->family = kIdentity;
  function->formula = kIdentityFormula;
}

FunctionReport UnknownFunction(std::span<const int32_t> values, int32_t key_scale, int32_t result_scale) {
  FunctionReport report;
  report.key_scale = key_scale;
  report.result_scale = result_scale;
  report.first_value = values.front();
  report.last_value = values.back();
  report.min_value = *std::min_element(values.begin(), values.end());
  report.max_value = *std::max_element(values.begin(), values.end());
  return report;
}

FunctionReport RecogniseFunction(int64_t first_key, std::span<const int32_t> values, int32_t key_scale,
                                 int32_t result_scale, ReadingWork* work) {
  FunctionReport base = UnknownFunction(values, key_scale, result_scale);
  base.compared = work->Take(kWorkOfAReading + values.size() / kPassesPerRow);
  if (!base.compared) return base;
  if (base.min_value == base.max_value) {
    base.form = Form::kConstant;
    base.family = "constant";
    base.formula = std::to_string(base.min_value) + "·2^" + std::to_string(-result_scale);
    return base;
  }
  if (!HasExactScales(key_scale, result_scale)) return base;
  const uint64_t few = std::max<uint64_t>(16, values.size() / 256);
  FunctionReport best = base;
  best.departure_count = few + 1;
  std::optional<Comparison> strict;
  for (const bool tolerant : {false, true}) {
    const Comparison comparison(first_key, values, key_scale, result_scale, tolerant);
    if (strict.has_value() && comparison.HoldsTheSame(*strict)) break;
    strict = comparison;
    const auto attempt = [&](const Candidate& candidate) {
      if (!work->Take(kSample) || !comparison.MayFit(candidate.f, best.departure_count)) return false;
      if (!work->Take(values.size())) return false;
      FunctionReport report = base;
      comparison.Run(candidate.f, best.departure_count, &report);
      if (report.departure_count >= best.departure_count) return false;
      report.form = candidate.form;
      report.family = candidate.family;
      report.formula = candidate.formula;
      if (comparison.HoldsLow(candidate.f)) report.held_low = first_key + static_cast<int64_t>(comparison.low());
      if (comparison.HoldsHigh(candidate.f)) {
        report.held_high = first_key + static_cast<int64_t>(comparison.high());
      }
      // The identity that stops at 0 is this function, whatever a graph called it.
      if (report.form == Form::kIdentity && report.held_low.has_value() && report.first_value == 0) {
        report.form = Form::kRelu;
        report.family = "relu";
        report.formula = "max(x, 0)";
      }
      best = std::move(report);
      return best.departure_count == 0;
    };
    for (const Candidate& candidate : Candidates()) {
      if (attempt(candidate)) return best;
    }
    for (const Candidate& candidate : Fitter(first_key, values, key_scale, result_scale, comparison, work).Run()) {
      if (attempt(candidate)) return best;
    }
  }
  base.compared = !work->exceeded();
  return best.family.empty() ? base : best;
}

}  // namespace provenn
