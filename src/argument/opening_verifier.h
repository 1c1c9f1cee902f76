// Opening of all linear claims at once; see docs/protocol.md, "Opening".
#pragma once

#include <vector>

#include "argument/channel_verifier.h"
#include "argument/claims.h"
#include "argument/plan.h"

namespace provenn {

// The claims as one: claim i times gamma^i. Row weights are what the claims leave on an oracle's rows once its columns
// are folded at a point.
template <typename K>
struct CombinedClaim {
  std::vector<ProductFunctional<K>> products[3];
  std::vector<PowerFunctional<K>> powers[3];
  Affine<K> value;
};
template <typename K>
CombinedClaim<K> Combine(std::vector<LinearClaim<K>> claims, K gamma);

// A linear functional on the vector of a level: dense weights on the front, powers on whole segments.
template <typename K>
struct VectorFunctional {
  std::vector<K> dense;
  std::vector<PowerFunctional<K>> powers;
};

// What the claims leave on the vector of the level after the first, once the columns of the oracles are folded at
// `point` and those of the first level at `next_point`. The first level's vector is the concatenation of the three
// folded oracles at plan.segment_first; it is as long as the rows of the activations, and nothing here is. Adds to
// `dense`, the weights that FoldVector makes of level 0.
template <typename K>
void AddFoldedOracles(const Plan& plan, const CombinedClaim<K>& claim, const std::vector<K>& point,
                      const std::vector<K>& next_point, std::span<K> dense);

// One level down: fold the columns of level l's matrix at `point`. Powers that the next level's columns would cut are
// expanded.
template <typename K>
VectorFunctional<K> FoldVector(const Plan& plan, size_t level, const VectorFunctional<K>& functional,
                               const std::vector<K>& point);

// Coefficient of every entry of the terminal vector in an affine value: pads first, then product entries.
template <typename K>
std::vector<K> TerminalWeights(const Plan& plan, const Affine<K>& value);

// Shapes of the oracles of the first level.
const OracleShape& FirstLevelShape(const Plan& plan, size_t oracle);
inline size_t FirstLevelOracles(const Plan& plan) { return plan.has_weights() ? 3 : 1; }

template <typename K>
void ReadOpening(const Plan& plan, FrontResult<K> front, MaskedChannel<K>& channel);

}  // namespace provenn
