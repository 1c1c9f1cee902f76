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
  bool force = false;
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
  GuardSecrets();
  const auto key = ProvingKey::Open(options.query.key);
  if (!key.ok()) return Fail(key.error(), options.output);
  std::vector<std::string> paths;
  if (!options.path.empty()) {
    for (size_t i = 0; i < key->model().outputs.size(); ++i) paths.push_back(OutputPath(options.path, i));
  }
  for (const std::string& path : paths) {
    const Status free = CheckOutput(path, options.force, options.query.Paths());
    if (!free.ok()) return Fail(free.error(), options.output);
  }
  const auto inputs = LoadTensors(options.query.inputs);
  if (!inputs.ok()) return Fail(inputs.error(), options.output);
  const auto outputs = RunModel(*key, *inputs);
  if (!outputs.ok()) return Fail(outputs.error(), options.output);
  Json json = Json::array();
  for (size_t i = 0; i < outputs->size(); ++i) {
    const OutputTensor& output = (*outputs)[i];
    Json entry = ToJson(output);
    if (!paths.empty()) {
      const Status written =
          WriteFileAtomically(paths[i], EncodeNpy(output.values), FileAccess::kShared, WriteOver(options.force));
      if (!written.ok()) return Fail(written.error(), options.output);
      entry["path"] = paths[i];
    }
    json.push_back(std::move(entry));
  }
  if (options.output.json) {
    PrintJson({{"model_id", ToHex(key->model().model_id)}, {"outputs", json}});
  } else {
    for (const OutputTensor& output : *outputs) {
      fmt::print("output {}  {}, step {}\n", Quoted(output.name), Shortened(output.values), Number(output.step));
    }
  }
  return 0;
}

}  // namespace

void AddRun(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "The integer model's answer, without a proof");
  options->query.AddTo(command);
  command->add_option("-o,--output", options->path, "the first output as .npy; further ones beside it as .1.npy, ...");
  command->add_flag("--force", options->force, "overwrite a file of that name, unless it is a key or an input");
  command->add_flag("--json", options->output.json, "the outputs as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
