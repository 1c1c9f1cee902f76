// Every kernel against the polynomial in its comment, on every target, for lengths around the vector sizes and for long
// sums of the largest elements.
#include "field/kernels_sbox.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "field/each_target.h"
#include "field/test_values.h"

namespace provenn {
namespace {

template <class T>
struct Tables {
  std::vector<T> in, cube, out;

  SboxArrays<const T> arrays() const { return {In(in), In(cube), In(out)}; }
};

template <class K>
class SboxKernel : public ::testing::Test {
 protected:
  template <class T>
  std::vector<T> Elements(size_t n) {
    std::vector<T> v(n);
    for (T& x : v) x = MixedElement<T>(random_);
    return v;
  }

  // Of the polynomial with these values at 0 ... 3: its divided differences.
  template <class T>
  static CubicRound<K> Expected(const Tables<T>& t, K lambda, const std::vector<K>& eq) {
    K s[4];
    for (uint64_t x = 0; x < 4; ++x) {
      for (size_t i = 0; i < eq.size(); ++i) {
        const auto at = [&](const std::vector<T>& v) {
          return K(v[2 * i]) + K(v[2 * i + 1] - v[2 * i]) * Goldilocks(x);
        };
        const K in = at(t.in), cube = at(t.cube), out = at(t.out);
        s[x] += eq[i] * (cube - in * in * in + lambda * (out - cube * cube * in));
      }
    }
    const K third = (s[3] - s[0] + (s[1] - s[2]) * Goldilocks(3)) * Goldilocks(6).Inverse();
    const K second = (s[2] - s[1] - s[1] + s[0]) * Goldilocks(2).Inverse();
    return {s[0], second - third * Goldilocks(3), third};
  }

 private:
  std::mt19937_64 random_{7};
};
using Degrees = ::testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(SboxKernel, Degrees);

constexpr size_t kLengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100};

TYPED_TEST(SboxKernel, OfAnyTables) {
  using K = TypeParam;
  ForEachTarget([&] {
    for (const size_t n : kLengths) {
      SCOPED_TRACE(n);
      const Tables<K> t{this->template Elements<K>(2 * n), this->template Elements<K>(2 * n),
                        this->template Elements<K>(2 * n)};
      const auto eq = this->template Elements<K>(n);
      const K lambda = this->template Elements<K>(1)[0];
      EXPECT_EQ(SboxRound<K>(t.arrays(), lambda, In(eq)), this->Expected(t, lambda, eq));
    }
  });
}

TYPED_TEST(SboxKernel, OfATrace) {
  using K = TypeParam;
  ForEachTarget([&] {
    for (const size_t n : kLengths) {
      SCOPED_TRACE(n);
      Tables<Goldilocks> t;
      t.in = this->template Elements<Goldilocks>(2 * n);
      for (const Goldilocks x : t.in) {
        t.cube.push_back(x * x * x);
        t.out.push_back(x.Pow(7));
      }
      const auto eq = this->template Elements<K>(n);
      const K lambda = this->template Elements<K>(1)[0];
      const CubicRound<K> round = SboxTraceRound<K>(t.arrays(), lambda, In(eq));
      EXPECT_EQ(round.at_zero, K::Zero());
      EXPECT_EQ(round, this->Expected(t, lambda, eq));
    }
  });
}

// More products than a sum has room for before it is settled.
TYPED_TEST(SboxKernel, LongSumsOfLargestValues) {
  using K = TypeParam;
  constexpr size_t kPairs = 9000;
  ForEachTarget([&] {
    for (const uint64_t value : {Goldilocks::kModulus - 1, uint64_t{0xFFFFFFFEFFFFFFFFu}}) {
      K largest;
      for (int k = 0; k < K::kDegree; ++k) largest[k] = Goldilocks(value);
      const std::vector<K> eq(kPairs, largest);
      for (const bool rises : {false, true}) {
        std::vector<K> entries(2 * kPairs, largest);
        std::vector<Goldilocks> base(2 * kPairs, Goldilocks(value));
        for (size_t i = 0; i < 2 * kPairs; i += 2) {
          entries[rises ? i : i + 1] = K::Zero();
          base[rises ? i : i + 1] = Goldilocks::Zero();
        }
        const Tables<K> t{entries, entries, entries};
        EXPECT_EQ(SboxRound<K>(t.arrays(), largest, In(eq)), this->Expected(t, largest, eq));
        // No trace: what the kernel says of the higher coefficients holds of any tables.
        const Tables<Goldilocks> over_base{base, base, base};
        CubicRound<K> expected = this->Expected(over_base, largest, eq);
        expected.at_zero = K::Zero();
        EXPECT_EQ(SboxTraceRound<K>(over_base.arrays(), largest, In(eq)), expected);
      }
    }
  });
}

}  // namespace
}  // namespace provenn
