#include "base/parallel.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>

namespace provenn {

void ParallelFor(size_t n, size_t grain, const std::function<void(size_t, size_t)>& body) {
  if (n == 0) return;
  grain = std::max<size_t>(grain, 1);
  if (n <= grain) {
    body(0, n);
    return;
  }
  oneapi::tbb::parallel_for(oneapi::tbb::blocked_range<size_t>(0, n, grain),
                            [&](const oneapi::tbb::blocked_range<size_t>& r) { body(r.begin(), r.end()); });
}

size_t ThreadCount() { return static_cast<size_t>(std::max(1, oneapi::tbb::this_task_arena::max_concurrency())); }

}  // namespace provenn
