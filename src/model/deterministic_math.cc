#include "model/deterministic_math.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "base/check.h"

namespace provenn {
namespace {

// 2^k for −1022 <= k <= 1023.
double PowerOfTwo(int k) { return std::bit_cast<double>(static_cast<uint64_t>(k + 1023) << 52); }

}  // namespace

double DeterministicExp(double x) {
  if (x < -745.0) return 0.0;
  if (x > 709.7) return std::numeric_limits<double>::max();
  // x = k·ln 2 + r with |r| <= ln(2)/2. ln 2 is split so that k·kLn2High is exact.
  constexpr double kInverseLn2 = 1.44269504088896338700e+00;
  constexpr double kLn2High = 6.93147180369123816490e-01;
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  const int k = static_cast<int>(x * kInverseLn2 + (x < 0 ? -0.5 : 0.5));
  const double r = (x - k * kLn2High) - k * kLn2Low;
  // Taylor series in Horner form; the first term left out is below 0.347^15/15! < 1e-19.
  double sum = 1.0;
  for (int n = 14; n >= 1; --n) sum = 1.0 + sum * r / n;
  // Two factors, as 2^k alone leaves the normal range at k = −1074.
  return sum * PowerOfTwo(k / 2) * PowerOfTwo(k - k / 2);
}

double DeterministicSigmoid(double x) {
  if (x >= 0) return 1.0 / (1.0 + DeterministicExp(-x));
  const double e = DeterministicExp(x);
  return e / (1.0 + e);
}

double DeterministicTanh(double x) {
  // The quotient below loses digits near 0, where three terms of the series are exact to a double.
  if (x > -1e-3 && x < 1e-3) {
    const double square = x * x;
    return x * (1.0 - square * (1.0 / 3.0 - square * (2.0 / 15.0)));
  }
  const double e = DeterministicExp(x > 0 ? -2.0 * x : 2.0 * x);
  const double magnitude = (1.0 - e) / (1.0 + e);
  return x > 0 ? magnitude : -magnitude;
}

double EvaluateFunction(const GraphNode& node, double x) {
  switch (node.op) {
    case Op::kRelu:
      return x > 0 ? x : 0.0;
    case Op::kLeakyRelu:
      return x >= 0 ? x : x * static_cast<double>(node.As<LeakyReluAttributes>().alpha);
    case Op::kClip: {
      const auto& clip = node.As<ClipAttributes>();
      return std::clamp(x, static_cast<double>(clip.min), static_cast<double>(clip.max));
    }
    case Op::kSigmoid:
      return DeterministicSigmoid(x);
    case Op::kTanh:
      return DeterministicTanh(x);
    case Op::kHardSigmoid: {
      const auto& a = node.As<HardSigmoidAttributes>();
      return std::clamp(static_cast<double>(a.alpha) * x + static_cast<double>(a.beta), 0.0, 1.0);
    }
    case Op::kHardSwish:
      return x * std::clamp(x / 6.0 + 0.5, 0.0, 1.0);
    default:
      PROVENN_CHECK(false);  // not a function of one element
  }
  return 0;
}

}  // namespace provenn
