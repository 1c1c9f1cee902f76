// The commands, one file each. Each registers itself with its options; when it is chosen it leaves its action in
// `action`, whose result is the exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "common.h"

namespace provenn::cli {

using Action = std::function<int()>;

// What every command that asks a model takes: its key, and a file for each input.
struct Query {
  std::string key;
  std::vector<std::string> inputs;

  std::vector<std::string> Paths() const {
    std::vector<std::string> paths = PathsOf(inputs);
    paths.push_back(key);
    return paths;
  }
  void AddTo(CLI::App* command) {
    command->add_option("key", key, "model.pk")->required();
    command->add_option("--input", inputs, "FILE or NAME=FILE, for each input")->required()->allow_extra_args(false);
  }
};

void AddCommit(CLI::App& app, Action* action);
void AddReproduce(CLI::App& app, Action* action);
void AddCard(CLI::App& app, Action* action);
void AddRun(CLI::App& app, Action* action);
void AddProve(CLI::App& app, Action* action);
void AddVerify(CLI::App& app, Action* action);
void AddVerifyKey(CLI::App& app, Action* action);
void AddCertify(CLI::App& app, Action* action);
void AddInspect(CLI::App& app, Action* action);
void AddExplain(CLI::App& app, Action* action);
void AddExportSeed(CLI::App& app, Action* action);
void AddBench(CLI::App& app, Action* action);

}  // namespace provenn::cli
