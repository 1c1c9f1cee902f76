// Encoding against the definition: row r holds the polynomials' values at DomainPoint(r).
#include "field/ntt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "field/each_target.h"
#include "field/extension.h"
#include "field/test_values.h"

namespace provenn {
namespace {

std::vector<Goldilocks> Message(size_t size) {
  std::mt19937_64 random(size);
  std::vector<Goldilocks> v(size);
  for (Goldilocks& x : v) x = MixedElement<Goldilocks>(random);
  return v;
}

// The encoded matrix; rows past the message start as values that must not matter.
std::vector<Goldilocks> Encode(const std::vector<Goldilocks>& message, size_t cols, int log_n) {
  std::vector<Goldilocks> matrix(cols << log_n, Goldilocks(0x123456789u));
  std::copy(message.begin(), message.end(), matrix.begin());
  EncodeColumns(matrix, cols, message.size() / cols, log_n);
  return matrix;
}

Goldilocks Evaluate(const std::vector<Goldilocks>& message, size_t cols, size_t col, Goldilocks x) {
  Goldilocks value;
  for (size_t i = message.size() / cols; i-- > 0;) value = value * x + message[i * cols + col];
  return value;
}

void ExpectEncodes(size_t cols, size_t message_rows, int log_n) {
  SCOPED_TRACE(testing::Message() << cols << " columns, " << message_rows << " of 2^" << log_n << " rows");
  const auto message = Message(cols * message_rows);
  const auto matrix = Encode(message, cols, log_n);
  const size_t rows = size_t{1} << log_n;
  // Every row of a small matrix, some of a large one.
  const size_t step = std::max<size_t>(1, rows / 64) | 1;
  for (size_t r = 0; r < rows; r += step) {
    const Goldilocks x = DomainPoint(log_n, r);
    for (size_t c = 0; c < cols; ++c) ASSERT_EQ(matrix[r * cols + c], Evaluate(message, cols, c, x)) << r << ' ' << c;
  }
  for (const Goldilocks v : matrix) ASSERT_LT(v.value(), Goldilocks::kModulus);
}

TEST(Ntt, DomainIsACosetOfTheSubgroupWithoutZero) {
  for (int log_n = 0; log_n <= 8; ++log_n) {
    const size_t n = size_t{1} << log_n;
    std::set<uint64_t> points;
    for (size_t r = 0; r < n; ++r) {
      const Goldilocks x = DomainPoint(log_n, r);
      points.insert(x.value());
      EXPECT_EQ(x.Pow(n), Goldilocks::Generator().Pow(n));
      EXPECT_NE(x.Pow(n), Goldilocks::One()) << "in the subgroup";
    }
    EXPECT_EQ(points.size(), n);
  }
}

TEST(Ntt, EvaluatesSmallMatrices) {
  ForEachTarget([] {
    for (const size_t cols : std::initializer_list<size_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19}) {
      for (int log_n = 0; log_n <= 7; ++log_n) {
        const size_t n = size_t{1} << log_n;
        for (const size_t rows : {size_t{0}, size_t{1}, n / 8, n / 4 + 1, n / 2, n / 2 + 1, n - n / 4, n}) {
          if (rows <= n) ExpectEncodes(cols, rows, log_n);
        }
      }
    }
  });
}

// Large enough for every way of splitting the work: parallel passes, descent beyond the cache, grouped small subtrees.
TEST(Ntt, EvaluatesLargeMatrices) {
  ForEachTarget([] {
    for (const auto& [cols, message_rows, log_n] : {std::tuple<size_t, size_t, int>{1, 1 << 14, 15},
                                                    {2, 5000, 15},
                                                    {3, 1025, 14},
                                                    {6, 8192, 13},
                                                    {64, 1 << 11, 14},
                                                    {33, 600, 13},
                                                    {128, 4096, 12},
                                                    {1000, 40, 9},
                                                    {1, 1, 16}}) {
      ExpectEncodes(cols, message_rows, log_n);
    }
  });
}

TEST(Ntt, IsLinearOverExtensionColumns) {
  // A column over K is K::kDegree columns over F: its values are those of the polynomial with coefficients in K.
  constexpr int kLogN = 5;
  constexpr size_t kRows = 9;
  std::vector<Ext3> matrix(size_t{1} << kLogN);
  std::mt19937_64 random(3);
  for (size_t i = 0; i < kRows; ++i) matrix[i] = MixedElement<Ext3>(random);
  const std::vector<Ext3> message(matrix.begin(), matrix.begin() + kRows);
  EncodeColumns(AsBase(std::span<Ext3>(matrix)), Ext3::kDegree, kRows, kLogN);
  for (size_t r = 0; r < matrix.size(); ++r) {
    Ext3 value;
    for (size_t i = kRows; i-- > 0;) value = value * DomainPoint(kLogN, r) + message[i];
    EXPECT_EQ(matrix[r], value);
  }
}

}  // namespace
}  // namespace provenn
