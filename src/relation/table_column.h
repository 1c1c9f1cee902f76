// Questions about a stretch of rows of a table's value column, each answered in a time that does not grow with the
// stretch: a key of a few bytes can ask the same of a million rows many thousand times.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "relation/circuit.h"

namespace provenn {

class TableColumns {
 public:
  explicit TableColumns(const Circuit& circuit) : circuit_(circuit) {}

  // Keys from..to (inclusive), all of them in the table.
  struct Span {
    int32_t min = 0;
    int32_t max = 0;
  };
  // Least and largest value.
  Span Values(uint32_t table, size_t column, int64_t from, int64_t to);
  // Whether each value is max(key, 0).
  bool IsPositivePart(uint32_t table, size_t column, int64_t from, int64_t to);
  // Whether negative keys have negative values and all others their own.
  bool KeepsPositivePart(uint32_t table, size_t column, int64_t from, int64_t to);

 private:
  static constexpr size_t kBlock = 1024;
  using Id = std::pair<uint32_t, size_t>;
  using Counts = std::vector<uint32_t>;  // [rows + 1]: exceptions in the rows before

  template <typename Holds>
  const Counts& Exceptions(std::map<Id, Counts>* known, Id id, const Holds& holds);
  bool None(const Counts& counts, uint32_t table, int64_t from, int64_t to) const;

  const Circuit& circuit_;
  std::map<Id, std::vector<Span>> blocks_;
  std::map<Id, Counts> not_positive_part_;
  std::map<Id, Counts> not_kept_;
};

}  // namespace provenn
