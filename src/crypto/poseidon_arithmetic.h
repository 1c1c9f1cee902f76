// Arithmetic inside the Poseidon permutation, on 64-bit representatives that need not be below p. Internal to this
// module. Goldilocks(x) makes them
// canonical where they leave the permutation.
#pragma once

#include <cstdint>

#include "crypto/poseidon_constants.h"
#include "field/goldilocks.h"

namespace provenn::poseidon_internal {

inline constexpr uint64_t kEpsilon = 0xffffffff;  // 2^64 mod p

// Without a branch: a carry is a coin toss, and half the mispredictions would cost more than the multiplication.
inline uint64_t EpsilonIf(bool condition) { return (0 - static_cast<uint64_t>(condition)) & kEpsilon; }

// a + b mod p for any a and any b <= p: when the sum wraps, it is below 2^64 - 2^32 + 1, so adding 2^64 mod p
// cannot wrap again.
inline uint64_t AddReduced(uint64_t a, uint64_t b) {
  uint64_t sum;
  const bool wraps = __builtin_add_overflow(a, b, &sum);
  return sum + EpsilonIf(wraps);
}

// low + high * 2^64 mod p, by 2^64 = 2^32 - 1 and 2^96 = -1.
inline uint64_t Reduce128(uint64_t low, uint64_t high) {
  uint64_t difference;
  const bool borrows = __builtin_sub_overflow(low, high >> 32, &difference);
  difference -= EpsilonIf(borrows);
  return AddReduced(difference, (high & kEpsilon) * kEpsilon);
}

inline uint64_t Multiply(uint64_t a, uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a) * b;
  return Reduce128(static_cast<uint64_t>(product), static_cast<uint64_t>(product >> 64));
}

inline uint64_t Sbox(uint64_t x) {
  const uint64_t x2 = Multiply(x, x);
  return Multiply(Multiply(x2, x2), Multiply(x2, x));
}

// The circulant part of the matrix is a cyclic convolution of length 12, in y = x^3 a 4-point transform of blocks of
// three: on y = 1, y = -1 and y = i it becomes products of polynomials of degree 2 modulo x^3 = y. The kernel's
// transforms, scaled by the 1/4 and 1/2 of the inverse transform, are signed powers of two, so one product costs shifts
// and additions only (poseidon_circulant-inl.h). All sums are exact in 64 bits for inputs below 2^32.
struct CirculantTransform {
  int64_t at_one[3];        // D_b(1) / 4
  int64_t at_minus_one[3];  // D_b(-1) / 4
  int64_t at_i_real[3];     // Re D_b(i) / 2
  int64_t at_i_imaginary[3];
};

constexpr CirculantTransform MakeCirculantTransform() {
  CirculantTransform t = {};
  for (int b = 0; b < 3; ++b) {
    // new[r] = sum_j c[(j - r) mod 12] old[j] is the convolution with d[k] = c[-k mod 12].
    int64_t d[4] = {};
    for (int a = 0; a < 4; ++a) d[a] = static_cast<int64_t>(kPoseidonCirculant[(12 - (3 * a + b)) % 12]);
    t.at_one[b] = d[0] + d[1] + d[2] + d[3];
    t.at_minus_one[b] = d[0] - d[1] + d[2] - d[3];
    t.at_i_real[b] = d[0] - d[2];
    t.at_i_imaginary[b] = d[1] - d[3];
  }
  return t;
}

constexpr bool DividesExactly(const CirculantTransform& t) {
  for (int b = 0; b < 3; ++b) {
    if (t.at_one[b] % 4 != 0 || t.at_minus_one[b] % 4 != 0) return false;
    if (t.at_i_real[b] % 2 != 0 || t.at_i_imaginary[b] % 2 != 0) return false;
  }
  return true;
}
static_assert(DividesExactly(MakeCirculantTransform()));

constexpr CirculantTransform ScaledCirculantTransform() {
  CirculantTransform t = MakeCirculantTransform();
  for (int b = 0; b < 3; ++b) {
    t.at_one[b] /= 4;
    t.at_minus_one[b] /= 4;
    t.at_i_real[b] /= 2;
    t.at_i_imaginary[b] /= 2;
  }
  return t;
}
inline constexpr CirculantTransform kTransform = ScaledCirculantTransform();

}  // namespace provenn::poseidon_internal
