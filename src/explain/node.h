// What one step of a program computes.
#pragma once

#include <vector>

#include "explain/explanation.h"
#include "explain/table.h"
#include "explain/term.h"
#include "relation/determinism.h"
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

// What the steps of a key are read with.
struct StepReading {
  const Circuit& circuit;
  const std::vector<ValueRange>& ranges;              // what cells can be, by tensor (RangesWhereProved)
  const std::vector<std::optional<CellRange>>& held;  // what a lookup holds them to, by tensor (CellRanges)
  TableReader& tables;
  AddendReader& addends;
};

// Precondition: CheckDeterminism accepts; the step sets an output or a quotient.
ReadStep ExplainStep(const Step& step, const StepReading& with);

}  // namespace provenn
