// The kernels that compute sumcheck round polynomials, and layers of fractions.
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
    StoreItems<D, kWhole>(Add(Mul(n0, d1), Mul(n1, d0)), out_num, i, n);
    StoreItems<D, kWhole>(Mul(d0, d1), out_den, i, n);
  }
};

// The part of s that lambda multiplies and the part that it does not are summed apart, so that lambda costs two
// multiplications in all. With u = eq d0 and v = eq d1: cross = n0 v + n1 u, plain = d0 v.
template <int D>
struct FractionSums {
  LanesSum<D> cross, plain;

  HWY_INLINE FractionSums() {}
  HWY_INLINE void Add(const Lanes<D>& n0, const Lanes<D>& n1, const Lanes<D>& d0, const Lanes<D>& d1,
                      const Lanes<D>& eq) {
    const Lanes<D> v = Mul(eq, d1);
    cross.Add(n0, v);
    plain.Add(d0, v);
    cross.Add(n1, Mul(eq, d0));
  }
  HWY_INLINE Extension<D> Reduce(const Extension<D>& lambda) const { return lambda * cross.Reduce() + plain.Reduce(); }
};

// For lambda = 1: s = (n0 + d0) d1 + n1 d0.
template <int D>
struct UnitFractionSums {
  LanesSum<D> sum;

  HWY_INLINE UnitFractionSums() {}
  HWY_INLINE void Add(const Lanes<D>& n0, const Lanes<D>& n1, const Lanes<D>& d0, const Lanes<D>& d1,
                      const Lanes<D>& eq) {
    using HWY_NAMESPACE::Add;
    sum.Add(eq, Add(Mul(Add(n0, d0), d1), Mul(n1, d0)));
  }
  HWY_INLINE Extension<D> Reduce(const Extension<D>& /*one*/) const { return sum.Reduce(); }
};

template <int D, class Sums>
struct FractionStep {
  FractionArrays<Extension<D>> arrays;
  Sums at_zero, leading;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<D> n0, n1, d0, d1, n0_odd, n1_odd, d0_odd, d1_odd;
    LoadPairItems<D, kWhole>(arrays.n0, i, n, n0, n0_odd);
    LoadPairItems<D, kWhole>(arrays.n1, i, n, n1, n1_odd);
    LoadPairItems<D, kWhole>(arrays.d0, i, n, d0, d0_odd);
    LoadPairItems<D, kWhole>(arrays.d1, i, n, d1, d1_odd);
    const Lanes<D> eq = LoadItems<D, kWhole>(arrays.eq, i, n);
    at_zero.Add(n0, n1, d0, d1, eq);
    leading.Add(Sub(n0_odd, n0), Sub(n1_odd, n1), Sub(d0_odd, d0), Sub(d1_odd, d1), eq);
  }
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
template <class K, class Sums>
HWY_INLINE QuadraticRound<K> FractionWith(const FractionArrays<K>& arrays, const K& lambda, size_t n) {
  FractionStep<K::kDegree, Sums> step{arrays, {}, {}};
  ForEachVector(n, step);
  return {step.at_zero.Reduce(lambda), step.leading.Reduce(lambda)};
}
template <class K>
QuadraticRound<K> Fraction(const FractionArrays<K>& arrays, const K& lambda, size_t n) {
  if (lambda == K::One()) return FractionWith<K, UnitFractionSums<K::kDegree>>(arrays, lambda, n);
  return FractionWith<K, FractionSums<K::kDegree>>(arrays, lambda, n);
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
