// Parameters of a function from the rows of its table, as the simplest numbers that give them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace provenn {

struct SimpleNumber {
  double value = 0;
  std::string text;
};

// The simplest number in [low, high]: a decimal of up to three digits, a fraction of small integers, or the shortest
// decimal. Nothing where the interval is empty.
std::optional<SimpleNumber> SimplestWithin(double low, double high);

// low <= a * x + b <= high
struct LineBound {
  double x = 0;
  double low = 0;
  double high = 0;
};

// a with b = 0.
std::optional<SimpleNumber> FitSlope(const std::vector<LineBound>& bounds);

struct SimpleLine {
  SimpleNumber slope;
  SimpleNumber shift;
};
std::optional<SimpleLine> FitLine(const std::vector<LineBound>& bounds);

}  // namespace provenn
