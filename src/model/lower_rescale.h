// Turns every "out = f(floor(E / 2^s))" of a model into lookups, choosing tables for the model as a whole.
//
// Direct: two lookups and two committed cells per value.
//   lo                                in [0, 2^s)          (one or more digits)
//   ((E - lo) / 2^s, out)             in f's table, which covers every quotient that an input in range can cause
// Saturating, where such a table would cost more than it saves: three lookups and four cells.
//   (top, clamped)                    in a small table: clamped = top held to [A - 1, B + 1]
//   (key, clamped, out)               in f's table with floor(key / 2^t) as its first value column, where
//                                     key = (E - lo) / 2^s + (clamped - top) * 2^t
// The second tuple forces (E - lo) / 2^s - top * 2^t = key - clamped * 2^t into [0, 2^t): top is the true coarse
// position, and a key outside [A * 2^t, (B + 1) * 2^t) stands in the constant rows on its side. No cell has a choice:
// over the field, because lower_layout.h keeps remainder, keys and tops together below the modulus.
//
// Exact, for a few values that are only handed out and need no function (a classifier's logits): three lookups and two
// cells, no table of their own, no saturation.
//   E - out * 2^s                     in [0, 2^s)
//   low                               in [0, 2^w)
//   (out - min - low) / 2^w           in [0, 2^v)
// The last two hold out to a range on which the first has one solution.
//
// The sizes of tables follow from the bounds of E that the requests state, for each table the largest quotient that any
// of its layers can reach, rounded up to three binary digits. Whether those come from the formats or from the weights
// is lower_weights.cc's choice (LoweringOptions::tight).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/lower_table.h"
#include "model/lower_value.h"
#include "relation/circuit.h"
#include "relation/program.h"

namespace provenn {

struct RescaleRequest {
  std::string name;
  size_t node = 0;  // of the graph, for reports
  Shape space;
  Expression sum;   // E; every coefficient is an integer, the rounding constant is included
  int shift = 0;    // s
  int64_t min = 0;  // bounds of E
  int64_t max = 0;
  FunctionTable function;
  uint32_t out = 0;    // tensor that is set ...
  View out_view;       // ... through this view over the space
  bool exact = false;  // the function is the identity and nothing but the output reads the result
  Expression rest;     // terms that the value column has beside the output: out = f(...) - rest
};

// key in [0, size), nothing set.
struct RangeRequest {
  std::string name;
  size_t node = 0;
  Shape space;
  Expression key;
  uint32_t size = 0;
};

// For reports: which graph node a lookup, cell or activation belongs to.
struct NodeCost {
  uint64_t lookups = 0;
  uint64_t cells = 0;
};

// Appends tables, tensors and lookups for the requests to the circuit, and the steps that satisfy them (with the
// contractions they read) to the program, in the order of the requests. kUnsupported where a quotient is too large for
// any table; kTooLarge beyond the limits of a circuit. `costs` by node.
Status EmitRequests(const std::vector<RescaleRequest>& rescales, const std::vector<RangeRequest>& ranges,
                    Circuit* circuit, Program* program, std::vector<NodeCost>* costs);

}  // namespace provenn
