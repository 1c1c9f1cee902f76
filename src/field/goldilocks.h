// The base field F: integers modulo p = 2^64 - 2^32 + 1. Values are canonical (< p) at every public boundary, so
// equality is equality of bits and a field element may be serialised as it lies.
//
// Reduction uses 2^64 = 2^32 - 1 and 2^96 = -1 (mod p).
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "base/check.h"

namespace provenn {

__extension__ typedef unsigned __int128 Uint128;

class Goldilocks {
 public:
  static constexpr uint64_t kModulus = 0xFFFFFFFF00000001u;
  // The largest k such that 2^k divides p - 1.
  static constexpr int kTwoAdicity = 32;

  constexpr Goldilocks() = default;
  // Reduces v modulo p.
  explicit constexpr Goldilocks(uint64_t v) : value_(v >= kModulus ? v - kModulus : v) {}

  static constexpr Goldilocks Zero() { return Goldilocks(); }
  static constexpr Goldilocks One() { return Goldilocks(1); }
  // v modulo p; the inverse of ToSigned for |v| < p/2.
  static constexpr Goldilocks FromSigned(int64_t v) {
    const auto bits = static_cast<uint64_t>(v);
    return v >= 0 ? Goldilocks(bits) : Raw(bits - kEpsilon);  // v + p, which is v + 2^64 - (2^32 - 1)
  }
  // nullopt unless v < p: for values that arrive from outside.
  static constexpr std::optional<Goldilocks> FromCanonical(uint64_t v) {
    if (v >= kModulus) return std::nullopt;
    return Raw(v);
  }
  // v modulo p for any 128-bit v. Compilers find it too large to inline, and it is in every product.
  [[gnu::always_inline]] static constexpr Goldilocks FromUint128(Uint128 v) {
    const auto low = static_cast<uint64_t>(v);
    const auto high = static_cast<uint64_t>(v >> 64);
    const uint64_t high_high = high >> 32;
    // 2^96 = -1. A borrow is worth 2^64 = kEpsilon; it leaves more than 2^64 - 2^32, hence no second one.
    const uint64_t t = low - high_high - EpsilonIf(low < high_high);
    const uint64_t u = (high & kEpsilon) * kEpsilon;
    // A carry leaves less than u <= 2^64 - 2^33 + 1, hence no second one.
    const uint64_t r = t + u;
    return Goldilocks(r + EpsilonIf(r < u));
  }
  // A generator of the multiplicative group.
  static constexpr Goldilocks Generator() { return Goldilocks(7); }
  // Primitive 2^log_n-th root of unity, 0 <= log_n <= 32. RootOfUnity(k)^2 = RootOfUnity(k - 1).
  static constexpr Goldilocks RootOfUnity(int log_n) {
    PROVENN_CHECK(log_n >= 0 && log_n <= kTwoAdicity);
    return Generator().Pow((kModulus - 1) >> log_n);
  }

  constexpr uint64_t value() const { return value_; }
  // The representative in (-p/2, p/2].
  constexpr int64_t ToSigned() const {
    return value_ > kModulus / 2 ? static_cast<int64_t>(value_ + kEpsilon) : static_cast<int64_t>(value_);
  }

  friend constexpr Goldilocks operator+(Goldilocks a, Goldilocks b) {
    const uint64_t gap = kModulus - b.value_;  // in [1, p]
    return Raw(a.value_ - gap - EpsilonIf(a.value_ < gap));
  }
  friend constexpr Goldilocks operator-(Goldilocks a, Goldilocks b) {
    return Raw(a.value_ - b.value_ - EpsilonIf(a.value_ < b.value_));
  }
  friend constexpr Goldilocks operator*(Goldilocks a, Goldilocks b) {
    return FromUint128(static_cast<Uint128>(a.value_) * b.value_);
  }
  constexpr Goldilocks operator-() const { return Raw(value_ == 0 ? 0 : kModulus - value_); }
  constexpr Goldilocks& operator+=(Goldilocks b) { return *this = *this + b; }
  constexpr Goldilocks& operator-=(Goldilocks b) { return *this = *this - b; }
  constexpr Goldilocks& operator*=(Goldilocks b) { return *this = *this * b; }
  friend constexpr bool operator==(Goldilocks a, Goldilocks b) = default;

  constexpr Goldilocks Square() const { return *this * *this; }
  constexpr Goldilocks Pow(uint64_t exponent) const {
    Goldilocks result = One();
    for (Goldilocks power = *this; exponent != 0; exponent >>= 1, power = power.Square()) {
      if (exponent & 1) result *= power;
    }
    return result;
  }
  // Precondition: not zero.
  constexpr Goldilocks Inverse() const {
    PROVENN_CHECK(value_ != 0);
    return Pow(kModulus - 2);
  }

 private:
  friend class ProductSum;
  static constexpr uint64_t kEpsilon = 0xFFFFFFFFu;  // 2^64 - p
  // A mask that the compiler cannot turn back into a branch: carries of random values cannot be predicted.
  static constexpr uint64_t EpsilonIf(bool condition) {
    uint64_t mask = 0 - static_cast<uint64_t>(condition);
    if (!std::is_constant_evaluated()) __asm__("" : "+r"(mask));
    return mask & kEpsilon;
  }
  static constexpr Goldilocks Raw(uint64_t canonical) {
    Goldilocks r;
    r.value_ = canonical;
    return r;
  }

  uint64_t value_ = 0;
};

// Sum of products of field elements that is reduced once, at the end.
class ProductSum {
 public:
  constexpr void Add(Goldilocks a, Goldilocks b) {
    const Uint128 product = static_cast<Uint128>(a.value()) * b.value();
    sum_ += product;
    // A carry is worth 2^128 = 2^64 (2^32 - 1), and leaves less than the product, at most (2^64 - 2^32)^2: room for it.
    sum_ += static_cast<Uint128>(Goldilocks::EpsilonIf(sum_ < product)) << 64;
  }
  constexpr Goldilocks Reduce() const { return Goldilocks::FromUint128(sum_); }

 private:
  Uint128 sum_ = 0;
};

}  // namespace provenn
