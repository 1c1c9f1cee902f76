// An operand of a contraction with everything but the shared index kappa folded away.
#pragma once

#include <span>
#include <vector>

#include "argument/view_functional.h"
#include "base/secret.h"
#include "relation/circuit.h"

namespace provenn {

// F[kappa] = sum over the axes of `space` outside kappa of product of weights * view, times the weights of the kappa
// axes; kappa axes padded to powers of two, last innermost. weights: per axis of the space that the view uses.
template <typename K>
SecretVector<K> FoldOperand(const View& view, const Shape& tensor_shape, std::span<const int32_t> values,
                            const Shape& space, const std::vector<uint32_t>& kappa, const AxisWeights<K>& weights);

}  // namespace provenn
