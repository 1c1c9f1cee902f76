// The tables of a key: what each is used for, and which function it is.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "explain/explanation.h"
#include "relation/circuit.h"

namespace provenn {

class TableReader {
 public:
  explicit TableReader(const Circuit& circuit) : circuit_(circuit) {
    for (const Table& table : circuit.tables) work_left_ += kReadings * table.size;
  }

  // The function in that value column. Each is compared once, however many nodes share it. A key whose tables are read
  // at more pairs of scales than any network needs gets unknown functions from there on.
  const FunctionReport& Function(uint32_t table, size_t column, int32_t key_scale, int32_t result_scale);

  // What a clamp table and the function behind it do together, key by key: the function's first and last block of
  // 2^bits keys must hold one value each, and the clamp be that of [first block, last block]. Empty, or the problem.
  std::string ClampProblem(uint32_t clamp_table, uint32_t function_table, size_t column, int bits) const;

  // By the lookups' tables: reports of all tables of the circuit, with those functions that `Function` was asked for
  // and that the nodes settled on.
  std::vector<TableReport> Reports(const std::vector<Node>& nodes) const;

 private:
  // Rows that are compared in all, over those that there are. A table that is no known function costs more.
  static constexpr uint64_t kReadings = 64;
  static constexpr uint64_t kUnknown = 32;

  const Circuit& circuit_;
  uint64_t work_left_ = uint64_t{1} << 22;
  std::map<std::tuple<uint32_t, size_t, int32_t, int32_t>, FunctionReport> known_;
};

// "round(2^8·(max(x, 0))), x = q·2^-8" or "clamp(q, 0, 3839)" and so on, for an argument `q`.
std::string FunctionText(const FunctionReport& function, const std::string& q);
// "2^-8", "1", "2^3".
std::string PowerText(int exponent);

}  // namespace provenn
