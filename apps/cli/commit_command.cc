#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "common.h"

namespace provenn::cli {
namespace {

struct Options {
  std::string model;
  std::vector<std::string> calibration;
  int bits = 12;
  bool tight = false;
  std::string seed_file;
  std::string directory;
  std::string certificate = "p100";
  bool force = false;
  Output output;
};

Json ReportJson(const CommitReport& report) {
  Json nodes = Json::array();
  for (const NodeReport& n : report.nodes) {
    nodes.push_back({{"name", n.name},
                     {"op", n.op},
                     {"shape", n.shape},
                     {"scale", n.committed ? Json(n.scale) : Json()},
                     {"weights", n.weights},
                     {"activations", n.cells},
                     {"lookups", n.lookups}});
  }
  Json deviations = Json::array();
  for (const Deviation& d : report.deviations) {
    deviations.push_back({{"output", d.output},
                          {"samples", d.samples},
                          {"max_error", d.max_error},
                          {"mean_error", d.mean_error},
                          {"max_magnitude", d.max_magnitude},
                          {"same_top", d.same_top}});
  }
  return {{"model_id", ToHex(report.model_id)},
          {"weights", report.weights},
          {"pk", report.pk_path},
          {"pk_bytes", report.pk_bytes},
          {"vk", report.vk_path},
          {"vk_bytes", report.vk_bytes},
          {"certificate", report.certificate_path},
          {"certificate_bytes", report.certificate_bytes},
          {"certificate_s", report.certificate_s},
          {"nodes", nodes},
          {"deviations", deviations}};
}

void PrintReport(const CommitReport& report) {
  std::vector<std::vector<std::string>> rows;
  uint64_t weights = 0;
  uint64_t cells = 0;
  uint64_t lookups = 0;
  const auto count = [](uint64_t n) { return n == 0 ? std::string() : Grouped(n); };
  for (const NodeReport& n : report.nodes) {
    rows.push_back({n.name, n.op, ShapeToString(n.shape), n.committed ? fmt::format("2^{}", -n.scale) : "",
                    count(n.weights), count(n.cells), count(n.lookups)});
    weights += n.weights;
    cells += n.cells;
    lookups += n.lookups;
  }
  rows.push_back({"total", "", "", "", Grouped(weights), Grouped(cells), Grouped(lookups)});
  PrintTable({"node", "op", "shape", "scale>", "weights>", "activations>", "lookups>"}, rows);
  fmt::print("\n");
  for (const Deviation& d : report.deviations) {
    fmt::print(
        "output {}: on {} calibration samples at most {} from the float model, {} on average (values up to {}); "
        "same largest element in {} of {}\n",
        Quoted(d.output), d.samples, Number(d.max_error), Number(d.mean_error), Number(d.max_magnitude), d.same_top,
        d.samples);
  }
  fmt::print("\nsecret key   {} ({})\npublic key   {} ({})\n", report.pk_path, Bytes(report.pk_bytes), report.vk_path,
             Bytes(report.vk_bytes));
  if (!report.certificate_path.empty()) {
    fmt::print("certificate  {} ({}, made in {} s)\n", report.certificate_path, Bytes(report.certificate_bytes),
               Number(report.certificate_s));
  }
  fmt::print("model id     {}\n", ToHex(report.model_id));
}

int Run(const Options& options) {
  GuardSecrets();
  CommitOptions commit;
  commit.bits = options.bits;
  commit.tight = options.tight;
  commit.overwrite = options.force;
  commit.certificate = options.certificate == "none"   ? std::nullopt
                       : options.certificate == "p128" ? std::optional(Profile::kP128)
                                                       : std::optional(Profile::kP100);
  const Status kind = RefuseOurFile(options.model, "an ONNX model");
  if (!kind.ok()) return Fail(kind.error(), options.output);
  if (!options.seed_file.empty()) {
    const auto seed = ReadSeedFile(options.seed_file);
    if (!seed.ok()) return Fail(seed.error(), options.output);
    commit.seed = *seed;
  }
  const auto calibration = LoadTensors(options.calibration);
  if (!calibration.ok()) return Fail(calibration.error(), options.output);
  const auto report = [&] {
    TerminalProgress progress;
    return CommitModelFile(options.model, *calibration, commit, options.directory, &progress);
  }();
  if (!report.ok()) return Fail(report.error(), options.output);
  if (options.output.json) {
    PrintJson(ReportJson(*report));
  } else {
    PrintReport(*report);
  }
  return 0;
}

}  // namespace

void AddCommit(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("commit", "Commit to an ONNX model: DIR/model.pk (secret), DIR/model.vk");
  command->add_option("model", options->model, "the .onnx file")->required();
  command->add_option("--calibration", options->calibration, "samples of each input: FILE or NAME=FILE")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--bits", options->bits, "bits of activations, 8 to 16 (default 12)");
  command->add_flag("--tight", options->tight,
                    "smaller tables, whose sizes then tell the sums of the weights to three binary digits");
  command->add_option("--seed", options->seed_file,
                      "seed file, or 32 random bytes or more: makes the commitment reproducible; keep it secret");
  command->add_option("-o,--output", options->directory, "folder for the keys")->required();
  command
      ->add_option("--certificate", options->certificate,
                   "profile of DIR/model.cert, the proof that the weights are what the key says: p100, p128 or none")
      ->check(CLI::IsMember({"p100", "p128", "none"}));
  command->add_flag("--force", options->force, "replace the keys in that folder: without their seed their id is lost");
  command->add_flag("--json", options->output.json, "the report as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
