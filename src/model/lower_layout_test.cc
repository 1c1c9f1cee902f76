#include "model/lower_layout.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "field/goldilocks.h"

namespace provenn {
namespace {

TEST(LowerLayout, ADecompositionIsUniqueUpToTheModulus) {
  // p = 2^32 * (2^32 - 1) + 1
  EXPECT_TRUE(HasOneDecomposition(32, (uint64_t{1} << 32) - 1));
  EXPECT_FALSE(HasOneDecomposition(32, uint64_t{1} << 32));
  EXPECT_TRUE(HasOneDecomposition(0, Goldilocks::kModulus));
  EXPECT_FALSE(HasOneDecomposition(0, Goldilocks::kModulus + 1));
  EXPECT_TRUE(HasOneDecomposition(63, 1));
  EXPECT_FALSE(HasOneDecomposition(64, 1));
  EXPECT_FALSE(HasOneDecomposition(72, 1 << 20));
}

// Every request has one decomposition in its class, every quotient is inside the class's tables, and every request is
// in one class.
void ExpectSound(const FunctionTable& f, const std::vector<LayoutRequest>& requests,
                 const std::vector<FunctionLayout>& layouts) {
  std::vector<int> seen(requests.size(), 0);
  for (const FunctionLayout& layout : layouts) {
    ASSERT_EQ(layout.requests.size(), layout.is_direct.size());
    for (size_t j = 0; j < layout.requests.size(); ++j) {
      const LayoutRequest& r = requests[layout.requests[j]];
      ++seen[layout.requests[j]];
      if (layout.is_direct[j]) {
        EXPECT_TRUE(HasOneDecomposition(r.shift, layout.direct.Size())) << r.name;
        EXPECT_LE(layout.direct.min, r.quotients.min);
        EXPECT_GE(layout.direct.max, r.quotients.max);
        EXPECT_LE(layout.direct.Size(), kMaxTableSize);
        continue;
      }
      const CoarseLayout& c = layout.coarse;
      EXPECT_TRUE(HasOneDecomposition(r.shift + c.bits, c.tops.Size())) << r.name;
      EXPECT_LE(c.tops.min, r.quotients.min >> c.bits);
      EXPECT_GE(c.tops.max, r.quotients.max >> c.bits);
      EXPECT_LE(c.rows.min, f.first);
      EXPECT_GE(c.rows.max, f.last());
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(seen.size()));
}

TEST(LowerLayout, OneClassWhereOneSatisfiesTheBound) {
  const FunctionTable f = IdentityTable(0, 4000);
  const std::vector<LayoutRequest> requests = {{"a", {-5000, 5000}, 12, 20000}, {"b", {-(1 << 24), 1 << 24}, 10, 500}};
  const auto layouts = LayOutFunction(f, requests, 1 << 17);
  ASSERT_TRUE(layouts.ok());
  EXPECT_EQ(layouts->size(), 1u);
  ExpectSound(f, requests, *layouts);
}

TEST(LowerLayout, RequestsThatBreakTheBoundForEachOtherGetClassesOfTheirOwn) {
  const FunctionTable f = IdentityTable(0, 4000);
  // Together: 2^32 * 2^35 > p. Each alone is far below.
  const std::vector<LayoutRequest> requests = {{"long remainder", {-(1 << 20), 1 << 20}, 32, 100},
                                               {"wide", {-(int64_t{1} << 35), int64_t{1} << 35}, 10, 100},
                                               {"another", {-(1 << 20), 1 << 20}, 31, 100}};
  const auto layouts = LayOutFunction(f, requests, 1 << 17);
  ASSERT_TRUE(layouts.ok());
  EXPECT_EQ(layouts->size(), 2u);
  ExpectSound(f, requests, *layouts);
}

TEST(LowerLayout, ADirectTableWhereSaturationWouldLeaveAChoice) {
  // The function alone is so wide that 2^47 * (its keys) > p, but few of them can occur.
  const FunctionTable f = IdentityTable(-200000, 200000);
  const std::vector<LayoutRequest> requests = {{"a", {-9000, 9000}, 47, 1}};
  const auto layouts = LayOutFunction(f, requests, 1 << 10);
  ASSERT_TRUE(layouts.ok());
  ASSERT_EQ(layouts->size(), 1u);
  EXPECT_TRUE((*layouts)[0].is_direct[0]);
  ExpectSound(f, requests, *layouts);
}

TEST(LowerLayout, RefusesAndNamesWhatNoClassCanHold) {
  const FunctionTable f = IdentityTable(0, 100);
  const std::vector<LayoutRequest> requests = {{"fine", {-100, 100}, 4, 1},
                                               {"too wide", {-(int64_t{1} << 61), int64_t{1} << 61}, 4, 1}};
  const auto layouts = LayOutFunction(f, requests, 1 << 17);
  ASSERT_FALSE(layouts.ok());
  EXPECT_EQ(layouts.error().code, Code::kUnsupported);
  EXPECT_EQ(layouts.error().where, "too wide");
}

}  // namespace
}  // namespace provenn
