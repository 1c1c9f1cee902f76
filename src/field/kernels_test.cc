// Every kernel against the loop in its comment, on every target, for lengths around the vector sizes.
#include "field/kernels.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "field/each_target.h"
#include "field/test_values.h"

namespace provenn {
namespace {

constexpr size_t kLengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 33, 64, 100, 1000};

template <class K>
class Kernels : public ::testing::Test {
 protected:
  // Not the edge constants first but a mixture throughout, so that short arrays have edge coefficients in every place.
  template <class T>
  std::vector<T> Array(size_t n) {
    std::vector<T> v(n);
    for (T& x : v) {
      if constexpr (std::is_same_v<T, int32_t>) {
        constexpr int32_t kEdges[] = {0, 1, -1, std::numeric_limits<int32_t>::min(),
                                      std::numeric_limits<int32_t>::max()};
        x = (random_() & 1) != 0 ? static_cast<int32_t>(random_()) : kEdges[random_() % 5];
      } else {
        x = MixedElement<T>(random_);
      }
    }
    return v;
  }
  // Calls body(n) for each target and length.
  template <class Body>
  void ForEachLength(const Body& body) {
    ForEachTarget([&] {
      for (const size_t n : kLengths) {
        SCOPED_TRACE(n);
        body(n);
      }
    });
  }

 private:
  std::mt19937_64 random_{5};
};
using Degrees = ::testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(Kernels, Degrees);

template <class K>
K Lift(const K& v) {
  return v;
}
template <class K>
K Lift(Goldilocks v) {
  return K(v);
}
template <class K>
K Lift(int32_t v) {
  return K(Goldilocks::FromSigned(v));
}

TYPED_TEST(Kernels, FoldPairs) {
  using K = TypeParam;
  this->ForEachLength([&](size_t n) {
    const auto in = this->template Array<K>(2 * n);
    const auto base = this->template Array<Goldilocks>(2 * n);
    const K r = this->template Array<K>(1)[0];
    std::vector<K> expected(n), expected_base(n), out(n);
    for (size_t i = 0; i < n; ++i) {
      expected[i] = in[2 * i] + r * (in[2 * i + 1] - in[2 * i]);
      expected_base[i] = K(base[2 * i]) + r * (base[2 * i + 1] - base[2 * i]);
    }
    FoldPairs(In(in), r, Out(out));
    EXPECT_EQ(out, expected);
    FoldPairs(In(base), r, Out(out));
    EXPECT_EQ(out, expected_base);

    std::vector<K> in_place = in;
    FoldPairs(In(in_place), r, Out(in_place).first(n));
    in_place.resize(n);
    EXPECT_EQ(in_place, expected) << "in place";
  });
}

template <class X, class K>
void ExpectInnerProduct(const std::vector<X>& a, const std::vector<K>& b) {
  K expected;
  for (size_t i = 0; i < a.size(); ++i) expected += Lift<K>(a[i]) * b[i];
  EXPECT_EQ(InnerProduct(In(a), In(b)), expected);
}

TYPED_TEST(Kernels, InnerProduct) {
  using K = TypeParam;
  this->ForEachLength([&](size_t n) {
    const auto b = this->template Array<K>(n);
    ExpectInnerProduct(this->template Array<K>(n), b);
    ExpectInnerProduct(this->template Array<Goldilocks>(n), b);
    ExpectInnerProduct(this->template Array<int32_t>(n), b);
  });
}

template <class X, class K>
void ExpectAxpy(const K& a, const std::vector<X>& x, const std::vector<K>& y) {
  std::vector<K> expected = y, out = y;
  for (size_t i = 0; i < x.size(); ++i) expected[i] += a * Lift<K>(x[i]);
  Axpy(a, In(x), Out(out));
  EXPECT_EQ(out, expected);
}

TYPED_TEST(Kernels, Axpy) {
  using K = TypeParam;
  this->ForEachLength([&](size_t n) {
    const auto y = this->template Array<K>(n);
    const K a = this->template Array<K>(1)[0];
    ExpectAxpy(a, this->template Array<K>(n), y);
    ExpectAxpy(a, this->template Array<Goldilocks>(n), y);
    ExpectAxpy(a, this->template Array<int32_t>(n), y);
    const auto base = this->template Array<Goldilocks>(n);
    ExpectAxpy(a[0], this->template Array<Goldilocks>(n), base);
  });
}

TYPED_TEST(Kernels, SplitEq) {
  using K = TypeParam;
  this->ForEachLength([&](size_t n) {
    const auto table = this->template Array<K>(n);
    const K z = this->template Array<K>(1)[0];
    std::vector<K> low = table, high(n), expected_low(n), expected_high(n);
    for (size_t i = 0; i < n; ++i) {
      expected_high[i] = z * table[i];
      expected_low[i] = table[i] - expected_high[i];
    }
    SplitEq(z, Out(low), Out(high));
    EXPECT_EQ(low, expected_low);
    EXPECT_EQ(high, expected_high);
  });
}

TYPED_TEST(Kernels, ScaleAndAddTo) {
  using K = TypeParam;
  this->ForEachLength([&](size_t n) {
    const auto x = this->template Array<K>(n), y = this->template Array<K>(n);
    const K a = this->template Array<K>(1)[0];
    std::vector<K> scaled = y, sum = y, expected_scaled = y, expected_sum = y;
    for (size_t i = 0; i < n; ++i) {
      expected_scaled[i] *= a;
      expected_sum[i] += x[i];
    }
    Scale(a, Out(scaled));
    EXPECT_EQ(scaled, expected_scaled);
    AddTo(In(x), Out(sum));
    EXPECT_EQ(sum, expected_sum);
  });
}

template <class X, class K>
void ExpectProductRound(const std::vector<X>& f, const std::vector<K>& g) {
  QuadraticRound<K> expected;
  for (size_t i = 0; i < f.size(); i += 2) {
    expected.at_zero += Lift<K>(f[i]) * g[i];
    expected.leading += Lift<K>(f[i + 1] - f[i]) * (g[i + 1] - g[i]);
  }
  EXPECT_EQ(ProductRound(In(f), In(g)), expected);
}

TYPED_TEST(Kernels, ProductRound) {
  using K = TypeParam;
  this->ForEachLength([&](size_t n) {
    const auto g = this->template Array<K>(2 * n);
    ExpectProductRound(this->template Array<K>(2 * n), g);
    ExpectProductRound(this->template Array<Goldilocks>(2 * n), g);
  });
}

TYPED_TEST(Kernels, FractionParents) {
  using K = TypeParam;
  this->ForEachLength([&](size_t n) {
    const auto num = this->template Array<K>(2 * n), den = this->template Array<K>(2 * n);
    std::vector<K> expected_num(n), expected_den(n), out_num(n), out_den(n);
    for (size_t i = 0; i < n; ++i) {
      expected_num[i] = num[2 * i] * den[2 * i + 1] + num[2 * i + 1] * den[2 * i];
      expected_den[i] = den[2 * i] * den[2 * i + 1];
    }
    FractionParents(In(num), In(den), Out(out_num), Out(out_den));
    EXPECT_EQ(out_num, expected_num);
    EXPECT_EQ(out_den, expected_den);
  });
}

TYPED_TEST(Kernels, FractionRound) {
  using K = TypeParam;
  this->ForEachLength([&](size_t n) {
    const auto n0 = this->template Array<K>(2 * n), n1 = this->template Array<K>(2 * n);
    const auto d0 = this->template Array<K>(2 * n), d1 = this->template Array<K>(2 * n);
    const auto eq = this->template Array<K>(n);
    for (const K& lambda : {this->template Array<K>(1)[0], K::One(), K::Zero()}) {
      // The polynomial's values at 0, 1 and 2 determine its leading coefficient: (s(0) - 2 s(1) + s(2)) / 2.
      K s[3];
      for (uint64_t x = 0; x < 3; ++x) {
        for (size_t i = 0; i < n; ++i) {
          const auto at = [&](const std::vector<K>& v) { return v[2 * i] + (v[2 * i + 1] - v[2 * i]) * Goldilocks(x); };
          s[x] += eq[i] * (lambda * (at(n0) * at(d1) + at(n1) * at(d0)) + at(d0) * at(d1));
        }
      }
      const auto round = FractionRound(In(n0), In(n1), In(d0), In(d1), In(eq), lambda);
      EXPECT_EQ(round.at_zero, s[0]);
      EXPECT_EQ(round.leading * Goldilocks(2), s[0] - s[1] - s[1] + s[2]);
    }
  });
}

// Long sums of the largest words: partial sums must be carried on before they overflow.
TYPED_TEST(Kernels, LongSumsOfLargestValues) {
  using K = TypeParam;
  constexpr size_t kLength = 40000;
  ForEachTarget([&] {
    for (const uint64_t value : {Goldilocks::kModulus - 1, uint64_t{0xFFFFFFFEFFFFFFFFu}}) {
      K largest;
      for (int i = 0; i < K::kDegree; ++i) largest[i] = Goldilocks(value);
      const std::vector<K> all(kLength, largest);
      const std::vector<Goldilocks> base(kLength, Goldilocks(value));
      const Goldilocks length(kLength), half(kLength / 2);
      EXPECT_EQ(InnerProduct(In(all), In(all)), largest * largest * length);
      EXPECT_EQ(InnerProduct(In(base), In(all)), largest * Goldilocks(value) * length);
      for (const int32_t edge : {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
        const std::vector<int32_t> ints(kLength, edge);
        EXPECT_EQ(InnerProduct(In(ints), In(all)), largest * Goldilocks::FromSigned(edge) * length);
      }

      // Even entries 0 and odd ones `largest` have the largest slope; the other way round, the largest value at 0.
      std::vector<K> rising = all, falling = all;
      std::vector<Goldilocks> base_rising = base;
      for (size_t i = 0; i < kLength; i += 2) {
        rising[i] = falling[i + 1] = K::Zero();
        base_rising[i] = Goldilocks::Zero();
      }
      const K square = largest * largest;
      EXPECT_EQ(ProductRound(In(rising), In(rising)).leading, square * half);
      EXPECT_EQ(ProductRound(In(falling), In(falling)).at_zero, square * half);
      EXPECT_EQ(ProductRound(In(base_rising), In(rising)).leading, largest * Goldilocks(value) * half);
      EXPECT_EQ(ProductRound(In(base), In(all)).at_zero, largest * Goldilocks(value) * half);
      const std::vector<K> eq(kLength / 2, largest);
      for (const K& lambda : {largest, K::One()}) {
        const K expected = largest * (lambda * (square + square) + square) * half;
        const auto up = FractionRound(In(rising), In(rising), In(rising), In(rising), In(eq), lambda);
        EXPECT_EQ(up.leading, expected);
        EXPECT_EQ(up.at_zero, K::Zero());
        const auto down = FractionRound(In(falling), In(falling), In(falling), In(falling), In(eq), lambda);
        EXPECT_EQ(down.at_zero, expected);
      }
    }
  });
}

}  // namespace
}  // namespace provenn
