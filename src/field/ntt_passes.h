// The vectorised loops of ntt.cc; for that file only.
//
// A node stands for the residue of all column polynomials modulo x^(2m) - s^2: 2m rows, s = twiddles[node]. Its
// children 2 node and 2 node + 1 are the residues modulo x^m - s and x^m + s, so a level of the tree is one butterfly
// (low, high) -> (low + s high, low - s high) with a constant s over whole arrays of m * cols elements. A pass goes
// down up to kMaxLevels levels at once, so that a large matrix travels through memory that many times less often.
#pragma once

#include <cstddef>

#include "field/goldilocks.h"

namespace provenn {

inline constexpr int kMaxLevels = 3;

struct NttPasses {
  // Takes items [begin, end) of each of the 2^levels parts of `node`, `part` elements apart, `levels` levels down.
  // dst may be src. Values are any 64-bit representatives until a pass says `last`.
  void (*pass)(int levels, bool last, const Goldilocks* src, Goldilocks* dst, size_t part, size_t begin, size_t end,
               const Goldilocks* twiddles, size_t node);
  // The same in place for `count` nodes in a row from `node` on, the first at `data`.
  void (*pass_nodes)(int levels, bool last, Goldilocks* data, size_t part, const Goldilocks* twiddles, size_t node,
                     size_t count);
  // The last kMaxLevels levels of `count` nodes of 2^kMaxLevels rows, for matrices narrower than a vector: lanes run
  // over nodes instead of columns.
  void (*narrow_last)(Goldilocks* data, size_t cols, const Goldilocks* twiddles, size_t node, size_t count);
  // Multiplies row i by first * ratio^i.
  void (*scale_rows)(Goldilocks* data, size_t rows, size_t cols, Goldilocks first, Goldilocks ratio);
  // Columns below which narrow_last is the faster way.
  size_t narrow_cols;
};

// Of the best instruction set of this machine.
const NttPasses& BestNttPasses();

}  // namespace provenn
