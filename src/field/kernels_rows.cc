#include "field/kernels_rows.h"

#include <algorithm>

#include "base/check.h"
#include "field/kernels.h"
#include "field/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "field/kernels_rows.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "field/extension_lanes-inl.h"
#include "hwy/highway.h"

#ifndef PROVENN_FIELD_KERNELS_ROWS_ONCE
#define PROVENN_FIELD_KERNELS_ROWS_ONCE
namespace provenn {
namespace {

// The kernel of one target for one K: out[j] += sum over i < count of r[i] rows[i][j], j < n.
template <class K>
using AddBaseRows = void (*)(const K* r, const Goldilocks* const* rows, size_t count, Goldilocks* out, size_t n);

}  // namespace
}  // namespace provenn
#endif

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {
namespace {

template <class K, size_t kVecs, bool kWhole>
HWY_INLINE void AddBaseRowsAt(const K* r, const Goldilocks* const* rows, size_t count, Goldilocks* out, size_t j,
                              size_t n) {
  constexpr int D = K::kDegree;
  WideSum sums[kVecs][D];
  for (size_t i = 0; i < count;) {
    const size_t end = std::min(count, i + kSettleAfter);
    for (; i < end; ++i) {
      Vec x[kVecs];
      for (size_t v = 0; v < kVecs; ++v) {
        x[v] = kWhole ? Load(rows[i] + j + v * kLanes) : LoadFirst(rows[i] + j, n);
      }
      for (int k = 0; k < D; ++k) {
        const Vec factor = Set(r[i][k]);
        for (size_t v = 0; v < kVecs; ++v) sums[v][k].Add(factor, x[v]);
      }
    }
    for (auto& row : sums) {
      for (WideSum& sum : row) Settle(sum);
    }
  }
  for (size_t v = 0; v < kVecs; ++v) {
    Lanes<D> sum = LoadItems<D, kWhole>(out, j + v * kLanes, n);
    for (int k = 0; k < D; ++k) sum.c[k] = Add(sum.c[k], sums[v][k].Reduce());
    StoreItems<D, kWhole>(sum, out, j + v * kLanes, n);
  }
}

template <class K>
void AddBaseRowsOf(const K* r, const Goldilocks* const* rows, size_t count, Goldilocks* out, size_t n) {
  constexpr size_t kVecs = PROVENN_AVX512 ? 2 : 1;
  size_t j = 0;
  for (; j + kVecs * kLanes <= n; j += kVecs * kLanes) {
    AddBaseRowsAt<K, kVecs, true>(r, rows, count, out, j, kLanes);
  }
  for (; j + kLanes <= n; j += kLanes) AddBaseRowsAt<K, 1, true>(r, rows, count, out, j, kLanes);
  if (j < n) AddBaseRowsAt<K, 1, false>(r, rows, count, out, j, n - j);
}

AddBaseRows<Ext2> Rows2() { return AddBaseRowsOf<Ext2>; }
AddBaseRows<Ext3> Rows3() { return AddBaseRowsOf<Ext3>; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace provenn {
namespace {

HWY_EXPORT(Rows2);
HWY_EXPORT(Rows3);

}  // namespace

template <class K>
void AddRows(std::span<const K> r, std::span<const Goldilocks* const> rows, std::span<K> out) {
  PROVENN_CHECK(r.size() == rows.size());
  PrepareDispatch();
  const auto add = [&](AddBaseRows<K> kernel) {
    kernel(r.data(), rows.data(), r.size(), AsBase(out).data(), out.size());
  };
  if constexpr (K::kDegree == 2) {
    add(HWY_DYNAMIC_DISPATCH(Rows2)());
  } else {
    add(HWY_DYNAMIC_DISPATCH(Rows3)());
  }
}

template <class K>
void FoldRows(std::span<const Goldilocks> rows, std::span<const K> w, std::span<K> out) {
  PROVENN_CHECK(rows.size() == out.size() * w.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = InnerProduct<K>(rows.subspan(i * w.size(), w.size()), w);
}

#define PROVENN_INSTANTIATE(K)                                                                 \
  template void AddRows(std::span<const K>, std::span<const Goldilocks* const>, std::span<K>); \
  template void FoldRows(std::span<const Goldilocks>, std::span<const K>, std::span<K>);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
#endif  // HWY_ONCE
