#include "field/ntt_passes.h"

#include "base/check.h"
#include "field/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "field/ntt_passes.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "field/lanes-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {
namespace {

// The twiddles of a pass: those of level l are at 2^l - 1.
template <int kLevels>
struct PassTwiddles {
  Vec t[(1 << kLevels) - 1];

  HWY_INLINE PassTwiddles(const Goldilocks* twiddles, size_t node) {
    for (int level = 0; level < kLevels; ++level) {
      for (size_t j = 0; j < size_t{1} << level; ++j) {
        t[(size_t{1} << level) - 1 + j] = Set(twiddles[(node << level) + j]);
      }
    }
  }
  // Lane i holds the twiddles of node + i.
  HWY_INLINE PassTwiddles(const Goldilocks* twiddles, size_t node, size_t /*one_node_per_lane*/) {
    for (int level = 0; level < kLevels; ++level) {
      for (size_t j = 0; j < size_t{1} << level; ++j) {
        t[(size_t{1} << level) - 1 + j] = LoadStrided(twiddles + (node << level) + j, size_t{1} << level);
      }
    }
  }
};

template <int kLevels, bool kLast>
HWY_INLINE void Butterflies(Vec (&v)[1 << kLevels], const PassTwiddles<kLevels>& twiddles) {
  constexpr int kParts = 1 << kLevels;
  HWY_UNROLL(3)
  for (int level = 0; level < kLevels; ++level) {
    const int half = kParts >> (level + 1);
    HWY_UNROLL(4)
    for (int pair = 0; pair < kParts / 2; ++pair) {
      const int node = pair / half;
      const int low = 2 * half * node + pair % half;
      const Vec t = Mul(v[low + half], twiddles.t[(1 << level) - 1 + node]);
      v[low + half] = SubLazy(v[low], t);
      v[low] = AddLazy(v[low], t);
    }
  }
  if constexpr (kLast) {
    for (Vec& x : v) x = Canonical(x);
  }
}

template <int kLevels, bool kLast>
HWY_INLINE void PassOf(const Goldilocks* src, Goldilocks* dst, size_t part, size_t begin, size_t end,
                       const Goldilocks* twiddles, size_t node) {
  constexpr size_t kParts = size_t{1} << kLevels;
  const PassTwiddles<kLevels> t(twiddles, node);
  Vec v[kParts];
  size_t i = begin;
  for (; i + kLanes <= end; i += kLanes) {
    for (size_t k = 0; k < kParts; ++k) v[k] = Load(src + k * part + i);
    Butterflies<kLevels, kLast>(v, t);
    for (size_t k = 0; k < kParts; ++k) Store(v[k], dst + k * part + i);
  }
  if (i < end) {
    for (size_t k = 0; k < kParts; ++k) v[k] = LoadFirst(src + k * part + i, end - i);
    Butterflies<kLevels, kLast>(v, t);
    for (size_t k = 0; k < kParts; ++k) StoreFirst(v[k], dst + k * part + i, end - i);
  }
}

template <int kLevels, bool kLast>
void PassNodes(Goldilocks* data, size_t part, const Goldilocks* twiddles, size_t node, size_t count) {
  for (size_t k = 0; k < count; ++k, data += part << kLevels) {
    PassOf<kLevels, kLast>(data, data, part, 0, part, twiddles, node + k);
  }
}

template <int kLevels>
void DispatchPassNodes(bool last, Goldilocks* data, size_t part, const Goldilocks* twiddles, size_t node,
                       size_t count) {
  return last ? PassNodes<kLevels, true>(data, part, twiddles, node, count)
              : PassNodes<kLevels, false>(data, part, twiddles, node, count);
}

void NodesPass(int levels, bool last, Goldilocks* data, size_t part, const Goldilocks* twiddles, size_t node,
               size_t count) {
  PROVENN_CHECK(levels >= 1 && levels <= 3);
  if (levels == 1) return DispatchPassNodes<1>(last, data, part, twiddles, node, count);
  if (levels == 2) return DispatchPassNodes<2>(last, data, part, twiddles, node, count);
  return DispatchPassNodes<3>(last, data, part, twiddles, node, count);
}

template <int kLevels>
void DispatchPass(bool last, const Goldilocks* src, Goldilocks* dst, size_t part, size_t begin, size_t end,
                  const Goldilocks* twiddles, size_t node) {
  return last ? PassOf<kLevels, true>(src, dst, part, begin, end, twiddles, node)
              : PassOf<kLevels, false>(src, dst, part, begin, end, twiddles, node);
}

void Pass(int levels, bool last, const Goldilocks* src, Goldilocks* dst, size_t part, size_t begin, size_t end,
          const Goldilocks* twiddles, size_t node) {
  PROVENN_CHECK(levels >= 1 && levels <= 3);
  if (levels == 1) return DispatchPass<1>(last, src, dst, part, begin, end, twiddles, node);
  if (levels == 2) return DispatchPass<2>(last, src, dst, part, begin, end, twiddles, node);
  return DispatchPass<3>(last, src, dst, part, begin, end, twiddles, node);
}

void NarrowLast(Goldilocks* data, size_t cols, const Goldilocks* twiddles, size_t node, size_t count) {
  constexpr size_t kRows = size_t{1} << kMaxLevels;
  size_t k = 0;
  for (; k + kLanes <= count; k += kLanes) {
    const PassTwiddles<kMaxLevels> t(twiddles, node + k, kLanes);
    Goldilocks* block = data + k * kRows * cols;
    for (size_t c = 0; c < cols; ++c) {
      Vec v[kRows];
      for (size_t r = 0; r < kRows; ++r) v[r] = LoadStrided(block + r * cols + c, kRows * cols);
      Butterflies<kMaxLevels, true>(v, t);
      for (size_t r = 0; r < kRows; ++r) StoreStrided(v[r], block + r * cols + c, kRows * cols);
    }
  }
  PassNodes<kMaxLevels, true>(data + k * kRows * cols, cols, twiddles, node + k, count - k);
}

void ScaleRows(Goldilocks* data, size_t rows, size_t cols, Goldilocks first, Goldilocks ratio) {
  for (size_t r = 0; r < rows; ++r, data += cols, first *= ratio) {
    const Vec factor = Set(first);
    size_t c = 0;
    for (; c + kLanes <= cols; c += kLanes) Store(Mul(Load(data + c), factor), data + c);
    if (c < cols) StoreFirst(Mul(LoadFirst(data + c, cols - c), factor), data + c, cols - c);
  }
}

const NttPasses* Passes() {
  static constexpr NttPasses kPasses = {Pass, NodesPass, NarrowLast, ScaleRows, kLanes == 1 ? 0 : 3};
  return &kPasses;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace provenn {
namespace {
HWY_EXPORT(Passes);
}  // namespace

const NttPasses& BestNttPasses() {
  PrepareDispatch();
  return *HWY_DYNAMIC_DISPATCH(Passes)();
}

}  // namespace provenn
#endif  // HWY_ONCE
