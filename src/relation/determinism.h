// Why no cell of a circuit has a choice: the check that a verifier makes of a key before it believes anything else.
//
// The owner of a model makes its key and may be the one who cheats. A circuit with a lookup missing, a coefficient of
// zero, or a remainder wider than the field allows has several satisfying assignments, and "the model's output" is then
// whatever its owner picks. A program (program.h) comes with the key as evidence of the contrary. This file checks it:
//
//   Theorem (docs/protocol.md, section 12.5). If CheckDeterminism accepts, then for every vector of weights over the
//   field and every input there is at most one assignment of field elements to all other cells that satisfies the
//   circuit, for every batch size.
//
// The proof goes along the program. Let kappa be the part of a step's key that is known before it (any field element:
// nothing is assumed of weights), lo the remainder that the digits spell, t the clamp's width.
//   direct      kappa * 2^s = lo + 2^s * key                      lo < 2^s, key one of n rows        2^s * n <= p
//   clamped     kappa * 2^s = lo + 2^s * (r + 2^t * top)          r < 2^t, top one of n              2^(s+t) * n <= p
//   quotient    kappa       = rem + 2^b * q                       rem < 2^b, q in a range of n       2^b * n <= p
// Under the condition on the right the numbers on the right of the equation are different integers below p: at most one
// fits kappa. Digits, top, clamped value, quotient and row follow, and an output is the row's value less known terms.
// Axis by axis: the work does not grow with the number of cells.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "relation/circuit.h"
#include "relation/program.h"

namespace provenn {

// What a lookup says of every cell of a tensor: it is one of `size` integers from `min` on, mod p.
struct CellRange {
  int64_t min = 0;
  uint64_t size = 0;
  uint32_t lookup = 0;  // that says so
  bool operator==(const CellRange&) const = default;
};

// By tensor: a range that a single lookup, or one with a low digit, holds every cell to; nullopt if there is none.
std::vector<std::optional<CellRange>> CellRanges(const Circuit& circuit);

// Precondition: ValidateCircuit. Checks ValidateProgram and: each digit is held to exactly [0, 2^bits) over its full
// shape; tensors that a step sets occur in its key once, at their own index, with the coefficient of their role; the
// three conditions above; a clamp's lookup is there and its table's first value column is floor(key / 2^t); every cell
// of every witness and output is set exactly once, by steps after everything they read is whole; every input is held to
// exactly its declared range; every input and every weight reaches an output. kRefusedKey naming place and reason.
Status CheckDeterminism(const Circuit& circuit, const Program& program);

// By tensor: the first lookup of two columns that are single cells at their own index, the first one this tensor's;
// what ties a coarse position to its clamped one.
std::vector<std::optional<uint32_t>> ClampLookups(const Circuit& circuit);

}  // namespace provenn
