// Field axioms, typed over F and both extensions, on random and edge values.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "field/extension.h"
#include "field/goldilocks.h"
#include "field/test_values.h"

namespace provenn {
namespace {

template <class T>
class FieldAxioms : public ::testing::Test {
 protected:
  // Every pair of edge values matters, so a sample is a mixture of both.
  std::vector<T> Sample(size_t n) { return MixedElements<T>(n, 1); }
};
using Fields = ::testing::Types<Goldilocks, Ext2, Ext3>;
TYPED_TEST_SUITE(FieldAxioms, Fields);

TYPED_TEST(FieldAxioms, Ring) {
  using T = TypeParam;
  const auto v = this->Sample(60);
  for (size_t i = 0; i < v.size(); ++i) {
    EXPECT_EQ(v[i] + T::Zero(), v[i]);
    EXPECT_EQ(v[i] * T::One(), v[i]);
    EXPECT_EQ(v[i] * T::Zero(), T::Zero());
    EXPECT_EQ(v[i] + (-v[i]), T::Zero());
    EXPECT_EQ(v[i].Square(), v[i] * v[i]);
    for (size_t j = 0; j < v.size(); ++j) {
      EXPECT_EQ(v[i] + v[j], v[j] + v[i]);
      EXPECT_EQ(v[i] * v[j], v[j] * v[i]);
      EXPECT_EQ(v[i] - v[j], v[i] + (-v[j]));
      const T& k = v[(i * 7 + j * 13) % v.size()];
      EXPECT_EQ((v[i] * v[j]) * k, v[i] * (v[j] * k));
      EXPECT_EQ((v[i] + v[j]) + k, v[i] + (v[j] + k));
      EXPECT_EQ((v[i] + v[j]) * k, v[i] * k + v[j] * k);
    }
  }
}

TYPED_TEST(FieldAxioms, CompoundAssignment) {
  using T = TypeParam;
  const auto v = this->Sample(40);
  for (size_t i = 0; i + 1 < v.size(); ++i) {
    T a = v[i];
    a += v[i + 1];
    EXPECT_EQ(a, v[i] + v[i + 1]);
    a = v[i];
    a -= v[i + 1];
    EXPECT_EQ(a, v[i] - v[i + 1]);
    a = v[i];
    a *= v[i + 1];
    EXPECT_EQ(a, v[i] * v[i + 1]);
  }
}

TYPED_TEST(FieldAxioms, InverseAndPow) {
  using T = TypeParam;
  for (const T& a : this->Sample(60)) {
    if (!(a == T::Zero())) {
      EXPECT_EQ(a * a.Inverse(), T::One());
    }
    T power = T::One();
    for (uint64_t e = 0; e < 20; ++e, power *= a) EXPECT_EQ(a.Pow(e), power);
    EXPECT_EQ(a.Pow(uint64_t{1} << 40 | 5), a.Pow(uint64_t{1} << 40) * a.Pow(5));
  }
}

// x -> x^p is additive, fixes F and, in an extension of degree D, has order D: true only if the modulus is irreducible.
TYPED_TEST(FieldAxioms, FrobeniusHasOrderOfTheDegree) {
  using T = TypeParam;
  constexpr int kDegree = sizeof(T) / sizeof(Goldilocks);
  const auto frobenius = [](const T& x) { return x.Pow(Goldilocks::kModulus); };
  for (const T& a : this->Sample(30)) {
    T image = a;
    for (int i = 0; i < kDegree; ++i) image = frobenius(image);
    EXPECT_EQ(image, a);
  }
  if constexpr (kDegree > 1) {
    const T x = T::Basis(1);
    T image = x;
    for (int i = 1; i < kDegree; ++i) {
      image = frobenius(image);
      EXPECT_NE(image, x) << "conjugates " << i << " and 0 coincide";
    }
  }
}

TEST(Goldilocks, AgreesWithPlainModularArithmetic) {
  const auto v = MixedElements<Goldilocks>(300, 2);
  constexpr Uint128 p = Goldilocks::kModulus;
  for (const Goldilocks a : v) {
    for (const Goldilocks b : v) {
      EXPECT_EQ((a * b).value(), static_cast<uint64_t>(Uint128{a.value()} * b.value() % p));
      EXPECT_EQ((a + b).value(), static_cast<uint64_t>((Uint128{a.value()} + b.value()) % p));
      EXPECT_EQ((a - b).value(), static_cast<uint64_t>((p + a.value() - b.value()) % p));
    }
  }
}

TEST(Goldilocks, ReducesEvery128BitValue) {
  const std::array<uint64_t, 11> words = {0,
                                          1,
                                          0xFFFFFFFEu,
                                          0xFFFFFFFFu,
                                          0x100000000u,
                                          ~uint64_t{0},
                                          ~uint64_t{1},
                                          0xFFFFFFFF00000000u,
                                          0xFFFFFFFF00000001u,
                                          0xFFFFFFFEFFFFFFFFu,
                                          0x8000000000000000u};
  for (const uint64_t high : words) {
    for (const uint64_t low : words) {
      const Uint128 v = Uint128{high} << 64 | low;
      EXPECT_EQ(Goldilocks::FromUint128(v).value(), static_cast<uint64_t>(v % Goldilocks::kModulus));
    }
    EXPECT_EQ(Goldilocks(high).value(), high % Goldilocks::kModulus);
  }
}

TEST(Goldilocks, ProductSumCountsCarries) {
  const Goldilocks largest(Goldilocks::kModulus - 1);  // -1
  ProductSum sum;
  for (int i = 0; i < 1000; ++i) sum.Add(largest, largest);
  EXPECT_EQ(sum.Reduce(), Goldilocks(1000));
}

TEST(Goldilocks, SignedRoundTrip) {
  constexpr auto kHalf = static_cast<int64_t>(Goldilocks::kModulus / 2);
  for (const int64_t v : {int64_t{0}, int64_t{1}, int64_t{-1}, kHalf, -kHalf, int64_t{1} << 40, -(int64_t{1} << 40)}) {
    EXPECT_EQ(Goldilocks::FromSigned(v).ToSigned(), v);
    EXPECT_EQ(Goldilocks::FromSigned(v) + Goldilocks::FromSigned(-v), Goldilocks::Zero());
    EXPECT_LT(Goldilocks::FromSigned(v).value(), Goldilocks::kModulus);
  }
  EXPECT_EQ(Goldilocks::FromSigned(INT64_MIN), -Goldilocks(uint64_t{1} << 63));
  EXPECT_EQ(Goldilocks::FromSigned(INT64_MAX), Goldilocks((uint64_t{1} << 63) - 1));
}

TEST(Goldilocks, FromCanonicalRejectsTheModulusAndAbove) {
  EXPECT_EQ(Goldilocks::FromCanonical(Goldilocks::kModulus - 1)->value(), Goldilocks::kModulus - 1);
  EXPECT_FALSE(Goldilocks::FromCanonical(Goldilocks::kModulus).has_value());
  EXPECT_FALSE(Goldilocks::FromCanonical(~uint64_t{0}).has_value());
}

TEST(Goldilocks, GeneratorAndRootsOfUnityHaveTheirOrders) {
  // p - 1 = 2^32 * 3 * 5 * 17 * 257 * 65537.
  for (const uint64_t q : std::initializer_list<uint64_t>{2, 3, 5, 17, 257, 65537}) {
    EXPECT_NE(Goldilocks::Generator().Pow((Goldilocks::kModulus - 1) / q), Goldilocks::One()) << q;
  }
  for (int k = 0; k <= Goldilocks::kTwoAdicity; ++k) {
    const Goldilocks w = Goldilocks::RootOfUnity(k);
    EXPECT_EQ(w.Pow(uint64_t{1} << k), Goldilocks::One());
    if (k > 0) {
      EXPECT_NE(w.Pow(uint64_t{1} << (k - 1)), Goldilocks::One());
      EXPECT_EQ(w.Square(), Goldilocks::RootOfUnity(k - 1));
    }
  }
}

TEST(Extension, ModulusIsIrreducible) {
  // A quadratic or cubic is irreducible iff it has no root; X^2 - 7 has one iff 7 is a square, X^3 - 2 iff 2 is a cube.
  EXPECT_NE(Ext2::kNonResidue.Pow((Goldilocks::kModulus - 1) / 2), Goldilocks::One());
  EXPECT_NE(Ext3::kNonResidue.Pow((Goldilocks::kModulus - 1) / 3), Goldilocks::One());
  EXPECT_EQ(Ext2::Basis(1).Pow(2), Ext2(Goldilocks(7)));
  EXPECT_EQ(Ext3::Basis(1).Pow(3), Ext3(Goldilocks(2)));
}

template <class K>
void ExpectBaseFieldEmbeds() {
  for (const Goldilocks a : MixedElements<Goldilocks>(40, 3)) {
    for (const K& x : MixedElements<K>(10, 4)) {
      EXPECT_EQ(x * a, x * K(a));
      EXPECT_EQ(a * x, x * a);
    }
  }
  K sum;
  std::array<Goldilocks, K::kDegree> coefficients;
  for (int i = 0; i < K::kDegree; ++i) {
    coefficients[static_cast<size_t>(i)] = Goldilocks(static_cast<uint64_t>(i) + 5);
    sum += K::Basis(i) * Goldilocks(static_cast<uint64_t>(i) + 5);
  }
  EXPECT_EQ(sum, K(coefficients));
  EXPECT_EQ(sum.coefficient(1), Goldilocks(6));
  const std::vector<K> twice = {sum, sum};
  const auto flat = AsBase(std::span<const K>(twice));
  ASSERT_EQ(flat.size(), 2u * K::kDegree);
  EXPECT_EQ(flat[K::kDegree + 1], Goldilocks(6));
}

TEST(Extension, BaseFieldEmbeds) {
  ExpectBaseFieldEmbeds<Ext2>();
  ExpectBaseFieldEmbeds<Ext3>();
}

static_assert(!std::is_convertible_v<Goldilocks, Ext2> && !std::is_convertible_v<uint64_t, Goldilocks>);

}  // namespace
}  // namespace provenn
