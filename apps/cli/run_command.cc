#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "commands.h"
#include "common.h"

namespace provenn::cli {
namespace {

struct Options {
  Query query;
  std::string path;
  Output output;
};

// y.npy, y.1.npy, y.2.npy, ...
std::string OutputPath(const std::string& base, size_t index) {
  if (index == 0) return base;
  std::filesystem::path path(base);
  path.replace_extension("." + std::to_string(index) + ".npy");
  return path.string();
}

int Run(const Options& options) {
  const auto key = ProvingKey::Open(options.query.key);
  if (!key.ok()) return Fail(key.error(), options.output);
  const auto inputs = LoadTensors(options.query.inputs);
  if (!inputs.ok()) return Fail(inputs.error(), options.output);
  const auto outputs = RunModel(*key, *inputs);
  if (!outputs.ok()) return Fail(outputs.error(), options.output);
  Json json = Json::array();
  for (size_t i = 0; i < outputs->size(); ++i) {
    const OutputTensor& output = (*outputs)[i];
    Json entry = ToJson(output);
    if (!options.path.empty()) {
      const std::string path = OutputPath(options.path, i);
      const Status written = WriteNpyFile(path, output.values);
      if (!written.ok()) return Fail(written.error(), options.output);
      entry["path"] = path;
    }
    json.push_back(std::move(entry));
  }
  if (options.output.json) {
    PrintJson({{"model_id", ToHex(key->model().model_id)}, {"outputs", json}});
  } else {
    for (const OutputTensor& output : *outputs)
      fmt::print("output {}  {}\n", Printable(output.name), Shortened(output.values));
  }
  return 0;
}

}  // namespace

void AddRun(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "The integer model's answer, without a proof");
  options->query.AddTo(command);
  command->add_option("-o,--output", options->path, "the first output as .npy; further ones beside it as .1.npy, ...");
  command->add_flag("--json", options->output.json, "the outputs as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
