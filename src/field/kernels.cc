#include "field/kernels.h"

#include "base/check.h"

namespace provenn {

const char* KernelTarget() { return "SCALAR"; }

namespace {
template <class K, class X>
void Fold(std::span<const X> in, K r, std::span<K> out) {
  PROVENN_CHECK(in.size() == 2 * out.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = K(in[2 * i]) + r * (in[2 * i + 1] - in[2 * i]);
}
}  // namespace

template <class K>
void FoldPairs(std::span<const K> in, K r, std::span<K> out) {
  Fold<K, K>(in, r, out);
}
template <class K>
void FoldPairs(std::span<const Goldilocks> in, K r, std::span<K> out) {
  Fold<K, Goldilocks>(in, r, out);
}

template <class K>
K InnerProduct(std::span<const K> a, std::span<const K> b) {
  PROVENN_CHECK(a.size() == b.size());
  K sum;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}
template <class K>
K InnerProduct(std::span<const Goldilocks> a, std::span<const K> b) {
  PROVENN_CHECK(a.size() == b.size());
  K sum;
  for (size_t i = 0; i < a.size(); ++i) sum += b[i] * a[i];
  return sum;
}
template <class K>
K InnerProduct(std::span<const int32_t> a, std::span<const K> b) {
  PROVENN_CHECK(a.size() == b.size());
  K sum;
  for (size_t i = 0; i < a.size(); ++i) sum += b[i] * Goldilocks::FromSigned(a[i]);
  return sum;
}

template <class K>
void Axpy(K a, std::span<const K> x, std::span<K> y) {
  PROVENN_CHECK(x.size() == y.size());
  for (size_t i = 0; i < x.size(); ++i) y[i] += a * x[i];
}
template <class K>
void Axpy(K a, std::span<const Goldilocks> x, std::span<K> y) {
  PROVENN_CHECK(x.size() == y.size());
  for (size_t i = 0; i < x.size(); ++i) y[i] += a * x[i];
}
template <class K>
void Axpy(K a, std::span<const int32_t> x, std::span<K> y) {
  PROVENN_CHECK(x.size() == y.size());
  for (size_t i = 0; i < x.size(); ++i) y[i] += a * Goldilocks::FromSigned(x[i]);
}
void Axpy(Goldilocks a, std::span<const Goldilocks> x, std::span<Goldilocks> y) {
  PROVENN_CHECK(x.size() == y.size());
  for (size_t i = 0; i < x.size(); ++i) y[i] += a * x[i];
}

template <class K>
void Scale(K a, std::span<K> y) {
  for (K& v : y) v *= a;
}

template <class K>
void AddTo(std::span<const K> x, std::span<K> y) {
  PROVENN_CHECK(x.size() == y.size());
  for (size_t i = 0; i < x.size(); ++i) y[i] += x[i];
}

template <class K>
QuadraticRound<K> ProductRound(std::span<const K> f, std::span<const K> g) {
  PROVENN_CHECK(f.size() == g.size() && f.size() % 2 == 0);
  QuadraticRound<K> round;
  for (size_t i = 0; i < f.size(); i += 2) {
    round.at_zero += f[i] * g[i];
    round.leading += (f[i + 1] - f[i]) * (g[i + 1] - g[i]);
  }
  return round;
}
template <class K>
QuadraticRound<K> ProductRound(std::span<const Goldilocks> f, std::span<const K> g) {
  PROVENN_CHECK(f.size() == g.size() && f.size() % 2 == 0);
  QuadraticRound<K> round;
  for (size_t i = 0; i < f.size(); i += 2) {
    round.at_zero += g[i] * f[i];
    round.leading += (g[i + 1] - g[i]) * (f[i + 1] - f[i]);
  }
  return round;
}

template <class K>
void FractionParents(std::span<const K> num, std::span<const K> den, std::span<K> out_num, std::span<K> out_den) {
  const size_t m = out_num.size();
  PROVENN_CHECK(out_den.size() == m && num.size() == 2 * m && den.size() == 2 * m);
  for (size_t i = 0; i < m; ++i) {
    out_num[i] = num[2 * i] * den[2 * i + 1] + num[2 * i + 1] * den[2 * i];
    out_den[i] = den[2 * i] * den[2 * i + 1];
  }
}

template <class K>
QuadraticRound<K> FractionRound(std::span<const K> n0, std::span<const K> n1, std::span<const K> d0,
                                std::span<const K> d1, std::span<const K> eq, K lambda) {
  const size_t m = eq.size();
  PROVENN_CHECK(n0.size() == 2 * m && n1.size() == 2 * m && d0.size() == 2 * m && d1.size() == 2 * m);
  QuadraticRound<K> round;
  const auto s = [&](const K& a0, const K& a1, const K& b0, const K& b1) {
    return lambda * (a0 * b1 + a1 * b0) + b0 * b1;
  };
  for (size_t i = 0; i < m; ++i) {
    const size_t e = 2 * i, o = e + 1;
    round.at_zero += eq[i] * s(n0[e], n1[e], d0[e], d1[e]);
    round.leading += eq[i] * s(n0[o] - n0[e], n1[o] - n1[e], d0[o] - d0[e], d1[o] - d1[e]);
  }
  return round;
}

#define PROVENN_INSTANTIATE(K)                                                                                  \
  template void FoldPairs(std::span<const K>, K, std::span<K>);                                                 \
  template void FoldPairs(std::span<const Goldilocks>, K, std::span<K>);                                        \
  template K InnerProduct(std::span<const K>, std::span<const K>);                                              \
  template K InnerProduct(std::span<const Goldilocks>, std::span<const K>);                                     \
  template K InnerProduct(std::span<const int32_t>, std::span<const K>);                                        \
  template void Axpy(K, std::span<const K>, std::span<K>);                                                      \
  template void Axpy(K, std::span<const Goldilocks>, std::span<K>);                                             \
  template void Axpy(K, std::span<const int32_t>, std::span<K>);                                                \
  template void Scale(K, std::span<K>);                                                                         \
  template void AddTo(std::span<const K>, std::span<K>);                                                        \
  template QuadraticRound<K> ProductRound(std::span<const K>, std::span<const K>);                              \
  template QuadraticRound<K> ProductRound(std::span<const Goldilocks>, std::span<const K>);                     \
  template void FractionParents(std::span<const K>, std::span<const K>, std::span<K>, std::span<K>);            \
  template QuadraticRound<K> FractionRound(std::span<const K>, std::span<const K>, std::span<const K>,          \
                                           std::span<const K>, std::span<const K>, K);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
