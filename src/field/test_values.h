// Values for tests of field arithmetic: random ones among those at which carries, borrows and reductions change course.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "field/extension.h"
#include "field/goldilocks.h"

namespace provenn {

inline constexpr std::array<uint64_t, 15> kEdgeValues = {
    0,
    1,
    2,
    0xFFFFFFFEu,
    0xFFFFFFFFu,
    0x100000000u,
    0x100000001u,
    0x7FFFFFFFFFFFFFFFu,
    0x8000000000000000u,
    0x7FFFFFFF80000000u,  // (p - 1) / 2
    0x7FFFFFFF80000001u,
    0xFFFFFFFEFFFFFFFFu,
    0xFFFFFFFEFFFFFFFEu,
    Goldilocks::kModulus - 2,
    Goldilocks::kModulus - 1,
};

// Half of the coefficients are edge values.
template <class T>
T MixedElement(std::mt19937_64& random) {
  const auto base = [&] {
    return (random() & 1) != 0 ? Goldilocks(random()) : Goldilocks(kEdgeValues[random() % kEdgeValues.size()]);
  };
  if constexpr (std::is_same_v<T, Goldilocks>) {
    return base();
  } else {
    T r;
    for (int i = 0; i < T::kDegree; ++i) r[i] = base();
    return r;
  }
}

// All edge values (as constants), then mixed elements; at least n.
template <class T>
std::vector<T> MixedElements(size_t n, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<T> v;
  for (const uint64_t e : kEdgeValues) v.push_back(T(Goldilocks(e)));
  while (v.size() < n) v.push_back(MixedElement<T>(random));
  return v;
}

// Arguments of kernels, which deduce no span from a vector.
template <class T>
std::span<const T> In(const std::vector<T>& v) {
  return v;
}
template <class T>
std::span<T> Out(std::vector<T>& v) {
  return v;
}

}  // namespace provenn
