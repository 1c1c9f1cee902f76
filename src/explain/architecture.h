// Two ids of what a key computes, without its weights. docs/format.md defines both.
#pragma once

#include <string>
#include <vector>

#include "crypto/sha256.h"
#include "explain/explanation.h"
#include "model/compile_port.h"
#include "relation/program.h"

namespace provenn {

// What a step that sets a value was recognised as.
struct StepFacts {
  bool recognised = false;
  std::string family;              // of its function
  std::vector<uint64_t> divisors;  // by addend: contractions, then views, without those the step itself sets
};

struct ArchitectureInput {
  const Circuit& circuit;
  const Program& program;
  const std::vector<ModelPort>& inputs;
  const std::vector<ModelPort>& outputs;
  const std::vector<StepFacts>& steps;         // by step of the program
  const std::vector<uint32_t>& other_lookups;  // those that nothing accounts for
};

// Graph and shapes: which operators on which tensors, and their shapes. No name, scale, bound, width of a remainder or
// table enters, except those of what is not recognised, which enters with everything.
Digest GraphId(const ArchitectureInput& input);
// The graph, and all else that is public but names, the weights' commitment and the program.
Digest FormatsId(const ArchitectureInput& input, const Digest& graph_id);

}  // namespace provenn
