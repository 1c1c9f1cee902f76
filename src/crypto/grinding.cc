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
      for (uint64_t nonce = start + begin; nonce < start + end; ++nonce) {
        uint64_t known = best.load(std::memory_order_relaxed);
        if (nonce >= known) return;
        if (!transcript.IsGoodNonce(nonce, bits)) continue;
        while (nonce < known && !best.compare_exchange_weak(known, nonce)) {
        }
        return;
      }
    });
  }
  const bool good = transcript.CheckGrind(best.load(), bits);
  PROVENN_CHECK(good);
  return best.load();
}

}  // namespace provenn
