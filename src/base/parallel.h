// Parallel loops for the prover (oneTBB). Verifier code never includes this.
#pragma once

#include <cstddef>
#include <functional>

namespace provenn {

// Calls body(begin, end) on disjoint chunks that cover [0, n), on all cores. Chunks hold at least `grain` items;
// below that the call stays on this thread. body must not throw.
void ParallelFor(size_t n, size_t grain, const std::function<void(size_t begin, size_t end)>& body);

// Number of threads that ParallelFor uses; 1 <= n.
size_t ThreadCount();

}  // namespace provenn
