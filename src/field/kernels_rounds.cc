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

// Fractions n0/d0 and n1/d1, by parent.
struct FractionArrays {
  const Goldilocks* n0;
  const Goldilocks* n1;
  const Goldilocks* d0;
  const Goldilocks* d1;
};
// Where their sums go: those of even entries and of odd ones.
struct ParentArrays {
  Goldilocks* even_num;
  Goldilocks* odd_num;
  Goldilocks* even_den;
  Goldilocks* odd_den;
};

// The kernels of one target for one K. Pointers to coefficients; n counts pairs.
template <class K>
struct RoundKernels {
  QuadraticRound<K> (*product)(const Goldilocks* f, const Goldilocks* g, size_t n);
  QuadraticRound<K> (*product_base)(const Goldilocks* f, const Goldilocks* g, size_t n);
  QuadraticRound<K> (*eq_product)(const Goldilocks* f, const Goldilocks* g, const Goldilocks* eq, size_t n);
  QuadraticRound<K> (*cross)(const FractionArrays& in, const Goldilocks* eq, size_t n);
  K (*cross_leading)(const FractionArrays& in, const K& shift, const Goldilocks* eq, size_t n);
  void (*parents)(const FractionArrays& in, const ParentArrays& out, size_t n);
  void (*unit_parents)(const FractionArrays& in, const ParentArrays& out, size_t n);
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
    LoadPairItemsUnordered<D, kWhole>(f, i, n, f0, f1);
    LoadPairItemsUnordered<D, kWhole>(g, i, n, g0, g1);
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
struct EqProductStep {
  const Goldilocks* f;
  const Goldilocks* g;
  const Goldilocks* eq;
  LanesSum<D> at_zero, leading;

  HWY_INLINE void Settle() {
    at_zero.Settle();
    leading.Settle();
  }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<D> f0, f1, g0, g1;
    LoadPairItemsUnordered<D, kWhole>(f, i, n, f0, f1);
    LoadPairItemsUnordered<D, kWhole>(g, i, n, g0, g1);
    const Lanes<D> e = LoadItemsUnordered<D, kWhole>(eq, i, n);
    at_zero.Add(e, Mul(f0, g0));
    leading.Add(e, Mul(Sub(f1, f0), Sub(g1, g0)));
  }
};

template <int D>
struct CrossStep {
  FractionArrays in;
  const Goldilocks* eq;
  LanesSum<D> at_zero, leading;

  HWY_INLINE void Settle() {
    at_zero.Settle();
    leading.Settle();
  }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<D> n00, n01, n10, n11, d00, d01, d10, d11;
    LoadPairItemsUnordered<D, kWhole>(in.n0, i, n, n00, n01);
    LoadPairItemsUnordered<D, kWhole>(in.d1, i, n, d10, d11);
    LoadPairItemsUnordered<D, kWhole>(in.n1, i, n, n10, n11);
    LoadPairItemsUnordered<D, kWhole>(in.d0, i, n, d00, d01);
    const Lanes<D> e = LoadItemsUnordered<D, kWhole>(eq, i, n);
    at_zero.Add(e, MulAdd(n00, d10, n10, d00));
    leading.Add(e, MulAdd(Sub(n01, n00), Sub(d11, d10), Sub(n11, n10), Sub(d01, d00)));
  }
};

template <int D>
struct CrossLeadingStep {
  FractionArrays in;
  Lanes<D> shift;
  const Goldilocks* eq;
  LanesSum<D> sum;

  HWY_INLINE void Settle() { sum.Settle(); }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    const Lanes<D> d0 = Slope<kWhole>(in.d0, i, n);
    const Lanes<D> n0 = Add(Slope<kWhole>(in.n0, i, n), Mul(shift, d0));
    sum.Add(LoadItemsUnordered<D, kWhole>(eq, i, n),
            MulAdd(n0, Slope<kWhole>(in.d1, i, n), Slope<kWhole>(in.n1, i, n), d0));
  }
  template <bool kWhole>
  HWY_INLINE static Lanes<D> Slope(const Goldilocks* p, size_t i, size_t n) {
    Lanes<D> even, odd;
    LoadPairItemsUnordered<D, kWhole>(p, i, n, even, odd);
    return Sub(odd, even);
  }
};

// kUnit: n0 = n1 = 1.
template <int D, bool kUnit>
struct ParentsStep {
  FractionArrays in;
  ParentArrays out;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<D> d00, d01, d10, d11;
    LoadPairItemsUnordered<D, kWhole>(in.d0, i, n, d00, d01);
    LoadPairItemsUnordered<D, kWhole>(in.d1, i, n, d10, d11);
    if constexpr (kUnit) {
      StoreItemsUnordered<D, kWhole>(Add(d00, d10), out.even_num, i, n);
      StoreItemsUnordered<D, kWhole>(Add(d01, d11), out.odd_num, i, n);
    } else {
      Lanes<D> n00, n01, n10, n11;
      LoadPairItemsUnordered<D, kWhole>(in.n0, i, n, n00, n01);
      LoadPairItemsUnordered<D, kWhole>(in.n1, i, n, n10, n11);
      StoreItemsUnordered<D, kWhole>(MulAdd(n00, d10, n10, d00), out.even_num, i, n);
      StoreItemsUnordered<D, kWhole>(MulAdd(n01, d11, n11, d01), out.odd_num, i, n);
    }
    StoreItemsUnordered<D, kWhole>(Mul(d00, d10), out.even_den, i, n);
    StoreItemsUnordered<D, kWhole>(Mul(d01, d11), out.odd_den, i, n);
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
QuadraticRound<K> EqProduct(const Goldilocks* f, const Goldilocks* g, const Goldilocks* eq, size_t n) {
  EqProductStep<K::kDegree> step{f, g, eq, {}, {}};
  ForEachVector(n, step);
  return {step.at_zero.Reduce(), step.leading.Reduce()};
}
template <class K>
QuadraticRound<K> Cross(const FractionArrays& in, const Goldilocks* eq, size_t n) {
  CrossStep<K::kDegree> step{in, eq, {}, {}};
  ForEachVector(n, step);
  return {step.at_zero.Reduce(), step.leading.Reduce()};
}
template <class K>
K CrossLeadingSum(const FractionArrays& in, const K& shift, const Goldilocks* eq, size_t n) {
  CrossLeadingStep<K::kDegree> step{in, SetLanes(shift), eq, {}};
  ForEachVector(n, step);
  return step.sum.Reduce();
}
template <class K, bool kUnit>
void Parents(const FractionArrays& in, const ParentArrays& out, size_t n) {
  ParentsStep<K::kDegree, kUnit> step{in, out};
  ForEachVector(n, step);
}

template <class K>
inline constexpr RoundKernels<K> kRounds = {Product<K>,         ProductBase<K>,    EqProduct<K>,    Cross<K>,
                                            CrossLeadingSum<K>, Parents<K, false>, Parents<K, true>};

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
  PrepareDispatch();
  if constexpr (K::kDegree == 2) {
    return *HWY_DYNAMIC_DISPATCH(Rounds2)();
  } else {
    return *HWY_DYNAMIC_DISPATCH(Rounds3)();
  }
}

template <class K>
FractionArrays Pointers(const Fractions<const K>& in) {
  return {AsBase(in.n0).data(), AsBase(in.n1).data(), AsBase(in.d0).data(), AsBase(in.d1).data()};
}
template <class K>
ParentArrays Checked(const Fractions<const K>& in, const Fractions<K>& out) {
  const size_t m = out.n0.size();
  PROVENN_CHECK(in.d0.size() == 2 * m && in.d1.size() == 2 * m);
  PROVENN_CHECK(out.n1.size() == m && out.d0.size() == m && out.d1.size() == m);
  return {AsBase(out.n0).data(), AsBase(out.n1).data(), AsBase(out.d0).data(), AsBase(out.d1).data()};
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
QuadraticRound<K> EqProductRound(std::span<const K> f, std::span<const K> g, std::span<const K> eq) {
  PROVENN_CHECK(f.size() == 2 * eq.size() && g.size() == 2 * eq.size());
  return Kernels<K>().eq_product(AsBase(f).data(), AsBase(g).data(), AsBase(eq).data(), eq.size());
}

template <class K>
QuadraticRound<K> CrossRound(const Fractions<const K>& in, std::span<const K> eq) {
  const size_t m = 2 * eq.size();
  PROVENN_CHECK(in.n0.size() == m && in.n1.size() == m && in.d0.size() == m && in.d1.size() == m);
  return Kernels<K>().cross(Pointers(in), AsBase(eq).data(), eq.size());
}

template <class K>
K CrossLeading(const Fractions<const K>& in, K shift, std::span<const K> eq) {
  const size_t m = 2 * eq.size();
  PROVENN_CHECK(in.n0.size() == m && in.n1.size() == m && in.d0.size() == m && in.d1.size() == m);
  return Kernels<K>().cross_leading(Pointers(in), shift, AsBase(eq).data(), eq.size());
}

template <class K>
void FractionParents(const Fractions<const K>& in, const Fractions<K>& out) {
  const size_t m = out.n0.size();
  PROVENN_CHECK(in.n0.size() == 2 * m && in.n1.size() == 2 * m);
  Kernels<K>().parents(Pointers(in), Checked(in, out), m);
}
template <class K>
void UnitFractionParents(std::span<const K> d0, std::span<const K> d1, const Fractions<K>& out) {
  const Fractions<const K> in{{}, {}, d0, d1};
  Kernels<K>().unit_parents(Pointers(in), Checked(in, out), out.n0.size());
}

#define PROVENN_INSTANTIATE(K)                                                                           \
  template QuadraticRound<K> ProductRound(std::span<const K>, std::span<const K>);                       \
  template QuadraticRound<K> ProductRound(std::span<const Goldilocks>, std::span<const K>);              \
  template QuadraticRound<K> EqProductRound(std::span<const K>, std::span<const K>, std::span<const K>); \
  template QuadraticRound<K> CrossRound(const Fractions<const K>&, std::span<const K>);                  \
  template K CrossLeading(const Fractions<const K>&, K, std::span<const K>);                             \
  template void FractionParents(const Fractions<const K>&, const Fractions<K>&);                         \
  template void UnitFractionParents(std::span<const K>, std::span<const K>, const Fractions<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
#endif  // HWY_ONCE
