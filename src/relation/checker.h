// The slow and obvious face of every relation: does an assignment satisfy the circuit?
#pragma once

#include "relation/witness.h"

namespace provenn {

// Checks shapes, input ranges and every tuple of every lookup, evaluating contractions by their definition (nested
// loops). The error (kInvalidArgument) names the lookup and the index, never a value: it may be a secret.
Status CheckAssignment(const Circuit& circuit, const Assignment& assignment);

}  // namespace provenn
