#include <fmt/format.h>

#include <memory>

#include "api/inspect.h"
#include "commands.h"
#include "common.h"

namespace provenn::cli {
namespace {

struct Options {
  std::string file;
  Output output;
};

std::string Text(const InspectCell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return Printable(*text);
  if (const auto* integer = std::get_if<int64_t>(&cell)) {
    return *integer < 0 ? "-" + Grouped(0 - static_cast<uint64_t>(*integer)) : Grouped(static_cast<uint64_t>(*integer));
  }
  return Number(std::get<double>(cell));
}

Json ToJson(const InspectCell& cell) {
  return std::visit([](const auto& value) { return Json(value); }, cell);
}

void Print(const Inspection& inspection) {
  fmt::print("{}\n", inspection.kind);
  std::vector<std::vector<std::string>> facts;
  for (const auto& [name, value] : inspection.facts) facts.push_back({name, Text(value)});
  for (const auto& row : facts) fmt::print("  {:<18}  {}\n", row[0], row[1]);
  for (const InspectTable& table : inspection.tables) {
    fmt::print("\n== {}\n", table.title);
    std::vector<std::string> columns = table.columns;
    for (size_t c = 0; c < columns.size(); ++c) {
      if (!table.rows.empty() && !std::holds_alternative<std::string>(table.rows[0][c])) columns[c] += ">";
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& row : table.rows) {
      rows.emplace_back();
      for (const InspectCell& cell : row) rows.back().push_back(Text(cell));
    }
    PrintTable(columns, rows);
  }
}

int Run(const Options& options) {
  const auto inspection = InspectFile(options.file);
  if (!inspection.ok() && inspection.error().code == Code::kRefusedKey) {
    return RejectKey(inspection.error(), options.output);
  }
  if (!inspection.ok()) return Fail(inspection.error(), options.output);
  if (!options.output.json) {
    Print(*inspection);
    return 0;
  }
  Json json = {{"kind", inspection->kind}};
  for (const auto& [name, value] : inspection->facts) json[name] = ToJson(value);
  for (const InspectTable& table : inspection->tables) {
    Json rows = Json::array();
    for (const auto& row : table.rows) {
      Json entry = Json::object();
      for (size_t c = 0; c < row.size(); ++c) entry[table.columns[c]] = ToJson(row[c]);
      rows.push_back(std::move(entry));
    }
    json["tables"][table.title] = rows;
  }
  PrintJson(json);
  return 0;
}

}  // namespace

void AddInspect(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("inspect", "What a file is, and what is in it: never a secret");
  command->add_option("file", options->file, "a key, certificate, card, proof or ONNX model")->required();
  command->add_flag("--json", options->output.json, "as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
