// Tables of eq over the variables that are still unbound.
#pragma once

#include <algorithm>
#include <vector>

namespace provenn {

// eq(z_1.., .) becomes eq(z_2.., .): the two values of a variable sum to 1.
template <typename K>
void HalveEq(std::vector<K>& eq) {
  const size_t half = std::max<size_t>(1, eq.size() / 2);
  for (size_t j = 0; 2 * j + 1 < eq.size(); ++j) eq[j] = eq[2 * j] + eq[2 * j + 1];
  eq.resize(half);
}

}  // namespace provenn
