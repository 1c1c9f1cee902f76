#include "field/domain.h"

#include <array>

#include "base/check.h"

namespace provenn {

namespace {

constexpr auto kRoots = [] {
  std::array<Goldilocks, Goldilocks::kTwoAdicity + 1> roots{};
  for (int k = 0; k <= Goldilocks::kTwoAdicity; ++k) roots[static_cast<size_t>(k)] = Goldilocks::RootOfUnity(k);
  return roots;
}();

}  // namespace

Goldilocks DomainPoint(int log_n, size_t row) {
  PROVENN_CHECK(log_n >= 0 && log_n <= Goldilocks::kTwoAdicity && row >> log_n == 0);
  // Bit i of the row is bit log_n - 1 - i of the exponent: a root of order 2^(i + 1).
  Goldilocks point = Goldilocks::Generator();
  for (size_t i = 0; row >> i != 0; ++i) {
    if ((row >> i & 1) != 0) point *= kRoots[i + 1];
  }
  return point;
}

}  // namespace provenn
