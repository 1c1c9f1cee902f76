// Rewrites that leave a graph's function as it is (up to float rounding) and its number of operations smaller.
#pragma once

#include "model/graph.h"

namespace provenn {

// Repeats until nothing changes:
//   - views that do nothing disappear, and a reshape of a reshape is one;
//   - element-wise functions and affines move in front of a reshape, so that they meet what computed their operand;
//   - affine of affine is one; an affine per out-channel goes into the convolution or product before it;
//   - Clip and Relu in a row are one; the usual expansions of HardSigmoid and HardSwish become these operations.
// A rewrite happens only where the value between the two nodes has no other reader and is no output. Then drops what
// no output needs, makes names unique and renumbers the values. Precondition: ValidateGraph holds but for unused
// values, missing names and names that repeat.
Status FoldGraph(Graph& graph);

}  // namespace provenn
