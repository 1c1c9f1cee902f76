#include "field/kernels_rows.h"

#include <algorithm>
#include <cstring>
#include <vector>

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

// v = digits[0] + 2^32 digits[1] mod p.
struct SignedDigits {
  int64_t digits[2];  // each fits 32 bits

  explicit SignedDigits(Goldilocks v) {
    // The representative in [-(p + 1) / 2, (p - 3) / 2]: only (p - 1) / 2 would need a digit of 2^31.
    int64_t s = v.ToSigned();
    if (v.value() == Goldilocks::kModulus / 2) s = static_cast<int64_t>(v.value() - Goldilocks::kModulus);
    digits[0] = static_cast<int32_t>(static_cast<uint32_t>(s));
    digits[1] = (s - digits[0]) >> 32;
  }
};

constexpr size_t kRowsAtATime = 128;

// The kernels of one target for one K.
template <class K>
struct RowKernels {
  // out[j] += sum over i < count of r[i] rows[i][j], j < n.
  void (*add_base)(const K* r, const Goldilocks* const* rows, size_t count, Goldilocks* out, size_t n);
  // The same; count <= kRowsAtATime, and no sum of `count` products exceeds 64 bits.
  void (*add_int)(const K* r, const int32_t* const* rows, size_t count, Goldilocks* out, size_t n);
  // out[i] += sum over j < n of w[j] rows[i * stride + j], i < count; no sum of n products exceeds 64 bits.
  void (*fold_int)(const int32_t* rows, size_t stride, const K* w, size_t n, Goldilocks* out, size_t count);
};

using Largest = uint32_t (*)(const int32_t* values, size_t n);

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

#if PROVENN_AVX512 || PROVENN_AVX2

using SignedTag = hn::RebindToSigned<Tag>;
using SignedVec = hn::Vec<SignedTag>;

// Product of the low halves of the lanes, as signed integers.
HWY_INLINE SignedVec MulDigits(SignedVec a, SignedVec b) {
  const hn::Repartition<int32_t, Tag> halves;
  return hn::MulEven(hn::BitCast(halves, a), hn::BitCast(halves, b));
}
HWY_INLINE SignedVec LoadIntegers(const int32_t* p) {
  return hn::PromoteTo(SignedTag(), hn::LoadU(hn::Rebind<int32_t, Tag>(), p));
}
// The first n < kLanes; the others read as zero.
HWY_INLINE SignedVec LoadIntegersFirst(const int32_t* p, size_t n) {
  int32_t padded[kLanes] = {};
  std::memcpy(padded, p, n * sizeof(int32_t));
  return LoadIntegers(padded);
}
HWY_INLINE Vec FromSigned(SignedVec v) {
  const auto negative = hn::Lt(v, hn::Zero(SignedTag()));
  const auto modulus = hn::Set(SignedTag(), static_cast<int64_t>(Goldilocks::kModulus));
  return hn::BitCast(Tag(), hn::Add(v, hn::IfThenElseZero(negative, modulus)));
}
// low + 2^32 high.
HWY_INLINE Vec ReduceDigits(SignedVec low, SignedVec high) {
  const Vec h = FromSigned(high);
  return Add(FromSigned(low), Reduce<true>(hn::ShiftLeft<32>(h), High32(h)));
}
// out += what the sums of the digits of each coefficient are, for n items.
template <int D, bool kWhole>
HWY_INLINE void AddDigits(const SignedVec (&sums)[2 * D], Goldilocks* out, size_t i, size_t n) {
  Lanes<D> sum = LoadItems<D, kWhole>(out, i, n);
  for (int k = 0; k < D; ++k) sum.c[k] = Add(sum.c[k], ReduceDigits(sums[2 * k], sums[2 * k + 1]));
  StoreItems<D, kWhole>(sum, out, i, n);
}

template <int D, size_t kVecs, bool kWhole>
HWY_INLINE void AddIntRowsAt(const int64_t* digits, const int32_t* const* rows, size_t count, Goldilocks* out, size_t j,
                             size_t n) {
  SignedVec sums[kVecs][2 * D];
  for (auto& sum : sums) {
    for (SignedVec& s : sum) s = hn::Zero(SignedTag());
  }
  for (size_t i = 0; i < count; ++i) {
    SignedVec x[kVecs];
    for (size_t v = 0; v < kVecs; ++v) {
      x[v] = kWhole ? LoadIntegers(rows[i] + j + v * kLanes) : LoadIntegersFirst(rows[i] + j, n);
    }
    for (size_t d = 0; d < 2 * D; ++d) {
      const SignedVec digit = hn::Set(SignedTag(), digits[i * 2 * D + d]);
      for (size_t v = 0; v < kVecs; ++v) sums[v][d] = hn::Add(sums[v][d], MulDigits(x[v], digit));
    }
  }
  for (size_t v = 0; v < kVecs; ++v) AddDigits<D, kWhole>(sums[v], out, j + v * kLanes, n);
}

template <class K>
void AddIntRowsOf(const K* r, const int32_t* const* rows, size_t count, Goldilocks* out, size_t n) {
  constexpr int D = K::kDegree;
  constexpr size_t kVecs = (PROVENN_AVX512 ? 12 : 4) / D;
  int64_t digits[2 * D * kRowsAtATime];
  for (size_t i = 0; i < count; ++i) {
    for (int k = 0; k < D; ++k) {
      const SignedDigits split(r[i][k]);
      std::copy_n(split.digits, 2, &digits[2 * (i * D + static_cast<size_t>(k))]);
    }
  }
  size_t j = 0;
  for (; j + kVecs * kLanes <= n; j += kVecs * kLanes) {
    AddIntRowsAt<D, kVecs, true>(digits, rows, count, out, j, kLanes);
  }
  for (; j + kLanes <= n; j += kLanes) AddIntRowsAt<D, 1, true>(digits, rows, count, out, j, kLanes);
  if (j < n) AddIntRowsAt<D, 1, false>(digits, rows, count, out, j, n - j);
}

// Sums of digits, one vector a row, for up to kLanes rows: their lanes are added up so that a lane is a row.
template <int D>
struct RowSums {
  alignas(64) int64_t lanes[2 * D][kLanes][kLanes] = {};

  HWY_INLINE SignedVec OfRows(size_t digit) const {
    alignas(64) int64_t sums[kLanes];
    for (size_t row = 0; row < kLanes; ++row) {
      sums[row] = 0;
      for (const int64_t lane : lanes[digit][row]) sums[row] += lane;
    }
    return hn::Load(SignedTag(), sums);
  }
};

template <class K>
void FoldIntRowsOf(const int32_t* rows, size_t stride, const K* w, size_t n, Goldilocks* out, size_t count) {
  constexpr size_t D = K::kDegree;
  const size_t vectors = (n + kLanes - 1) / kLanes;
  std::vector<int64_t> digits(vectors * 2 * D * kLanes, 0);  // [vector][digit][lane]
  for (size_t j = 0; j < n; ++j) {
    for (size_t k = 0; k < D; ++k) {
      const SignedDigits split(w[j][static_cast<int>(k)]);
      int64_t* at = &digits[(j / kLanes * 2 * D + 2 * k) * kLanes + j % kLanes];
      at[0] = split.digits[0];
      at[kLanes] = split.digits[1];
    }
  }
  const auto add = [](SignedVec x, const int64_t* at, SignedVec(&sums)[2 * D]) HWY_ATTR {
    for (size_t d = 0; d < 2 * D; ++d) {
      sums[d] = hn::Add(sums[d], MulDigits(x, hn::LoadU(SignedTag(), at + d * kLanes)));
    }
  };
  for (size_t i = 0; i < count; i += kLanes) {
    const size_t here = std::min(kLanes, count - i);
    RowSums<D> of_rows;
    for (size_t row = 0; row < here; ++row, rows += stride) {
      SignedVec sums[2 * D];
      for (SignedVec& s : sums) s = hn::Zero(SignedTag());
      const int64_t* at = digits.data();
      size_t j = 0;
      for (; j + kLanes <= n; j += kLanes, at += 2 * D * kLanes) add(LoadIntegers(rows + j), at, sums);
      if (j < n) add(LoadIntegersFirst(rows + j, n - j), at, sums);
      for (size_t d = 0; d < 2 * D; ++d) hn::Store(sums[d], SignedTag(), of_rows.lanes[d][row]);
    }
    SignedVec sums[2 * D];
    for (size_t d = 0; d < 2 * D; ++d) sums[d] = of_rows.OfRows(d);
    if (here == kLanes) {
      AddDigits<D, true>(sums, out, i, kLanes);
    } else {
      AddDigits<D, false>(sums, out, i, here);
    }
  }
}

uint32_t LargestOf(const int32_t* values, size_t n) {
  const hn::ScalableTag<int32_t> d;
  const hn::RebindToUnsigned<decltype(d)> u;
  const size_t lanes = hn::Lanes(d);
  auto most = hn::Zero(u);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) most = hn::Max(most, hn::BitCast(u, hn::Abs(hn::LoadU(d, values + i))));
  uint32_t largest = hn::GetLane(hn::MaxOfLanes(u, most));
  for (; i < n; ++i) {
    largest = std::max(largest, static_cast<uint32_t>(values[i] < 0 ? -int64_t{values[i]} : int64_t{values[i]}));
  }
  return largest;
}

#else  // portable

template <class K>
void AddIntRowsOf(const K* r, const int32_t* const* rows, size_t count, Goldilocks* out, size_t n) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < n; ++j) {
      const Goldilocks x = Goldilocks::FromSigned(rows[i][j]);
      for (size_t k = 0; k < K::kDegree; ++k) out[j * K::kDegree + k] += r[i][static_cast<int>(k)] * x;
    }
  }
}

template <class K>
void FoldIntRowsOf(const int32_t* rows, size_t stride, const K* w, size_t n, Goldilocks* out, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < n; ++j) {
      const Goldilocks x = Goldilocks::FromSigned(rows[i * stride + j]);
      for (size_t k = 0; k < K::kDegree; ++k) out[i * K::kDegree + k] += w[j][static_cast<int>(k)] * x;
    }
  }
}

uint32_t LargestOf(const int32_t* /*values*/, size_t /*n*/) { return 0; }  // sums have room for anything

#endif

template <class K>
inline constexpr RowKernels<K> kRows = {AddBaseRowsOf<K>, AddIntRowsOf<K>, FoldIntRowsOf<K>};

const RowKernels<Ext2>* Rows2() { return &kRows<Ext2>; }
const RowKernels<Ext3>* Rows3() { return &kRows<Ext3>; }
Largest LargestKernel() { return LargestOf; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace provenn {
namespace {

HWY_EXPORT(Rows2);
HWY_EXPORT(Rows3);
HWY_EXPORT(LargestKernel);

template <class K>
const RowKernels<K>& Kernels() {
  PrepareDispatch();
  if constexpr (K::kDegree == 2) {
    return *HWY_DYNAMIC_DISPATCH(Rows2)();
  } else {
    return *HWY_DYNAMIC_DISPATCH(Rows3)();
  }
}

// How many products of a digit, at most 2^31, and such an integer a sum of 64 bits with a sign holds; at least 1.
size_t Room(uint32_t largest) {
  constexpr uint64_t kMost = (uint64_t{1} << 32) - 1;
  return largest == 0 ? kMost : kMost / largest;
}

}  // namespace

template <class K>
void AddRows(std::span<const K> r, std::span<const Goldilocks* const> rows, std::span<K> out) {
  PROVENN_CHECK(r.size() == rows.size());
  Kernels<K>().add_base(r.data(), rows.data(), r.size(), AsBase(out).data(), out.size());
}

template <class K>
void AddRows(std::span<const K> r, std::span<const int32_t* const> rows, std::span<K> out) {
  PROVENN_CHECK(r.size() == rows.size());
  const RowKernels<K>& kernels = Kernels<K>();
  const Largest largest_of = HWY_DYNAMIC_DISPATCH(LargestKernel)();
  for (size_t first = 0; first < r.size(); first += kRowsAtATime) {
    const size_t last = std::min(first + kRowsAtATime, r.size());
    uint32_t largest = 0;
    for (size_t i = first; i < last; ++i) largest = std::max(largest, largest_of(rows[i], out.size()));
    const size_t room = Room(largest);
    for (size_t i = first; i < last; i += room) {
      const size_t count = std::min(room, last - i);
      kernels.add_int(r.data() + i, rows.data() + i, count, AsBase(out).data(), out.size());
    }
  }
}

template <class K>
void FoldRows(std::span<const Goldilocks> rows, std::span<const K> w, std::span<K> out) {
  PROVENN_CHECK(rows.size() == out.size() * w.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = InnerProduct<K>(rows.subspan(i * w.size(), w.size()), w);
}

template <class K>
void FoldRows(std::span<const int32_t> rows, std::span<const K> w, std::span<K> out) {
  PROVENN_CHECK(rows.size() == out.size() * w.size());
  const RowKernels<K>& kernels = Kernels<K>();
  const size_t room = Room(HWY_DYNAMIC_DISPATCH(LargestKernel)()(rows.data(), rows.size()));
  std::fill(out.begin(), out.end(), K::Zero());
  for (size_t j = 0; j < w.size(); j += room) {
    const size_t n = std::min(room, w.size() - j);
    kernels.fold_int(rows.data() + j, w.size(), w.data() + j, n, AsBase(out).data(), out.size());
  }
}

#define PROVENN_INSTANTIATE(K)                                                                 \
  template void AddRows(std::span<const K>, std::span<const Goldilocks* const>, std::span<K>); \
  template void AddRows(std::span<const K>, std::span<const int32_t* const>, std::span<K>);    \
  template void FoldRows(std::span<const Goldilocks>, std::span<const K>, std::span<K>);       \
  template void FoldRows(std::span<const int32_t>, std::span<const K>, std::span<K>);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
#endif  // HWY_ONCE
