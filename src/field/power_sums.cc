#include "field/power_sums.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/check.h"
#include "field/join_classes.h"
#include "field/kernels.h"
#include "field/kernels_rows.h"

namespace provenn {
namespace {

constexpr size_t kStretch = PowerTable::kStretch;
constexpr int kLogStretch = std::countr_zero(kStretch);

// What a join costs, in products that are reduced together.
constexpr uint64_t kJoinCost = 1;

// So many products are not worth being reduced together.
constexpr size_t kFew = 2;

Goldilocks RaiseToPowerOfTwo(Goldilocks x, int log) {
  for (int i = 0; i < log; ++i) x = x.Square();
  return x;
}

std::vector<Goldilocks> AllToPowerOfTwo(std::span<const Goldilocks> points, int log) {
  std::vector<Goldilocks> out;
  for (const Goldilocks x : points) out.push_back(RaiseToPowerOfTwo(x, log));
  return out;
}

}  // namespace

template <class K>
PowerSums<K>::PowerSums(std::span<const Goldilocks> points, std::span<const K> coefficients, uint64_t length)
    : length_(length), log_block_(static_cast<int>(std::bit_width(std::max<uint64_t>(length, 1) - 1))), table_({}) {
  PROVENN_CHECK(points.size() == coefficients.size());
  ChooseLevels(points);
  class_length_ = std::min(length_, uint64_t{1} << (log_block_ - levels_));
  coefficients_.assign(coefficients.begin(), coefficients.end());
  points_.assign(points.begin(), points.end());
  SortIntoClasses(points);
  table_ = PowerTable(points_);
}

// The number of levels that costs least.
template <class K>
void PowerSums<K>::ChooseLevels(std::span<const Goldilocks> points) {
  std::vector<Goldilocks> top = AllToPowerOfTwo(points, log_block_);
  std::sort(top.begin(), top.end(), [](Goldilocks a, Goldilocks b) { return a.value() < b.value(); });
  const auto blocks = static_cast<size_t>(std::unique(top.begin(), top.end()) - top.begin());
  uint64_t best = points.size() * length_;
  for (int levels = 1; levels <= log_block_ - kLogStretch; ++levels) {
    const uint64_t joins = (uint64_t{blocks} << log_block_) / 2 * static_cast<uint64_t>(levels);
    const uint64_t cost = (uint64_t{points.size()} << (log_block_ - levels)) + kJoinCost * joins;
    if (cost >= best) continue;
    best = cost;
    levels_ = levels;
    blocks_ = blocks;
  }
}

template <class K>
void PowerSums<K>::SortIntoClasses(std::span<const Goldilocks> points) {
  std::vector<size_t> of(points.size(), 0);
  if (levels_ > 0) {
    std::vector<Goldilocks> tops;
    const std::vector<Goldilocks> values = AllToPowerOfTwo(points, log_block_);
    for (size_t t = 0; t < points.size(); ++t) {
      of[t] = static_cast<size_t>(std::find(tops.begin(), tops.end(), values[t]) - tops.begin());
      if (of[t] == tops.size()) tops.push_back(values[t]);
    }
  }
  twiddles_.assign(blocks_ * ((size_t{1} << levels_) - 1), Goldilocks::Zero());
  std::vector<uint8_t> known(twiddles_.size(), 0);
  for (int depth = 0; depth < levels_; ++depth) {
    const std::vector<Goldilocks> values = AllToPowerOfTwo(points, log_block_ - depth - 1);
    for (size_t t = 0; t < points.size(); ++t) {
      const size_t node = blocks_ * ((size_t{1} << depth) - 1) + of[t];
      if (known[node] == 0) twiddles_[node] = values[t];
      known[node] = 1;
      of[t] = 2 * of[t] + (values[t] == twiddles_[node] ? 0 : 1);
    }
  }
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return of[a] < of[b]; });
  const std::vector<K> coefficients = coefficients_;
  starts_.assign((blocks_ << levels_) + 1, 0);
  for (size_t i = 0; i < order.size(); ++i) {
    points_[i] = points[order[i]];
    coefficients_[i] = coefficients[order[i]];
    ++starts_[of[order[i]] + 1];
  }
  std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
}

// Of one stretch of every class, class after class: afterwards stretch b of block t is at t 2^levels + b.
template <class K>
void PowerSums<K>::Join(std::span<K> sums) const {
  const std::span<Goldilocks> data = AsBase(sums);
  size_t part = kStretch * K::kDegree;
  for (int below = levels_; below > 0;) {
    const int levels = below == 4 ? 2 : std::min(below, kMaxJoinedLevels);
    below -= levels;
    JoinClasses(levels, data, part, std::span<const Goldilocks>(twiddles_), blocks_, below);
    part <<= levels;
  }
}

template <class K>
void PowerSums<K>::Run(size_t from, size_t to, const std::function<void(uint64_t, std::span<const K>)>& out) const {
  std::vector<K> at(coefficients_);
  std::vector<const Goldilocks*> rows(at.size());
  for (size_t t = 0; t < at.size(); ++t) {
    if (from != 0) at[t] = at[t] * table_.step(t).Pow(from);
    rows[t] = table_.stretch(t);
  }
  const size_t classes = starts_.size() - 1;
  std::vector<K> sums(classes * kStretch);
  for (size_t part = from; part < to; ++part) {
    std::fill(sums.begin(), sums.end(), K::Zero());
    for (size_t c = 0; c < classes; ++c) {
      const size_t first = starts_[c], count = starts_[c + 1] - first;
      const auto sum = std::span<K>(sums).subspan(c * kStretch, kStretch);
      if (count > kFew) {
        AddRows<K>(std::span<const K>(at).subspan(first, count),
                   std::span<const Goldilocks* const>(rows).subspan(first, count), sum);
        continue;
      }
      for (size_t t = first; t < first + count; ++t) {
        Axpy<K>(at[t], std::span<const Goldilocks>(rows[t], kStretch), sum);
      }
    }
    Join(sums);
    for (size_t b = 0; b < size_t{1} << levels_; ++b) {
      const uint64_t e = (uint64_t{b} << (log_block_ - levels_)) + part * kStretch;
      if (e >= length_) break;
      const auto sum = std::span<K>(sums).subspan(b * kStretch, std::min<uint64_t>(kStretch, length_ - e));
      for (size_t t = 1; t < blocks_; ++t) {
        AddTo<K>(std::span<const K>(sums).subspan(((t << levels_) + b) * kStretch, sum.size()), sum);
      }
      out(e, sum);
    }
    for (size_t t = 0; t < at.size(); ++t) at[t] = at[t] * table_.step(t);
  }
}

template class PowerSums<Ext2>;
template class PowerSums<Ext3>;

}  // namespace provenn
