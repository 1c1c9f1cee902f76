#include "field/kernels_sbox.h"

#include <algorithm>

#include "base/check.h"
#include "field/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "field/kernels_sbox.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "field/extension_lanes-inl.h"
#include "hwy/highway.h"

#ifndef PROVENN_FIELD_KERNELS_SBOX_ONCE
#define PROVENN_FIELD_KERNELS_SBOX_ONCE
namespace provenn {
namespace {

struct SboxPointers {
  const Goldilocks* in;
  const Goldilocks* cube;
  const Goldilocks* out;
};

// The kernels of one target for one K; n counts pairs.
template <class K>
struct SboxKernels {
  CubicRound<K> (*round)(const SboxPointers& t, const K& lambda, const Goldilocks* eq, size_t n);
  CubicRound<K> (*trace_round)(const SboxPointers& t, const K& lambda, const Goldilocks* eq, size_t n);
};

}  // namespace
}  // namespace provenn
#endif

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {
namespace {

// With x = a + bX and z = c + dX the summand less its linear part z + lambda y is -(x^2 + lambda z^2) x.
template <int D>
struct SboxStep {
  SboxPointers t;
  const Goldilocks* eq;
  Lanes<D> lambda;
  LanesSum<D> at_zero, square, cube;  // the latter two of the negative

  HWY_INLINE void Settle() {
    at_zero.Settle();
    square.Settle();
    cube.Settle();
  }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<D> a, b, c, d, y, y_at_one;
    LoadPairItemsUnordered<D, kWhole>(t.in, i, n, a, b);
    LoadPairItemsUnordered<D, kWhole>(t.cube, i, n, c, d);
    LoadPairItemsUnordered<D, kWhole>(t.out, i, n, y, y_at_one);
    const Lanes<D> e = LoadItemsUnordered<D, kWhole>(eq, i, n);
    b = Sub(b, a);
    d = Sub(d, c);
    const Lanes<D> scaled_d = Mul(lambda, d);
    // x^2 + lambda z^2 at zero, half of its coefficient of X, and that of X^2.
    const Lanes<D> q0 = MulAdd(a, a, Mul(lambda, c), c);
    const Lanes<D> q1 = MulAdd(a, b, scaled_d, c);
    const Lanes<D> q2 = MulAdd(b, b, scaled_d, d);
    at_zero.Add(e, Sub(Add(c, Mul(lambda, y)), Mul(q0, a)));
    square.Add(e, MulAdd(q2, a, Add(q1, q1), b));
    cube.Add(e, Mul(q2, b));
  }
};

// As above, with elements of F, and lambda kept out of the sums.
template <int D>
struct SboxTraceStep {
  SboxPointers t;
  const Goldilocks* eq;
  WideSum square[2][D], cube[2][D];  // of x^3, of z^2 x

  HWY_INLINE void Settle() {
    for (int s = 0; s < 2; ++s) {
      for (WideSum& sum : square[s]) HWY_NAMESPACE::Settle(sum);
      for (WideSum& sum : cube[s]) HWY_NAMESPACE::Settle(sum);
    }
  }
  template <bool kWhole>
  HWY_INLINE void Step(size_t i, size_t n) {
    Lanes<1> in0, in1, cube0, cube1;
    LoadPairItems<1, kWhole>(t.in, i, n, in0, in1);
    LoadPairItems<1, kWhole>(t.cube, i, n, cube0, cube1);
    const Lanes<D> e = LoadItems<D, kWhole>(eq, i, n);
    const Vec a = in0.c[0], b = Sub(in1.c[0], a), c = cube0.c[0], d = Sub(cube1.c[0], c);
    const Vec b2 = Mul(b, b), d2 = Mul(d, d), ab2 = Mul(a, b2), bcd = Mul(Mul(c, d), b);
    const Vec squares[2] = {Add(Add(ab2, ab2), ab2), Add(Mul(a, d2), Add(bcd, bcd))};
    const Vec cubes[2] = {Mul(b, b2), Mul(b, d2)};
    for (int s = 0; s < 2; ++s) {
      for (int k = 0; k < D; ++k) {
        square[s][k].Add(e.c[k], squares[s]);
        cube[s][k].Add(e.c[k], cubes[s]);
      }
    }
  }
};

template <class K>
CubicRound<K> Round(const SboxPointers& t, const K& lambda, const Goldilocks* eq, size_t n) {
  SboxStep<K::kDegree> step{t, eq, SetLanes(lambda), {}, {}, {}};
  ForEachVector(n, step);
  return {step.at_zero.Reduce(), -step.square.Reduce(), -step.cube.Reduce()};
}

template <class K>
HWY_INLINE K Reduced(const WideSum (&sums)[K::kDegree]) {
  K result;
  for (int k = 0; k < K::kDegree; ++k) result[k] = SumOfLanes(sums[k].Reduce());
  return result;
}
template <class K>
CubicRound<K> TraceRound(const SboxPointers& t, const K& lambda, const Goldilocks* eq, size_t n) {
  SboxTraceStep<K::kDegree> step{t, eq, {}, {}};
  ForEachVector(n, step);
  return {K::Zero(), -(Reduced<K>(step.square[0]) + lambda * Reduced<K>(step.square[1])),
          -(Reduced<K>(step.cube[0]) + lambda * Reduced<K>(step.cube[1]))};
}

template <class K>
inline constexpr SboxKernels<K> kSbox = {Round<K>, TraceRound<K>};

const SboxKernels<Ext2>* Sbox2() { return &kSbox<Ext2>; }
const SboxKernels<Ext3>* Sbox3() { return &kSbox<Ext3>; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace provenn {
namespace {

HWY_EXPORT(Sbox2);
HWY_EXPORT(Sbox3);

template <class K>
const SboxKernels<K>& Kernels() {
  PrepareDispatch();
  if constexpr (K::kDegree == 2) {
    return *HWY_DYNAMIC_DISPATCH(Sbox2)();
  } else {
    return *HWY_DYNAMIC_DISPATCH(Sbox3)();
  }
}

template <class T>
void CheckLengths(const SboxArrays<T>& t, size_t pairs) {
  PROVENN_CHECK(t.in.size() == 2 * pairs && t.cube.size() == 2 * pairs && t.out.size() == 2 * pairs);
}

}  // namespace

template <class K>
CubicRound<K> SboxRound(const SboxArrays<const K>& t, K lambda, std::span<const K> eq) {
  CheckLengths(t, eq.size());
  const SboxPointers pointers{AsBase(t.in).data(), AsBase(t.cube).data(), AsBase(t.out).data()};
  return Kernels<K>().round(pointers, lambda, AsBase(eq).data(), eq.size());
}
template <class K>
CubicRound<K> SboxTraceRound(const SboxArrays<const Goldilocks>& t, K lambda, std::span<const K> eq) {
  CheckLengths(t, eq.size());
  const SboxPointers pointers{t.in.data(), t.cube.data(), t.out.data()};
  return Kernels<K>().trace_round(pointers, lambda, AsBase(eq).data(), eq.size());
}

#define PROVENN_INSTANTIATE(K)                                                         \
  template CubicRound<K> SboxRound(const SboxArrays<const K>&, K, std::span<const K>); \
  template CubicRound<K> SboxTraceRound(const SboxArrays<const Goldilocks>&, K, std::span<const K>);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
#endif  // HWY_ONCE
