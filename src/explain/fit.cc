#include "explain/fit.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace provenn {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The integer in [low, high] nearest to 0, where there is one.
double NearestToZero(double low, double high) {
  if (low > 0) return std::ceil(low);
  return high < 0 ? std::floor(high) : 0.0;
}

// The decimal of that many digits nearest to 0, if it is within.
std::optional<SimpleNumber> Decimal(double low, double high, int digits) {
  char text[64];
  double power = 1;
  for (int i = 0; i < digits; ++i) power *= 10;
  const double numerator = NearestToZero(low * power, high * power);
  if (std::abs(numerator) > 1e17) return std::nullopt;
  // Parsed from its digits, as it would be from a model's source.
  std::snprintf(text, sizeof text, "%.*f", digits, numerator / power);
  const double value = std::strtod(text, nullptr);
  if (!(value >= low && value <= high)) return std::nullopt;
  std::string shown = text;
  if (shown[0] == '-' && value == 0) shown.erase(0, 1);
  return SimpleNumber{value, shown, false};
}

std::optional<SimpleNumber> Fraction(double low, double high) {
  for (int denominator = 3; denominator <= 64; ++denominator) {
    const double numerator = NearestToZero(low * denominator, high * denominator);
    const double value = numerator / denominator;
    if (std::abs(numerator) > 64 || !(value >= low && value <= high)) continue;
    return SimpleNumber{value, std::to_string(static_cast<int>(numerator)) + "/" + std::to_string(denominator), false};
  }
  return std::nullopt;
}

// Shifts b that keep every bound at slope a.
struct Shifts {
  double low = -kInfinity;
  double high = kInfinity;
  double Width() const { return high - low; }
};

Shifts ShiftsOf(const std::vector<LineBound>& bounds, double a) {
  Shifts s;
  for (const LineBound& bound : bounds) {
    s.low = std::max(s.low, bound.low - a * bound.x);
    s.high = std::min(s.high, bound.high - a * bound.x);
  }
  return s;
}

// The bounds that are the tightest ones at some slope: corners of the hull above the lower bounds and of the one below
// the upper bounds. Of a table's rows there are few, however many rows it has.
std::vector<LineBound> TightestBounds(std::vector<LineBound> bounds) {
  const auto by_x = [](const LineBound& p, const LineBound& q) { return p.x < q.x; };
  if (!std::is_sorted(bounds.begin(), bounds.end(), by_x)) std::sort(bounds.begin(), bounds.end(), by_x);
  std::vector<LineBound> tightest;
  for (const bool lower : {true, false}) {
    const size_t from = tightest.size();
    const auto y = [&](const LineBound& b) { return lower ? b.low : -b.high; };
    for (const LineBound& b : bounds) {
      while (tightest.size() >= from + 2) {
        const LineBound& p = tightest[tightest.size() - 2];
        const LineBound& q = tightest.back();
        // q lies on or below the line from p to b.
        if (!((q.x - p.x) * (y(b) - y(q)) >= (y(q) - y(p)) * (b.x - q.x))) break;
        tightest.pop_back();
      }
      tightest.push_back(lower ? LineBound{b.x, b.low, kInfinity} : LineBound{b.x, -kInfinity, b.high});
    }
  }
  return tightest;
}

}  // namespace

std::optional<SimpleNumber> SimplestWithin(double low, double high) {
  if (!(low <= high) || !std::isfinite(low) || !std::isfinite(high)) return std::nullopt;
  for (int digits = 0; digits <= 3; ++digits) {
    if (auto number = Decimal(low, high, digits)) return number;
  }
  if (auto number = Fraction(low, high)) return number;
  for (int digits = 4; digits <= 17; ++digits) {
    if (auto number = Decimal(low, high, digits)) return number;
  }
  return std::nullopt;
}

std::optional<SimpleNumber> FitSlope(const std::vector<LineBound>& bounds) {
  double low = -kInfinity;
  double high = kInfinity;
  for (const LineBound& b : bounds) {
    if (b.x == 0) continue;
    const double ends[2] = {b.low / b.x, b.high / b.x};
    low = std::max(low, std::min(ends[0], ends[1]));
    high = std::min(high, std::max(ends[0], ends[1]));
  }
  return SimplestWithin(low, high);
}

std::optional<SimpleLine> FitLine(const std::vector<LineBound>& bounds) {
  if (bounds.size() < 3) return std::nullopt;
  if (std::any_of(bounds.begin(), bounds.end(), [](const LineBound& b) { return !std::isfinite(b.x); })) {
    return std::nullopt;
  }
  const auto [left, right] =
      std::minmax_element(bounds.begin(), bounds.end(), [](const auto& p, const auto& q) { return p.x < q.x; });
  const double span = right->x - left->x;
  if (!(span > 0)) return std::nullopt;
  const std::vector<LineBound> tightest = TightestBounds(bounds);
  // The width of the interval of shifts is concave in the slope: find its maximum, then both ends of where it is
  // positive.
  double low = (right->low - left->high) / span;
  double high = (right->high - left->low) / span;
  const double ends[2] = {low, high};
  const auto width = [&](double a) { return ShiftsOf(tightest, a).Width(); };
  for (int i = 0; i < 80; ++i) {
    const double third = (high - low) / 3;
    if (width(low + third) < width(high - third)) {
      low += third;
    } else {
      high -= third;
    }
  }
  const double best = (low + high) / 2;
  if (!(width(best) >= 0)) return std::nullopt;
  double slopes[2];
  for (int side = 0; side < 2; ++side) {
    double inside = best;
    double outside = ends[side];
    for (int i = 0; i < 60; ++i) {
      const double middle = (inside + outside) / 2;
      (width(middle) >= 0 ? inside : outside) = middle;
    }
    slopes[side] = inside;
  }
  const auto slope = SimplestWithin(slopes[0], slopes[1]);
  if (!slope.has_value()) return std::nullopt;
  const Shifts shifts = ShiftsOf(bounds, slope->value);
  const auto shift = SimplestWithin(shifts.low, shifts.high);
  if (!shift.has_value()) return std::nullopt;
  return SimpleLine{*slope, *shift};
}

}  // namespace provenn
