// Powers of many points of F, for sums over all of them: polynomials at many points, and combinations of powers. A
// stretch of powers is kept for each point; x^(s + i) = x^s x^i serves the others. Single-threaded.
#pragma once

#include <span>
#include <vector>

#include "field/extension.h"
#include "field/goldilocks.h"

namespace provenn {

class PowerTable {
 public:
  explicit PowerTable(std::span<const Goldilocks> points);

  // out[t] = sum_i points[t]^i coefficients[i]. Precondition: as many as there are points.
  template <class K>
  void Evaluate(std::span<const K> coefficients, std::span<K> out) const;

  // out[i] += sum_t coefficients[t] points[t]^(first + i). Precondition: a coefficient for each point.
  template <class K>
  void AddPowers(std::span<const K> coefficients, uint64_t first, std::span<K> out) const;

  // points[t]^0 to points[t]^(kStretch - 1), and points[t]^kStretch.
  static constexpr size_t kStretch = 64;
  const Goldilocks* stretch(size_t t) const { return &powers_[t * kStretch]; }
  Goldilocks step(size_t t) const { return step_[t]; }

 private:
  std::vector<Goldilocks> points_;
  std::vector<Goldilocks> powers_;  // kStretch of each point, one point after the other
  std::vector<Goldilocks> step_;    // points^kStretch
};

}  // namespace provenn
