#include "crypto/poseidon.h"

#include "base/check.h"
#include "crypto/poseidon_arithmetic.h"
#include "crypto/poseidon_circulant-inl.h"

namespace provenn {
namespace {

using poseidon_internal::AddReduced;
using poseidon_internal::kEpsilon;
using poseidon_internal::Sbox;

constexpr int kHalfFull = kPoseidonFullRounds / 2;

constexpr bool IsFullRound(int round) { return round < kHalfFull || round >= kHalfFull + kPoseidonPartialRounds; }

constexpr uint64_t MdsEntry(int row, int col) {
  return kPoseidonCirculant[(col - row + kPoseidonWidth) % kPoseidonWidth] + (row == col ? kPoseidonDiagonal[row] : 0);
}

using RawState = uint64_t[kPoseidonWidth];

// The low and the high half of an element, side by side, so that the compiler may use any two-lane vector unit.
struct Halves {
  typedef uint64_t Pair __attribute__((vector_size(16)));

  Pair pair;

  static Halves Zero() { return {Pair{0, 0}}; }
  friend Halves operator+(Halves a, Halves b) { return {a.pair + b.pair}; }
  friend Halves operator-(Halves a, Halves b) { return {a.pair - b.pair}; }
  template <int kBits>
  Halves ShiftLeft() const {
    return {pair << kBits};
  }
};

// Multiplies by the matrix: 32-bit halves separately, exact over the integers, then one reduction per element.
inline void MultiplyMds(RawState& state) {
  Halves v[kPoseidonWidth];
  for (int i = 0; i < kPoseidonWidth; ++i) v[i].pair = Halves::Pair{state[i] & kEpsilon, state[i] >> 32};
  const Halves first = v[0];
  HWY_NAMESPACE::MultiplyCirculant(v);
  v[0].pair += first.pair * kPoseidonDiagonal[0];
  for (int i = 0; i < kPoseidonWidth; ++i) {
    // low + 2^32 high with both below 2^41, and 2^64 = kEpsilon.
    const uint64_t low = v[i].pair[0];
    const uint64_t high = v[i].pair[1];
    state[i] = AddReduced(high << 32, low + (high >> 32) * kEpsilon);
  }
}

// Only element 0 has an entry in the diagonal part.
constexpr bool DiagonalIsFirstOnly() {
  for (int i = 1; i < kPoseidonWidth; ++i) {
    if (kPoseidonDiagonal[i] != 0) return false;
  }
  return true;
}
static_assert(DiagonalIsFirstOnly());

// `record(input, output)` sees every S-box in order.
template <class Record>
inline void Permute(RawState& state, Record&& record) {
  const auto apply = [&record](uint64_t& x) {
    const uint64_t y = Sbox(x);
    record(x, y);
    x = y;
  };
  for (int round = 0; round < kPoseidonRounds; ++round) {
    for (int i = 0; i < kPoseidonWidth; ++i) state[i] = AddReduced(state[i], kPoseidonRoundConstants[round][i]);
    if (IsFullRound(round)) {
      for (int i = 0; i < kPoseidonWidth; ++i) apply(state[i]);
    } else {
      apply(state[0]);
    }
    MultiplyMds(state);
  }
}

void Load(const PoseidonState& state, RawState& raw) {
  for (size_t i = 0; i < state.size(); ++i) raw[i] = state[i].value();
}

void Store(const RawState& raw, PoseidonState& state) {
  for (size_t i = 0; i < state.size(); ++i) state[i] = Goldilocks(raw[i]);
}

}  // namespace

Goldilocks PoseidonRoundConstant(int round, int i) {
  PROVENN_CHECK(round >= 0 && round < kPoseidonRounds && i >= 0 && i < kPoseidonWidth);
  return Goldilocks(kPoseidonRoundConstants[round][i]);
}

uint64_t PoseidonMds(int row, int col) {
  PROVENN_CHECK(row >= 0 && row < kPoseidonWidth && col >= 0 && col < kPoseidonWidth);
  return MdsEntry(row, col);
}

void PoseidonPermute(PoseidonState& state) {
  RawState raw;
  Load(state, raw);
  Permute(raw, [](uint64_t, uint64_t) {});
  Store(raw, state);
}

void PoseidonTrace(PoseidonState& state, std::span<Goldilocks, kPoseidonSboxes> in,
                   std::span<Goldilocks, kPoseidonSboxes> out) {
  RawState raw;
  Load(state, raw);
  size_t k = 0;
  Permute(raw, [&](uint64_t x, uint64_t y) {
    in[k] = Goldilocks(x);
    out[k] = Goldilocks(y);
    ++k;
  });
  Store(raw, state);
}

void PoseidonPermuteReference(PoseidonState& state) {
  for (int round = 0; round < kPoseidonRounds; ++round) {
    for (int i = 0; i < kPoseidonWidth; ++i) {
      Goldilocks& x = state[static_cast<size_t>(i)];
      x = x + PoseidonRoundConstant(round, i);
      if (i == 0 || IsFullRound(round)) x = x * x * x * x * x * x * x;
    }
    PoseidonState next;
    for (int row = 0; row < kPoseidonWidth; ++row) {
      Goldilocks sum;
      for (int col = 0; col < kPoseidonWidth; ++col) {
        sum = sum + Goldilocks(PoseidonMds(row, col)) * state[static_cast<size_t>(col)];
      }
      next[static_cast<size_t>(row)] = sum;
    }
    state = next;
  }
}

PoseidonDigest PoseidonRowDigest(std::span<const Goldilocks, kPoseidonDigestSize> salt,
                                 std::span<const Goldilocks> symbols) {
  PROVENN_CHECK(symbols.size() % kPoseidonRate == 0);
  RawState state = {salt[0].value(), salt[1].value(), salt[2].value(),
                    salt[3].value(), kPoseidonRowTag, symbols.size()};
  const auto ignore = [](uint64_t, uint64_t) {};
  Permute(state, ignore);
  for (size_t start = 0; start < symbols.size(); start += kPoseidonRate) {
    for (size_t i = 0; i < kPoseidonRate; ++i) state[i] = symbols[start + i].value();
    Permute(state, ignore);
  }
  PoseidonDigest digest;
  for (size_t i = 0; i < digest.size(); ++i) digest[i] = Goldilocks(state[i]);
  return digest;
}

}  // namespace provenn
