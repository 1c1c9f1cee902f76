// Arithmetic inside the Poseidon permutation, on 64-bit representatives that need not be below p. Internal to this
// module. Goldilocks(x) makes them
// canonical where they leave the permutation.
#pragma once

#include <cstdint>

#include "crypto/poseidon_constants.h"
#include "field/goldilocks.h"

namespace provenn::poseidon_internal {

inline constexpr uint64_t kEpsilon = 0xffffffff;  // 2^64 mod p

// a + b mod p for any a and any b <= p: when the sum wraps, it is below 2^64 - 2^32 + 1, so adding 2^64 mod p
// cannot wrap again.
inline uint64_t AddReduced(uint64_t a, uint64_t b) {
  uint64_t sum;
  const bool wraps = __builtin_add_overflow(a, b, &sum);
  return sum + (wraps ? kEpsilon : 0);
}

// low + high * 2^64 mod p, by 2^64 = 2^32 - 1 and 2^96 = -1.
inline uint64_t Reduce128(uint64_t low, uint64_t high) {
  uint64_t difference;
  const bool borrows = __builtin_sub_overflow(low, high >> 32, &difference);
  difference -= borrows ? kEpsilon : 0;
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
// transforms, scaled by the 1/4 and 1/2 of the inverse transform, are tiny integers, so one product costs a few dozen
// shifts and additions. All sums are exact in 64 bits for inputs below 2^32.
struct CirculantTransform {
  int64_t at_one[3];         // D_b(1) / 4
  int64_t at_minus_one[3];   // D_b(-1) / 4
  int64_t at_i_real[3];      // Re D_b(i) / 2
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

// v := circulant * v over the integers. V is int64_t or a vector of them with + - and multiplication by kTransform's
// constants.
template <class V>
[[gnu::always_inline]] inline void MultiplyCirculant(V (&v)[kPoseidonWidth]) {
  V one[3], minus_one[3], real[3], imaginary[3];
  for (int b = 0; b < 3; ++b) {
    const V even = v[b] + v[6 + b];
    const V odd = v[3 + b] + v[9 + b];
    one[b] = even + odd;
    minus_one[b] = even - odd;
    real[b] = v[b] - v[6 + b];
    imaginary[b] = v[3 + b] - v[9 + b];
  }
  const auto& t = kTransform;
  // Products modulo x^3 = 1 and modulo x^3 = -1.
  const V p0 = one[0] * t.at_one[0] + one[1] * t.at_one[2] + one[2] * t.at_one[1];
  const V p1 = one[0] * t.at_one[1] + one[1] * t.at_one[0] + one[2] * t.at_one[2];
  const V p2 = one[0] * t.at_one[2] + one[1] * t.at_one[1] + one[2] * t.at_one[0];
  const V m0 = minus_one[0] * t.at_minus_one[0] - minus_one[1] * t.at_minus_one[2] - minus_one[2] * t.at_minus_one[1];
  const V m1 = minus_one[0] * t.at_minus_one[1] + minus_one[1] * t.at_minus_one[0] - minus_one[2] * t.at_minus_one[2];
  const V m2 = minus_one[0] * t.at_minus_one[2] + minus_one[1] * t.at_minus_one[1] + minus_one[2] * t.at_minus_one[0];
  // Modulo x^3 = i: what wraps is multiplied by i, (re, im) -> (-im, re).
  const V (&re)[3] = real;
  const V (&im)[3] = imaginary;
  const auto& c = t.at_i_real;
  const auto& s = t.at_i_imaginary;
  const V r0 = re[0] * c[0] - im[0] * s[0] - (re[1] * s[2] + im[1] * c[2]) - (re[2] * s[1] + im[2] * c[1]);
  const V i0 = re[0] * s[0] + im[0] * c[0] + (re[1] * c[2] - im[1] * s[2]) + (re[2] * c[1] - im[2] * s[1]);
  const V r1 = re[0] * c[1] - im[0] * s[1] + (re[1] * c[0] - im[1] * s[0]) - (re[2] * s[2] + im[2] * c[2]);
  const V i1 = re[0] * s[1] + im[0] * c[1] + (re[1] * s[0] + im[1] * c[0]) + (re[2] * c[2] - im[2] * s[2]);
  const V r2 = re[0] * c[2] - im[0] * s[2] + (re[1] * c[1] - im[1] * s[1]) + (re[2] * c[0] - im[2] * s[0]);
  const V i2 = re[0] * s[2] + im[0] * c[2] + (re[1] * s[1] + im[1] * c[1]) + (re[2] * s[0] + im[2] * c[0]);
  const V p[3] = {p0, p1, p2};
  const V m[3] = {m0, m1, m2};
  const V r[3] = {r0, r1, r2};
  const V i[3] = {i0, i1, i2};
  for (int b = 0; b < 3; ++b) {
    const V sum = p[b] + m[b];
    const V difference = p[b] - m[b];
    v[b] = sum + r[b];
    v[6 + b] = sum - r[b];
    v[3 + b] = difference + i[b];
    v[9 + b] = difference - i[b];
  }
}

}  // namespace provenn::poseidon_internal
