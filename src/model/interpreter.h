// The integer interpreter: the definition of what a committed model computes. It fills in every tensor of a circuit
// from the weights and the inputs; `run` reads the outputs, the prover takes all of it as its witness.
#pragma once

#include <cstdint>
#include <vector>

#include "relation/program.h"
#include "relation/witness.h"

namespace provenn {

// `circuit` describes one sample and `program` has passed ValidateProgram for it. `weights` holds the weight tensors,
// `inputs` the input tensors of `batch` samples one after the other. The result is an assignment of
// WithBatch(circuit, batch).
//
// kInvalidArgument: a tensor of the wrong size. kOutOfRange: an input outside its declared range, naming the value, its
// index and the range; or a key outside its table, which the compiler rules out for inputs in range.
Result<Witness> RunProgram(const Circuit& circuit, const Program& program, const IntegerTensors& weights,
                           const IntegerTensors& inputs, uint32_t batch = 1);

}  // namespace provenn
