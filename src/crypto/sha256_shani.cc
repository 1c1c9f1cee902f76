#include "crypto/sha256_shani.h"

#include "crypto/sha256_constants.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace provenn::sha256_internal {

#if defined(__x86_64__)

bool HasShaNi() {
  static const bool has = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (b & (1u << 29)) == 0) return false;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & (1u << 9)) != 0 && (c & (1u << 19)) != 0;  // SSSE3, SSE4.1
  }();
  return has;
}

// The instructions keep a chain as two vectors, (a b e f) and (c d g h), and do two rounds at a time on the sums of
// message words and round constants. m holds the last 16 message words, four at a time.
__attribute__((target("sha,sse4.1,ssse3"))) void CompressShaNi(LaneBlocks& blocks) {
  constexpr int kLanes = kShaNiLanes;
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i abef[kLanes], cdgh[kLanes], m[kLanes][4];
  for (int n = 0; n < kLanes; ++n) {
    const auto* state = reinterpret_cast<const __m128i*>(blocks.state[n]);
    const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(state), 0xB1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(state + 1), 0x1B);
    abef[n] = _mm_alignr_epi8(badc, hgfe, 8);
    cdgh[n] = _mm_blend_epi16(hgfe, badc, 0xF0);
    const auto* data = reinterpret_cast<const __m128i*>(blocks.data[n]);
    for (int j = 0; j < 4; ++j) m[n][j] = _mm_shuffle_epi8(_mm_loadu_si128(data + j), big_endian);
  }
  __m128i abef_before[kLanes], cdgh_before[kLanes];
  for (int n = 0; n < kLanes; ++n) {
    abef_before[n] = abef[n];
    cdgh_before[n] = cdgh[n];
  }
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Rounds.data() + 4 * i));
#pragma GCC unroll 4
    for (int n = 0; n < kLanes; ++n) {
      __m128i words = _mm_add_epi32(m[n][i & 3], constants);
      cdgh[n] = _mm_sha256rnds2_epu32(cdgh[n], abef[n], words);
      words = _mm_shuffle_epi32(words, 0x0E);
      abef[n] = _mm_sha256rnds2_epu32(abef[n], cdgh[n], words);
      if (i >= 12) continue;
      __m128i next = _mm_sha256msg1_epu32(m[n][i & 3], m[n][(i + 1) & 3]);
      next = _mm_add_epi32(next, _mm_alignr_epi8(m[n][(i + 3) & 3], m[n][(i + 2) & 3], 4));
      m[n][i & 3] = _mm_sha256msg2_epu32(next, m[n][(i + 3) & 3]);
    }
  }
  for (int n = 0; n < kLanes; ++n) {
    const __m128i feba = _mm_shuffle_epi32(_mm_add_epi32(abef[n], abef_before[n]), 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(_mm_add_epi32(cdgh[n], cdgh_before[n]), 0xB1);
    auto* state = reinterpret_cast<__m128i*>(blocks.state[n]);
    _mm_storeu_si128(state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128(state + 1, _mm_alignr_epi8(dchg, feba, 8));
  }
}

#else

bool HasShaNi() { return false; }
void CompressShaNi(LaneBlocks&) {}

#endif

}  // namespace provenn::sha256_internal
