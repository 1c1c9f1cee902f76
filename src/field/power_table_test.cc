// Sums over powers of many points equal those that are made power by power.
#include "field/power_table.h"

#include <gtest/gtest.h>

#include <random>

#include "field/each_target.h"
#include "field/test_values.h"

namespace provenn {
namespace {

template <class K>
class PowerTableTest : public testing::Test {};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(PowerTableTest, Fields);

// Lengths around the stretch that is kept, and points at the ends of the field.
TYPED_TEST(PowerTableTest, EqualsTheSumsByDefinition) {
  using K = TypeParam;
  std::mt19937_64 random(3);
  std::vector<Goldilocks> points = {Goldilocks(0), Goldilocks(1), Goldilocks(Goldilocks::kModulus - 1)};
  for (int i = 0; i < 20; ++i) points.push_back(MixedElement<Goldilocks>(random));
  for (const size_t length : {0u, 1u, 2u, 63u, 64u, 65u, 128u, 200u}) {
    std::vector<K> values(length);
    for (K& v : values) v = MixedElement<K>(random);
    std::vector<K> coefficients(points.size());
    for (K& c : coefficients) c = MixedElement<K>(random);
    for (const uint64_t first : {uint64_t{0}, uint64_t{5}, uint64_t{64}, uint64_t{1} << 33}) {
      std::vector<K> sums(values);
      for (size_t i = 0; i < length; ++i) {
        for (size_t t = 0; t < points.size(); ++t) sums[i] += coefficients[t] * points[t].Pow(first + i);
      }
      std::vector<K> at(points.size(), K::Zero());
      for (size_t t = 0; t < points.size(); ++t) {
        for (size_t i = 0; i < length; ++i) at[t] += values[i] * points[t].Pow(i);
      }
      ForEachTarget([&] {
        const PowerTable table(points);
        std::vector<K> out(values);
        table.AddPowers<K>(std::span<const K>(coefficients), first, std::span<K>(out));
        EXPECT_EQ(out, sums) << length << " from " << first;
        std::vector<K> evaluated(points.size());
        table.Evaluate<K>(std::span<const K>(values), std::span<K>(evaluated));
        EXPECT_EQ(evaluated, at) << length;
      });
    }
  }
}

TYPED_TEST(PowerTableTest, OfNoPoints) {
  using K = TypeParam;
  const PowerTable table({});
  std::vector<K> out(3, K::One());
  table.AddPowers<K>({}, 0, std::span<K>(out));
  EXPECT_EQ(out, std::vector<K>(3, K::One()));
  table.Evaluate<K>(std::span<const K>(out), {});
}

}  // namespace
}  // namespace provenn
