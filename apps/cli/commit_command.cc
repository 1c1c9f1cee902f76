#include <fmt/format.h>

#include <ctime>
#include <memory>

#include "commands.h"
#include "common.h"
#include "model_source.h"
#include "scales_file.h"

namespace provenn::cli {
namespace {

struct Options {
  ModelSource source;
  std::string save_scales;
  std::string directory;
  std::string certificate = "p100";
  ModelCard card;  // the texts that were given
  bool digests = false;
  bool no_card = false;
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
  Json tells = Json::array();
  for (const KeyFact& f : report.tells) {
    tells.push_back({{"place", f.place}, {"fact", f.fact}, {"source", Name(f.source)}});
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
          {"card", report.card_path},
          {"nodes", nodes},
          {"deviations", deviations},
          {"key_tells", tells}};
}

// Below this, calibration says little of the range of what will come.
constexpr uint64_t kFewSamples = 16;

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
        "output {}: on {} calibration samples at most {} from the float model, {} on average (values up to {}){}\n",
        Quoted(d.output), d.samples, Number(d.max_error), Number(d.mean_error), Number(d.max_magnitude),
        d.elements > 1 ? fmt::format("; same largest element in {} of {}", d.same_top, d.samples) : "");
  }
  if (!report.deviations.empty() && report.deviations[0].samples < kFewSamples) {
    fmt::print(
        "Few calibration records ({}): values beyond what they show are cut off. Calibrate on many and varied ones, "
        "and read in explain what each output can be.\n",
        report.deviations[0].samples);
  }
  rows.clear();
  for (const KeyFact& f : report.tells) rows.push_back({f.place, f.fact, std::string(Name(f.source))});
  fmt::print("\nWhat the public key tells beyond the graph, and what that was chosen by:\n\n");
  PrintTable({"place", "fact", "from"}, rows);
  fmt::print("\nsecret key   {} ({})\npublic key   {} ({})\n", report.pk_path, Bytes(report.pk_bytes), report.vk_path,
             Bytes(report.vk_bytes));
  if (!report.certificate_path.empty()) {
    fmt::print("certificate  {} ({}, made in {} s)\n", report.certificate_path, Bytes(report.certificate_bytes),
               Number(report.certificate_s));
  }
  if (!report.card_path.empty()) fmt::print("card         {}\n", report.card_path);
  fmt::print("model id     {}\n", ToHex(report.model_id));
}

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm date{};
  gmtime_r(&now, &date);
  return fmt::format("{:04}-{:02}-{:02}", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday);
}

Result<ModelCard> MakeCard(const Options& options) {
  ModelCard card = options.card;
  if (card.date.empty()) card.date = Today();
  card.program = std::string("provenn ") + PROVENN_VERSION;
  card.options = options.source.Options();
  if (options.digests) RETURN_IF_ERROR(AddFilesTo(options.source, &card));
  return card;
}

int Run(const Options& options) {
  GuardSecrets();
  CommitOptions commit;
  static_cast<ModelOptions&>(commit) = options.source.Options();
  commit.overwrite = options.force;
  commit.certificate = options.certificate == "none"   ? std::nullopt
                       : options.certificate == "p128" ? std::optional(Profile::kP128)
                                                       : std::optional(Profile::kP100);
  const auto loaded = Load(options.source);
  if (!loaded.ok()) return Fail(loaded.error(), options.output);
  commit.seed = loaded->seed;
  commit.formats = loaded->formats;
  if (!options.no_card) {
    const auto card = MakeCard(options);
    if (!card.ok()) return Fail(card.error(), options.output);
    commit.card = *card;
  }
  if (!options.save_scales.empty()) {
    std::vector<std::string> reads = PathsOf(options.source.calibration);
    reads.insert(reads.end(), {options.source.model, options.source.seed_file, options.source.scales});
    const Status free = CheckReplaced(options.save_scales, options.force, reads);
    if (!free.ok()) return Fail(free.error(), options.output);
  }
  const auto report = [&] {
    TerminalProgress progress;
    return CommitModelFile(options.source.model, loaded->calibration, commit, options.directory, &progress);
  }();
  if (!report.ok()) return Fail(report.error(), options.output);
  if (!options.save_scales.empty()) {
    // Again: by now the keys are there, and the file may be one of them.
    const Status free = CheckReplaced(options.save_scales, options.force, {});
    if (!free.ok()) return Fail(free.error(), options.output);
    const std::string text = EncodeScales(report->formats);
    const Status saved =
        WriteFileAtomically(options.save_scales, AsBytes(text), FileAccess::kPrivate, WriteOver(options.force));
    if (!saved.ok()) return Fail(saved.error(), options.output);
  }
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
  options->source.AddTo(command, false);
  command->add_option("--save-scales", options->save_scales,
                      "writes the formats that were used to a new file; it tells more than the public key does");
  command->add_option("-o,--output", options->directory, "folder for the keys")->required();
  command
      ->add_option("--certificate", options->certificate,
                   "profile of DIR/model.cert, the proof that the weights are what the key says: p100, p128 or none")
      ->check(CLI::IsMember({"p100", "p128", "none"}));
  CLI::Option* no_card = command->add_flag("--no-card", options->no_card, "write no DIR/model.card.json");
  const auto add_claim = [&](const char* name, std::string* text, const char* what) {
    command->add_option(name, *text, what)->excludes(no_card);
  };
  add_claim("--name", &options->card.name, "for the card: what the model is called");
  add_claim("--version", &options->card.version, "for the card: which version of it");
  add_claim("--date", &options->card.date, "for the card: YYYY-MM-DD (default: today)");
  command
      ->add_flag("--digests", options->digests,
                 "for the card: SHA-256 of the model's files and of the calibration data; whoever has a file can then "
                 "tell that it was this one")
      ->excludes(no_card);
  command->add_flag("--force", options->force, "replace the keys in that folder: without their seed their id is lost");
  command->add_flag("--json", options->output.json, "the report as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
