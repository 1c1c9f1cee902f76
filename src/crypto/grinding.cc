#include "crypto/grinding.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "base/check.h"
#include "base/parallel.h"

namespace provenn {

uint64_t Grind(Transcript& transcript, int bits) {
  constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();
  constexpr uint64_t kGrain = 512;
  std::atomic<uint64_t> best{kNone};
  // Windows of growing size, each searched whole up to the best nonce found in it, keep the result the smallest.
  uint64_t window = kGrain;
  for (uint64_t start = 0; best.load() == kNone; start += window, window = std::min<uint64_t>(2 * window, 1 << 16)) {
    ParallelFor(window, kGrain, [&](size_t begin, size_t end) {
      if (best.load(std::memory_order_relaxed) <= start + begin) return;
      const std::optional<uint64_t> found = transcript.FirstGoodNonce(start + begin, end - begin, bits);
      if (!found.has_value()) return;
      uint64_t known = best.load();
      while (*found < known && !best.compare_exchange_weak(known, *found)) {
      }
    });
  }
  const bool good = transcript.CheckGrind(best.load(), bits);
  PROVENN_CHECK(good);
  return best.load();
}

}  // namespace provenn
