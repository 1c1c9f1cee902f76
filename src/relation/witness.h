// Values of a circuit's tensors: the prover's secrets, so they are wiped when they are freed.
#pragma once

#include <cstdint>
#include <vector>

#include "base/secret.h"
#include "relation/circuit.h"

namespace provenn {

// Integers by tensor id; empty for tensors that are not of the kind in question.
using IntegerTensors = std::vector<SecretVector<int32_t>>;

// Integer values of every tensor; with a batch, of the batched shape.
struct Assignment {
  IntegerTensors tensors;
};

// An assignment and every contraction's result ([output axes], row-major), as the integer interpreter leaves them.
struct Witness {
  Assignment assignment;
  std::vector<SecretVector<int64_t>> accumulators;
};

}  // namespace provenn
