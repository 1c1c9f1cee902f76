// Tables of eq over the variables that are still unbound, in parallel.
#pragma once

#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "base/secret.h"
#include "field/multilinear.h"

namespace provenn {

// EqTable: the table over the low variables, once for every entry of the table over the high ones, times that entry.
template <typename K>
SecretVector<K> EqTableParallel(std::span<const K> z) {
  const size_t low_bits = std::min<size_t>(z.size(), 12);
  const std::vector<K> low = EqTable<K>(z.first(low_bits));
  const std::vector<K> high = EqTable<K>(z.subspan(low_bits));
  SecretVector<K> out(low.size() * high.size());
  ParallelFor(high.size(), 1, [&](size_t from, size_t to) {
    for (size_t h = from; h < to; ++h) {
      for (size_t i = 0; i < low.size(); ++i) out[h * low.size() + i] = low[i] * high[h];
    }
  });
  return out;
}

// eq(z_1.., .) becomes eq(z_2.., .): the two values of a variable sum to 1.
template <typename K>
void HalveEq(SecretVector<K>& eq) {
  if (eq.size() < 2) return;
  SecretVector<K> out(eq.size() / 2);
  ParallelFor(out.size(), 8192, [&](size_t from, size_t to) {
    for (size_t j = from; j < to; ++j) out[j] = eq[2 * j] + eq[2 * j + 1];
  });
  eq.swap(out);
}

}  // namespace provenn
