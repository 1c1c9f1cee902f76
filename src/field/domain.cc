#include "field/domain.h"

#include "base/check.h"

namespace provenn {

Goldilocks DomainPoint(int log_n, size_t row) {
  PROVENN_CHECK(log_n >= 0 && log_n <= Goldilocks::kTwoAdicity && row >> log_n == 0);
  size_t exponent = 0;  // bit-reversed row
  for (int i = 0; i < log_n; ++i) exponent |= (row >> i & 1) << (log_n - 1 - i);
  return Goldilocks::Generator() * Goldilocks::RootOfUnity(log_n).Pow(exponent);
}

}  // namespace provenn
