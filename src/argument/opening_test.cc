// Claims as one: what is joined, and that sums of affine values are sums.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "argument/opening_verifier.h"

namespace provenn {
namespace {

template <typename K>
class OpeningTest : public testing::Test {
 protected:
  K Element() {
    K out;
    for (int k = 0; k < K::kDegree; ++k) out[k] = Goldilocks(random_() >> 2);
    return out;
  }
  std::vector<K> Axis(size_t n) {
    std::vector<K> axis(n);
    for (K& v : axis) v = Element();
    return axis;
  }
  std::mt19937_64 random_{5};
};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(OpeningTest, Fields);

TYPED_TEST(OpeningTest, FunctionalsOfEqualAxesAreJoined) {
  using K = TypeParam;
  const std::vector<std::vector<K>> axes{this->Axis(3), this->Axis(4)};
  std::vector<std::vector<K>> other = axes;  // begins alike
  other[1][3] += K::One();
  const K c[5] = {this->Element(), this->Element(), this->Element(), this->Element(), this->Element()};
  const K gamma = this->Element();
  std::vector<LinearClaim<K>> claims(2);
  claims[0].products[kActivations] = {{{{0, c[0]}}, axes}, {{{1, c[1]}}, axes}};
  claims[1].products[kActivations] = {{{{0, c[3]}}, axes}, {{{0, c[2]}}, other}};
  claims[1].products[kFoldedWeights] = {{{{0, c[4]}}, axes}};
  const CombinedClaim<K> combined = Combine(claims, gamma);
  const auto& joined = combined.products[kActivations];
  ASSERT_EQ(joined.size(), 2u);
  EXPECT_EQ(joined[0].axes, axes);
  ASSERT_EQ(joined[0].targets.size(), 2u);
  EXPECT_EQ(joined[0].targets[0].block, 0u);
  EXPECT_EQ(joined[0].targets[0].coefficient, c[0] + c[3] * gamma);
  EXPECT_EQ(joined[0].targets[1].block, 1u);
  EXPECT_EQ(joined[0].targets[1].coefficient, c[1]);
  EXPECT_EQ(joined[1].axes, other);
  EXPECT_EQ(joined[1].targets[0].coefficient, c[2] * gamma);
  ASSERT_EQ(combined.products[kFoldedWeights].size(), 1u);
  EXPECT_EQ(combined.products[kFoldedWeights][0].targets[0].coefficient, c[4] * gamma);
}

TYPED_TEST(OpeningTest, ASumOfManyIsTheSum) {
  using K = TypeParam;
  AffineSum<K> sum;
  Affine<K> one_by_one;
  for (int i = 0; i < 50; ++i) {
    Affine<K> value(this->Element());
    std::map<PadRef, K> pads;
    for (int n = 0; n < 5; ++n) {
      pads[{static_cast<uint32_t>(this->random_() % 20), this->random_() % 2 == 0}] = this->Element();
    }
    value.pads.assign(pads.begin(), pads.end());
    const K scale = this->Element();
    sum.Add(value, scale);
    one_by_one += value * scale;
  }
  const Affine<K> all = sum.Take();
  EXPECT_EQ(all.constant, one_by_one.constant);
  EXPECT_EQ(all.pads, one_by_one.pads);
}

}  // namespace
}  // namespace provenn
