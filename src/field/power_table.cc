#include "field/power_table.h"

#include <algorithm>

#include "base/check.h"
#include "field/kernels_rows.h"

namespace provenn {

PowerTable::PowerTable(std::span<const Goldilocks> points)
    : points_(points.begin(), points.end()), powers_(points.size() * kStretch), step_(points.size()) {
  // Power by power, so that the points' products do not wait for one another.
  std::vector<Goldilocks> power(points.size(), Goldilocks(1));
  for (size_t i = 0; i < kStretch; ++i) {
    for (size_t t = 0; t < power.size(); ++t) {
      powers_[t * kStretch + i] = power[t];
      power[t] *= points_[t];
    }
  }
  step_ = std::move(power);
}

template <class K>
void PowerTable::Evaluate(std::span<const K> coefficients, std::span<K> out) const {
  PROVENN_CHECK(out.size() == points_.size());
  std::fill(out.begin(), out.end(), K::Zero());
  std::vector<K> stretch(kStretch);
  std::vector<K> sums(out.size());
  for (size_t s = (coefficients.size() + kStretch - 1) / kStretch; s-- > 0;) {
    const auto part = coefficients.subspan(s * kStretch, std::min(kStretch, coefficients.size() - s * kStretch));
    std::fill(std::copy(part.begin(), part.end(), stretch.begin()), stretch.end(), K::Zero());
    FoldRows<K>(std::span<const Goldilocks>(powers_), std::span<const K>(stretch), std::span<K>(sums));
    for (size_t t = 0; t < out.size(); ++t) out[t] = out[t] * step_[t] + sums[t];
  }
}

template <class K>
void PowerTable::AddPowers(std::span<const K> coefficients, uint64_t first, std::span<K> out) const {
  PROVENN_CHECK(coefficients.size() == points_.size());
  std::vector<K> at(coefficients.begin(), coefficients.end());
  std::vector<const Goldilocks*> rows(at.size());
  for (size_t t = 0; t < at.size(); ++t) {
    if (first != 0) at[t] = at[t] * points_[t].Pow(first);
    rows[t] = &powers_[t * kStretch];
  }
  for (size_t begin = 0; begin < out.size(); begin += kStretch) {
    const size_t n = std::min(kStretch, out.size() - begin);
    AddRows<K>(std::span<const K>(at), std::span<const Goldilocks* const>(rows), out.subspan(begin, n));
    for (size_t t = 0; t < at.size(); ++t) at[t] = at[t] * step_[t];
  }
}

#define PROVENN_INSTANTIATE(K)                                                   \
  template void PowerTable::Evaluate<K>(std::span<const K>, std::span<K>) const; \
  template void PowerTable::AddPowers<K>(std::span<const K>, uint64_t, std::span<K>) const;
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
