#include "base/parallel.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>

#include "base/sanitizer.h"

#if PROVENN_THREAD_SANITIZER
#include <thread>
#include <vector>
#endif

namespace provenn {

#if PROVENN_THREAD_SANITIZER
namespace {

// TBB as it is packaged is not instrumented, so the sanitizer does not see how it hands work over and calls every use
// a race. Plain threads instead, one a piece: what it then reports are races of ours.
void RunInThreads(size_t n, size_t grain, const std::function<void(size_t, size_t)>& body) {
  const size_t pieces = std::min<size_t>(4, (n + grain - 1) / grain);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < pieces; ++i) {
    threads.emplace_back([&, i] { body(n * i / pieces, n * (i + 1) / pieces); });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
#endif

void ParallelFor(size_t n, size_t grain, const std::function<void(size_t, size_t)>& body) {
  if (n == 0) return;
  grain = std::max<size_t>(grain, 1);
  if (n <= grain) {
    body(0, n);
    return;
  }
#if PROVENN_THREAD_SANITIZER
  RunInThreads(n, grain, body);
#else
  oneapi::tbb::parallel_for(oneapi::tbb::blocked_range<size_t>(0, n, grain),
                            [&](const oneapi::tbb::blocked_range<size_t>& r) { body(r.begin(), r.end()); });
#endif
}

using oneapi::tbb::global_control;

size_t ThreadCount() {
  const auto arena = static_cast<size_t>(std::max(1, oneapi::tbb::this_task_arena::max_concurrency()));
  return std::min(arena, global_control::active_value(global_control::max_allowed_parallelism));
}

struct ThreadLimit::Control {
  global_control limit;
};

ThreadLimit::ThreadLimit(size_t threads)
    : control_(std::make_unique<Control>(global_control(global_control::max_allowed_parallelism, threads))) {}

ThreadLimit::~ThreadLimit() = default;

}  // namespace provenn
