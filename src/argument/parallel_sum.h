// Sums over an index range on all cores. Field addition is exact, so the order does not matter.
#pragma once

#include <mutex>

#include "base/parallel.h"

namespace provenn {

// add(total, part) accumulates; body(begin, end) returns the part of a chunk.
template <typename T, typename Body, typename Add>
T ParallelSum(size_t n, size_t grain, T total, Body body, Add add) {
  std::mutex mutex;
  ParallelFor(n, grain, [&](size_t begin, size_t end) {
    const T part = body(begin, end);
    const std::lock_guard<std::mutex> lock(mutex);
    add(total, part);
  });
  return total;
}

}  // namespace provenn
