// Parameters of a function from the rows of its table, as the simplest numbers that give them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace provenn {

struct SimpleNumber {
  double value = 0;
  std::string text;
  bool float64 = false;  // the text's number itself, and not the 32-bit float nearest to it, which is another one
};

// The simplest number in [low, high]: 0, a decimal of up to three digits, a fraction of small integers, or the shortest
// decimal; of those with as many digits the one nearest to 0. Nothing where the interval is empty.
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
