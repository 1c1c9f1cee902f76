// What one step of a program computes.
#pragma once

#include <vector>

#include "explain/explanation.h"
#include "explain/table.h"
#include "relation/totality.h"

namespace provenn {

// A maximum of two views of tensors, plus an offset: out = max(a, b) + offset.
struct MaximumPair {
  View a;
  View b;
  int64_t offset = 0;
};

struct ReadStep {
  Node node;
  std::optional<MaximumPair> pair;
};

// `ranges`: what the cells of each tensor can be (RangesWhereProved).
// Precondition: CheckDeterminism accepts; the step sets an output or a quotient.
ReadStep ExplainStep(const Circuit& circuit, const Step& step, const std::vector<ValueRange>& ranges,
                     TableReader* tables);

}  // namespace provenn
