#include "relation/table_column.h"

#include <algorithm>

namespace provenn {

TableColumns::Span TableColumns::Values(uint32_t table, size_t column, int64_t from, int64_t to) {
  const Table& t = circuit_.tables[table];
  const std::vector<int32_t>& values = t.values[column];
  std::vector<Span>& blocks = blocks_[{table, column}];
  if (blocks.empty()) {
    for (size_t at = 0; at < values.size(); at += kBlock) {
      const auto begin = values.begin() + static_cast<ptrdiff_t>(at);
      const auto [min, max] =
          std::minmax_element(begin, begin + static_cast<ptrdiff_t>(std::min(kBlock, values.size() - at)));
      blocks.push_back({*min, *max});
    }
  }
  auto at = static_cast<size_t>(from - t.first_key);
  const auto end = static_cast<size_t>(to - t.first_key) + 1;
  Span span{values[at], values[at]};
  const auto add = [&](int32_t min, int32_t max) {
    span.min = std::min(span.min, min);
    span.max = std::max(span.max, max);
  };
  while (at < end) {
    if (at % kBlock == 0 && at + kBlock <= end) {
      add(blocks[at / kBlock].min, blocks[at / kBlock].max);
      at += kBlock;
    } else {
      add(values[at], values[at]);
      ++at;
    }
  }
  return span;
}

template <typename Holds>
const TableColumns::Counts& TableColumns::Exceptions(std::map<Id, Counts>* known, Id id, const Holds& holds) {
  Counts& counts = (*known)[id];
  if (!counts.empty()) return counts;
  const Table& t = circuit_.tables[id.first];
  counts.assign(t.size + 1, 0);
  for (uint32_t j = 0; j < t.size; ++j) {
    counts[j + 1] = counts[j] + (holds(t.first_key + int64_t{j}, t.values[id.second][j]) ? 0 : 1);
  }
  return counts;
}

bool TableColumns::None(const Counts& counts, uint32_t table, int64_t from, int64_t to) const {
  const int64_t first = circuit_.tables[table].first_key;
  return from > to || counts[static_cast<size_t>(to - first) + 1] == counts[static_cast<size_t>(from - first)];
}

bool TableColumns::IsPositivePart(uint32_t table, size_t column, int64_t from, int64_t to) {
  const auto holds = [](int64_t key, int64_t value) { return value == std::max<int64_t>(key, 0); };
  return None(Exceptions(&not_positive_part_, {table, column}, holds), table, from, to);
}

bool TableColumns::KeepsPositivePart(uint32_t table, size_t column, int64_t from, int64_t to) {
  const auto holds = [](int64_t key, int64_t value) { return key < 0 ? value < 0 : value == key; };
  return None(Exceptions(&not_kept_, {table, column}, holds), table, from, to);
}

}  // namespace provenn
