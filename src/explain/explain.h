// Reads a key as a contract.
#pragma once

#include "explain/explanation.h"
#include "model/compile_port.h"
#include "relation/program.h"

namespace provenn {

// Precondition: CheckDeterminism accepts circuit and program, and the ports fit the circuit (every key that was read).
Explanation ExplainCircuit(const Circuit& circuit, const Program& program, const std::vector<ModelPort>& inputs,
                           const std::vector<ModelPort>& outputs);

}  // namespace provenn
