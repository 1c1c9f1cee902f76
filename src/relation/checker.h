// The slow and obvious face of every relation: does an assignment satisfy the circuit?
#pragma once

#include "relation/witness.h"

namespace provenn {

// Value of a view at an index of its space; 0 outside the tensor.
int64_t ValueAt(const Circuit& circuit, const Assignment& assignment, const View& view,
                const std::vector<uint32_t>& index);

// Checks shapes, input ranges and every tuple of every lookup, evaluating contractions by their definition (nested
// loops). The error (kInvalidArgument) names the lookup and the index, never a value: it may be a secret.
Status CheckAssignment(const Circuit& circuit, const Assignment& assignment);

}  // namespace provenn
