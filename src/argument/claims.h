// What the front of the argument leaves for the opening: linear claims on the committed matrices.
#pragma once

#include <vector>

#include "argument/affine.h"
#include "commit/functional.h"
#include "crypto/sha256.h"

namespace provenn {

// Matrices opened together at the first level, in commitment order.
enum Oracle : size_t { kActivations = 0, kFoldedWeights = 1, kHiddenRows = 2 };

// Sum over the three oracles of their functionals = value. With no functional it is an equation between pads alone.
template <typename K>
struct LinearClaim {
  std::vector<ProductFunctional<K>> products[3];
  std::vector<PowerFunctional<K>> powers[3];  // `first` counts cells
  Affine<K> value;
};

template <typename K>
struct FrontResult {
  Digest roots[3];  // of the three oracles
  Digest terminal_root;
  std::vector<LinearClaim<K>> claims;
};

}  // namespace provenn
