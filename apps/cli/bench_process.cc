#include "bench_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/file.h"

namespace provenn::cli {
namespace {

constexpr const char* kCommand = "bench-process";

Error Failed(const std::string& what) { return {Code::kIo, what, "bench"}; }

// What the command prints, and the process's use of memory.
Result<FreshRun> Run(std::vector<std::string> words) {
  words.insert(words.begin(), {"provenn", kCommand});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Failed("cannot make a pipe");
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execv("/proc/self/exe", arguments.data());
    _exit(127);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t n = 0; child > 0 && (n = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) return Failed("a process of it failed");
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Failed("a process of it printed something else");
  FreshRun run;
  run.seconds = json.at("seconds");
  for (const Json& stage : json.at("stages")) {
    run.stages.push_back({stage.at("stage"), stage.at("seconds"), stage.at("core_seconds")});
  }
  run.peak_bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  return run;
}

Result<Json> Prove(const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const ProvingKey key, ProvingKey::Open(words.at(1)));
  ASSIGN_OR_RETURN(const FloatTensor input, ReadFloatTensorFile(words.at(2)));
  ProveOptions options;
  options.profile = words.at(3) == "p128" ? Profile::kP128 : Profile::kP100;
  options.check = false;
  StageTimes times;
  ASSIGN_OR_RETURN(const ProveReport report, ProveAnswer(key, {{"", input}}, options, &times));
  const std::vector<StageTime> stages = times.Take();
  RETURN_IF_ERROR(WriteFileAtomically(words.at(4), EncodeProofFile(report.file)));
  return Json{{"seconds", report.seconds}, {"stages", ToJson(stages)}};
}

Result<Json> Verify(const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const PublicModel model, ReadVerifyingKey(words.at(1)));
  ASSIGN_OR_RETURN(const provenn::Bytes bytes, ReadFile(words.at(2), kMaxProofFileBytes));
  const auto from = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const ProofFile file, DecodeProofFile(bytes));
  ASSIGN_OR_RETURN(const VerifyReport report, VerifyAnswer(model, file, {}));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  if (!report.accepted) return Error{Code::kRejected, ReasonName(report.reason), words.at(2)};
  return Json{{"seconds", seconds}, {"stages", Json::array()}};
}

}  // namespace

Result<FreshRun> ProveInFreshProcess(const std::string& proving_key, const std::string& input, Profile profile,
                                     const std::string& proof) {
  return Run({"prove", proving_key, input, ProfileName(profile), proof});
}

Result<FreshRun> VerifyInFreshProcess(const std::string& verifying_key, const std::string& proof) {
  return Run({"verify", verifying_key, proof});
}

void AddBenchProcess(CLI::App& app, Action* action) {
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand(kCommand, "")->group("");
  command->add_option("words", *words)->expected(3, 5)->required();
  command->callback([=] {
    *action = [=] {
      const bool prove = words->size() == 5 && words->at(0) == "prove";
      const bool verify = words->size() == 3 && words->at(0) == "verify";
      if (!prove && !verify) return Fail({Code::kInvalidArgument, "is for the benchmark alone", kCommand}, {});
      const auto json = prove ? Prove(*words) : Verify(*words);
      if (!json.ok()) return Fail(json.error(), {});
      PrintJson(*json);
      return 0;
    };
  });
}

}  // namespace provenn::cli
