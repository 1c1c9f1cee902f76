// Why every input in range has an answer, in the integers: the other half of what a key must show.
//
// CheckDeterminism (determinism.h) says that there is at most one assignment. With weights inside their declared bounds
// (which a certificate proves of the committed ones) and inputs inside theirs, this check says that there is one: the
// interpreter's, no sum of which leaves the integers of absolute value below p/2. So an owner cannot choose which
// inputs have no proof, and "the model" is integer arithmetic and not arithmetic modulo p.
//
// The compiler's bounds pass by default; those of `commit --tight`, taken from sums of the actual weights, do not.
//
// Interval arithmetic along the program, from the declared bounds of inputs and weights. One rule looks at two
// terms together: out = max(a, b), written as b + f(a - b) with f(k) = max(k, 0) (which a clamp that keeps the sign of
// positions leaves as it is), lies in [max of minima, max of maxima]. docs/protocol.md, section 12.5.
#pragma once

#include <cstdint>
#include <vector>

#include "relation/circuit.h"
#include "relation/program.h"

namespace provenn {

struct ValueRange {
  int64_t min = 0;
  int64_t max = 0;
  bool operator==(const ValueRange&) const = default;
};

// Precondition: CheckDeterminism. On success the ranges that the check found, by tensor (each within the declared
// bounds). kOutOfRange naming the place where a value might have no row, leave its declared bounds, or wrap.
Result<std::vector<ValueRange>> CheckTotality(const Circuit& circuit, const Program& program);

// The same intervals under another premise: weights can be anything, but the answer has a proof, so that every key has
// its row and every quotient that is committed is in its range. Of weights the range is everything. A range that a
// lookup demands of another value is not used, so that these ranges tell whether it demands anything. Precondition:
// CheckDeterminism.
std::vector<ValueRange> RangesWhereProved(const Circuit& circuit, const Program& program);

// The lookups of steps whose quotient can be one that its range does not hold, whatever the weights are, where
// everything before it has a proof: inputs for which it is have none. Not those whose sum depends on weights: what
// these can be is nothing that a range of integers says. Ascending. Precondition: CheckDeterminism.
std::vector<uint32_t> QuotientsThatCanLeave(const Circuit& circuit, const Program& program);

// The lookups of steps whose values need not be those of integer arithmetic though every weight is within its bounds
// and the answer has a proof: a sum and a row (or quotient, or coarse position) can differ by a multiple of p.
// Ascending. Precondition: CheckDeterminism.
std::vector<uint32_t> LookupsThatCanWrap(const Circuit& circuit, const Program& program);

}  // namespace provenn
