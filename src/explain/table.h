// The tables of a key: what each is used for, and which function it is.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "explain/explanation.h"
#include "explain/work.h"
#include "relation/circuit.h"

namespace provenn {

class TableReader {
 public:
  explicit TableReader(const Circuit& circuit) : circuit_(circuit) {}

  // The function in that value column. Each is compared once, however many nodes share it. A key whose tables take more
  // work than those of any network gets unknown functions from there on; recognising a table once does not count.
  const FunctionReport& Function(uint32_t table, size_t column, int32_t key_scale, int32_t result_scale);

  // What a clamp table and the function behind it do together, key by key: the function's first and last block of
  // 2^bits keys must hold one value each, and the clamp be that of [first block, last block]. Empty, or the problem.
  // Looked at once, however many steps clamp so, and part of the same work.
  const std::string& ClampProblem(uint32_t clamp_table, uint32_t function_table, size_t column, int bits);

  // By the lookups' tables: reports of all tables of the circuit, with those functions that `Function` was asked for
  // and that the nodes settled on.
  std::vector<TableReport> Reports(const std::vector<const Node*>& nodes) const;

  const ReadingWork& work() const { return work_; }

 private:
  FunctionReport Compare(uint32_t table, size_t column, int32_t key_scale, int32_t result_scale);
  std::string FindClampProblem(uint32_t clamp_table, uint32_t function_table, size_t column, int bits) const;

  const Circuit& circuit_;
  ReadingWork work_;
  std::map<std::tuple<uint32_t, size_t, int32_t, int32_t>, FunctionReport> known_;
  // By what is added to the scale, the same at all scales: identities and relus.
  std::map<std::tuple<uint32_t, size_t, int64_t>, const FunctionReport*> shifts_;
  std::map<std::pair<uint32_t, size_t>, FunctionReport> unknown_;  // not compared: its ends and range
  std::set<std::pair<uint32_t, size_t>> recognised_;               // at some pair of scales
  std::map<std::tuple<uint32_t, uint32_t, size_t, int>, std::string> clamp_problems_;
};

// Of first key, size and all values: docs/format.md.
Digest TableDigest(const Table& table);

// "round(2^8·(max(x, 0))), x = q·2^-8" or "clamp(q, 0, 3839)" and so on, for an argument `q`.
std::string FunctionText(const FunctionReport& function, const std::string& q);
// "2^-8", "1", "2^3".
std::string PowerText(int exponent);

}  // namespace provenn
