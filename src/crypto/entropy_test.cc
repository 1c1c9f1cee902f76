#include "crypto/entropy.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/csprng.h"

namespace provenn {
namespace {

bool AllZero(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b == 0; });
}

// Each source gives something new every time, whatever the others do.
TEST(SystemEntropyTest, EverySourceGivesNewBytes) {
  const SecretBuffer<uint8_t> one = SystemEntropy();
  const SecretBuffer<uint8_t> two = SystemEntropy();
  ASSERT_EQ(one.size(), kEntropyBytes);
  for (const size_t first : {size_t{0}, size_t{32}, size_t{64}}) {
    const auto a = one.span().subspan(first, 32);
    const auto b = two.span().subspan(first, 32);
    if (first == 64 && AllZero(a) && AllZero(b)) continue;  // a processor without the instruction
    for (size_t word = 0; word < 32; word += 8) {
      EXPECT_FALSE(AllZero(a.subspan(word, 8))) << first + word;
      EXPECT_FALSE(std::ranges::equal(a.subspan(word, 8), b.subspan(word, 8))) << first + word;
    }
  }
  EXPECT_FALSE(std::ranges::equal(one.span().subspan(96, 16), two.span().subspan(96, 16))) << "the clocks";
  EXPECT_FALSE(AllZero(one.span().subspan(112))) << "the process id";
}

}  // namespace
}  // namespace provenn
