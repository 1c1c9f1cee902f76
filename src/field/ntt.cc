#include "field/ntt.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace provenn {
namespace {

size_t BitReverse(size_t v, int bits) {
  size_t r = 0;
  for (int i = 0; i < bits; ++i) r |= (v >> i & 1) << (bits - 1 - i);
  return r;
}

// twiddles[k] = w_{2^(d+1)}^BitReverse_d(k) for every d with k < 2^d.
std::vector<Goldilocks> BitReversedTwiddles(int log_n) {
  std::vector<Goldilocks> twiddles(log_n == 0 ? 1 : size_t{1} << (log_n - 1));
  twiddles[0] = Goldilocks::One();
  size_t filled = 1;
  for (int level = 2; level <= log_n; ++level, filled *= 2) {
    const Goldilocks root = Goldilocks::RootOfUnity(level);
    for (size_t k = 0; k < filled; ++k) twiddles[filled + k] = twiddles[k] * root;
  }
  return twiddles;
}

}  // namespace

Goldilocks DomainPoint(int log_n, size_t row) {
  PROVENN_CHECK(row >> log_n == 0);
  return Goldilocks::Generator() * Goldilocks::RootOfUnity(log_n).Pow(BitReverse(row, log_n));
}

void EncodeColumns(std::span<Goldilocks> matrix, size_t cols, size_t message_rows, int log_n) {
  PROVENN_CHECK(log_n >= 0 && log_n <= Goldilocks::kTwoAdicity && cols >= 1);
  const size_t n = size_t{1} << log_n;
  PROVENN_CHECK(matrix.size() == cols * n && message_rows <= n);
  Goldilocks scale = Goldilocks::One();
  for (size_t r = 0; r < message_rows; ++r, scale *= Goldilocks::Generator()) {
    for (size_t c = 0; c < cols; ++c) matrix[r * cols + c] *= scale;
  }
  std::fill(matrix.begin() + static_cast<std::ptrdiff_t>(message_rows * cols), matrix.end(), Goldilocks::Zero());
  const std::vector<Goldilocks> twiddles = BitReversedTwiddles(log_n);
  // A node is the residue modulo x^(2m) - s^2; its children are the residues modulo x^m - s and x^m + s.
  for (size_t m = n / 2, nodes = 1; m >= 1; m /= 2, nodes *= 2) {
    for (size_t k = 0; k < nodes; ++k) {
      Goldilocks* low = matrix.data() + 2 * k * m * cols;
      Goldilocks* high = low + m * cols;
      for (size_t i = 0; i < m * cols; ++i) {
        const Goldilocks t = high[i] * twiddles[k];
        high[i] = low[i] - t;
        low[i] += t;
      }
    }
  }
}

}  // namespace provenn
