#include <fmt/format.h>

#include <memory>

#include "base/file.h"
#include "commands.h"
#include "common.h"
#include "explain.h"

namespace provenn::cli {
namespace {

struct Options {
  std::vector<std::string> keys;
  std::string svg;
  bool force = false;
  Output output;
};

Result<ExplainedKey> Read(const std::string& path) {
  ASSIGN_OR_RETURN(PublicModel model, ReadVerifyingKey(path));
  Explanation explanation = ExplainKey(model);
  return ExplainedKey{path, std::move(model), std::move(explanation)};
}

int Compare(const Options& options, const ExplainedKey& a) {
  const auto b = Read(options.keys[1]);
  if (!b.ok() && b.error().code == Code::kRefusedKey) return RejectKey(b.error(), options.output);
  if (!b.ok()) return Fail(b.error(), options.output);
  const Difference difference = CompareExplanations(a.explanation, b->explanation);
  if (options.output.json) {
    PrintJson(DifferenceToJson(a, *b, difference));
  } else {
    PrintDifference(a, *b, difference);
  }
  const bool recognised = a.explanation.not_recognised.empty() && b->explanation.not_recognised.empty();
  return difference.same_formats && recognised ? kAccepted : kRejected;
}

int Run(const Options& options) {
  if (options.svg.empty() && options.force) {
    return Fail({Code::kInvalidArgument,
                 "replaces the file of --svg, which is not given: add --svg FILE, or leave it out", "--force"},
                options.output);
  }
  if (!options.svg.empty()) {
    if (options.keys.size() > 1) {
      return Fail({Code::kInvalidArgument, "draws one key, not a comparison", "--svg"}, options.output);
    }
    const Status writable = CheckOutput(options.svg, options.force, options.keys);
    if (!writable.ok()) return Fail(writable.error(), options.output);
  }
  const auto key = Read(options.keys[0]);
  if (!key.ok() && key.error().code == Code::kRefusedKey) return RejectKey(key.error(), options.output);
  if (!key.ok()) return Fail(key.error(), options.output);
  if (options.keys.size() > 1) return Compare(options, *key);
  if (!options.svg.empty()) {
    const std::string svg = ExplanationToSvg(*key);
    const Status written =
        WriteFileAtomically(options.svg, AsBytes(svg), FileAccess::kShared, WriteOver(options.force));
    if (!written.ok()) return Fail(written.error(), options.output);
  }
  if (options.output.json) {
    PrintJson(ExplanationToJson(*key));
  } else {
    PrintExplanation(*key);
  }
  return key->explanation.not_recognised.empty() ? kAccepted : kRejected;
}

}  // namespace

void AddExplain(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "explain",
      "What a public key computes, in words and formulas; of two keys, the difference. Exit code 1: something "
      "is not recognised (of two keys: graph, formats or tables differ)");
  command->add_option("keys", options->keys, "model.vk, or two of them")->required()->expected(1, 2);
  command->add_option("--svg", options->svg, "also draws the graph into this file");
  command->add_flag("--force", options->force, "replace the file of --svg");
  command->add_flag("--json", options->output.json, "as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
