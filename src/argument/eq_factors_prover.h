// eq(z, x) as a product of two short tables: over the low bits of x, for stretches of 2^low_bits indices, and over the
// others, one value for each stretch.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "field/multilinear.h"

namespace provenn {

template <typename K>
class EqFactors {
 public:
  EqFactors(std::span<const K> z, size_t low_bits) {
    const size_t bits = std::min(z.size(), low_bits);
    low_ = EqTable<K>(z.first(bits));
    high_ = EqTable<K>(z.subspan(bits));
    sums_.push_back(K::Zero());
    for (const K& e : low_) sums_.push_back(sums_.back() + e);
  }

  // Of indices [from, from + count) of every stretch; times high(stretch) they are eq.
  std::span<const K> Low(size_t from, size_t count) const { return std::span(low_).subspan(from, count); }
  K LowSum(size_t from, size_t count) const { return sums_[from + count] - sums_[from]; }
  K high(size_t stretch) const { return high_[stretch]; }

 private:
  std::vector<K> low_, high_;
  std::vector<K> sums_;  // of the first i values of low_
};

}  // namespace provenn
