// Rows are independent, so one lane of a vector holds one row: lanes-inl.h gives 8, 4 or 1 lanes.
#include "crypto/poseidon_prover.h"

#include <algorithm>

#include "base/check.h"
#include "base/parallel.h"
#include "field/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "crypto/poseidon_prover.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "field/lanes-inl.h"  // first: it may widen the target's instruction set

#include "crypto/poseidon_circulant-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {

#if PROVENN_AVX512 || PROVENN_AVX2

// What MultiplyCirculant asks for: 64-bit integers, modulo 2^64.
struct Integers {
  Vec v;

  static HWY_INLINE Integers Zero() { return {hn::Zero(Tag())}; }
  friend HWY_INLINE Integers operator+(Integers a, Integers b) { return {hn::Add(a.v, b.v)}; }
  friend HWY_INLINE Integers operator-(Integers a, Integers b) { return {hn::Sub(a.v, b.v)}; }
  template <int kBits>
  HWY_INLINE Integers ShiftLeft() const {
    return {hn::ShiftLeft<kBits>(v)};
  }
};

// The state holds lazy values.
HWY_INLINE void MultiplyMds(Vec (&state)[kPoseidonWidth]) {
  Integers low[kPoseidonWidth], high[kPoseidonWidth];
  for (size_t i = 0; i < kPoseidonWidth; ++i) {
    low[i].v = Low32(state[i]);
    high[i].v = High32(state[i]);
  }
  static_assert(kPoseidonDiagonal[0] == 8);
  const Integers extra_low = low[0].ShiftLeft<3>();
  const Integers extra_high = high[0].ShiftLeft<3>();
  MultiplyCirculant(low);
  MultiplyCirculant(high);
  low[0] = low[0] + extra_low;
  high[0] = high[0] + extra_high;
  for (size_t i = 0; i < kPoseidonWidth; ++i) {
    // low + 2^32 high with both below 2^41, and 2^64 = kEpsilon.
    const Vec top = High32(high[i].v);
    const Vec small = hn::Add(low[i].v, hn::Sub(hn::ShiftLeft<32>(top), top));
    state[i] = AddLazy(hn::ShiftLeft<32>(high[i].v), small);
  }
}

struct Powers {
  Vec cube, seventh;
};
HWY_INLINE Powers Sbox(Vec x) {
  const Vec x2 = MulLazy(x, x);
  const Vec x3 = MulLazy(x2, x);
  return {x3, MulLazy(MulLazy(x2, x2), x3)};
}

HWY_INLINE void AddRoundConstants(Vec (&state)[kPoseidonWidth], size_t round) {
  for (size_t i = 0; i < kPoseidonWidth; ++i) {
    state[i] = AddLazy(state[i], hn::Set(Tag(), kPoseidonRoundConstants[round][i]));
  }
}

struct RecordNothing {
  HWY_INLINE void operator()(Vec /*in*/, const Powers& /*of_in*/) {}
};

// Writes S-box k of lane i to in[i * kPoseidonSboxes + k], cube[...] and out[...].
struct RecordTrace {
  Goldilocks* in;
  Goldilocks* cube;
  Goldilocks* out;
  HWY_INLINE void operator()(Vec x, const Powers& of_x) {
    StoreStrided(Canonical(x), in++, kPoseidonSboxes);
    StoreStrided(Canonical(of_x.cube), cube++, kPoseidonSboxes);
    StoreStrided(Canonical(of_x.seventh), out++, kPoseidonSboxes);
  }
};

template <class Record>
HWY_INLINE void RecordedSbox(Vec& x, Record& record) {
  const Powers powers = Sbox(x);
  record(x, powers);
  x = powers.seventh;
}

template <class Record>
HWY_INLINE void FullRound(Vec (&state)[kPoseidonWidth], size_t round, Record& record) {
  AddRoundConstants(state, round);
  for (Vec& x : state) RecordedSbox(x, record);
  MultiplyMds(state);
}

template <class Record>
void Permute(Vec (&state)[kPoseidonWidth], Record record) {
  constexpr size_t kHalf = kPoseidonFullRounds / 2;
  size_t round = 0;
  for (; round < kHalf; ++round) FullRound(state, round, record);
  for (; round < kHalf + kPoseidonPartialRounds; ++round) {
    AddRoundConstants(state, round);
    RecordedSbox(state[0], record);
    MultiplyMds(state);
  }
  for (; round < kPoseidonRounds; ++round) FullRound(state, round, record);
}

// The digests of kLanes rows.
void LaneDigests(const Goldilocks* salts, const Goldilocks* rows, size_t width, PoseidonDigest* out) {
  Vec state[kPoseidonWidth];
  for (Vec& x : state) x = Zero();
  for (size_t i = 0; i < kPoseidonDigestSize; ++i) state[i] = LoadStrided(salts + i, kPoseidonDigestSize);
  state[kPoseidonDigestSize] = hn::Set(Tag(), kPoseidonRowTag);
  state[kPoseidonDigestSize + 1] = hn::Set(Tag(), uint64_t{width});
  Permute(state, RecordNothing());
  for (size_t start = 0; start < width; start += kPoseidonRate) {
    for (size_t i = 0; i < kPoseidonRate; ++i) state[i] = LoadStrided(rows + start + i, width);
    Permute(state, RecordNothing());
  }
  for (size_t i = 0; i < kPoseidonDigestSize; ++i) {
    StoreStrided(Canonical(state[i]), out[0].data() + i, kPoseidonDigestSize);
  }
}

// kLanes states; in, cube and out hold kPoseidonSboxes elements for each.
void LaneTraces(PoseidonState* states, Goldilocks* in, Goldilocks* cube, Goldilocks* out) {
  Vec state[kPoseidonWidth];
  for (size_t i = 0; i < kPoseidonWidth; ++i) state[i] = LoadStrided(states->data() + i, kPoseidonWidth);
  Permute(state, RecordTrace{in, cube, out});
  for (size_t i = 0; i < kPoseidonWidth; ++i) {
    StoreStrided(Canonical(state[i]), states->data() + i, kPoseidonWidth);
  }
}

#endif

void Traces(PoseidonState* states, size_t count, Goldilocks* in, Goldilocks* cube, Goldilocks* out) {
  size_t i = 0;
#if PROVENN_AVX512 || PROVENN_AVX2
  for (; i + kLanes <= count; i += kLanes) {
    const size_t at = i * kPoseidonSboxes;
    LaneTraces(states + i, in + at, cube + at, out + at);
  }
#endif
  for (; i < count; ++i) {
    const size_t at = i * kPoseidonSboxes;
    PoseidonTrace(states[i], std::span<Goldilocks, kPoseidonSboxes>(in + at, kPoseidonSboxes),
                  std::span<Goldilocks, kPoseidonSboxes>(out + at, kPoseidonSboxes));
    for (size_t k = at; k < at + kPoseidonSboxes; ++k) cube[k] = in[k] * in[k] * in[k];
  }
}

void RowDigests(const Goldilocks* salts, const Goldilocks* matrix, size_t rows, size_t width, PoseidonDigest* out) {
  size_t row = 0;
#if PROVENN_AVX512 || PROVENN_AVX2
  for (; row + kLanes <= rows; row += kLanes) {
    LaneDigests(salts + row * kPoseidonDigestSize, matrix + row * width, width, out + row);
  }
#endif
  for (; row < rows; ++row) {
    out[row] = PoseidonRowDigest(
        std::span<const Goldilocks, kPoseidonDigestSize>(salts + row * kPoseidonDigestSize, kPoseidonDigestSize),
        std::span<const Goldilocks>(matrix + row * width, width));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace provenn {

HWY_EXPORT(RowDigests);
HWY_EXPORT(Traces);

void PoseidonTraces(std::span<PoseidonState> states, std::span<Goldilocks> in, std::span<Goldilocks> cube,
                    std::span<Goldilocks> out) {
  PROVENN_CHECK(in.size() == states.size() * kPoseidonSboxes && cube.size() == in.size() && out.size() == in.size());
  HWY_DYNAMIC_DISPATCH(Traces)(states.data(), states.size(), in.data(), cube.data(), out.data());
}

std::vector<PoseidonDigest> PoseidonRowDigests(std::span<const Goldilocks> salts, std::span<const Goldilocks> matrix) {
  PROVENN_CHECK(salts.size() % kPoseidonDigestSize == 0);
  const size_t rows = salts.size() / kPoseidonDigestSize;
  if (rows == 0) {
    PROVENN_CHECK(matrix.empty());
    return {};
  }
  PROVENN_CHECK(matrix.size() % (rows * kPoseidonRate) == 0);
  const size_t width = matrix.size() / rows;
  // Chunks of whole vectors of rows, long enough to be worth a task.
  constexpr size_t kGroup = 8;
  const size_t grain = 1 + 32 * kPoseidonRate / (width + kPoseidonRate);
  std::vector<PoseidonDigest> digests(rows);
  ParallelFor((rows + kGroup - 1) / kGroup, grain, [&](size_t begin, size_t end) {
    const size_t first = begin * kGroup;
    const size_t count = std::min(end * kGroup, rows) - first;
    HWY_DYNAMIC_DISPATCH(RowDigests)
    (salts.data() + first * kPoseidonDigestSize, matrix.data() + first * width, count, width, digests.data() + first);
  });
  return digests;
}

}  // namespace provenn
#endif  // HWY_ONCE
