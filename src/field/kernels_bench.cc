// Nanoseconds per element of the kernels, on one thread. Arrays stay in the second level cache.
#include "field/kernels.h"

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "field/test_values.h"

namespace provenn {
namespace {

constexpr size_t kLength = 4096;

template <class T>
std::vector<T> Random(size_t n) {
  std::mt19937_64 random(1);
  std::vector<T> v(n);
  for (T& x : v) {
    if constexpr (std::is_same_v<T, int32_t>) {
      x = static_cast<int32_t>(random());
    } else {
      x = MixedElement<T>(random);
    }
  }
  return v;
}

// Reports the time per item; `items` of them in each iteration.
template <class Body>
void Measure(benchmark::State& state, size_t items, const Body& body) {
  for (auto _ : state) body();
  state.SetLabel(KernelTarget());
  state.counters["per_item"] = benchmark::Counter(static_cast<double>(items) * static_cast<double>(state.iterations()),
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <class T>
void ScalarMultiply(benchmark::State& state) {
  auto v = Random<T>(8);
  Measure(state, 8, [&] {
    for (T& x : v) x *= x;
    benchmark::DoNotOptimize(v.data());
    benchmark::ClobberMemory();
  });
}
BENCHMARK(ScalarMultiply<Goldilocks>);
BENCHMARK(ScalarMultiply<Ext2>);
BENCHMARK(ScalarMultiply<Ext3>);

template <class K>
void ScaleArray(benchmark::State& state) {
  auto y = Random<K>(kLength);
  const K a = Random<K>(1)[0];
  Measure(state, kLength, [&] { Scale(a, Out(y)); });
}
BENCHMARK(ScaleArray<Ext2>);
BENCHMARK(ScaleArray<Ext3>);

template <class K>
void Fold(benchmark::State& state) {
  const auto in = Random<K>(2 * kLength);
  std::vector<K> out(kLength);
  const K r = in[1];
  Measure(state, kLength, [&] { FoldPairs(In(in), r, Out(out)); });
}
BENCHMARK(Fold<Ext2>);
BENCHMARK(Fold<Ext3>);

template <class K>
void FoldBase(benchmark::State& state) {
  const auto in = Random<Goldilocks>(2 * kLength);
  std::vector<K> out(kLength);
  const K r = Random<K>(1)[0];
  Measure(state, kLength, [&] { FoldPairs(In(in), r, Out(out)); });
}
BENCHMARK(FoldBase<Ext2>);
BENCHMARK(FoldBase<Ext3>);

template <class X, class K>
void Inner(benchmark::State& state) {
  const auto a = Random<X>(kLength);
  const auto b = Random<K>(kLength);
  Measure(state, kLength, [&] { benchmark::DoNotOptimize(InnerProduct(In(a), In(b))); });
}
BENCHMARK(Inner<Ext2, Ext2>);
BENCHMARK(Inner<Ext3, Ext3>);
BENCHMARK(Inner<Goldilocks, Ext2>);
BENCHMARK(Inner<Goldilocks, Ext3>);
BENCHMARK(Inner<int32_t, Ext2>);
BENCHMARK(Inner<int32_t, Ext3>);

template <class A, class X>
void AxpyArray(benchmark::State& state) {
  const A a = Random<A>(1)[0];
  const auto x = Random<X>(kLength);
  auto y = Random<A>(kLength);
  Measure(state, kLength, [&] { Axpy(a, In(x), Out(y)); });
}
BENCHMARK(AxpyArray<Goldilocks, Goldilocks>);
BENCHMARK(AxpyArray<Ext2, Goldilocks>);
BENCHMARK(AxpyArray<Ext3, Goldilocks>);
BENCHMARK(AxpyArray<Ext2, int32_t>);
BENCHMARK(AxpyArray<Ext3, int32_t>);
BENCHMARK(AxpyArray<Ext2, Ext2>);
BENCHMARK(AxpyArray<Ext3, Ext3>);

template <class X, class K>
void Product(benchmark::State& state) {
  const auto f = Random<X>(2 * kLength);
  const auto g = Random<K>(2 * kLength);
  Measure(state, kLength, [&] { benchmark::DoNotOptimize(ProductRound(In(f), In(g))); });
}
BENCHMARK(Product<Ext2, Ext2>);
BENCHMARK(Product<Ext3, Ext3>);
BENCHMARK(Product<Goldilocks, Ext2>);
BENCHMARK(Product<Goldilocks, Ext3>);

template <class K, bool kUnit>
void Parents(benchmark::State& state) {
  std::vector<K> in[4], out[4];
  for (auto& v : in) v = Random<K>(2 * kLength);
  for (auto& v : out) v.resize(kLength);
  const Fractions<const K> ins{In(in[0]), In(in[1]), In(in[2]), In(in[3])};
  const Fractions<K> outs{Out(out[0]), Out(out[1]), Out(out[2]), Out(out[3])};
  Measure(state, 2 * kLength, [&] {
    if (kUnit) {
      UnitFractionParents(ins.d0, ins.d1, outs);
    } else {
      FractionParents(ins, outs);
    }
  });
}
BENCHMARK(Parents<Ext2, false>);
BENCHMARK(Parents<Ext2, true>);
BENCHMARK(Parents<Ext3, false>);
BENCHMARK(Parents<Ext3, true>);

template <class K>
void EqProduct(benchmark::State& state) {
  const auto f = Random<K>(2 * kLength), g = Random<K>(2 * kLength), eq = Random<K>(kLength);
  Measure(state, kLength, [&] { benchmark::DoNotOptimize(EqProductRound(In(f), In(g), In(eq))); });
}
BENCHMARK(EqProduct<Ext2>);
BENCHMARK(EqProduct<Ext3>);

template <class K>
void Cross(benchmark::State& state) {
  const auto v = Random<K>(8 * kLength), eq = Random<K>(kLength);
  const auto part = [&](size_t i) { return In(v).subspan(2 * i * kLength, 2 * kLength); };
  const Fractions<const K> in{part(0), part(1), part(2), part(3)};
  Measure(state, kLength, [&] { benchmark::DoNotOptimize(CrossRound(in, In(eq))); });
}
BENCHMARK(Cross<Ext2>);
BENCHMARK(Cross<Ext3>);

template <class K>
void CrossLeadingOnly(benchmark::State& state) {
  const auto v = Random<K>(8 * kLength), eq = Random<K>(kLength);
  const auto part = [&](size_t i) { return In(v).subspan(2 * i * kLength, 2 * kLength); };
  const Fractions<const K> in{part(0), part(1), part(2), part(3)};
  Measure(state, kLength, [&] { benchmark::DoNotOptimize(CrossLeading(in, eq[0], In(eq))); });
}
BENCHMARK(CrossLeadingOnly<Ext2>);
BENCHMARK(CrossLeadingOnly<Ext3>);

}  // namespace
}  // namespace provenn
