#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "common.h"

namespace provenn::cli {
namespace {

struct Options {
  std::string key;
  std::string path;
  Output output;
};

int Run(const Options& options) {
  GuardSecrets();
  const auto key = ProvingKey::Open(options.key);
  if (!key.ok()) return Fail(key.error(), options.output);
  const Status free = CheckOutput(options.path, false, {options.key});
  if (!free.ok()) return Fail(free.error(), options.output);
  const Status written = WriteSeedFile(options.path, key->oracle().seed);
  if (!written.ok()) return Fail(written.error(), options.output);
  const std::string id = ToHex(key->model().model_id);
  if (options.output.json) {
    PrintJson({{"model_id", id}, {"seed", options.path}});
  } else {
    fmt::print("seed      {} (secret)\nmodel id  {}\n", options.path, id);
  }
  return 0;
}

}  // namespace

void AddExportSeed(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "export-seed", "The seed in model.pk as a file: with model, calibration and options, --seed gives the same id");
  command->add_option("key", options->key, "model.pk")->required();
  command->add_option("-o,--output", options->path, "the seed file, which is secret")->required();
  command->add_flag("--json", options->output.json, "as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
