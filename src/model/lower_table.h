// Integer function tables: a function on its domain, held constant beyond it.
#pragma once

#include <cstdint>
#include <vector>

#include "relation/circuit.h"

namespace provenn {

// f(key) = values[key - first], with keys below and above clamped to the domain. Canonical: no constant tails, so equal
// functions have equal tables and layers share them.
struct FunctionTable {
  int64_t first = 0;
  std::vector<int32_t> values;
  auto operator<=>(const FunctionTable&) const = default;

  int64_t last() const { return first + static_cast<int64_t>(values.size()) - 1; }
  int32_t At(int64_t key) const;
  int32_t Min() const;
  int32_t Max() const;
};

// Drops the constant tails.
FunctionTable Canonical(FunctionTable table);
// max(key, 0) for keys up to `last` >= 1.
FunctionTable PositivePart(int64_t last);
// The identity on [min, max].
FunctionTable IdentityTable(int64_t min, int64_t max);

// The rows for keys [first, last]; one value column. Precondition: 32-bit keys, at most kMaxTableSize rows.
Table MakeTable(const FunctionTable& f, int64_t first, int64_t last);
// The same with a first value column floor(key / 2^bits) before it: it ties a key to its coarse position.
Table MakeCoarseTable(const FunctionTable& f, int64_t first, int64_t last, int bits);
// The key alone, [0, size).
Table MakeRangeTable(uint32_t size);

}  // namespace provenn
