#include <fmt/format.h>

#include <memory>

#include "base/file.h"
#include "commands.h"
#include "common.h"
#include "stage_times.h"

namespace provenn::cli {
namespace {

struct Options {
  Query query;
  std::string path;
  std::string profile = "p100";
  ProveOptions prove;
  bool force = false;
  bool timings = false;
  Output output;
};

int Run(const Options& options) {
  GuardSecrets();
  const Status free = CheckOutput(options.path, options.force, options.query.Paths());
  if (!free.ok()) return Fail(free.error(), options.output);
  ProveOptions prove = options.prove;
  prove.profile = options.profile == "p128" ? Profile::kP128 : Profile::kP100;
  const auto key = ProvingKey::Open(options.query.key);
  if (!key.ok()) return Fail(key.error(), options.output);
  const auto inputs = LoadTensors(options.query.inputs);
  if (!inputs.ok()) return Fail(inputs.error(), options.output);
  std::vector<StageTime> stages;
  const auto report = [&] {
    TerminalProgress progress;
    StageTimes times(&progress);
    auto result = ProveAnswer(*key, *inputs, prove, &times);
    stages = times.Take();
    return result;
  }();
  if (!report.ok()) return Fail(report.error(), options.output);
  const provenn::Bytes bytes = EncodeProofFile(report->file);
  const Status written = WriteFileAtomically(options.path, bytes, FileAccess::kShared, WriteOver(options.force));
  if (!written.ok()) return Fail(written.error(), options.output);

  if (options.output.json) {
    Json outputs = Json::array();
    for (const OutputTensor& output : report->outputs) {
      Json entry = ToJson(output);
      entry["hidden"] = options.prove.private_output;
      outputs.push_back(std::move(entry));
    }
    Json json = {{"model_id", ToHex(report->file.model_id)},
                 {"proof", options.path},
                 {"proof_bytes", bytes.size()},
                 {"profile", ProfileName(report->file.profile)},
                 {"batch", report->file.batch},
                 {"prove_s", report->seconds},
                 {"verify_s", report->check_seconds},
                 {"outputs", outputs}};
    if (options.timings) json["stages"] = ToJson(stages);
    PrintJson(json);
  } else {
    for (const OutputTensor& output : report->outputs) {
      fmt::print("output {}  {}, step {}{}\n", Quoted(output.name), Shortened(output.values), Number(output.step),
                 prove.private_output ? "  (hidden in the proof)" : "");
    }
    fmt::print("proof  {} ({}, {}), made in {:.3f} s, verified in {:.3f} s\n", options.path, Bytes(bytes.size()),
               ProfileName(report->file.profile), report->seconds, report->check_seconds);
    if (options.timings) PrintStages(stages);
  }
  return 0;
}

}  // namespace

void AddProve(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("prove", "The answer, and a proof of it");
  options->query.AddTo(command);
  command->add_flag("--private-input", options->prove.private_input, "hide the inputs");
  command->add_flag("--private-output", options->prove.private_output, "hide the outputs");
  command->add_option("--context", options->prove.context, "text that the proof is bound to: a purpose, a nonce");
  command->add_option("--profile", options->profile, "p100 (default) or p128: bits of soundness")
      ->check(CLI::IsMember({"p100", "p128"}));
  command->add_option("-o,--output", options->path, "the proof file")->required();
  command->add_flag("--force", options->force, "overwrite a file of that name, unless it is a key or an input");
  command->add_flag("--timings", options->timings, "how long each stage took");
  command->add_flag("--json", options->output.json, "the report as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
