#include "relation/totality.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "field/goldilocks.h"
#include "relation/determinism.h"
#include "relation/table_column.h"

namespace provenn {
namespace {

using Int128 = __int128;

// Beyond every sum that is allowed, and far from overflow: intervals stop growing here.
constexpr Int128 kBeyond = Int128{1} << 100;
constexpr Int128 kHalfField = Int128{Goldilocks::kModulus / 2};
constexpr const char* kWraps = "its sums can wrap around the field";

struct Interval {
  Int128 min = 0;
  Int128 max = 0;
};

Int128 Capped(Int128 v) { return std::clamp(v, -kBeyond, kBeyond); }
Interval Plus(Interval a, Interval b) { return {Capped(a.min + b.min), Capped(a.max + b.max)}; }
// |v| <= 2^100, |factor| < 2^63: in steps that stay below 2^127.
Int128 TimesNumber(Int128 v, int64_t factor) {
  constexpr Int128 kSmall = Int128{1} << 63;
  if (v > -kSmall && v < kSmall) return Capped(v * factor);
  if (factor == 0) return 0;
  return (v < 0) == (factor < 0) ? kBeyond : -kBeyond;
}
Interval Times(Interval a, int64_t factor) {
  const Int128 x = TimesNumber(a.min, factor);
  const Int128 y = TimesNumber(a.max, factor);
  return {std::min(x, y), std::max(x, y)};
}
// Intervals of cells, or kBeyond.
Interval Times(Interval a, Interval b) {
  constexpr Int128 kLarge = Int128{1} << 62;
  for (const Interval& i : {a, b}) {
    if (i.min < -kLarge || i.max > kLarge) return {-kBeyond, kBeyond};
  }
  const Int128 corners[4] = {a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max};
  return {*std::min_element(corners, corners + 4), *std::max_element(corners, corners + 4)};
}
// What is in both; `b` if nothing is.
Interval Within(Interval a, Interval b) {
  const Interval both{std::max(a.min, b.min), std::min(a.max, b.max)};
  return both.min <= both.max ? both : b;
}
Interval WithZero(Interval a) { return {std::min<Int128>(a.min, 0), std::max<Int128>(a.max, 0)}; }

class TotalityChecker {
 public:
  // kAsDeclared: weights keep to their bounds, and whatever could go wrong is an error. kWhereProved: there is a proof,
  // so that every key has its row; nothing is assumed of weights. kBoth: there is a proof, and weights keep to their
  // bounds.
  enum class Mode { kAsDeclared, kWhereProved, kBoth };

  TotalityChecker(const Circuit& circuit, const Program& program, Mode mode)
      : circuit_(circuit),
        program_(program),
        proved_(mode != Mode::kAsDeclared),
        any_weights_(mode == Mode::kWhereProved),
        ranges_(CellRanges(circuit)),
        clamp_lookups_(ClampLookups(circuit)),
        columns_(circuit) {}

  Result<std::vector<ValueRange>> Run() {
    tensors_.resize(circuit_.tensors.size());
    sums_.resize(circuit_.contractions.size());
    used_.assign(circuit_.lookups.size(), false);
    for (size_t t = 0; t < circuit_.tensors.size(); ++t) {
      const Tensor& tensor = circuit_.tensors[t];
      if (tensor.kind == TensorKind::kInput || tensor.kind == TensorKind::kWeight) {
        tensors_[t] = Interval{tensor.min, tensor.max};
        if (any_weights_ && tensor.kind == TensorKind::kWeight) tensors_[t] = kAnything;
      }
      if (tensor.kind == TensorKind::kInput) UseRange(static_cast<uint32_t>(t));
    }
    for (const Step& step : program_.steps) {
      RETURN_IF_ERROR(step.kind == Step::Kind::kContract ? Contract(step) : Satisfy(step));
    }
    if (!proved_) RETURN_IF_ERROR(CheckOtherLookups());
    std::vector<ValueRange> out;
    for (size_t t = 0; t < circuit_.tensors.size(); ++t) {
      const Interval range = Within(*tensors_[t], {INT64_MIN, INT64_MAX});
      out.push_back({static_cast<int64_t>(range.min), static_cast<int64_t>(range.max)});
    }
    return out;
  }

  // After Run: lookups that set a value which need not be that of the integers, ascending.
  std::vector<uint32_t> Wrapping() const { return {wrapping_.begin(), wrapping_.end()}; }
  // After Run: lookups whose quotient can leave its range, where its sum is bounded, ascending.
  std::vector<uint32_t> Leaving() const { return {leaving_.begin(), leaving_.end()}; }

 private:
  // Something can go wrong; where there is a proof, it did not.
  Status Bad(std::string where, std::string what) const {
    if (proved_) return Ok();
    return Error{Code::kOutOfRange, std::move(what), std::move(where)};
  }
  // Of keys or positions: those that have a row.
  Interval InTable(Interval keys, const Table& table) const {
    const Interval rows{table.first_key, table.first_key + int64_t{table.size} - 1};
    return proved_ ? Within(keys, rows) : keys;
  }

  // Whether some index of the space falls outside the tensor, where a view reads 0.
  bool CanLeave(const View& view, const Shape& space) const {
    const Shape& shape = circuit_.tensors[view.tensor].shape;
    for (size_t a = 0; a < shape.size(); ++a) {
      int64_t low = view.axes[a].offset;
      int64_t high = low;
      for (const AxisStep& step : view.axes[a].steps) {
        const int64_t reach = int64_t{step.stride} * (space[step.axis] - 1);
        (reach < 0 ? low : high) += reach;
      }
      if (low < 0 || high >= int64_t{shape[a]}) return true;
    }
    return false;
  }

  // The lookup that the tensor's range comes from holds by that range, if it says nothing else: a second column, or a
  // low digit of its own, must be made true by a step.
  void UseRange(uint32_t tensor) {
    const Lookup& lookup = circuit_.lookups[ranges_[tensor]->lookup];
    if (lookup.columns.size() == 1 && lookup.columns[0].terms.size() == 1) used_[ranges_[tensor]->lookup] = true;
  }

  static bool Wraps(Interval i) { return i.min <= -kHalfField || i.max >= kHalfField; }
  static constexpr Interval kAnything{-kBeyond, kBeyond};

  Interval Read(const View& view, const Shape& space) const {
    const Interval range = *tensors_[view.tensor];
    return CanLeave(view, space) ? WithZero(range) : range;
  }

  Status Contract(const Step& step) {
    const Contraction& c = circuit_.contractions[step.id];
    const Interval left = Read(c.left, c.space);
    const Interval product = c.right.has_value() ? Times(left, Read(*c.right, c.space)) : left;
    int64_t count = 1;
    for (size_t a = c.out_rank; a < c.space.size(); ++a) count *= c.space[a];
    sums_[step.id] = Times(product, count);
    if (Wraps(sums_[step.id])) RETURN_IF_ERROR(Bad("contraction " + std::to_string(step.id), kWraps));
    return Ok();
  }

  // 2^shift * the expression without the tensors that `skip` says. kAnything if a term or a partial sum can wrap:
  // intervals that were cut off could cancel.
  template <typename Skip>
  Interval Sum(const Expression& e, const Shape& space, int shift, const Skip& skip) const {
    const auto lifted = [&](const Coefficient& c, Interval v) {
      return Times(Times(v, c.numerator), int64_t{1} << (shift - (c.numerator == 0 ? 0 : c.shift)));
    };
    Interval sum = lifted(e.constant, {1, 1});
    bool wraps = Wraps(sum);
    const auto add = [&](Interval term) {
      sum = Plus(sum, term);
      wraps = wraps || Wraps(term) || Wraps(sum);
    };
    for (const ViewTerm& t : e.terms) {
      if (!skip(t.view.tensor)) add(lifted(t.coefficient, Read(t.view, space)));
    }
    for (const AccumulatorTerm& t : e.accumulators) add(lifted(t.coefficient, sums_[t.contraction]));
    return wraps ? kAnything : sum;
  }

  Status Satisfy(const Step& step) {
    const Lookup& lookup = circuit_.lookups[step.id];
    const std::string where = "lookup " + lookup.name;
    const Table& table = circuit_.tables[lookup.table];
    used_[step.id] = true;
    const std::vector<uint32_t> own = HelpersOf(step);
    int shift = 0;
    for (const RemainderDigit& digit : step.digits) {
      RETURN_IF_ERROR(Set(digit.tensor, {0, (int64_t{1} << digit.bits) - 1}));
      UseRange(digit.tensor);
      shift += digit.bits;
    }
    const auto is_own = [&](uint32_t t) { return std::find(own.begin(), own.end(), t) != own.end(); };
    Interval sum = Sum(lookup.columns[0], lookup.space, shift, is_own);
    if (Wraps(sum)) RETURN_IF_ERROR(Bad(where, kWraps));
    if (proved_ && MeetsModulo(sum, Decomposed(step, shift))) {
      sum = kAnything;
      wrapping_.insert(step.id);
    }
    Interval key{sum.min >> shift, sum.max >> shift};
    if (step.clamp.has_value()) RETURN_IF_ERROR(Clamp(*step.clamp, where, &key));
    if (step.quotient.has_value()) {
      const int bits = step.quotient->bits;
      Interval quotient{key.min >> bits, key.max >> bits};
      if (proved_) {
        // The one cell besides digits whose range the key check demands. What other ranges a key declares is no
        // premise: it may be a demand.
        const CellRange& held = *ranges_[step.quotient->tensor];
        const Interval range{held.min, Int128{held.min} + Int128{held.size} - 1};
        if (!Wraps(sum) && (quotient.min < range.min || quotient.max > range.max)) leaving_.insert(step.id);
        quotient = Within(quotient, range);
      }
      RETURN_IF_ERROR(Set(step.quotient->tensor, quotient));
      key = {0, (Int128{1} << bits) - 1};
    }
    if (key.min < table.first_key || key.max >= table.first_key + int64_t{table.size}) {
      RETURN_IF_ERROR(Bad(where, "its keys can leave table " + table.name));
    }
    key = InTable(key, table);
    for (size_t c = 0; c < step.outputs.size(); ++c) {
      const uint32_t out = step.outputs[c];
      if (out != kNoTensor) RETURN_IF_ERROR(Set(out, Output(step, c, out, key)));
      // A column that sets nothing holds by itself only where it is the clamped position, which CheckDeterminism saw.
      if (out == kNoTensor && !(c == 0 && step.clamp.has_value())) {
        RETURN_IF_ERROR(Bad(where, "a value column that nothing makes true"));
      }
    }
    return Ok();
  }

  // What digits, row, quotient and coarse position of a step add up to, in the integers.
  Interval Decomposed(const Step& step, int shift) const {
    const auto rows = [](const Table& t) { return Interval{t.first_key, t.first_key + int64_t{t.size} - 1}; };
    Interval top = rows(circuit_.tables[circuit_.lookups[step.id].table]);
    if (step.clamp.has_value()) {
      top = rows(circuit_.tables[step.clamp->table]);
      shift += step.clamp->bits;
    } else if (step.quotient.has_value()) {
      const CellRange& held = *ranges_[step.quotient->tensor];
      top = {held.min, Int128{held.min} + Int128{held.size} - 1};
      shift += step.quotient->bits;
    }
    const Int128 unit = Int128{1} << shift;  // 2^63 at most, of numbers below 2^33
    return {top.min * unit, (top.max + 1) * unit - 1};
  }
  // Whether a number of one interval can be one of the other plus a multiple of p other than 0.
  static bool MeetsModulo(Interval a, Interval b) {
    constexpr Int128 kModulus = Int128{Goldilocks::kModulus};
    return a.max - b.min >= kModulus || b.max - a.min >= kModulus;
  }

  Status Clamp(const CoarseClamp& clamp, const std::string& where, Interval* key) {
    const Table& table = circuit_.tables[clamp.table];
    used_[*clamp_lookups_[clamp.top]] = true;
    Interval top{key->min >> clamp.bits, key->max >> clamp.bits};
    if (top.min < table.first_key || top.max >= table.first_key + int64_t{table.size}) {
      RETURN_IF_ERROR(Bad(where, "its coarse positions can leave table " + table.name));
    }
    top = InTable(top, table);
    RETURN_IF_ERROR(Set(clamp.top, top));
    const Interval clamped = Values(clamp.table, 0, top);
    RETURN_IF_ERROR(Set(clamp.clamped, clamped));
    *key = {clamped.min * (Int128{1} << clamp.bits), (clamped.max + 1) * (Int128{1} << clamp.bits) - 1};
    return Ok();
  }

  // Over keys that are in the table.
  Interval Values(uint32_t table, size_t column, Interval keys) {
    const auto [min, max] =
        columns_.Values(table, column, static_cast<int64_t>(keys.min), static_cast<int64_t>(keys.max));
    return {min, max};
  }

  Interval Output(const Step& step, size_t c, uint32_t out, Interval key) {
    const Lookup& lookup = circuit_.lookups[step.id];
    if (const auto maximum = Maximum(step, c, out, key); maximum.has_value()) return *maximum;
    const Interval rest = Sum(lookup.columns[c + 1], lookup.space, 0, [&](uint32_t t) { return t == out; });
    if (Wraps(rest)) wrapping_.insert(step.id);
    return Wraps(rest) ? kAnything : Plus(Values(lookup.table, c, key), Times(rest, -1));
  }

  // key = a - b, out - b + constant = max(key, 0), where a clamp may stand between difference and table. `key`: the
  // keys that occur in the table.
  std::optional<Interval> Maximum(const Step& step, size_t c, uint32_t out, Interval key) {
    const Lookup& lookup = circuit_.lookups[step.id];
    std::vector<ViewTerm> e = lookup.columns[0].terms;
    if (step.clamp.has_value()) {
      std::erase_if(e, [&](const ViewTerm& t) {
        return t.view.tensor == step.clamp->top || t.view.tensor == step.clamp->clamped;
      });
    }
    const Expression& v = lookup.columns[c + 1];
    if (e.size() != 2 || !lookup.columns[0].accumulators.empty() || lookup.columns[0].constant.numerator != 0) {
      return std::nullopt;
    }
    if (v.terms.size() != 2 || !v.accumulators.empty()) return std::nullopt;
    const size_t own = v.terms[0].view.tensor == out ? 0 : 1;
    const ViewTerm& rest = v.terms[1 - own];
    for (size_t b = 0; b < 2; ++b) {
      if (e[1 - b].coefficient != Coefficient{1, 0} || e[b].coefficient != Coefficient{-1, 0}) continue;
      if (rest.coefficient != Coefficient{-1, 0} || rest.view != e[b].view) continue;
      const Interval x = Read(e[1 - b].view, lookup.space);
      const Interval y = Read(e[b].view, lookup.space);
      if (step.clamp.has_value()) {
        if (!KeepsPositivePart(*step.clamp)) return std::nullopt;
        key.max = std::min(key.max, std::max<Int128>(x.max - y.min, 0));
      }
      if (key.min > key.max) return std::nullopt;
      if (!columns_.IsPositivePart(lookup.table, c, static_cast<int64_t>(key.min), static_cast<int64_t>(key.max))) {
        return std::nullopt;
      }
      const Int128 constant = v.constant.numerator;
      return Interval{std::max(x.min, y.min) - constant, std::max(x.max, y.max) - constant};
    }
    return std::nullopt;
  }

  // Whether the clamp takes negative positions to negative ones and leaves the others as they are, so that max(key, 0)
  // is the same before and after it.
  bool KeepsPositivePart(const CoarseClamp& clamp) {
    const Interval tops = InTable(*tensors_[clamp.top], circuit_.tables[clamp.table]);
    return columns_.KeepsPositivePart(clamp.table, 0, static_cast<int64_t>(tops.min), static_cast<int64_t>(tops.max));
  }

  // Several steps may set parts of one tensor. Within its declared bounds, at once: so nothing read is beyond 32 bits.
  Status Set(uint32_t tensor, Interval range) {
    const Tensor& t = circuit_.tensors[tensor];
    if (range.min < t.min || range.max > t.max) {
      RETURN_IF_ERROR(Bad("tensor " + t.name, "its values can leave their declared bounds"));
    }
    std::optional<Interval>& known = tensors_[tensor];
    known = known.has_value() ? Interval{std::min(known->min, range.min), std::max(known->max, range.max)} : range;
    return Ok();
  }

  // What no step satisfies must hold of itself: a range check that only constrains.
  Status CheckOtherLookups() {
    for (size_t i = 0; i < circuit_.lookups.size(); ++i) {
      if (used_[i]) continue;
      const Lookup& lookup = circuit_.lookups[i];
      const Table& table = circuit_.tables[lookup.table];
      const std::string where = "lookup " + lookup.name;
      int shift = lookup.columns[0].constant.shift;
      for (const ViewTerm& t : lookup.columns[0].terms) shift = std::max<int>(shift, t.coefficient.shift);
      for (const AccumulatorTerm& t : lookup.columns[0].accumulators) shift = std::max<int>(shift, t.coefficient.shift);
      if (!table.values.empty() || shift != 0) return Bad(where, "nothing makes it true");
      const Interval key = Sum(lookup.columns[0], lookup.space, 0, [](uint32_t) { return false; });
      if (key.min < table.first_key || key.max >= table.first_key + int64_t{table.size}) {
        return Bad(where, "its keys can leave table " + table.name);
      }
    }
    return Ok();
  }

  const Circuit& circuit_;
  const Program& program_;
  const bool proved_;
  const bool any_weights_;
  const std::vector<std::optional<CellRange>> ranges_;
  const std::vector<std::optional<uint32_t>> clamp_lookups_;
  TableColumns columns_;
  std::vector<std::optional<Interval>> tensors_;
  std::vector<Interval> sums_;
  std::set<uint32_t> wrapping_;
  std::set<uint32_t> leaving_;
  std::vector<bool> used_;  // by lookup: satisfied by a step, or by the ranges of what a step sets
};

}  // namespace

Result<std::vector<ValueRange>> CheckTotality(const Circuit& circuit, const Program& program) {
  return TotalityChecker(circuit, program, TotalityChecker::Mode::kAsDeclared).Run();
}

std::vector<ValueRange> RangesWhereProved(const Circuit& circuit, const Program& program) {
  auto ranges = TotalityChecker(circuit, program, TotalityChecker::Mode::kWhereProved).Run();
  PROVENN_CHECK(ranges.ok());
  return *std::move(ranges);
}

std::vector<uint32_t> QuotientsThatCanLeave(const Circuit& circuit, const Program& program) {
  TotalityChecker checker(circuit, program, TotalityChecker::Mode::kWhereProved);
  PROVENN_CHECK(checker.Run().ok());
  return checker.Leaving();
}

std::vector<uint32_t> LookupsThatCanWrap(const Circuit& circuit, const Program& program) {
  TotalityChecker checker(circuit, program, TotalityChecker::Mode::kBoth);
  PROVENN_CHECK(checker.Run().ok());
  return checker.Wrapping();
}

}  // namespace provenn
