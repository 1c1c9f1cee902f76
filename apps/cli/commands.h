// The commands, one file each. Each registers itself with its options; when it is chosen it leaves its action in
// `action`, whose result is the exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace provenn::cli {

using Action = std::function<int()>;

void AddCommit(CLI::App& app, Action* action);
void AddRun(CLI::App& app, Action* action);
void AddProve(CLI::App& app, Action* action);
void AddVerify(CLI::App& app, Action* action);
void AddInspect(CLI::App& app, Action* action);
void AddBench(CLI::App& app, Action* action);

}  // namespace provenn::cli
