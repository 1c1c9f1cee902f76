// Vectors of extension elements, compiled once per instruction set like lanes-inl.h, on which they stand.
//   Lanes<D>     kLanes elements of the degree D extension, one Vec per coefficient; Lanes<1> holds elements of F
//   LanesSum<D>  per lane, a sum of products of extension elements, reduced at the end
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "field/extension.h"
#include "field/goldilocks.h"
#include "field/lanes-inl.h"
#include "hwy/highway.h"

#if defined(PROVENN_FIELD_EXTENSION_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVENN_FIELD_EXTENSION_LANES_INL_H_
#undef PROVENN_FIELD_EXTENSION_LANES_INL_H_
#else
#define PROVENN_FIELD_EXTENSION_LANES_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {

template <int D>
struct Lanes {
  Vec c[D];
};

#if PROVENN_AVX512
// Index vectors that take three vectors of consecutive extension elements apart into coefficients and back. Two
// permutations of two sources each select from three sources; the second one keeps its first source's lanes.
struct Interleave3 {
  alignas(64) uint64_t split_first[3][8], split_second[3][8], join_first[3][8], join_second[3][8];

  constexpr Interleave3() : split_first(), split_second(), join_first(), join_second() {
    for (uint64_t v = 0; v < 3; ++v) {
      for (uint64_t lane = 0; lane < 8; ++lane) {
        const uint64_t from = 3 * lane + v;  // where coefficient v of element `lane` lies
        split_first[v][lane] = from < 16 ? from : 0;
        split_second[v][lane] = from < 16 ? lane : 8 + (from - 16);
        const uint64_t to = 8 * v + lane;
        join_first[v][lane] = to % 3 < 2 ? 8 * (to % 3) + to / 3 : 0;
        join_second[v][lane] = to % 3 < 2 ? lane : 8 + to / 3;
      }
    }
  }
};
inline constexpr Interleave3 kInterleave3;
alignas(64) inline constexpr uint64_t kInterleave2[2][8] = {{0, 8, 1, 9, 2, 10, 3, 11}, {4, 12, 5, 13, 6, 14, 7, 15}};

HWY_INLINE Vec Permute2(Vec a, const uint64_t* index, Vec b) {
  return Vec{_mm512_permutex2var_epi64(a.raw, _mm512_load_si512(index), b.raw)};
}
#endif

// kLanes consecutive extension elements (F for D = 1), coefficient by coefficient.
template <int D>
HWY_INLINE Lanes<D> LoadLanes(const Goldilocks* p) {
  Lanes<D> r;
  if constexpr (D == 1 || kLanes == 1) {
    for (int i = 0; i < D; ++i) r.c[i] = Load(p + i);
#if PROVENN_AVX512
  } else if constexpr (D == 2) {
    const Vec a = Load(p), b = Load(p + kLanes);
    r.c[0] = hn::ConcatEven(Tag(), b, a);
    r.c[1] = hn::ConcatOdd(Tag(), b, a);
  } else {
    const Vec v0 = Load(p), v1 = Load(p + kLanes), v2 = Load(p + 2 * kLanes);
    for (int i = 0; i < 3; ++i) {
      r.c[i] = Permute2(Permute2(v0, kInterleave3.split_first[i], v1), kInterleave3.split_second[i], v2);
    }
#elif PROVENN_AVX2
  } else if constexpr (D == 2) {
    hn::LoadInterleaved2(Tag(), Words(p), r.c[0], r.c[1]);
  } else {
    hn::LoadInterleaved3(Tag(), Words(p), r.c[0], r.c[1], r.c[2]);
#endif
  }
  return r;
}

template <int D>
HWY_INLINE void StoreLanes(const Lanes<D>& v, Goldilocks* p) {
  if constexpr (D == 1 || kLanes == 1) {
    for (int i = 0; i < D; ++i) Store(v.c[i], p + i);
#if PROVENN_AVX512
  } else if constexpr (D == 2) {
    Store(Permute2(v.c[0], kInterleave2[0], v.c[1]), p);
    Store(Permute2(v.c[0], kInterleave2[1], v.c[1]), p + kLanes);
  } else {
    for (size_t i = 0; i < 3; ++i) {
      Store(Permute2(Permute2(v.c[0], kInterleave3.join_first[i], v.c[1]), kInterleave3.join_second[i], v.c[2]),
            p + i * kLanes);
    }
#elif PROVENN_AVX2
  } else if constexpr (D == 2) {
    hn::StoreInterleaved2(v.c[0], v.c[1], Tag(), Words(p));
  } else {
    hn::StoreInterleaved3(v.c[0], v.c[1], v.c[2], Tag(), Words(p));
#endif
  }
}

// The elements 2i (even) and 2i+1 (odd) of 2 * kLanes consecutive ones.
template <int D>
HWY_INLINE void LoadPairs(const Goldilocks* p, Lanes<D>& even, Lanes<D>& odd) {
  const Lanes<D> a = LoadLanes<D>(p), b = LoadLanes<D>(p + D * kLanes);
  for (int i = 0; i < D; ++i) {
#if PROVENN_AVX512 || PROVENN_AVX2
    even.c[i] = hn::ConcatEven(Tag(), b.c[i], a.c[i]);
    odd.c[i] = hn::ConcatOdd(Tag(), b.c[i], a.c[i]);
#else
    even.c[i] = a.c[i];
    odd.c[i] = b.c[i];
#endif
  }
}

// The same three with lanes in an order of their own, always the same one: cheaper, for kernels without other vectors.
template <int D>
HWY_INLINE Lanes<D> LoadUnordered(const Goldilocks* p) {
#if PROVENN_AVX2
  if constexpr (D == 2) {  // 0, 2, 1, 3
    const Vec a = Load(p), b = Load(p + kLanes);
    return {hn::InterleaveLower(Tag(), a, b), hn::InterleaveUpper(Tag(), a, b)};
  }
#endif
  return LoadLanes<D>(p);
}
template <int D>
HWY_INLINE void StoreUnordered(const Lanes<D>& v, Goldilocks* p) {
#if PROVENN_AVX2
  if constexpr (D == 2) {
    Store(hn::InterleaveLower(Tag(), v.c[0], v.c[1]), p);
    Store(hn::InterleaveUpper(Tag(), v.c[0], v.c[1]), p + kLanes);
    return;
  }
#endif
  StoreLanes<D>(v, p);
}
template <int D>
HWY_INLINE void LoadPairsUnordered(const Goldilocks* p, Lanes<D>& even, Lanes<D>& odd) {
#if PROVENN_AVX2
  if constexpr (D == 2) {
    const Vec a = Load(p), b = Load(p + kLanes), c = Load(p + 2 * kLanes), d = Load(p + 3 * kLanes);
    const Vec even01 = hn::ConcatLowerLower(Tag(), b, a), even23 = hn::ConcatLowerLower(Tag(), d, c);
    const Vec odd01 = hn::ConcatUpperUpper(Tag(), b, a), odd23 = hn::ConcatUpperUpper(Tag(), d, c);
    even = {hn::InterleaveLower(Tag(), even01, even23), hn::InterleaveUpper(Tag(), even01, even23)};
    odd = {hn::InterleaveLower(Tag(), odd01, odd23), hn::InterleaveUpper(Tag(), odd01, odd23)};
    return;
  }
#endif
  LoadPairs<D>(p, even, odd);
}

// For the end of an array: as above for its last n elements (pairs), where n < kLanes; the missing ones are zero.
template <int D>
HWY_INLINE Lanes<D> LoadLanesFirst(const Goldilocks* p, size_t n) {
  alignas(64) Goldilocks padded[D * kLanes];
  std::memcpy(padded, p, n * D * sizeof(Goldilocks));
  return LoadLanes<D>(padded);
}
template <int D>
HWY_INLINE void StoreLanesFirst(const Lanes<D>& v, Goldilocks* p, size_t n) {
  alignas(64) Goldilocks padded[D * kLanes];
  StoreLanes<D>(v, padded);
  std::memcpy(p, padded, n * D * sizeof(Goldilocks));
}
template <int D>
HWY_INLINE void LoadPairsFirst(const Goldilocks* p, size_t n, Lanes<D>& even, Lanes<D>& odd) {
  alignas(64) Goldilocks padded[2 * D * kLanes];
  std::memcpy(padded, p, 2 * n * D * sizeof(Goldilocks));
  LoadPairs<D>(padded, even, odd);
}

template <int D>
HWY_INLINE Lanes<D> SetLanes(const Extension<D>& v) {
  Lanes<D> r;
  for (int i = 0; i < D; ++i) r.c[i] = Set(v[i]);
  return r;
}
template <int D>
HWY_INLINE Lanes<D> Add(const Lanes<D>& a, const Lanes<D>& b) {
  Lanes<D> r;
  for (int i = 0; i < D; ++i) r.c[i] = Add(a.c[i], b.c[i]);
  return r;
}
// Lazy sum; `a` lazy, `b` canonical.
template <int D>
HWY_INLINE Lanes<D> AddLazy(const Lanes<D>& a, const Lanes<D>& b) {
  Lanes<D> r;
  for (int i = 0; i < D; ++i) r.c[i] = AddLazy(a.c[i], b.c[i]);
  return r;
}
template <int D>
HWY_INLINE Lanes<D> Sub(const Lanes<D>& a, const Lanes<D>& b) {
  Lanes<D> r;
  for (int i = 0; i < D; ++i) r.c[i] = Sub(a.c[i], b.c[i]);
  return r;
}
template <int D>
HWY_INLINE Lanes<D> MulBase(const Lanes<D>& a, const Vec& b) {
  Lanes<D> r;
  for (int i = 0; i < D; ++i) r.c[i] = Mul(a.c[i], b);
  return r;
}

// The 3 (D = 2) or 6 (D = 3) products of Karatsuba's method: a_i b_i, then (a_i + a_j)(b_i + b_j) for i < j in the
// order (0,1), (0,2), (1,2). CombineLazy turns them, or sums of them, into coefficients; the first D must be canonical.
template <int D>
inline constexpr int kProducts = D * (D + 1) / 2;

template <int D>
HWY_INLINE Lanes<D> CombineLazy(const Vec (&p)[kProducts<D>]) {
  Lanes<D> r;
  if constexpr (D == 2) {
    r.c[0] = AddSevenTimesLazy(p[0], p[1]);
    r.c[1] = SubLazy(SubLazy(p[2], p[0]), p[1]);
  } else {
    const Vec wrapped = Canonical(SubLazy(SubLazy(p[5], p[1]), p[2]));
    r.c[0] = AddLazy(AddLazy(p[0], wrapped), wrapped);
    r.c[1] = AddLazy(AddLazy(SubLazy(SubLazy(p[3], p[0]), p[1]), p[2]), p[2]);
    r.c[2] = AddLazy(SubLazy(SubLazy(p[4], p[0]), p[2]), p[1]);
  }
  return r;
}

template <int D>
HWY_INLINE Lanes<D> Canonical(const Lanes<D>& lazy) {
  Lanes<D> r;
  for (int i = 0; i < D; ++i) r.c[i] = Canonical(lazy.c[i]);
  return r;
}

// a b and a b + c d. Canonical inputs.
#if PROVENN_IFMA
// Sums of products in radix 2^52 are cheap and their reductions dear, so here each coefficient is summed up first.
template <int D>
struct LanesProduct {
  WideSum direct[D], wrapped[D - 1];

  HWY_INLINE LanesProduct() {}
  HWY_INLINE void Add(const Lanes<D>& a, const Lanes<D>& b) {
    for (int i = 0; i < D; ++i) {
      for (int j = 0; j < D; ++j) (i + j < D ? direct[i + j] : wrapped[i + j - D]).Add(a.c[i], b.c[j]);
    }
  }
  // Small sums: the non-residue times `wrapped` fits as well.
  HWY_INLINE Lanes<D> Reduce() const {
    Lanes<D> r;
    for (int i = 0; i < D; ++i) {
      WideSum sum = direct[i];
      if (i < D - 1) {
        sum.p0 = AddTimesNonResidue(sum.p0, wrapped[i].p0);
        sum.p1 = AddTimesNonResidue(sum.p1, wrapped[i].p1);
        sum.p2 = AddTimesNonResidue(sum.p2, wrapped[i].p2);
      }
      r.c[i] = sum.Reduce();
    }
    return r;
  }
  HWY_INLINE static Vec AddTimesNonResidue(Vec a, Vec b) {
    if constexpr (D == 3) return hn::Add(a, hn::Add(b, b));
    return hn::Add(a, hn::Sub(hn::ShiftLeft<3>(b), b));
  }
};
template <int D>
HWY_INLINE Lanes<D> Mul(const Lanes<D>& a, const Lanes<D>& b) {
  LanesProduct<D> product;
  product.Add(a, b);
  return product.Reduce();
}
template <int D>
HWY_INLINE Lanes<D> MulAdd(const Lanes<D>& a, const Lanes<D>& b, const Lanes<D>& c, const Lanes<D>& d) {
  LanesProduct<D> product;
  product.Add(a, b);
  product.Add(c, d);
  return product.Reduce();
}
#else
template <int D>
HWY_INLINE Lanes<D> MulLazy(const Lanes<D>& a, const Lanes<D>& b) {
  Vec p[kProducts<D>];
  for (int i = 0; i < D; ++i) p[i] = Mul(a.c[i], b.c[i]);
  for (int i = 0, k = D; i < D; ++i) {
    for (int j = i + 1; j < D; ++j, ++k) p[k] = MulLazy(AddLazy(a.c[i], a.c[j]), AddLazy(b.c[i], b.c[j]));
  }
  return CombineLazy<D>(p);
}
template <int D>
HWY_INLINE Lanes<D> Mul(const Lanes<D>& a, const Lanes<D>& b) {
  return Canonical(MulLazy(a, b));
}
template <int D>
HWY_INLINE Lanes<D> MulAdd(const Lanes<D>& a, const Lanes<D>& b, const Lanes<D>& c, const Lanes<D>& d) {
  return Canonical(AddLazy(MulLazy(a, b), Mul(c, d)));
}
#endif

template <int D>
HWY_INLINE Extension<D> SumOfLanes(const Lanes<D>& v) {
  Extension<D> r;
  for (int i = 0; i < D; ++i) r[i] = SumOfLanes(v.c[i]);
  return r;
}

template <int D>
struct LanesSum {
  WideSum sums[kProducts<D>];

  HWY_INLINE LanesSum() {}
  HWY_INLINE void Add(const Lanes<D>& a, const Lanes<D>& b) {
    for (int i = 0; i < D; ++i) sums[i].Add(a.c[i], b.c[i]);
    for (int i = 0, k = D; i < D; ++i) {
      for (int j = i + 1; j < D; ++j, ++k) {
        sums[k].Add(AddLazy(a.c[i], a.c[j]), AddLazy(b.c[i], b.c[j]));
      }
    }
  }
  HWY_INLINE void Settle() {
    for (WideSum& sum : sums) HWY_NAMESPACE::Settle(sum);
  }
  HWY_INLINE Extension<D> Reduce() const {
    Vec p[kProducts<D>];
    for (int i = 0; i < kProducts<D>; ++i) p[i] = sums[i].Reduce();
    return SumOfLanes(Canonical(CombineLazy<D>(p)));
  }
};

// Runs kernel.Step<true>(i, kLanes) for whole vectors of the n items and kernel.Step<false>(i, rest) for the rest. A
// kernel with sums has a function Settle; its steps may add up to four products to a sum.
template <class Kernel>
HWY_INLINE void ForEachVector(size_t n, Kernel& kernel) {
  constexpr bool kHasSums = requires { kernel.Settle(); };
  constexpr size_t kBlock = kLanes * (kSettleAfter / 4);
  size_t i = 0;
  while (n - i >= kLanes) {
    const size_t whole = (n - i) / kLanes * kLanes;
    const size_t end = i + (kHasSums ? std::min(whole, kBlock) : whole);
    for (; i < end; i += kLanes) kernel.template Step<true>(i, kLanes);
    if constexpr (kHasSums) kernel.Settle();
  }
  if (i < n) kernel.template Step<false>(i, n - i);
}
template <int D, bool kWhole>
HWY_INLINE Lanes<D> LoadItems(const Goldilocks* p, size_t i, size_t n) {
  if constexpr (kWhole) return LoadLanes<D>(p + i * D);
  return LoadLanesFirst<D>(p + i * D, n);
}
template <bool kWhole>
HWY_INLINE Signed32 LoadSignedItems(const int32_t* p, size_t i, size_t n) {
  if constexpr (kWhole) return LoadSigned(p + i);
  int32_t padded[kLanes] = {};
  std::memcpy(padded, p + i, n * sizeof(int32_t));
  return LoadSigned(padded);
}
template <int D, bool kWhole>
HWY_INLINE void StoreItems(const Lanes<D>& v, Goldilocks* p, size_t i, size_t n) {
  if constexpr (kWhole) {
    StoreLanes<D>(v, p + i * D);
  } else {
    StoreLanesFirst<D>(v, p + i * D, n);
  }
}
template <int D, bool kWhole>
HWY_INLINE void LoadPairItems(const Goldilocks* p, size_t i, size_t n, Lanes<D>& even, Lanes<D>& odd) {
  if constexpr (kWhole) {
    LoadPairs<D>(p + 2 * i * D, even, odd);
  } else {
    LoadPairsFirst<D>(p + 2 * i * D, n, even, odd);
  }
}
// Unordered: for n elements (pairs) at the end of an array through a padded copy.
template <int D, bool kWhole>
HWY_INLINE Lanes<D> LoadItemsUnordered(const Goldilocks* p, size_t i, size_t n) {
  if constexpr (kWhole) return LoadUnordered<D>(p + i * D);
  alignas(64) Goldilocks padded[D * kLanes];
  std::memcpy(padded, p + i * D, n * D * sizeof(Goldilocks));
  return LoadUnordered<D>(padded);
}
template <int D, bool kWhole>
HWY_INLINE void StoreItemsUnordered(const Lanes<D>& v, Goldilocks* p, size_t i, size_t n) {
  if constexpr (kWhole) {
    StoreUnordered<D>(v, p + i * D);
  } else {
    alignas(64) Goldilocks padded[D * kLanes];
    StoreUnordered<D>(v, padded);
    std::memcpy(p + i * D, padded, n * D * sizeof(Goldilocks));
  }
}
template <int D, bool kWhole>
HWY_INLINE void LoadPairItemsUnordered(const Goldilocks* p, size_t i, size_t n, Lanes<D>& even, Lanes<D>& odd) {
  if constexpr (kWhole) {
    LoadPairsUnordered<D>(p + 2 * i * D, even, odd);
  } else {
    alignas(64) Goldilocks padded[2 * D * kLanes];
    std::memcpy(padded, p + 2 * i * D, 2 * n * D * sizeof(Goldilocks));
    LoadPairsUnordered<D>(padded, even, odd);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#endif  // include guard
