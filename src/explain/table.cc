#include "explain/table.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "explain/function.h"

namespace provenn {
namespace {

// What recognising a table takes, by its rows: evaluations, and the fit of a line.
constexpr uint64_t kRecognising = 8;
// Rows of a clamp that are as much work as one at which a function is evaluated.
constexpr uint64_t kRowsOfAClamp = 16;

}  // namespace

std::string PowerText(int exponent) { return exponent == 0 ? "1" : "2^" + std::to_string(exponent); }

Digest TableDigest(const Table& table) {
  ByteWriter w;
  w.SignedVarint(table.first_key);
  w.Varint(table.size);
  w.Varint(table.values.size());
  for (const auto& column : table.values) {
    for (int32_t v : column) w.SignedVarint(v);
  }
  return Sha256Of("provenn.architecture.table", {ByteSpan(w.bytes())});
}

std::string FunctionText(const FunctionReport& f, const std::string& q) {
  using Form = FunctionReport::Form;
  if (f.form == Form::kUnknown) return "table(" + q + ")";
  if (f.form == Form::kConstant) return std::to_string(f.first_value);
  const bool relu = f.form == Form::kRelu;
  if ((relu || f.form == Form::kIdentity) && f.key_scale == f.result_scale) {
    if (f.held_low.has_value() && f.held_high.has_value()) {
      return "clamp(" + q + ", " + std::to_string(f.first_value) + ", " + std::to_string(f.last_value) + ")";
    }
    if (f.held_low.has_value() || relu) return "max(" + q + ", " + std::to_string(f.first_value) + ")";
    return f.held_high.has_value() ? "min(" + q + ", " + std::to_string(f.last_value) + ")" : q;
  }
  std::string text = "round(";
  if (f.result_scale != 0) text += PowerText(f.result_scale) + "·";
  text += "(" + f.formula + ")), x = " + q;
  if (f.key_scale != 0) text += "·" + PowerText(-f.key_scale);
  if (f.held_low.has_value()) {
    text += ", " + std::to_string(f.first_value) + " for " + q + " <= " + std::to_string(*f.held_low);
  }
  if (f.held_high.has_value()) {
    text += ", " + std::to_string(f.last_value) + " for " + q + " >= " + std::to_string(*f.held_high);
  }
  return text;
}

const FunctionReport& TableReader::Function(uint32_t table, size_t column, int32_t key_scale, int32_t result_scale) {
  const auto [it, fresh] = known_.try_emplace({table, column, key_scale, result_scale});
  if (!fresh) return it->second;
  FunctionReport& report = it->second;
  const auto [shift, first] = shifts_.try_emplace({table, column, int64_t{result_scale} - key_scale}, nullptr);
  if (shift->second != nullptr && HasExactScales(key_scale, result_scale)) {
    report = *shift->second;
    report.key_scale = key_scale;
    report.result_scale = result_scale;
    return report;
  }
  report = Compare(table, column, key_scale, result_scale);
  using Form = FunctionReport::Form;
  if (report.recognised() && (report.form == Form::kIdentity || report.form == Form::kRelu)) shift->second = &report;
  return report;
}

FunctionReport TableReader::Compare(uint32_t table, size_t column, int32_t key_scale, int32_t result_scale) {
  const Table& t = circuit_.tables[table];
  const std::vector<int32_t>& values = t.values[column];
  if (work_.exceeded()) {
    const auto [it, fresh] = unknown_.try_emplace({table, column});
    if (fresh) it->second = UnknownFunction(values, 0, 0);
    FunctionReport report = it->second;
    report.key_scale = key_scale;
    report.result_scale = result_scale;
    report.compared = false;
    return report;
  }
  const uint64_t before = work_.done();
  FunctionReport report = RecogniseFunction(t.first_key, values, key_scale, result_scale, &work_);
  if (report.recognised() && recognised_.insert({table, column}).second) {
    work_.GiveBack(std::min(work_.done() - before, kRecognising * t.size));
  }
  return report;
}

const std::string& TableReader::ClampProblem(uint32_t clamp_table, uint32_t function_table, size_t column, int bits) {
  const auto [it, fresh] = clamp_problems_.try_emplace({clamp_table, function_table, column, bits});
  if (fresh) {
    const uint64_t rows = uint64_t{circuit_.tables[clamp_table].size} + circuit_.tables[function_table].size;
    it->second = work_.Take(1 + rows / kRowsOfAClamp)
                     ? FindClampProblem(clamp_table, function_table, column, bits)
                     : "clamp table " + std::to_string(clamp_table) + " was not looked at: " + kTooMuchWork;
  }
  return it->second;
}

std::string TableReader::FindClampProblem(uint32_t clamp_table, uint32_t function_table, size_t column,
                                          int bits) const {
  const Table& clamp = circuit_.tables[clamp_table];
  const Table& function = circuit_.tables[function_table];
  const int64_t last_key = function.first_key + int64_t{function.size} - 1;
  const int64_t first_block = function.first_key >> bits;
  const int64_t last_block = last_key >> bits;
  const int64_t last_top = clamp.first_key + int64_t{clamp.size} - 1;
  for (uint32_t j = 0; j < clamp.size; ++j) {
    const int64_t expected = std::clamp(clamp.first_key + int64_t{j}, first_block, last_block);
    if (clamp.values[0][j] == expected) continue;
    return "clamp table " + std::to_string(clamp_table) + ": at " + std::to_string(clamp.first_key + int64_t{j}) +
           " expected " + std::to_string(expected) + ", found " + std::to_string(clamp.values[0][j]);
  }
  const std::vector<int32_t>& values = function.values[column];
  const size_t block = size_t{1} << bits;
  const auto constant = [&](size_t from) {
    return std::all_of(values.begin() + static_cast<ptrdiff_t>(from),
                       values.begin() + static_cast<ptrdiff_t>(from + block),
                       [&](int32_t v) { return v == values[from]; });
  };
  const bool whole = values.size() >= block && function.first_key == first_block * int64_t(block) &&
                     last_key + 1 == (last_block + 1) * int64_t(block);
  // One row is constant whatever the function is: a clamp of 0 bits would cut it off and no held end would show it.
  const bool shows = whole && bits > 0;
  const bool low = clamp.first_key >= first_block || (shows && constant(0));
  const bool high = last_top <= last_block || (shows && constant(values.size() - block));
  if (low && high) return "";
  return "the table does not hold one value where keys are clamped: what lies beyond comes back periodically";
}

std::vector<TableReport> TableReader::Reports(const std::vector<const Node*>& nodes) const {
  std::vector<TableReport> reports;
  for (const Table& t : circuit_.tables) {
    TableReport r;
    r.name = t.name;
    r.first_key = t.first_key;
    r.rows = t.size;
    if (!t.values.empty()) r.digest = TableDigest(t);
    r.role = t.values.empty() ? "range" : t.values.size() == 1 ? "function" : "function with coarse position";
    reports.push_back(std::move(r));
  }
  for (const Lookup& lookup : circuit_.lookups) ++reports[lookup.table].uses;
  std::set<std::tuple<uint32_t, int32_t, int32_t>> listed;
  for (const Node* node : nodes) {
    for (const uint32_t id : node->tables) {
      TableReport& r = reports[id];
      const bool function = id == node->tables.front();
      if (!function) {
        r.role = "clamp";
        continue;
      }
      const FunctionReport& f = node->function;
      if (listed.insert({id, f.key_scale, f.result_scale}).second) r.functions.push_back(f);
    }
  }
  for (TableReport& r : reports) {
    if (r.uses == 0) {
      r.role = "not used";
    } else if (r.role == "range") {
      r.words = "these integers";
    } else if (r.role == "clamp") {
      r.words = "coarse positions, held to those of a function's table";
    }
    std::set<std::string> said;
    for (const FunctionReport& f : r.functions) {
      // The same integers at other scales.
      const std::string words = f.recognised() ? f.family + ": " + FunctionText(f, "key") : "not recognised";
      if (said.insert(words).second) r.words += (r.words.empty() ? "" : "; ") + words;
    }
    if (r.words.empty()) r.words = "not a function of a node";
  }
  return reports;
}

}  // namespace provenn
