#include "crypto/sha256_many.h"

#include <gtest/gtest.h>

#include <vector>

#include "field/each_target.h"

namespace provenn {
namespace {

using sha256_internal::ForceKernel;
using sha256_internal::Kernel;

// Every length around the edges of blocks, every count around the lanes, against one message at a time.
void CompareWithOneAtATime() {
  std::vector<uint8_t> common(70);
  std::vector<uint8_t> own(40 * 300);
  for (size_t i = 0; i < common.size(); ++i) common[i] = static_cast<uint8_t>(7 * i + 1);
  for (size_t i = 0; i < own.size(); ++i) own[i] = static_cast<uint8_t>(i * i + 3 * i);
  for (const std::string_view tag :
       {"", "provenn.merkle.node", "a tag of fifty-five bytes, as many as a tag can have..."}) {
    for (const size_t head : std::initializer_list<size_t>{0, 1, 31, 32, 70}) {
      for (const size_t length :
           std::initializer_list<size_t>{0, 1, 7, 8, 19, 35, 36, 43, 44, 63, 64, 65, 127, 128, 200}) {
        for (const size_t count : std::initializer_list<size_t>{1, 2, 3, 4, 5, 8, 9, 16, 17, 37}) {
          std::vector<Digest> digests(count);
          Sha256Many(tag, {{common.data(), head, 0}, {own.data(), length, 211}}, digests);
          for (size_t i = 0; i < count; ++i) {
            ASSERT_EQ(digests[i], Sha256Of(tag, {ByteSpan(common).first(head), ByteSpan(own).subspan(211 * i, length)}))
                << tag << ", " << head << " and " << length << " bytes, message " << i << " of " << count;
          }
        }
      }
    }
  }
}

TEST(Sha256Many, AgreesWithOneMessageAtATimeOnEveryKernel) {
  size_t used = 0;
  for (const Kernel kernel : {Kernel::kShaNi, Kernel::kSingle}) {
    if (!ForceKernel(&kernel)) continue;
    ++used;
    CompareWithOneAtATime();
  }
  const Kernel lanes = Kernel::kLanes;
  ForEachTarget([&] {
    if (!ForceKernel(&lanes)) return;
    ++used;
    EXPECT_STREQ(Sha256ManyKernel(), "lanes");
    CompareWithOneAtATime();
  });
  ForceKernel(nullptr);
  EXPECT_GE(used, 2u);
  CompareWithOneAtATime();
}

TEST(Sha256Many, NoMessages) { Sha256Many("tag", {}, {}); }

TEST(Sha256Many, EmptyMessages) {
  std::vector<Digest> digests(6);
  Sha256Many("tag", {}, digests);
  for (const Digest& d : digests) EXPECT_EQ(d, Sha256Of("tag", {}));
}

}  // namespace
}  // namespace provenn
