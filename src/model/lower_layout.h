// How the tables of one function are laid out for all requests that share it: which requests look their quotient up
// directly, which saturate, over which keys, and which requests need tables of their own.
//
// Over the field, not the integers, "E = 2^s * key + remainder" has one solution only while no two of its right sides
// are p apart: 2^s * (number of keys) <= p. A table that is shared must be small enough for the request with the
// longest remainder, however large the quotients of the others are. Requests that would break the bound for each other
// get classes of their own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/lower_table.h"

namespace provenn {

struct Interval {
  int64_t min = 0;
  int64_t max = 0;
  uint64_t Size() const { return static_cast<uint64_t>(max - min) + 1; }
};

// min is rounded down to -m, max up to m - 1, with m of at most three binary digits followed by zeros.
Interval RoundOut(Interval i);

// What one committed cell or one leaf of the lookup argument costs, is the unit. Leaves come in blocks of a power of
// two: per table, and per lookup along every axis.
uint64_t TableCost(uint64_t rows);

// Whether remainder + 2^bits * key, with 0 <= remainder < 2^bits and `keys` consecutive keys, differ modulo p.
bool HasOneDecomposition(int bits, uint64_t keys);

struct LayoutRequest {
  std::string name;
  Interval quotients;
  int shift = 0;                 // s: bits of the remainder
  uint64_t saturation_cost = 0;  // of saturating its values, in units of TableCost
};

// The coarse layout of a saturating table.
struct CoarseLayout {
  int bits = 0;
  Interval rows;     // keys of the table
  Interval tops;     // keys of the clamp table
  Interval clamped;  // its values
};

// One class: requests that share tables.
struct FunctionLayout {
  std::vector<size_t> requests;  // numbers in the list given
  std::vector<bool> is_direct;   // parallel to `requests`
  Interval direct;               // keys of the direct table, where some are
  CoarseLayout coarse;           // where some are not
};

// The cheapest layouts in which every request has one decomposition; one class where it can be. `max_direct_rows`: the
// longest direct table, except for a request that can be laid out in no other way. kUnsupported naming the request
// that no table holds.
Result<std::vector<FunctionLayout>> LayOutFunction(const FunctionTable& function,
                                                   const std::vector<LayoutRequest>& requests,
                                                   uint64_t max_direct_rows);

}  // namespace provenn
