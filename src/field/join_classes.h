// The vectorised loop of power_sums.cc; for that file only.
#pragma once

#include <cstddef>
#include <span>

#include "field/goldilocks.h"

namespace provenn {

inline constexpr int kMaxJoinedLevels = 3;

// Joins classes `levels` levels up, in place. `data` holds the classes' sums one after the other, `part` elements each;
// of the nodes that come out there are blocks * 2^below. Node n of depth d joins l, its first half, and r to l + r and
// s (l - r), s = twiddles[blocks (2^d - 1) + n]. Precondition: canonical elements.
void JoinClasses(int levels, std::span<Goldilocks> data, size_t part, std::span<const Goldilocks> twiddles,
                 size_t blocks, int below);

}  // namespace provenn
