// Which function a table is.
#pragma once

#include <cstdint>
#include <span>

#include "explain/explanation.h"
#include "explain/work.h"

namespace provenn {

// Compares the rows first_key + j -> values[j] with every function that is known, at these scales, and takes the first
// that gives all rows; else the one with fewest departures if they are few; else none (an empty family).
//
// A row agrees if its value is f(key) rounded. On either side a table may hold its value constant from some row on:
// the value of f there, or one that f has not reached yet in the direction in which it goes on (saturation).
//
// A function is compared at a sample of the rows before it is at all. Where `work` does not suffice, none is found and
// the report says that it was not compared.
//
// Precondition: there are rows.
FunctionReport RecogniseFunction(int64_t first_key, std::span<const int32_t> values, int32_t key_scale,
                                 int32_t result_scale, ReadingWork* work);

// Whether numbers at these scales are exact in floating point. Tables at others are not compared.
bool HasExactScales(int32_t key_scale, int32_t result_scale);

// Makes it x -> x, whatever the rows before were compared with.
void BecomeIdentity(FunctionReport* function);

// Of the same rows, without a comparison: no known function.
FunctionReport UnknownFunction(std::span<const int32_t> values, int32_t key_scale, int32_t result_scale);

}  // namespace provenn
