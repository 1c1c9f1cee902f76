// Tables and evaluations of eq against their definition, over F and both extensions.
#include "field/multilinear.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "field/each_target.h"
#include "field/test_values.h"

namespace provenn {
namespace {

template <class K>
class Multilinear : public ::testing::Test {
 protected:
  std::vector<K> Point(size_t variables) {
    std::vector<K> z(variables);
    for (K& x : z) x = MixedElement<K>(random_);
    return z;
  }
  // The product in the definition, for a point whose variable b is bit b of index.
  static K Eq(const std::vector<K>& z, uint64_t index) {
    K product = K::One();
    for (size_t b = 0; b < z.size(); ++b) product *= (index >> b & 1) != 0 ? z[b] : K::One() - z[b];
    return product;
  }

 private:
  std::mt19937_64 random_{6};
};
using Fields = ::testing::Types<Goldilocks, Ext2, Ext3>;
TYPED_TEST_SUITE(Multilinear, Fields);

TYPED_TEST(Multilinear, EqTable) {
  using K = TypeParam;
  ForEachTarget([&] {
    for (size_t variables = 0; variables <= 9; ++variables) {
      const auto z = this->Point(variables);
      const auto table = EqTable(std::span<const K>(z));
      ASSERT_EQ(table.size(), size_t{1} << variables);
      for (size_t i = 0; i < table.size(); ++i) EXPECT_EQ(table[i], this->Eq(z, i)) << i;
    }
  });
}

TYPED_TEST(Multilinear, EqPrefixSumOfEveryLength) {
  using K = TypeParam;
  for (size_t variables = 0; variables <= 6; ++variables) {
    const auto z = this->Point(variables);
    K sum = K::Zero();
    for (uint64_t count = 0; count <= uint64_t{1} << variables; ++count) {
      EXPECT_EQ(EqPrefixSum(std::span<const K>(z), count), sum) << count;
      if (count < uint64_t{1} << variables) sum += this->Eq(z, count);
    }
  }
}

TYPED_TEST(Multilinear, EqPrefixSumOfManyVariables) {
  using K = TypeParam;
  const auto z = this->Point(63);
  // The prefix of length 2^62 fixes the last variable to 0.
  EXPECT_EQ(EqPrefixSum(std::span<const K>(z), uint64_t{1} << 62), K::One() - z[62]);
  EXPECT_EQ(EqPrefixSum(std::span<const K>(z), uint64_t{1} << 63), K::One());
}

TYPED_TEST(Multilinear, EqEvalInterpolatesTheTable) {
  using K = TypeParam;
  for (size_t variables = 0; variables <= 6; ++variables) {
    const auto a = this->Point(variables), b = this->Point(variables);
    K sum = K::Zero();
    for (uint64_t i = 0; i < uint64_t{1} << variables; ++i) sum += this->Eq(a, i) * this->Eq(b, i);
    EXPECT_EQ(EqEval(std::span<const K>(a), std::span<const K>(b)), sum);
  }
}

TYPED_TEST(Multilinear, InverseOfEach) {
  using K = TypeParam;
  EXPECT_TRUE(InverseOfEach<K>({}).empty());
  std::vector<K> xs = this->Point(9);
  xs[0] = K::Zero();
  xs[4] = K::Zero();
  xs[5] = K::One();
  const std::vector<K> inverses = InverseOfEach<K>(std::span<const K>(xs));
  for (size_t i = 0; i < xs.size(); ++i) {
    EXPECT_EQ(inverses[i], xs[i] == K::Zero() ? K::Zero() : xs[i].Inverse()) << i;
  }
}

TYPED_TEST(Multilinear, Powers) {
  using K = TypeParam;
  EXPECT_TRUE(Powers(K::One(), 0).empty());
  for (const K& x : this->Point(5)) {
    const auto powers = Powers(x, 40);
    ASSERT_EQ(powers.size(), 40u);
    for (size_t i = 0; i < powers.size(); ++i) EXPECT_EQ(powers[i], x.Pow(i));
  }
}

}  // namespace
}  // namespace provenn
