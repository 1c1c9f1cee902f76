// The kernels that compute sumcheck round polynomials, and layers of fractions.
#include <algorithm>

#include "base/check.h"
#include "field/kernels.h"
#include "field/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "field/kernels_rounds.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "field/extension_lanes-inl.h"
#include "hwy/highway.h"

#ifndef PROVENN_FIELD_KERNELS_ROUNDS_ONCE
#define PROVENN_FIELD_KERNELS_ROUNDS_ONCE
namespace provenn {
namespace {

template <class K>
struct FractionArrays {
  const Goldilocks* n0;
  const Goldilocks* n1;
  const Goldilocks* d0;
  const Goldilocks* d1;
  const Goldilocks* eq;

  void Advance(size_t pairs) {
    for (const Goldilocks** array : {&n0, &n1, &d0, &d1}) *array += 2 * pairs * K::kDegree;
    eq += pairs * K::kDegree;
  }
};

// The kernels of one target for one K. Pointers to coefficients; n counts pairs.
template <class K>
struct RoundKernels {
  QuadraticRound<K> (*product)(const Goldilocks* f, const Goldilocks* g, size_t n);
  QuadraticRound<K> (*product_base)(const Goldilocks* f, const Goldilocks* g, size_t n);
  void (*parents)(const Goldilocks* num, const Goldilocks* den, Goldilocks* out_num, Goldilocks* out_den, size_t n);
  QuadraticRound<K> (*fraction)(const FractionArrays<K>& arrays, const K& lambda, size_t n);
};

}  // namespace
}  // namespace provenn
#endif

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {
namespace {

template <int D>
struct ProductStep {
  const Goldilocks* f;
  const Goldilocks* g;
  LanesSum<D> at_zero, leading;

  HWY_INLINE void Settle() {
    at_zero.Settle();
    leading.Settle();
  }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<D> f0, f1, g0, g1;
    LoadPairItems<D, kWhole>(f, i, n, f0, f1);
    LoadPairItems<D, kWhole>(g, i, n, g0, g1);
    at_zero.Add(f0, g0);
    leading.Add(Sub(f1, f0), Sub(g1, g0));
  }
};

template <int D>
struct ProductBaseStep {
  const Goldilocks* f;
  const Goldilocks* g;
  WideSum at_zero[D], leading[D];

  HWY_INLINE void Settle() {
    for (WideSum& sum : at_zero) HWY_NAMESPACE::Settle(sum);
    for (WideSum& sum : leading) HWY_NAMESPACE::Settle(sum);
  }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<1> f0, f1;
    Lanes<D> g0, g1;
    LoadPairItems<1, kWhole>(f, i, n, f0, f1);
    LoadPairItems<D, kWhole>(g, i, n, g0, g1);
    const Vec slope = Sub(f1.c[0], f0.c[0]);
    for (int k = 0; k < D; ++k) {
      at_zero[k].Add(g0.c[k], f0.c[0]);
      leading[k].Add(Sub(g1.c[k], g0.c[k]), slope);
    }
  }
};

template <int D>
struct ParentsStep {
  const Goldilocks* num;
  const Goldilocks* den;
  Goldilocks* out_num;
  Goldilocks* out_den;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<D> n0, n1, d0, d1;
    LoadPairItems<D, kWhole>(num, i, n, n0, n1);
    LoadPairItems<D, kWhole>(den, i, n, d0, d1);
    StoreItems<D, kWhole>(MulAdd(n0, d1, n1, d0), out_num, i, n);
    StoreItems<D, kWhole>(Mul(d0, d1), out_den, i, n);
  }
};

// The coefficient of a linear polynomial that a sum of a fraction round needs: its value at 0, or its slope.
template <int D, bool kLeading, bool kWhole>
HWY_INLINE Lanes<D> LoadPoint(const Goldilocks* p, size_t i, size_t n) {
  Lanes<D> even, odd;
  LoadPairItems<D, kWhole>(p, i, n, even, odd);
  if constexpr (kLeading) return Sub(odd, even);
  return even;
}

// sum eq s = lambda sum eq (n0 d1 + n1 d0) + sum eq d0 d1: lambda multiplies the two sums, not every summand. The sums
// are taken in separate loops over a short chunk, since together they need more registers than there are. This loop
// leaves eq d1 for the next.
template <int D, bool kLeading>
struct CrossStep {
  FractionArrays<Extension<D>> arrays;
  Goldilocks* eq_d1;
  LanesSum<D> sum;

  HWY_INLINE void Settle() { sum.Settle(); }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    const Lanes<D> eq = LoadItems<D, kWhole>(arrays.eq, i, n);
    const Lanes<D> v = Mul(eq, LoadPoint<D, kLeading, kWhole>(arrays.d1, i, n));
    StoreLanes<D>(v, eq_d1 + i * D);
    sum.Add(LoadPoint<D, kLeading, kWhole>(arrays.n0, i, n), v);
    const Lanes<D> u = Mul(eq, LoadPoint<D, kLeading, kWhole>(arrays.d0, i, n));
    sum.Add(LoadPoint<D, kLeading, kWhole>(arrays.n1, i, n), u);
  }
};

template <int D, bool kLeading>
struct PlainStep {
  const Goldilocks* d0;
  const Goldilocks* eq_d1;
  LanesSum<D> sum;

  HWY_INLINE void Settle() { sum.Settle(); }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    sum.Add(LoadPoint<D, kLeading, kWhole>(d0, i, n), LoadLanes<D>(eq_d1 + i * D));
  }
};

// For lambda = 1: s = (n0 + d0) d1 + n1 d0.
template <int D, bool kLeading>
struct UnitStep {
  FractionArrays<Extension<D>> arrays;
  LanesSum<D> sum;

  HWY_INLINE void Settle() { sum.Settle(); }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    const Lanes<D> n0 = LoadPoint<D, kLeading, kWhole>(arrays.n0, i, n);
    const Lanes<D> n1 = LoadPoint<D, kLeading, kWhole>(arrays.n1, i, n);
    const Lanes<D> d0 = LoadPoint<D, kLeading, kWhole>(arrays.d0, i, n);
    const Lanes<D> d1 = LoadPoint<D, kLeading, kWhole>(arrays.d1, i, n);
    sum.Add(LoadItems<D, kWhole>(arrays.eq, i, n), MulAdd(Add(n0, d0), d1, n1, d0));
  }
};

template <int D, bool kLeading>
struct FractionSums {
  using K = Extension<D>;
  static constexpr size_t kChunk = 32 * kLanes;
  LanesSum<D> cross, plain;

  HWY_INLINE FractionSums() {}
  HWY_INLINE void AddChunk(const FractionArrays<K>& arrays, size_t n) {
    alignas(64) Goldilocks eq_d1[kChunk * D];
    CrossStep<D, kLeading> cross_step{arrays, eq_d1, cross};
    ForEachVector(n, cross_step);
    cross = cross_step.sum;
    PlainStep<D, kLeading> plain_step{arrays.d0, eq_d1, plain};
    ForEachVector(n, plain_step);
    plain = plain_step.sum;
  }
  HWY_INLINE K Reduce(const K& lambda) const { return lambda * cross.Reduce() + plain.Reduce(); }
};

template <int D, bool kLeading>
struct UnitFractionSums {
  using K = Extension<D>;
  static constexpr size_t kChunk = 32 * kLanes;
  LanesSum<D> sum;

  HWY_INLINE UnitFractionSums() {}
  HWY_INLINE void AddChunk(const FractionArrays<K>& arrays, size_t n) {
    UnitStep<D, kLeading> step{arrays, sum};
    ForEachVector(n, step);
    sum = step.sum;
  }
  HWY_INLINE K Reduce(const K& /*one*/) const { return sum.Reduce(); }
};

template <class K>
QuadraticRound<K> Product(const Goldilocks* f, const Goldilocks* g, size_t n) {
  ProductStep<K::kDegree> step{f, g, {}, {}};
  ForEachVector(n, step);
  return {step.at_zero.Reduce(), step.leading.Reduce()};
}
template <class K>
QuadraticRound<K> ProductBase(const Goldilocks* f, const Goldilocks* g, size_t n) {
  ProductBaseStep<K::kDegree> step{f, g, {}, {}};
  ForEachVector(n, step);
  QuadraticRound<K> round;
  for (int k = 0; k < K::kDegree; ++k) {
    round.at_zero[k] = SumOfLanes(step.at_zero[k].Reduce());
    round.leading[k] = SumOfLanes(step.leading[k].Reduce());
  }
  return round;
}
template <class K>
void Parents(const Goldilocks* num, const Goldilocks* den, Goldilocks* out_num, Goldilocks* out_den, size_t n) {
  ParentsStep<K::kDegree> step{num, den, out_num, out_den};
  ForEachVector(n, step);
}
template <class K, class AtZero, class Leading>
HWY_INLINE QuadraticRound<K> FractionWith(FractionArrays<K> arrays, const K& lambda, size_t n) {
  AtZero at_zero;
  Leading leading;
  while (n != 0) {
    const size_t chunk = std::min(n, AtZero::kChunk);
    at_zero.AddChunk(arrays, chunk);
    leading.AddChunk(arrays, chunk);
    arrays.Advance(chunk);
    n -= chunk;
  }
  return {at_zero.Reduce(lambda), leading.Reduce(lambda)};
}
template <class K>
QuadraticRound<K> Fraction(const FractionArrays<K>& arrays, const K& lambda, size_t n) {
  constexpr int D = K::kDegree;
  if (lambda == K::One())
    return FractionWith<K, UnitFractionSums<D, false>, UnitFractionSums<D, true>>(arrays, lambda, n);
  return FractionWith<K, FractionSums<D, false>, FractionSums<D, true>>(arrays, lambda, n);
}

template <class K>
inline constexpr RoundKernels<K> kRounds = {Product<K>, ProductBase<K>, Parents<K>, Fraction<K>};

const RoundKernels<Ext2>* Rounds2() { return &kRounds<Ext2>; }
const RoundKernels<Ext3>* Rounds3() { return &kRounds<Ext3>; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace provenn {
namespace {

HWY_EXPORT(Rounds2);
HWY_EXPORT(Rounds3);

template <class K>
const RoundKernels<K>& Kernels() {
  static const bool once = (DisableUnusableTargets(), true);
  (void)once;
  if constexpr (K::kDegree == 2) {
    return *HWY_DYNAMIC_DISPATCH(Rounds2)();
  } else {
    return *HWY_DYNAMIC_DISPATCH(Rounds3)();
  }
}

}  // namespace

template <class K>
QuadraticRound<K> ProductRound(std::span<const K> f, std::span<const K> g) {
  PROVENN_CHECK(f.size() == g.size() && f.size() % 2 == 0);
  return Kernels<K>().product(AsBase(f).data(), AsBase(g).data(), f.size() / 2);
}
template <class K>
QuadraticRound<K> ProductRound(std::span<const Goldilocks> f, std::span<const K> g) {
  PROVENN_CHECK(f.size() == g.size() && f.size() % 2 == 0);
  return Kernels<K>().product_base(f.data(), AsBase(g).data(), f.size() / 2);
}

template <class K>
void FractionParents(std::span<const K> num, std::span<const K> den, std::span<K> out_num, std::span<K> out_den) {
  const size_t m = out_num.size();
  PROVENN_CHECK(out_den.size() == m && num.size() == 2 * m && den.size() == 2 * m);
  Kernels<K>().parents(AsBase(num).data(), AsBase(den).data(), AsBase(out_num).data(), AsBase(out_den).data(), m);
}

template <class K>
QuadraticRound<K> FractionRound(std::span<const K> n0, std::span<const K> n1, std::span<const K> d0,
                                std::span<const K> d1, std::span<const K> eq, K lambda) {
  const size_t m = eq.size();
  PROVENN_CHECK(n0.size() == 2 * m && n1.size() == 2 * m && d0.size() == 2 * m && d1.size() == 2 * m);
  const FractionArrays<K> arrays = {AsBase(n0).data(), AsBase(n1).data(), AsBase(d0).data(), AsBase(d1).data(),
                                    AsBase(eq).data()};
  return Kernels<K>().fraction(arrays, lambda, m);
}

#define PROVENN_INSTANTIATE(K)                                                                         \
  template QuadraticRound<K> ProductRound(std::span<const K>, std::span<const K>);                     \
  template QuadraticRound<K> ProductRound(std::span<const Goldilocks>, std::span<const K>);            \
  template void FractionParents(std::span<const K>, std::span<const K>, std::span<K>, std::span<K>);   \
  template QuadraticRound<K> FractionRound(std::span<const K>, std::span<const K>, std::span<const K>, \
                                           std::span<const K>, std::span<const K>, K);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
#endif  // HWY_ONCE
