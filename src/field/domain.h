// The evaluation domain of Reed-Solomon codewords. Apart from the encoder, because a verifier needs no more than this.
#pragma once

#include <cstddef>

#include "field/goldilocks.h"

namespace provenn {

// The point whose evaluations row `row` of an encoded matrix holds: Generator() * w^BitReverse(row), w the primitive
// 2^log_n-th root of unity. So the domain is a coset of the subgroup <w>, disjoint from it, without 0.
// Precondition: 0 <= log_n <= 32, row < 2^log_n.
Goldilocks DomainPoint(int log_n, size_t row);

}  // namespace provenn
