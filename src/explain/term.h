// Which operator a contraction is.
#pragma once

#include "explain/explanation.h"
#include "relation/circuit.h"

namespace provenn {

// The addend that a contraction makes, or a view, of a sum over `space`. Its kind is kUnknown where the index maps are
// those of no known operator; the formula is exact in any case. The factor is left to the caller.
Term RecogniseContraction(const Circuit& circuit, uint32_t contraction);
Term RecogniseValue(const Circuit& circuit, const View& view, const Shape& space);

// "3x3, stride 2, pads 1".
std::string WindowWords(const Term& term);

}  // namespace provenn
