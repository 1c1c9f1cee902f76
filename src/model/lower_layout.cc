#include "model/lower_layout.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "field/goldilocks.h"

namespace provenn {
namespace {

// Smallest number of at most three binary digits (followed by zeros) that is >= x.
int64_t RoundUp(int64_t x) {
  int64_t unit = 1;
  while (x > 7 * unit) unit *= 2;
  return (x + unit - 1) / unit * unit;
}

constexpr int kMaxCoarseBits = 24;

uint64_t CostOf(const CoarseLayout& c) { return TableCost(c.rows.Size()) + TableCost(c.tops.Size()); }

CoarseLayout LayOutCoarse(const FunctionTable& f, Interval quotients, int bits) {
  CoarseLayout c;
  c.bits = bits;
  const int64_t low = f.first >> bits;
  const int64_t high = f.last() >> bits;
  c.clamped = {low - 1, high + 1};
  c.rows = {(low - 1) * (int64_t{1} << bits), (high + 2) * (int64_t{1} << bits) - 1};
  c.tops = RoundOut({std::min(quotients.min >> bits, low - 1), std::max(quotients.max >> bits, high + 1)});
  return c;
}

// The cheapest for quotients that stand above `shift` remainder bits.
std::optional<CoarseLayout> BestCoarse(const FunctionTable& f, Interval quotients, int shift) {
  std::optional<CoarseLayout> best;
  for (int bits = 0; bits <= kMaxCoarseBits; ++bits) {
    const CoarseLayout c = LayOutCoarse(f, quotients, bits);
    const bool fits = c.rows.Size() <= kMaxTableSize && c.tops.Size() <= kMaxTableSize;
    if (!fits || !HasOneDecomposition(shift + bits, c.tops.Size())) continue;
    if (!best.has_value() || CostOf(c) < CostOf(*best)) best = c;
  }
  return best;
}

Interval Hull(Interval a, Interval b) { return {std::min(a.min, b.min), std::max(a.max, b.max)}; }

// Direct up to some extent, saturating beyond: the cheapest cut in the order of extents. Nothing where no cut serves
// every member.
std::optional<FunctionLayout> LayOutClass(const FunctionTable& function, const std::vector<LayoutRequest>& requests,
                                          std::vector<size_t> members, uint64_t max_direct_rows) {
  std::stable_sort(members.begin(), members.end(),
                   [&](size_t a, size_t b) { return requests[a].quotients.Size() < requests[b].quotients.Size(); });
  const size_t n = members.size();
  // Of the members from k on: what they add when they saturate, their quotients together, their longest remainder.
  std::vector<uint64_t> cost_from(n + 1, 0);
  std::vector<Interval> hull_from(n + 1);
  std::vector<int> shift_from(n + 1, 0);
  for (size_t k = n; k-- > 0;) {
    const LayoutRequest& r = requests[members[k]];
    cost_from[k] = cost_from[k + 1] + r.saturation_cost;
    hull_from[k] = k + 1 == n ? r.quotients : Hull(r.quotients, hull_from[k + 1]);
    shift_from[k] = std::max(r.shift, shift_from[k + 1]);
  }
  std::optional<FunctionLayout> best;
  uint64_t best_cost = UINT64_MAX;
  Interval hull;
  int shift = 0;
  for (size_t cut = 0; cut <= n; ++cut) {
    if (cut > 0) {
      const LayoutRequest& r = requests[members[cut - 1]];
      hull = cut == 1 ? r.quotients : Hull(r.quotients, hull);
      shift = std::max(shift, r.shift);
      const uint64_t rows = RoundOut(hull).Size();
      if (rows > max_direct_rows || !HasOneDecomposition(shift, rows)) break;
    }
    FunctionLayout layout;
    layout.direct = RoundOut(hull);
    uint64_t cost = cut > 0 ? TableCost(layout.direct.Size()) : 0;
    if (cut < n) {
      const std::optional<CoarseLayout> coarse = BestCoarse(function, hull_from[cut], shift_from[cut]);
      if (!coarse.has_value()) continue;
      layout.coarse = *coarse;
      cost += CostOf(*coarse) + cost_from[cut];
    }
    if (cost >= best_cost) continue;
    best_cost = cost;
    layout.is_direct.assign(n, false);
    std::fill_n(layout.is_direct.begin(), cut, true);
    best = std::move(layout);
  }
  if (best.has_value()) best->requests = std::move(members);
  return best;
}

}  // namespace

Interval RoundOut(Interval i) {
  return {i.min < 0 ? -RoundUp(-i.min) : 0, i.max >= 0 ? std::max<int64_t>(RoundUp(i.max + 1) - 1, 0) : -1};
}

uint64_t TableCost(uint64_t rows) { return std::bit_ceil(rows) + rows; }

bool HasOneDecomposition(int bits, uint64_t keys) {
  return bits < 64 && (static_cast<unsigned __int128>(keys) << bits) <= Goldilocks::kModulus;
}

Result<std::vector<FunctionLayout>> LayOutFunction(const FunctionTable& function,
                                                   const std::vector<LayoutRequest>& requests,
                                                   uint64_t max_direct_rows) {
  std::vector<FunctionLayout> layouts;
  std::vector<size_t> members(requests.size());
  for (size_t i = 0; i < members.size(); ++i) members[i] = i;
  while (!members.empty()) {
    // The members with the longest remainders go into the next class until the others fit together.
    std::vector<size_t> left;
    std::optional<FunctionLayout> layout = LayOutClass(function, requests, members, max_direct_rows);
    while (!layout.has_value() && members.size() > 1) {
      const auto longest = std::max_element(members.begin(), members.end(),
                                            [&](size_t a, size_t b) { return requests[a].shift < requests[b].shift; });
      left.insert(left.begin(), *longest);
      members.erase(longest);
      layout = LayOutClass(function, requests, members, max_direct_rows);
    }
    // Alone: a direct table over just the quotients that occur, however long.
    if (!layout.has_value()) layout = LayOutClass(function, requests, members, kMaxTableSize);
    if (!layout.has_value()) {
      return Error{Code::kUnsupported, "its values span too many bits for any table; try fewer --bits",
                   requests[members[0]].name};
    }
    layouts.push_back(std::move(*layout));
    members = std::move(left);
  }
  return layouts;
}

}  // namespace provenn
