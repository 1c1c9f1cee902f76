#include "commit/oracle_shape.h"

#include <algorithm>

#include "base/check.h"

namespace provenn {
namespace {

int CeilLog2(uint64_t v) {
  int bits = 0;
  while ((uint64_t{1} << bits) < v) ++bits;
  return bits;
}

}  // namespace

uint64_t BitsPerQuery(uint64_t degree_bound, uint64_t size) {
  PROVENN_CHECK(degree_bound < size && size <= (uint64_t{1} << 32));
  // x = 2 size / (size + degree_bound) in (1, 2), as a 63-bit fraction rounded down; then the binary digits of log2 x
  // by repeated squaring, rounded down throughout, so that the result never overstates.
  using Wide = unsigned __int128;
  uint64_t x = static_cast<uint64_t>((static_cast<Wide>(2 * size) << 62) / (size + degree_bound));  // scaled by 2^62
  uint64_t bits = 0;
  for (int i = 0; i < 32; ++i) {
    x = static_cast<uint64_t>((static_cast<Wide>(x) * x) >> 62);
    bits <<= 1;
    if (x >= (uint64_t{1} << 63)) {
      bits |= 1;
      x >>= 1;
    }
  }
  return bits;
}

QueryPlan PlanQueries(uint64_t message_rows, int log_inverse_rate, int bits, bool queries_are_rows) {
  PROVENN_CHECK(message_rows >= 1 && log_inverse_rate >= 1 && bits >= 1);
  const uint64_t goal = static_cast<uint64_t>(bits) << 32;
  // A query is worth less than one bit, so the search may start at `bits`.
  for (auto q = static_cast<uint32_t>(bits);; ++q) {
    const uint64_t degree_bound = message_rows + (queries_are_rows ? q : 0);
    // A small matrix still needs as many positions as queries, and not nearly all of them.
    const int log_size = CeilLog2(std::max(degree_bound << log_inverse_rate, uint64_t{2} * q));
    PROVENN_CHECK(log_size <= 32);
    const uint64_t size = uint64_t{1} << log_size;
    if (q * BitsPerQuery(degree_bound, size) >= goal) return {q, log_size};
  }
}

}  // namespace provenn
