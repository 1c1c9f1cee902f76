// The kernels that are linear in their arrays, and inner products.

#include "base/check.h"
#include "field/kernels.h"
#include "field/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "field/kernels_linear.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "field/extension_lanes-inl.h"
#include "hwy/highway.h"

#ifndef PROVENN_FIELD_KERNELS_LINEAR_ONCE
#define PROVENN_FIELD_KERNELS_LINEAR_ONCE
namespace provenn {
namespace {

// The kernels of one target for one K. Pointers to coefficients; n counts elements (of the output for fold).
template <class K>
struct LinearKernels {
  void (*fold)(const Goldilocks* in, const K& r, Goldilocks* out, size_t n);
  void (*fold_base)(const Goldilocks* in, const K& r, Goldilocks* out, size_t n);
  K (*inner)(const Goldilocks* a, const Goldilocks* b, size_t n);
  K (*inner_base)(const Goldilocks* a, const Goldilocks* b, size_t n);
  K (*inner_int)(const int32_t* a, const Goldilocks* b, size_t n);
  void (*axpy)(const K& a, const Goldilocks* x, Goldilocks* y, size_t n);
  void (*axpy_base)(const K& a, const Goldilocks* x, Goldilocks* y, size_t n);
  void (*axpy_int)(const K& a, const int32_t* x, Goldilocks* y, size_t n);
  void (*scale)(const K& a, Goldilocks* y, size_t n);
  void (*split_eq)(const K& z, Goldilocks* low, Goldilocks* high, size_t n);
};

struct BaseKernels {
  void (*axpy)(Goldilocks a, const Goldilocks* x, Goldilocks* y, size_t n);
  void (*add)(const Goldilocks* x, Goldilocks* y, size_t n);
};

}  // namespace
}  // namespace provenn
#endif

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {
namespace {

template <int D>
struct FoldStep {
  const Goldilocks* in;
  Goldilocks* out;
  Lanes<D> r;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<D> even, odd;
    LoadPairItemsUnordered<D, kWhole>(in, i, n, even, odd);
    StoreItemsUnordered<D, kWhole>(Add(even, Mul(r, Sub(odd, even))), out, i, n);
  }
};

template <int D>
struct FoldBaseStep {
  const Goldilocks* in;
  Goldilocks* out;
  Lanes<D> r;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<1> even, odd;
    LoadPairItems<1, kWhole>(in, i, n, even, odd);
    Lanes<D> folded = MulBase(r, Sub(odd.c[0], even.c[0]));
    folded.c[0] = Add(folded.c[0], even.c[0]);
    StoreItems<D, kWhole>(folded, out, i, n);
  }
};

template <int D>
struct InnerStep {
  const Goldilocks* a;
  const Goldilocks* b;
  LanesSum<D> sum;

  HWY_INLINE void Settle() { sum.Settle(); }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    sum.Add(LoadItemsUnordered<D, kWhole>(a, i, n), LoadItemsUnordered<D, kWhole>(b, i, n));
  }
};

template <int D>
struct InnerBaseStep {
  const Goldilocks* a;
  const Goldilocks* b;
  WideSum sums[D];

  HWY_INLINE void Settle() {
    for (WideSum& sum : sums) HWY_NAMESPACE::Settle(sum);
  }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    const Lanes<1> x = LoadItems<1, kWhole>(a, i, n);
    const Lanes<D> y = LoadItems<D, kWhole>(b, i, n);
    for (int k = 0; k < D; ++k) sums[k].Add(y.c[k], x.c[0]);
  }
};

template <int D>
struct InnerIntStep {
  const int32_t* a;
  const Goldilocks* b;
  SignedSum sums[D];

  HWY_INLINE void Settle() {
    for (SignedSum& sum : sums) HWY_NAMESPACE::Settle(sum);
  }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    const Signed32 x = LoadSignedItems<kWhole>(a, i, n);
    const Lanes<D> y = LoadItems<D, kWhole>(b, i, n);
    for (int k = 0; k < D; ++k) sums[k].Add(y.c[k], x);
  }
};

template <int D>
struct AxpyStep {
  const Goldilocks* x;
  Goldilocks* y;
  Lanes<D> a;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    StoreItemsUnordered<D, kWhole>(
        Add(LoadItemsUnordered<D, kWhole>(y, i, n), Mul(a, LoadItemsUnordered<D, kWhole>(x, i, n))), y, i, n);
  }
};

template <int D>
struct AxpyBaseStep {
  const Goldilocks* x;
  Goldilocks* y;
  Lanes<D> a;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    const Lanes<1> factor = LoadItems<1, kWhole>(x, i, n);
    StoreItems<D, kWhole>(Add(LoadItems<D, kWhole>(y, i, n), MulBase(a, factor.c[0])), y, i, n);
  }
};

template <int D>
struct AxpyIntStep {
  const int32_t* x;
  Goldilocks* y;
  Lanes<D> a;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    const Signed32 factor = LoadSignedItems<kWhole>(x, i, n);
    Lanes<D> sum = LoadItems<D, kWhole>(y, i, n);
    for (int k = 0; k < D; ++k) sum.c[k] = Add(sum.c[k], MulSigned(a.c[k], factor));
    StoreItems<D, kWhole>(sum, y, i, n);
  }
};

template <int D>
struct ScaleStep {
  Goldilocks* y;
  Lanes<D> a;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    StoreItemsUnordered<D, kWhole>(Mul(a, LoadItemsUnordered<D, kWhole>(y, i, n)), y, i, n);
  }
};

template <int D>
struct SplitEqStep {
  Goldilocks* low;
  Goldilocks* high;
  Lanes<D> z;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    const Lanes<D> whole = LoadItemsUnordered<D, kWhole>(low, i, n);
    const Lanes<D> one_side = Mul(z, whole);
    StoreItemsUnordered<D, kWhole>(one_side, high, i, n);
    StoreItemsUnordered<D, kWhole>(Sub(whole, one_side), low, i, n);
  }
};

struct AddStep {
  const Goldilocks* x;
  Goldilocks* y;

  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    StoreItems<1, kWhole>(Add(LoadItems<1, kWhole>(y, i, n), LoadItems<1, kWhole>(x, i, n)), y, i, n);
  }
};

template <class K>
void Fold(const Goldilocks* in, const K& r, Goldilocks* out, size_t n) {
  FoldStep<K::kDegree> step{in, out, SetLanes(r)};
  ForEachVector(n, step);
}
template <class K>
void FoldBase(const Goldilocks* in, const K& r, Goldilocks* out, size_t n) {
  FoldBaseStep<K::kDegree> step{in, out, SetLanes(r)};
  ForEachVector(n, step);
}
template <class K>
K Inner(const Goldilocks* a, const Goldilocks* b, size_t n) {
  InnerStep<K::kDegree> step{a, b, {}};
  ForEachVector(n, step);
  return step.sum.Reduce();
}
template <class K, class Step, class X>
HWY_INLINE K InnerByCoefficient(const X* a, const Goldilocks* b, size_t n) {
  Step step{a, b, {}};
  ForEachVector(n, step);
  K result;
  for (int k = 0; k < K::kDegree; ++k) result[k] = SumOfLanes(step.sums[k].Reduce());
  return result;
}
template <class K>
K InnerBase(const Goldilocks* a, const Goldilocks* b, size_t n) {
  return InnerByCoefficient<K, InnerBaseStep<K::kDegree>>(a, b, n);
}
template <class K>
K InnerInt(const int32_t* a, const Goldilocks* b, size_t n) {
  return InnerByCoefficient<K, InnerIntStep<K::kDegree>>(a, b, n);
}
template <class K>
void AxpyExtension(const K& a, const Goldilocks* x, Goldilocks* y, size_t n) {
  AxpyStep<K::kDegree> step{x, y, SetLanes(a)};
  ForEachVector(n, step);
}
template <class K>
void AxpyBase(const K& a, const Goldilocks* x, Goldilocks* y, size_t n) {
  AxpyBaseStep<K::kDegree> step{x, y, SetLanes(a)};
  ForEachVector(n, step);
}
template <class K>
void AxpyInt(const K& a, const int32_t* x, Goldilocks* y, size_t n) {
  AxpyIntStep<K::kDegree> step{x, y, SetLanes(a)};
  ForEachVector(n, step);
}
template <class K>
void ScaleExtension(const K& a, Goldilocks* y, size_t n) {
  ScaleStep<K::kDegree> step{y, SetLanes(a)};
  ForEachVector(n, step);
}
template <class K>
void SplitEqExtension(const K& z, Goldilocks* low, Goldilocks* high, size_t n) {
  SplitEqStep<K::kDegree> step{low, high, SetLanes(z)};
  ForEachVector(n, step);
}
void AxpyInBase(Goldilocks a, const Goldilocks* x, Goldilocks* y, size_t n) {
  AxpyBaseStep<1> step{x, y, {{Set(a)}}};
  ForEachVector(n, step);
}
void AddInBase(const Goldilocks* x, Goldilocks* y, size_t n) {
  AddStep step{x, y};
  ForEachVector(n, step);
}

template <class K>
inline constexpr LinearKernels<K> kLinear = {Fold<K>,           FoldBase<K>,        Inner<K>,    InnerBase<K>,
                                             InnerInt<K>,       AxpyExtension<K>,   AxpyBase<K>, AxpyInt<K>,
                                             ScaleExtension<K>, SplitEqExtension<K>};

const LinearKernels<Ext2>* Linear2() { return &kLinear<Ext2>; }
const LinearKernels<Ext3>* Linear3() { return &kLinear<Ext3>; }
const BaseKernels* Base() {
  static constexpr BaseKernels kBase = {AxpyInBase, AddInBase};
  return &kBase;
}
const char* Target() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace provenn {
namespace {

HWY_EXPORT(Linear2);
HWY_EXPORT(Linear3);
HWY_EXPORT(Base);
HWY_EXPORT(Target);

template <class K>
const LinearKernels<K>& Kernels() {
  PrepareDispatch();
  if constexpr (K::kDegree == 2) {
    return *HWY_DYNAMIC_DISPATCH(Linear2)();
  } else {
    return *HWY_DYNAMIC_DISPATCH(Linear3)();
  }
}

}  // namespace

const char* KernelTarget() {
  PrepareDispatch();
  return HWY_DYNAMIC_DISPATCH(Target)();
}

template <class K>
void FoldPairs(std::span<const K> in, K r, std::span<K> out) {
  PROVENN_CHECK(in.size() == 2 * out.size());
  Kernels<K>().fold(AsBase(in).data(), r, AsBase(out).data(), out.size());
}
template <class K>
void FoldPairs(std::span<const Goldilocks> in, K r, std::span<K> out) {
  PROVENN_CHECK(in.size() == 2 * out.size());
  Kernels<K>().fold_base(in.data(), r, AsBase(out).data(), out.size());
}

template <class K>
K InnerProduct(std::span<const K> a, std::span<const K> b) {
  PROVENN_CHECK(a.size() == b.size());
  return Kernels<K>().inner(AsBase(a).data(), AsBase(b).data(), a.size());
}
template <class K>
K InnerProduct(std::span<const Goldilocks> a, std::span<const K> b) {
  PROVENN_CHECK(a.size() == b.size());
  return Kernels<K>().inner_base(a.data(), AsBase(b).data(), a.size());
}
template <class K>
K InnerProduct(std::span<const int32_t> a, std::span<const K> b) {
  PROVENN_CHECK(a.size() == b.size());
  return Kernels<K>().inner_int(a.data(), AsBase(b).data(), a.size());
}

template <class K>
void Axpy(K a, std::span<const K> x, std::span<K> y) {
  PROVENN_CHECK(x.size() == y.size());
  Kernels<K>().axpy(a, AsBase(x).data(), AsBase(y).data(), x.size());
}
template <class K>
void Axpy(K a, std::span<const Goldilocks> x, std::span<K> y) {
  PROVENN_CHECK(x.size() == y.size());
  Kernels<K>().axpy_base(a, x.data(), AsBase(y).data(), x.size());
}
template <class K>
void Axpy(K a, std::span<const int32_t> x, std::span<K> y) {
  PROVENN_CHECK(x.size() == y.size());
  Kernels<K>().axpy_int(a, x.data(), AsBase(y).data(), x.size());
}
void Axpy(Goldilocks a, std::span<const Goldilocks> x, std::span<Goldilocks> y) {
  PROVENN_CHECK(x.size() == y.size());
  PrepareDispatch();
  HWY_DYNAMIC_DISPATCH(Base)()->axpy(a, x.data(), y.data(), x.size());
}

template <class K>
void Scale(K a, std::span<K> y) {
  Kernels<K>().scale(a, AsBase(y).data(), y.size());
}

template <class K>
void SplitEq(K z, std::span<K> low, std::span<K> high) {
  PROVENN_CHECK(low.size() == high.size());
  Kernels<K>().split_eq(z, AsBase(low).data(), AsBase(high).data(), low.size());
}

template <class K>
void AddTo(std::span<const K> x, std::span<K> y) {
  PROVENN_CHECK(x.size() == y.size());
  PrepareDispatch();
  HWY_DYNAMIC_DISPATCH(Base)()->add(AsBase(x).data(), AsBase(y).data(), AsBase(x).size());
}

#define PROVENN_INSTANTIATE(K)                                              \
  template void FoldPairs(std::span<const K>, K, std::span<K>);             \
  template void FoldPairs(std::span<const Goldilocks>, K, std::span<K>);    \
  template K InnerProduct(std::span<const K>, std::span<const K>);          \
  template K InnerProduct(std::span<const Goldilocks>, std::span<const K>); \
  template K InnerProduct(std::span<const int32_t>, std::span<const K>);    \
  template void Axpy(K, std::span<const K>, std::span<K>);                  \
  template void Axpy(K, std::span<const Goldilocks>, std::span<K>);         \
  template void Axpy(K, std::span<const int32_t>, std::span<K>);            \
  template void Scale(K, std::span<K>);                                     \
  template void SplitEq(K, std::span<K>, std::span<K>);                     \
  template void AddTo(std::span<const K>, std::span<K>);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
#endif  // HWY_ONCE
