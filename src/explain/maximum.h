// Maxima of pairs, put together again to the pooling or the maximum over an axis that they make up.
#pragma once

#include <vector>

#include "explain/node.h"

namespace provenn {

// Joins every chain of pairs whose intermediate results nothing else reads into one node, at the place of its last
// pair. A maximum is over all cells of the source that the chain reaches; cells outside read 0, which the words say
// where the source can be negative. Chains whose cells are no box of the source stay pairs, and so do pairs with a
// problem, those that read an intermediate result beyond its cells, and those beyond what is looked at in all (a
// hostile key could ask for any amount of it).
std::vector<Node> JoinMaxima(const Circuit& circuit, const std::vector<ValueRange>& ranges,
                             std::vector<ReadStep> steps);

}  // namespace provenn
