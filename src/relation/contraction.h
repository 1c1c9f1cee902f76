// Evaluates contractions in integers: the one place where multiply-adds happen.
#pragma once

#include <cstdint>

#include "relation/witness.h"

namespace provenn {

// acc of `contraction` over the assignment, row-major over its output axes. Exact in 64 bits: the compiler has proved
// that no accumulator overflows. Parallel; inner loops over the contiguous innermost shared axis.
SecretVector<int64_t> EvaluateContraction(const Circuit& circuit, const Contraction& contraction,
                                          const Assignment& assignment);

}  // namespace provenn
