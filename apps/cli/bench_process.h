// One proof, or one verification, by a process of its own: what the first one costs, when no memory is warm, and how
// much memory that takes.
#pragma once

#include <string>
#include <vector>

#include "commands.h"
#include "stage_times.h"

namespace provenn::cli {

struct FreshRun {
  double seconds = 0;  // without the start of the process and the reading of the key
  std::vector<StageTime> stages;
  uint64_t peak_bytes = 0;
};

// Runs this program again. kIo: it cannot be started, or fails.
Result<FreshRun> ProveInFreshProcess(const std::string& proving_key, const std::string& input, Profile profile,
                                     const std::string& proof);
Result<FreshRun> VerifyInFreshProcess(const std::string& verifying_key, const std::string& proof);

// The command that such a process runs; not for people.
void AddBenchProcess(CLI::App& app, Action* action);

}  // namespace provenn::cli
