// Tensors that depend on no input: no operator's result, whatever a key makes them with, but constants.
#pragma once

#include <vector>

#include "explain/explanation.h"
#include "relation/program.h"

namespace provenn {

// What a tensor's cells follow from, the most of it.
enum class Source : uint8_t { kNothing = 0, kWeights = 1, kInputs = 2 };
// By tensor. Precondition: CheckDeterminism.
std::vector<Source> SourcesOf(const Circuit& circuit, const Program& program);

// The constants that a program makes, with their values where those are public. `total`: CheckTotality accepts, so that
// sums are those of integers; without it, and for more than some millions of cells or products, values are not
// computed.
std::vector<ConstantReport> ConstantsOf(const Circuit& circuit, const Program& program,
                                        const std::vector<Source>& sources, bool total);

}  // namespace provenn
