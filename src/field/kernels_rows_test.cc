// Every kernel against the loop in its comment, on every target, for lengths around the vector sizes and for long sums
// of the largest elements.
#include "field/kernels_rows.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "field/each_target.h"
#include "field/test_values.h"

namespace provenn {
namespace {

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
  static void ExpectAddRows(const std::vector<K>& r, const std::vector<Goldilocks>& cells, const std::vector<K>& y) {
    std::vector<K> expected = y, out = y;
    std::vector<const Goldilocks*> rows;
    for (size_t i = 0; i < r.size(); ++i) {
      rows.push_back(cells.data() + i * y.size());
      for (size_t j = 0; j < y.size(); ++j) expected[j] += r[i] * rows[i][j];
    }
    AddRows<K>(In(r), std::span<const Goldilocks* const>(rows), Out(out));
    EXPECT_EQ(out, expected);
  }
  static void ExpectFoldRows(const std::vector<Goldilocks>& cells, const std::vector<K>& w, size_t count) {
    std::vector<K> expected(count), out(count, K::One());
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = 0; j < w.size(); ++j) expected[i] += w[j] * cells[i * w.size() + j];
    }
    FoldRows<K>(In(cells), In(w), Out(out));
    EXPECT_EQ(out, expected);
  }

 private:
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
        const auto elements = this->Elements(count * n);
        this->ExpectAddRows(r, elements, w);
        this->ExpectFoldRows(elements, w, count);
      }
    }
  });
}

// More products than a sum has room for before it is settled.
TYPED_TEST(RowKernels, LongSumsOfLargestValues) {
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
