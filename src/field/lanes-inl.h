// Vectors of field elements, for code that Highway compiles once per instruction set. Included again for each target,
// after foreach_target.h, so its include guard toggles.
//
// Representations behind one set of functions: AVX-512, AVX2, and elsewhere one element in a plain integer. AVX-512
// comes with and without the 52-bit multiply-add (IFMA), which replaces the 32-bit multiplication in products.
//   Vec        kLanes elements of F
//   WideSum    per lane, a sum of products that is reduced at the end
//   Signed32   kLanes 32-bit integers, SignedSum a sum of their products with Vecs
// Sums must be settled after every kSettleAfter products.
//
// Constructors are spelled out where an implicit one would be compiled without the target's instructions.
// Vec values are canonical unless a name says Lazy: lazy values are any 64-bit representative.
#include <cstddef>
#include <cstdint>

#include "field/goldilocks.h"
#include "hwy/highway.h"

#if defined(PROVENN_FIELD_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PROVENN_FIELD_LANES_INL_H_
#undef PROVENN_FIELD_LANES_INL_H_
#else
#define PROVENN_FIELD_LANES_INL_H_
#endif

#undef PROVENN_AVX512
#undef PROVENN_AVX2
#undef PROVENN_IFMA
#define PROVENN_AVX512 (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL)
#define PROVENN_AVX2 (HWY_TARGET == HWY_AVX2)
#define PROVENN_IFMA (HWY_TARGET == HWY_AVX3_DL)

#if PROVENN_IFMA
#undef HWY_TARGET_STR
#define HWY_TARGET_STR \
  HWY_TARGET_STR_AVX3 ",vpclmulqdq,avx512vbmi,avx512vbmi2,vaes,avxvnni,avx512bitalg,avx512vpopcntdq,avx512ifma"
#endif

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {

inline constexpr size_t kSettleAfter = 1024;

#if PROVENN_AVX512 || PROVENN_AVX2

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<uint64_t>;
using Vec = hn::Vec<Tag>;
inline constexpr size_t kLanes = HWY_LANES(uint64_t);

HWY_INLINE const uint64_t* Words(const Goldilocks* p) { return reinterpret_cast<const uint64_t*>(p); }
HWY_INLINE uint64_t* Words(Goldilocks* p) { return reinterpret_cast<uint64_t*>(p); }

HWY_INLINE Vec Zero() { return hn::Zero(Tag()); }
HWY_INLINE Vec Set(Goldilocks v) { return hn::Set(Tag(), v.value()); }
HWY_INLINE Vec Load(const Goldilocks* p) { return hn::LoadU(Tag(), Words(p)); }
HWY_INLINE void Store(Vec v, Goldilocks* p) { hn::StoreU(v, Tag(), Words(p)); }
// The first n < kLanes lanes; the others read as zero and are not written.
HWY_INLINE Vec LoadFirst(const Goldilocks* p, size_t n) {
  return hn::MaskedLoad(hn::FirstN(Tag(), n), Tag(), Words(p));
}
HWY_INLINE void StoreFirst(Vec v, Goldilocks* p, size_t n) {
  hn::BlendedStore(v, hn::FirstN(Tag(), n), Tag(), Words(p));
}
// Lane i at p[i * stride].
HWY_INLINE Vec LoadStrided(const Goldilocks* p, size_t stride) {
  const hn::RebindToSigned<Tag> index;
  const auto offsets = hn::BitCast(index, hn::Mul(hn::Iota(Tag(), 0), hn::Set(Tag(), stride)));
  return hn::GatherIndex(Tag(), Words(p), offsets);
}
HWY_INLINE void StoreStrided(Vec v, Goldilocks* p, size_t stride) {
  const hn::RebindToSigned<Tag> index;
  const auto offsets = hn::BitCast(index, hn::Mul(hn::Iota(Tag(), 0), hn::Set(Tag(), stride)));
  hn::ScatterIndex(v, Tag(), Words(p), offsets);
}

inline constexpr uint64_t kEpsilon = 0xFFFFFFFFu;  // 2^64 mod p

HWY_INLINE Vec Low32(Vec v) { return hn::And(v, hn::Set(Tag(), kEpsilon)); }
HWY_INLINE Vec High32(Vec v) { return hn::ShiftRight<32>(v); }
// Product of the low halves of the lanes.
HWY_INLINE Vec Mul32(Vec a, Vec b) {
  const hn::Repartition<uint32_t, Tag> halves;
  return hn::MulEven(hn::BitCast(halves, a), hn::BitCast(halves, b));
}

// v + x where a < b, else v; and v - x likewise.
HWY_INLINE Vec AddIfLess(Vec v, Vec a, Vec b, Vec x) {
#if PROVENN_AVX512
  return Vec{_mm512_mask_add_epi64(v.raw, hn::Lt(a, b).raw, v.raw, x.raw)};
#else
  return hn::Add(v, hn::IfThenElseZero(hn::Lt(a, b), x));
#endif
}
HWY_INLINE Vec SubIfLess(Vec v, Vec a, Vec b, Vec x) {
#if PROVENN_AVX512
  return Vec{_mm512_mask_sub_epi64(v.raw, hn::Lt(a, b).raw, v.raw, x.raw)};
#else
  return hn::Sub(v, hn::IfThenElseZero(hn::Lt(a, b), x));
#endif
}

HWY_INLINE Vec Canonical(Vec lazy) { return hn::Min(lazy, hn::Add(lazy, hn::Set(Tag(), kEpsilon))); }

// Lazy sum and difference; `a` lazy, `b` canonical. The wrap around 2^64 is worth kEpsilon, and as b < 2^64 - kEpsilon
// correcting it cannot wrap again.
HWY_INLINE Vec AddLazy(Vec a, Vec b) {
  const Vec sum = hn::Add(a, b);
  return AddIfLess(sum, sum, b, hn::Set(Tag(), kEpsilon));
}
HWY_INLINE Vec SubLazy(Vec a, Vec b) { return SubIfLess(hn::Sub(a, b), a, b, hn::Set(Tag(), kEpsilon)); }

HWY_INLINE Vec Sub(Vec a, Vec b) { return SubLazy(a, b); }  // canonical inputs give a canonical difference
HWY_INLINE Vec Add(Vec a, Vec b) { return Sub(a, hn::Sub(hn::Set(Tag(), Goldilocks::kModulus), b)); }

#if PROVENN_AVX2
// kEpsilon where a < b as signed words, else 0.
HWY_INLINE Vec EpsilonIfLess(Vec a, Vec b) {
  const hn::RebindToSigned<Tag> is_signed;
  const auto less = hn::Lt(hn::BitCast(is_signed, a), hn::BitCast(is_signed, b));
  return High32(hn::BitCast(Tag(), hn::VecFromMask(is_signed, less)));
}
#endif

// low - minus + (2^32 - 1) * (low half of times), lazy or canonical; `low` lazy, `minus` canonical.
template <bool kCanonical>
HWY_INLINE Vec ReduceParts(Vec low, Vec minus, Vec times) {
  const Vec epsilon = hn::Set(Tag(), kEpsilon);
  const Vec u = Mul32(times, epsilon);
#if PROVENN_AVX2
  // As signed words, each less by 2^63: those compare in one instruction, words without sign in three.
  const Vec offset = hn::Set(Tag(), uint64_t{1} << 63);
  const Vec shifted = hn::Xor(low, offset);
  Vec t = hn::Sub(shifted, minus);
  t = hn::Sub(t, EpsilonIfLess(shifted, t));
  Vec r = hn::Add(t, u);
  r = hn::Add(r, EpsilonIfLess(r, t));
  if constexpr (kCanonical) {
    const Vec largest = hn::Xor(hn::Set(Tag(), Goldilocks::kModulus - 1), offset);
    r = hn::Add(r, EpsilonIfLess(largest, r));
  }
  return hn::Xor(r, offset);
#else
  const Vec t = SubLazy(low, minus);
  const Vec r = hn::Add(t, u);
#if PROVENN_AVX512
  if constexpr (kCanonical) {
    // With a carry r + epsilon is the result, and canonical because u <= 2^64 - 2^33 + 1; without, it is r - p.
    const Vec corrected = hn::Add(r, epsilon);
    return Vec{_mm512_mask_min_epu64(corrected.raw, _mm512_cmpge_epu64_mask(r.raw, u.raw), r.raw, corrected.raw)};
  }
#endif
  const Vec lazy = AddIfLess(r, r, u, epsilon);
  return kCanonical ? Canonical(lazy) : lazy;
#endif
}

// low + 2^64 high mod p; see Goldilocks::FromUint128.
template <bool kCanonical>
HWY_INLINE Vec Reduce(Vec low, Vec high) {
  return ReduceParts<kCanonical>(low, High32(high), high);
}

// a + 8b - b, lazy; `a` lazy, `b` canonical.
HWY_INLINE Vec AddSevenTimesLazy(Vec a, Vec b) {
  // 8b = low + 2^64 top with low a multiple of 8 and top < 8, and 2^64 top = kEpsilon top.
  const Vec difference = SubLazy(a, b);
  const Vec low = AddLazy(hn::ShiftLeft<3>(b), Mul32(hn::ShiftRight<61>(b), hn::Set(Tag(), kEpsilon)));
  return AddLazy(difference, Canonical(low));
}

// Signed 32-bit integers: magnitudes in the low halves of the lanes, and which are negative.
struct Signed32 {
  Vec magnitude;
  hn::Mask<Tag> negative;
};
HWY_INLINE Signed32 LoadSigned(const int32_t* p) {
  const hn::RebindToSigned<Tag> wide;
  const auto v = hn::PromoteTo(wide, hn::LoadU(hn::Rebind<int32_t, Tag>(), p));
  return {hn::BitCast(Tag(), hn::Abs(v)), hn::RebindMask(Tag(), hn::Lt(v, hn::Zero(wide)))};
}
// a or p - a, the latter where x is negative; canonical but for p itself.
HWY_INLINE Vec NegateIf(hn::Mask<Tag> negative, Vec a) {
  return hn::IfThenElse(negative, hn::Sub(hn::Set(Tag(), Goldilocks::kModulus), a), a);
}
HWY_INLINE Vec MulSigned(Vec a, const Signed32& x) {
  const Vec factor = NegateIf(x.negative, a);
  const Vec low = Mul32(factor, x.magnitude), high = Mul32(High32(factor), x.magnitude);
  const Vec shifted = hn::ShiftLeft<32>(high);
  const Vec word = hn::Add(low, shifted);
  return Reduce<true>(word, AddIfLess(High32(high), word, shifted, hn::Set(Tag(), 1)));
}

#if PROVENN_IFMA

// a * b's low and high 52 bits, of the low 52 bits of each, added to sum.
HWY_INLINE Vec AddLow52(Vec sum, Vec a, Vec b) { return Vec{_mm512_madd52lo_epu64(sum.raw, a.raw, b.raw)}; }
HWY_INLINE Vec AddHigh52(Vec sum, Vec a, Vec b) { return Vec{_mm512_madd52hi_epu64(sum.raw, a.raw, b.raw)}; }
HWY_INLINE Vec High12(Vec v) { return hn::ShiftRight<52>(v); }
HWY_INLINE Vec Low52(Vec v) { return hn::And(v, hn::Set(Tag(), (uint64_t{1} << 52) - 1)); }

// A sum p0 + 2^52 p1 + 2^104 p2 of products. A product adds less than 2^52 to p0, 3 * 2^52 to p1 and 2^26 to p2, so
// that 1365 products fit; Settle then makes room again, for 2^28 products in all.
struct WideSum {
  Vec p0, p1, p2;

  HWY_INLINE WideSum() : p0(Zero()), p1(Zero()), p2(Zero()) {}
  HWY_INLINE void Add(Vec a, Vec b) {
    const Vec a_top = High12(a), b_top = High12(b);
    p0 = AddLow52(p0, a, b);
    p1 = AddHigh52(p1, a, b);
    p1 = AddLow52(p1, a, b_top);
    p2 = AddHigh52(p2, a, b_top);
    p1 = AddLow52(p1, a_top, b);
    p2 = AddHigh52(p2, a_top, b);
    p2 = AddLow52(p2, a_top, b_top);
  }
  HWY_INLINE void Settle() {
    p1 = hn::Add(p1, High12(p0));
    p0 = Low52(p0);
    p2 = hn::Add(p2, High12(p1));
    p1 = Low52(p1);
  }
  // 2^64 = 2^32 - 1 and 2^96 = -1, hence 2^104 = -2^8.
  template <bool kCanonical>
  HWY_INLINE Vec ReduceTo() const {
    const Vec middle = hn::Add(p1, High12(p0));
    const Vec low = hn::Or(Low52(p0), hn::ShiftLeft<52>(middle));
    const Vec minus = hn::Add(hn::ShiftLeft<8>(p2), hn::ShiftRight<44>(middle));
    return ReduceParts<kCanonical>(low, minus, hn::ShiftRight<12>(middle));
  }
  HWY_INLINE Vec Reduce() const { return ReduceTo<true>(); }
};
HWY_INLINE void Settle(WideSum& sum) { sum.Settle(); }

// Any inputs.
template <bool kCanonical>
HWY_INLINE Vec Product(Vec a, Vec b) {
  WideSum product;
  product.Add(a, b);
  return product.ReduceTo<kCanonical>();
}

// Sum of products with signed 32-bit integers.
struct SignedSum {
  WideSum sum;

  HWY_INLINE SignedSum() {}
  HWY_INLINE void Add(Vec a, const Signed32& x) {
    const Vec factor = NegateIf(x.negative, a);
    sum.p0 = AddLow52(sum.p0, factor, x.magnitude);
    sum.p1 = AddHigh52(sum.p1, factor, x.magnitude);
    sum.p1 = AddLow52(sum.p1, High12(factor), x.magnitude);
  }
  HWY_INLINE Vec Reduce() const { return sum.Reduce(); }
};
HWY_INLINE void Settle(SignedSum& sum) { sum.sum.Settle(); }

#else  // 32-bit multiplication

// Any inputs.
template <bool kCanonical>
HWY_INLINE Vec Product(Vec a, Vec b) {
  const hn::Repartition<uint32_t, Tag> halves;
  const Vec a_high = High32(a), b_high = High32(b);
  const Vec low_low = Mul32(a, b);
  const Vec middle = hn::Add(Mul32(a_high, b), High32(low_low));  // < 2^64: (2^32 - 1)^2 + 2^32 - 1
  const Vec carried = hn::Add(Mul32(a, b_high), Low32(middle));   // likewise
  const Vec high = hn::Add(hn::Add(Mul32(a_high, b_high), High32(middle)), High32(carried));
  const Vec low =
      hn::BitCast(Tag(), hn::OddEven(hn::BitCast(halves, hn::ShiftLeft<32>(carried)), hn::BitCast(halves, low_low)));
  return Reduce<kCanonical>(low, high);
}
// A sum of 64-bit words: low + 2^64 high (AVX-512) or low + 2^32 high (AVX2, where comparing words is expensive).
struct WordSum {
  Vec low, high;

  HWY_INLINE WordSum() : low(Zero()), high(Zero()) {}
  HWY_INLINE void Add(Vec word) {
#if PROVENN_AVX512
    low = hn::Add(low, word);
    high = AddIfLess(high, low, word, hn::Set(Tag(), 1));
#else
    low = hn::Add(low, Low32(word));
    high = hn::Add(high, High32(word));
#endif
  }
  // The sum as a word and the count of 2^64.
  HWY_INLINE void Split(Vec& word, Vec& carries) const {
#if PROVENN_AVX512
    word = low;
    carries = high;
#else
    word = hn::Add(low, hn::ShiftLeft<32>(high));
    carries = hn::Add(High32(high), hn::IfThenElseZero(hn::Lt(word, low), hn::Set(Tag(), 1)));
#endif
  }
};

// Per lane, fewer than 2^31 products. With a = a0 + 2^32 a1, b likewise:
// ab = a0 b0 + 2^32 (a0 b1 + a1 b0) + 2^64 a1 b1, and the three kinds of partial products are summed apart.
struct WideSum {
  WordSum low, middle, high;

  HWY_INLINE WideSum() {}
  HWY_INLINE void Add(Vec a, Vec b) {
    const Vec a_high = High32(a), b_high = High32(b);
    low.Add(Mul32(a, b));
    middle.Add(Mul32(a, b_high));
    middle.Add(Mul32(a_high, b));
    high.Add(Mul32(a_high, b_high));
  }
  HWY_INLINE Vec Reduce() const {
    Vec word, carries;
    high.Split(word, carries);
    // 2^64 word + 2^128 carries, and 2^128 = -2^32.
    Vec sum = SubLazy(HWY_NAMESPACE::Reduce<false>(Zero(), word), hn::ShiftLeft<32>(carries));
    middle.Split(word, carries);
    const Vec shifted_high = hn::Or(High32(word), hn::ShiftLeft<32>(carries));
    sum = AddLazy(sum, HWY_NAMESPACE::Reduce<true>(hn::ShiftLeft<32>(word), shifted_high));
    low.Split(word, carries);
    return Canonical(AddLazy(sum, HWY_NAMESPACE::Reduce<true>(word, carries)));
  }
};
HWY_INLINE void Settle(WideSum& /*sum*/) {}

// Sum of products with signed 32-bit integers; per lane, fewer than 2^31 of them.
struct SignedSum {
  WordSum low, high;

  HWY_INLINE SignedSum() {}
  HWY_INLINE void Add(Vec a, const Signed32& x) {
    const Vec factor = NegateIf(x.negative, a);
    low.Add(Mul32(factor, x.magnitude));
    high.Add(Mul32(High32(factor), x.magnitude));
  }
  HWY_INLINE Vec Reduce() const {
    WideSum sum;
    sum.low = low;
    sum.middle = high;
    return sum.Reduce();
  }
};
HWY_INLINE void Settle(SignedSum& /*sum*/) {}

#endif

HWY_INLINE Vec Mul(Vec a, Vec b) { return Product<true>(a, b); }
HWY_INLINE Vec MulLazy(Vec a, Vec b) { return Product<false>(a, b); }

HWY_INLINE Goldilocks SumOfLanes(Vec v) {
  alignas(64) Goldilocks lanes[kLanes];
  Store(v, lanes);
  Goldilocks sum;
  for (const Goldilocks& lane : lanes) sum += lane;
  return sum;
}

#else  // portable: one element

using Vec = Goldilocks;
inline constexpr size_t kLanes = 1;

HWY_INLINE Vec Zero() { return Vec(); }
HWY_INLINE Vec Set(Goldilocks v) { return v; }
HWY_INLINE Vec Load(const Goldilocks* p) { return *p; }
HWY_INLINE void Store(Vec v, Goldilocks* p) { *p = v; }
HWY_INLINE Vec LoadFirst(const Goldilocks* p, size_t n) { return n == 0 ? Vec() : *p; }
HWY_INLINE void StoreFirst(Vec v, Goldilocks* p, size_t n) {
  if (n != 0) *p = v;
}
HWY_INLINE Vec LoadStrided(const Goldilocks* p, size_t /*stride*/) { return *p; }
HWY_INLINE void StoreStrided(Vec v, Goldilocks* p, size_t /*stride*/) { *p = v; }
HWY_INLINE Vec Canonical(Vec v) { return v; }
HWY_INLINE Vec AddLazy(Vec a, Vec b) { return a + b; }
HWY_INLINE Vec SubLazy(Vec a, Vec b) { return a - b; }
HWY_INLINE Vec MulLazy(Vec a, Vec b) { return a * b; }
HWY_INLINE Vec Add(Vec a, Vec b) { return a + b; }
HWY_INLINE Vec Sub(Vec a, Vec b) { return a - b; }
HWY_INLINE Vec Mul(Vec a, Vec b) { return a * b; }
HWY_INLINE Vec AddSevenTimesLazy(Vec a, Vec b) { return a + Goldilocks(7) * b; }
HWY_INLINE Goldilocks SumOfLanes(Vec v) { return v; }
using WideSum = ProductSum;
using Signed32 = Goldilocks;
HWY_INLINE Signed32 LoadSigned(const int32_t* p) { return Goldilocks::FromSigned(*p); }
HWY_INLINE Vec MulSigned(Vec a, const Signed32& x) { return a * x; }
using SignedSum = ProductSum;
HWY_INLINE void Settle(ProductSum& /*sum*/) {}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#endif  // include guard
