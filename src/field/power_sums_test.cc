// Sums of powers against their definition, for points that share powers in part, wholly and not at all.
#include "field/power_sums.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "field/domain.h"
#include "field/each_target.h"
#include "field/test_values.h"

namespace provenn {
namespace {

template <class K>
class PowerSumsTest : public ::testing::Test {
 protected:
  void Expect(const std::vector<Goldilocks>& points, uint64_t length) {
    std::vector<K> coefficients(points.size());
    for (K& c : coefficients) c = MixedElement<K>(random_);
    std::vector<K> expected(length, K::Zero());
    for (size_t t = 0; t < points.size(); ++t) {
      K power = coefficients[t];
      for (K& sum : expected) {
        sum += power;
        power = power * points[t];
      }
    }
    const PowerSums<K> sums(In(points), In(coefficients), length);
    // Part by part, from the last one on, and all in one go.
    std::vector<K> apart(length), at_once(length);
    std::vector<int> times(length, 0);
    const auto collect = [&](std::vector<K>& into) {
      return [&](uint64_t e, std::span<const K> values) {
        for (size_t i = 0; i < values.size(); ++i) {
          ASSERT_LT(e + i, length);
          into[e + i] = values[i];
          ++times[e + i];
        }
      };
    };
    for (size_t part = sums.parts(); part-- > 0;) sums.Run(part, part + 1, collect(apart));
    sums.Run(0, sums.parts(), collect(at_once));
    EXPECT_EQ(apart, expected) << points.size() << " points, " << length << " exponents";
    EXPECT_EQ(at_once, expected) << points.size() << " points, " << length << " exponents";
    EXPECT_EQ(times, std::vector<int>(length, 2));
  }
  // Points of a coset of 2^log_size elements, some more than once.
  std::vector<Goldilocks> OfDomain(size_t count, int log_size) {
    std::vector<Goldilocks> points;
    for (size_t t = 0; t < count; ++t) points.push_back(DomainPoint(log_size, random_() % (size_t{1} << log_size)));
    return points;
  }
  std::mt19937_64 random_{9};
};
using Degrees = ::testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(PowerSumsTest, Degrees);

// Lengths around stretches and powers of two; from a domain that they fill to one much larger.
TYPED_TEST(PowerSumsTest, OfPointsOfADomain) {
  ForEachTarget([&] {
    for (const uint64_t length : {0u, 1u, 2u, 63u, 64u, 65u, 127u, 128u, 129u, 1023u, 1024u, 1025u, 2500u}) {
      for (const int log_size : {1, 6, 10, 12, 13, 20}) {
        for (const size_t count : {1u, 2u, 30u, 150u}) this->Expect(this->OfDomain(count, log_size), length);
      }
    }
  });
}

// Enough for joins of several passes, over one class and over several.
TYPED_TEST(PowerSumsTest, OfManyLevels) {
  ForEachTarget([&] {
    for (const int log_size : {12, 13, 14}) this->Expect(this->OfDomain(2000, log_size), 4000);
    this->Expect(this->OfDomain(700, 16), 20001);
  });
}

TYPED_TEST(PowerSumsTest, OfOtherPoints) {
  for (const uint64_t length : {1u, 64u, 700u, 2049u}) {
    this->Expect({}, length);
    std::vector<Goldilocks> points;
    for (size_t t = 0; t < 60; ++t) points.push_back(MixedElement<Goldilocks>(this->random_));
    this->Expect(points, length);
    // Points that share powers, among others and with 0: one half of a pair may be missing.
    for (const Goldilocks x : this->OfDomain(90, 9)) points.push_back(x);
    this->Expect(points, length);
    std::vector<Goldilocks> scaled = this->OfDomain(300, 7);
    for (Goldilocks& x : scaled) x *= Goldilocks(5);
    scaled.push_back(Goldilocks::Zero());
    this->Expect(scaled, length);
    this->Expect(std::vector<Goldilocks>(100, Goldilocks(7)), length);
  }
}

}  // namespace
}  // namespace provenn
