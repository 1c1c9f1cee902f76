// The operators that a sum's addend can be: all that is said of each, in one place. Which index maps make it is for
// term.cc to say (maximum.cc for maxima); its words after those given here follow from its shapes.
#pragma once

#include "explain/explanation.h"

namespace provenn {

struct OperatorFacts {
  Term::Kind kind;
  const char* name;     // in JSON
  const char* before;   // words before the addend's own
  const char* as_mean;  // instead, where it is divided by the number of its cells; such a sum may be a mean
  const char* in_bias;  // instead, beside an addend with weights
  OperatorGroup group;
};

// Every kind has its facts.
const OperatorFacts& FactsOf(Term::Kind kind);

}  // namespace provenn
