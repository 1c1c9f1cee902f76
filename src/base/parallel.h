// Parallel loops for the prover (oneTBB). Verifier code never includes this.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace provenn {

// Calls body(begin, end) on disjoint chunks that cover [0, n), on all cores. Chunks hold at least `grain` items;
// below that the call stays on this thread. body must not throw.
void ParallelFor(size_t n, size_t grain, const std::function<void(size_t begin, size_t end)>& body);

// Number of threads that ParallelFor uses; 1 <= n.
size_t ThreadCount();

// While one is alive, ParallelFor uses at most so many threads: for measuring how the work scales.
class ThreadLimit {
 public:
  explicit ThreadLimit(size_t threads);  // 1 <= threads
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  struct Control;
  std::unique_ptr<Control> control_;
};

}  // namespace provenn
