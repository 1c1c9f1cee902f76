#include "model/lower_table.h"

#include <algorithm>
#include <string>

namespace provenn {

int32_t FunctionTable::At(int64_t key) const {
  return values[static_cast<size_t>(std::clamp(key, first, last()) - first)];
}
int32_t FunctionTable::Min() const { return *std::min_element(values.begin(), values.end()); }
int32_t FunctionTable::Max() const { return *std::max_element(values.begin(), values.end()); }

FunctionTable Canonical(FunctionTable table) {
  std::vector<int32_t>& v = table.values;
  size_t begin = 0;
  size_t end = v.size();
  while (end - begin > 1 && v[begin] == v[begin + 1]) ++begin;
  while (end - begin > 1 && v[end - 1] == v[end - 2]) --end;
  v.erase(v.begin() + static_cast<ptrdiff_t>(end), v.end());
  v.erase(v.begin(), v.begin() + static_cast<ptrdiff_t>(begin));
  table.first += static_cast<int64_t>(begin);
  if (v.size() == 1) table.first = 0;  // a constant has no place
  return table;
}

FunctionTable PositivePart(int64_t last) { return IdentityTable(0, last); }

FunctionTable IdentityTable(int64_t min, int64_t max) {
  FunctionTable table;
  table.first = min;
  for (int64_t key = min; key <= max; ++key) table.values.push_back(static_cast<int32_t>(key));
  return table;
}

namespace {

Table WithKeys(int64_t first, int64_t last, size_t columns) {
  Table table;
  table.first_key = first;
  table.size = static_cast<uint32_t>(last - first + 1);
  table.values.assign(columns, std::vector<int32_t>(table.size));
  return table;
}

}  // namespace

Table MakeTable(const FunctionTable& f, int64_t first, int64_t last) {
  Table table = WithKeys(first, last, 1);
  for (uint32_t j = 0; j < table.size; ++j) table.values[0][j] = f.At(first + j);
  return table;
}

Table MakeCoarseTable(const FunctionTable& f, int64_t first, int64_t last, int bits) {
  Table table = WithKeys(first, last, 2);
  for (uint32_t j = 0; j < table.size; ++j) {
    table.values[0][j] = static_cast<int32_t>((first + j) >> bits);
    table.values[1][j] = f.At(first + j);
  }
  return table;
}

Table MakeRangeTable(uint32_t size) {
  Table table;
  table.name = "range " + std::to_string(size);
  table.size = size;
  return table;
}

}  // namespace provenn
