// The challenge field K: F[X]/(X^2 - 7) or F[X]/(X^3 - 2). Both are irreducible: 7 generates the multiplicative group
// of F, so it is no square; 2 has order 192 = 3 * 64 while 9 does not divide p - 1, so it is no cube.
//
// An element is its D coefficients, lowest power first, and nothing else: an array of elements may be viewed as an
// array of D times as many base field elements (AsBase).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/check.h"
#include "field/goldilocks.h"

namespace provenn {

template <int D>
class Extension {
  static_assert(D == 2 || D == 3);

 public:
  static constexpr int kDegree = D;
  // X^D = kNonResidue.
  static constexpr Goldilocks kNonResidue{D == 2 ? 7u : 2u};

  constexpr Extension() = default;
  explicit constexpr Extension(Goldilocks constant) { c_[0] = constant; }
  explicit constexpr Extension(std::array<Goldilocks, D> coefficients) {
    for (size_t i = 0; i < D; ++i) c_[i] = coefficients[i];
  }

  static constexpr Extension Zero() { return Extension(); }
  static constexpr Extension One() { return Extension(Goldilocks::One()); }
  // X^i, 0 <= i < D.
  static constexpr Extension Basis(int i) {
    PROVENN_CHECK(i >= 0 && i < D);
    Extension r;
    r.c_[i] = Goldilocks::One();
    return r;
  }

  // Coefficient of X^i, 0 <= i < D.
  constexpr Goldilocks coefficient(int i) const { return c_[i]; }
  constexpr Goldilocks operator[](int i) const { return c_[i]; }
  constexpr Goldilocks& operator[](int i) { return c_[i]; }

  friend constexpr Extension operator+(const Extension& a, const Extension& b) {
    Extension r;
    for (int i = 0; i < D; ++i) r.c_[i] = a.c_[i] + b.c_[i];
    return r;
  }
  friend constexpr Extension operator-(const Extension& a, const Extension& b) {
    Extension r;
    for (int i = 0; i < D; ++i) r.c_[i] = a.c_[i] - b.c_[i];
    return r;
  }
  friend constexpr Extension operator*(const Extension& a, const Extension& b) {
    // Schoolbook: the sum for each coefficient is reduced once.
    ProductSum sum[D];
    for (int i = 0; i < D; ++i) {
      const Goldilocks wrapped = a.c_[i] * kNonResidue;
      for (int j = 0; j < D; ++j) {
        if (i + j < D) {
          sum[i + j].Add(a.c_[i], b.c_[j]);
        } else {
          sum[i + j - D].Add(wrapped, b.c_[j]);
        }
      }
    }
    Extension r;
    for (int i = 0; i < D; ++i) r.c_[i] = sum[i].Reduce();
    return r;
  }
  friend constexpr Extension operator*(const Extension& a, Goldilocks b) {
    Extension r;
    for (int i = 0; i < D; ++i) r.c_[i] = a.c_[i] * b;
    return r;
  }
  friend constexpr Extension operator*(Goldilocks a, const Extension& b) { return b * a; }
  constexpr Extension operator-() const { return Zero() - *this; }
  constexpr Extension& operator+=(const Extension& b) { return *this = *this + b; }
  constexpr Extension& operator-=(const Extension& b) { return *this = *this - b; }
  constexpr Extension& operator*=(const Extension& b) { return *this = *this * b; }
  constexpr Extension& operator*=(Goldilocks b) { return *this = *this * b; }
  friend constexpr bool operator==(const Extension& a, const Extension& b) = default;

  constexpr Extension Square() const { return *this * *this; }
  constexpr Extension Pow(uint64_t exponent) const {
    Extension result = One();
    for (Extension power = *this; exponent != 0; exponent >>= 1, power = power.Square()) {
      if (exponent & 1) result *= power;
    }
    return result;
  }
  // Precondition: not zero.
  constexpr Extension Inverse() const {
    // adjoint * this = norm, a non-zero element of F because the modulus is irreducible.
    const Extension adjoint = Adjoint();
    const Goldilocks norm = (adjoint * *this).c_[0];
    return adjoint * norm.Inverse();
  }

 private:
  // The product of the other conjugates: for D = 3, the cofactors of the matrix of multiplication by *this.
  constexpr Extension Adjoint() const {
    Extension r;
    if constexpr (D == 2) {
      r.c_[0] = c_[0];
      r.c_[1] = -c_[1];
    } else {
      r.c_[0] = c_[0] * c_[0] - kNonResidue * c_[1] * c_[2];
      r.c_[1] = kNonResidue * c_[2] * c_[2] - c_[0] * c_[1];
      r.c_[2] = c_[1] * c_[1] - c_[0] * c_[2];
    }
    return r;
  }

  Goldilocks c_[D];
};

using Ext2 = Extension<2>;
using Ext3 = Extension<3>;

static_assert(sizeof(Ext2) == 16 && std::is_trivially_copyable_v<Ext2>);
static_assert(sizeof(Ext3) == 24 && std::is_trivially_copyable_v<Ext3>);

// The coefficients of `elements`, D for each, lowest power first.
template <int D>
std::span<const Goldilocks> AsBase(std::span<const Extension<D>> elements) {
  return {reinterpret_cast<const Goldilocks*>(elements.data()), elements.size() * D};
}
template <int D>
std::span<Goldilocks> AsBase(std::span<Extension<D>> elements) {
  return {reinterpret_cast<Goldilocks*>(elements.data()), elements.size() * D};
}

}  // namespace provenn
