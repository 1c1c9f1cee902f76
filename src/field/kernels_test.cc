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

template <class K>
Fractions<const K> Children(const std::vector<K> (&v)[4]) {
  return {In(v[0]), In(v[1]), In(v[2]), In(v[3])};
}

TYPED_TEST(Kernels, FractionParents) {
  using K = TypeParam;
  this->ForEachLength([&](size_t n) {
    std::vector<K> in[4], out[4], expected[4];
    for (auto& v : in) v = this->template Array<K>(2 * n);
    const auto expect = [&](const char* what) {
      for (auto& v : expected) v.assign(n, K());
      for (size_t i = 0; i < 2 * n; ++i) {
        expected[i % 2][i / 2] = in[0][i] * in[3][i] + in[1][i] * in[2][i];
        expected[2 + i % 2][i / 2] = in[2][i] * in[3][i];
      }
      for (size_t k = 0; k < 4; ++k) EXPECT_EQ(out[k], expected[k]) << what << " " << k;
    };
    for (auto& v : out) v.assign(n, K());
    const Fractions<K> outs{Out(out[0]), Out(out[1]), Out(out[2]), Out(out[3])};
    FractionParents<K>(Children(in), outs);
    expect("any numerators");
    for (auto& v : out) std::fill(v.begin(), v.end(), K());
    for (size_t k = 0; k < 2; ++k) in[k].assign(2 * n, K::One());
    UnitFractionParents<K>(In(in[2]), In(in[3]), outs);
    expect("numerators 1");
  });
}

TYPED_TEST(Kernels, EqProductRoundAndCrossRound) {
  using K = TypeParam;
  this->ForEachLength([&](size_t n) {
    std::vector<K> in[4];
    for (auto& v : in) v = this->template Array<K>(2 * n);
    const auto eq = this->template Array<K>(n);
    // The polynomials' values at 0, 1 and 2 determine their leading coefficients: (s(0) - 2 s(1) + s(2)) / 2.
    K product[3], cross[3];
    for (uint64_t x = 0; x < 3; ++x) {
      for (size_t i = 0; i < n; ++i) {
        const auto at = [&](size_t k) { return in[k][2 * i] + (in[k][2 * i + 1] - in[k][2 * i]) * Goldilocks(x); };
        product[x] += eq[i] * at(0) * at(1);
        cross[x] += eq[i] * (at(0) * at(3) + at(1) * at(2));
      }
    }
    const auto expect = [](const QuadraticRound<K>& round, const K(&s)[3]) {
      EXPECT_EQ(round.at_zero, s[0]);
      EXPECT_EQ(round.leading * Goldilocks(2), s[0] - s[1] - s[1] + s[2]);
    };
    expect(EqProductRound(In(in[0]), In(in[1]), In(eq)), product);
    expect(CrossRound(Children(in), In(eq)), cross);
    const K shift = this->template Array<K>(1)[0];
    const K leading = CrossLeading(Children(in), shift, In(eq));
    for (size_t i = 0; i < 2 * n; ++i) in[0][i] += shift * in[2][i];
    EXPECT_EQ(leading, CrossRound(Children(in), In(eq)).leading);
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
      const auto expect = [&](const std::vector<K>& v, bool rises) {
        const Fractions<const K> all_four{In(v), In(v), In(v), In(v)};
        const K once = largest * square * half;
        const K zero = K::Zero();
        EXPECT_EQ(CrossRound(all_four, In(eq)), (QuadraticRound<K>{rises ? zero : once + once, once + once}));
        EXPECT_EQ(CrossLeading(all_four, largest, In(eq)), once * largest + once + once);
        EXPECT_EQ(EqProductRound(In(v), In(v), In(eq)), (QuadraticRound<K>{rises ? zero : once, once}));
      };
      expect(rising, true);
      expect(falling, false);
    }
  });
}

}  // namespace
}  // namespace provenn
