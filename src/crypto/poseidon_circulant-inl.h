// The circulant part of the Poseidon matrix times a vector of small integers; see CirculantTransform. Compiled once per
// instruction set, so its include guard toggles.
#include <cstdint>

#include "crypto/poseidon_arithmetic.h"
#include "hwy/highway.h"

#if defined(PROVENN_CRYPTO_POSEIDON_CIRCULANT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVENN_CRYPTO_POSEIDON_CIRCULANT_INL_H_
#undef PROVENN_CRYPTO_POSEIDON_CIRCULANT_INL_H_
#else
#define PROVENN_CRYPTO_POSEIDON_CIRCULANT_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {

// x + kFactor * y; the factors are compile-time constants so that they become shifts.
template <int64_t kFactor, class V>
HWY_INLINE V Plus(V x, V y) {
  constexpr uint64_t kSize = static_cast<uint64_t>(kFactor < 0 ? -kFactor : kFactor);
  static_assert((kSize & (kSize - 1)) == 0 && kSize != 0, "a power of two");
  const V product = y.template ShiftLeft<__builtin_ctzll(kSize)>();
  if constexpr (kFactor < 0) {
    return x - product;
  } else {
    return x + product;
  }
}

template <class V>
struct Gaussian {
  V re, im;
};

// x + (kRe + i kIm) * y.
template <int64_t kRe, int64_t kIm, class V>
HWY_INLINE Gaussian<V> Plus(Gaussian<V> x, Gaussian<V> y) {
  return {Plus<-kIm>(Plus<kRe>(x.re, y.re), y.im), Plus<kRe>(Plus<kIm>(x.im, y.re), y.im)};
}

// v := circulant * v over the integers. V wraps 64-bit integers: +, -, V::Zero() and v.ShiftLeft<bits>().
template <class V>
HWY_INLINE void MultiplyCirculant(V (&v)[kPoseidonWidth]) {
  constexpr auto& p = poseidon_internal::kTransform.at_one;
  constexpr auto& m = poseidon_internal::kTransform.at_minus_one;
  constexpr auto& c = poseidon_internal::kTransform.at_i_real;
  constexpr auto& s = poseidon_internal::kTransform.at_i_imaginary;

  V one[3], minus[3];
  Gaussian<V> at_i[3];
  for (int b = 0; b < 3; ++b) {
    const V even = v[b] + v[6 + b];
    const V odd = v[3 + b] + v[9 + b];
    one[b] = even + odd;
    minus[b] = even - odd;
    at_i[b] = {v[b] - v[6 + b], v[3 + b] - v[9 + b]};
  }

  // Products modulo x^3 = y: what wraps is multiplied by y, that is 1, -1, or i with i (c + i s) = -s + i c.
  const V zero = V::Zero();
  const Gaussian<V> none = {zero, zero};
  const V one_product[3] = {
      Plus<p[1]>(Plus<p[2]>(Plus<p[0]>(zero, one[0]), one[1]), one[2]),
      Plus<p[2]>(Plus<p[0]>(Plus<p[1]>(zero, one[0]), one[1]), one[2]),
      Plus<p[0]>(Plus<p[1]>(Plus<p[2]>(zero, one[0]), one[1]), one[2]),
  };
  const V minus_product[3] = {
      Plus<-m[1]>(Plus<-m[2]>(Plus<m[0]>(zero, minus[0]), minus[1]), minus[2]),
      Plus<-m[2]>(Plus<m[0]>(Plus<m[1]>(zero, minus[0]), minus[1]), minus[2]),
      Plus<m[0]>(Plus<m[1]>(Plus<m[2]>(zero, minus[0]), minus[1]), minus[2]),
  };
  const Gaussian<V> i_product[3] = {
      Plus<-s[1], c[1]>(Plus<-s[2], c[2]>(Plus<c[0], s[0]>(none, at_i[0]), at_i[1]), at_i[2]),
      Plus<-s[2], c[2]>(Plus<c[0], s[0]>(Plus<c[1], s[1]>(none, at_i[0]), at_i[1]), at_i[2]),
      Plus<c[0], s[0]>(Plus<c[1], s[1]>(Plus<c[2], s[2]>(none, at_i[0]), at_i[1]), at_i[2]),
  };

  for (int b = 0; b < 3; ++b) {
    const V sum = one_product[b] + minus_product[b];
    const V difference = one_product[b] - minus_product[b];
    v[b] = sum + i_product[b].re;
    v[6 + b] = sum - i_product[b].re;
    v[3 + b] = difference + i_product[b].im;
    v[9 + b] = difference - i_product[b].im;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#endif  // include guard
