// Every kernel against the loop in its comment, on every target, for lengths around the vector sizes and integers that
// leave room for many products, for few and for one.
#include "field/kernels_rows.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "field/each_target.h"
#include "field/test_values.h"

namespace provenn {
namespace {

constexpr int32_t kMin = std::numeric_limits<int32_t>::min(), kMax = std::numeric_limits<int32_t>::max();

template <class K>
class RowKernels : public ::testing::Test {
 protected:
  std::vector<K> Coefficients(size_t n) {
    std::vector<K> v(n);
    for (K& x : v) x = MixedElement<K>(random_);
    return v;
  }
  std::vector<Goldilocks> Elements(size_t n) {
    std::vector<Goldilocks> v(n);
    for (Goldilocks& x : v) x = MixedElement<Goldilocks>(random_);
    return v;
  }
  // Of `bits` bits and a sign; both ends among them.
  std::vector<int32_t> Integers(size_t n, int bits) {
    std::vector<int32_t> v(n);
    for (int32_t& x : v) x = static_cast<int32_t>(random_()) >> (31 - bits);
    if (n > 1) v[n / 2] = kMin >> (31 - bits);
    if (n > 2) v[n / 3] = kMax >> (31 - bits);
    return v;
  }
  // Digits at the ends of what 32 bits hold, and one that only the other representative has.
  static std::vector<K> EdgeCoefficients() {
    std::vector<K> v;
    for (const uint64_t value :
         {Goldilocks::kModulus / 2, Goldilocks::kModulus / 2 + 1, Goldilocks::kModulus / 2 - 1, uint64_t{1} << 31,
          (uint64_t{1} << 31) - 1, Goldilocks::kModulus - 1, Goldilocks::kModulus - (uint64_t{1} << 31)}) {
      K x;
      for (int k = 0; k < K::kDegree; ++k) x[k] = Goldilocks(value);
      v.push_back(x);
    }
    return v;
  }

  template <class T>
  static void ExpectAddRows(const std::vector<K>& r, const std::vector<T>& cells, const std::vector<K>& y) {
    std::vector<K> expected = y, out = y;
    std::vector<const T*> rows;
    for (size_t i = 0; i < r.size(); ++i) {
      rows.push_back(cells.data() + i * y.size());
      for (size_t j = 0; j < y.size(); ++j) expected[j] += r[i] * Lift(rows[i][j]);
    }
    AddRows<K>(In(r), std::span<const T* const>(rows), Out(out));
    EXPECT_EQ(out, expected);
  }
  template <class T>
  static void ExpectFoldRows(const std::vector<T>& cells, const std::vector<K>& w, size_t count) {
    std::vector<K> expected(count), out(count, K::One());
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = 0; j < w.size(); ++j) expected[i] += w[j] * Lift(cells[i * w.size() + j]);
    }
    FoldRows<K>(In(cells), In(w), Out(out));
    EXPECT_EQ(out, expected);
  }

 private:
  static Goldilocks Lift(Goldilocks v) { return v; }
  static Goldilocks Lift(int32_t v) { return Goldilocks::FromSigned(v); }

  std::mt19937_64 random_{6};
};
using Degrees = ::testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(RowKernels, Degrees);

TYPED_TEST(RowKernels, OfAllLengths) {
  ForEachTarget([&] {
    for (const size_t n : {0u, 1u, 3u, 4u, 7u, 8u, 9u, 16u, 17u, 31u, 32u, 33u, 100u}) {
      for (const size_t count : {0u, 1u, 2u, 9u, 40u}) {
        SCOPED_TRACE(testing::Message() << count << " rows of " << n);
        const auto r = this->Coefficients(count), w = this->Coefficients(n);
        for (const int bits : {0, 7, 16, 24, 31}) {
          const auto integers = this->Integers(count * n, bits);
          this->ExpectAddRows(r, integers, w);
          this->ExpectFoldRows(integers, w, count);
        }
        const auto elements = this->Elements(count * n);
        this->ExpectAddRows(r, elements, w);
        this->ExpectFoldRows(elements, w, count);
      }
    }
  });
}

// Digits at their limits times integers at theirs, as many as one sum may hold and one more.
TYPED_TEST(RowKernels, LongSumsOfLargestValues) {
  using K = TypeParam;
  ForEachTarget([&] {
    for (const K& edge : this->EdgeCoefficients()) {
      for (const int32_t integer : {kMin, kMax, -(1 << 26), (1 << 25) + 1, -(1 << 22), (1 << 22) + 1, -(1 << 20)}) {
        const size_t room = ((uint64_t{1} << 32) - 1) / static_cast<uint64_t>(std::abs(int64_t{integer}));
        for (const size_t n : {room, room + 1, 3 * room}) {
          SCOPED_TRACE(testing::Message() << n << " of " << integer);
          this->ExpectAddRows(std::vector<K>(n, edge), std::vector<int32_t>(5 * n, integer), std::vector<K>(5));
          this->ExpectFoldRows(std::vector<int32_t>(2 * n, integer), std::vector<K>(n, edge), 2);
        }
      }
    }
  });
}

// More products than a sum has room for before it is settled.
TYPED_TEST(RowKernels, LongSumsOfLargestElements) {
  using K = TypeParam;
  ForEachTarget([&] {
    for (const uint64_t value : {Goldilocks::kModulus - 1, Goldilocks::kModulus / 2, (uint64_t{1} << 32) - 1}) {
      K edge;
      for (int k = 0; k < K::kDegree; ++k) edge[k] = Goldilocks(value);
      const size_t n = 5000;
      this->ExpectAddRows(std::vector<K>(n, edge), std::vector<Goldilocks>(9 * n, edge[0]), std::vector<K>(9));
      this->ExpectFoldRows(std::vector<Goldilocks>(2 * n, edge[0]), std::vector<K>(n, edge), 2);
    }
  });
}

}  // namespace
}  // namespace provenn
