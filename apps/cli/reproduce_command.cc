#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "api/key_folder.h"
#include "api/reproduce.h"
#include "base/file.h"
#include "card_report.h"
#include "commands.h"
#include "common.h"
#include "model_source.h"

namespace provenn::cli {
namespace {

struct Options {
  ModelSource source;
  std::string expected_id;
  std::string key;
  std::string card;
  Output output;
};

// What the rebuilt model is held against.
struct Expected {
  std::optional<PublicModel> model;  // of --key
  std::optional<Digest> id;          // of --expect
  std::optional<ModelCard> card;
  std::string card_path;

  const Digest& model_id() const { return id.has_value() ? *id : model->model_id; }
};

struct Findings {
  Digest model_id{};
  Digest expected_id{};
  ModelOptions options;
  std::optional<KeyDifference> difference;  // from the key, if there is one
  std::vector<std::string> notes;           // what is not as the card says
  bool same() const { return model_id == expected_id; }
};

// The card that was named, or the one that lies beside the key.
Status ReadCardFor(const Options& options, Expected* expected) {
  std::string path = options.card;
  if (path.empty() && !options.key.empty()) {
    path = KeyPaths(std::filesystem::path(options.key).parent_path().string()).card;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) path.clear();
  }
  if (path.empty()) return Ok();
  ASSIGN_OR_RETURN(const ReadCard read, LoadCard({path, "", ""}));
  if (read.card.model_id != expected->model_id()) {
    return Error{Code::kInvalidArgument, "is the card of another model, " + ToHex(read.card.model_id), path};
  }
  expected->card = read.card;
  expected->card_path = path;
  return Ok();
}

Result<Expected> ReadExpected(const Options& options) {
  Expected expected;
  if (options.expected_id.empty() && options.key.empty()) {
    return Error{Code::kInvalidArgument, "what must come out: a model id, or --key model.vk", "--expect"};
  }
  if (!options.expected_id.empty()) {
    ASSIGN_OR_RETURN(expected.id, ParseDigest(options.expected_id, "--expect"));
  }
  if (!options.key.empty()) {
    ASSIGN_OR_RETURN(expected.model, ReadVerifyingKey(options.key));
    if (expected.id.has_value() && *expected.id != expected.model->model_id) {
      return Error{Code::kInvalidArgument,
                   "is the key of another model than --expect: " + ToHex(expected.model->model_id), options.key};
    }
  }
  RETURN_IF_ERROR(ReadCardFor(options, &expected));
  return expected;
}

void CompareFiles(const char* what, const std::vector<CardFile>& claimed, const std::vector<CardFile>& given,
                  std::vector<std::string>* notes) {
  if (claimed.empty()) return;
  for (size_t i = 0; i < std::max(claimed.size(), given.size()); ++i) {
    if (i < claimed.size() && i < given.size() && claimed[i].sha256 == given[i].sha256) continue;
    const std::string name = i < claimed.size() ? claimed[i].name : given[i].name;
    notes->push_back(fmt::format("{} {} is not the file that the card names", what, Quoted(name)));
  }
}

Result<Findings> Reproduce(const Options& options) {
  ASSIGN_OR_RETURN(const Expected expected, ReadExpected(options));
  Findings f;
  f.expected_id = expected.model_id();
  f.options = options.source.Options();
  if (expected.card.has_value()) {
    const ModelCard& card = *expected.card;
    f.options = options.source.Options(card.options.value_or(ModelOptions{}));
    if (!card.model.empty() || !card.calibration.empty()) {
      ModelCard given;
      RETURN_IF_ERROR(AddFilesTo(options.source, &given));
      CompareFiles("model file", card.model, given.model, &f.notes);
      CompareFiles("calibration data", card.calibration, given.calibration, &f.notes);
    }
    const std::string program = std::string("provenn ") + PROVENN_VERSION;
    if (!card.program.empty() && card.program != program) {
      f.notes.push_back(fmt::format("the key was made by {}, and this is {}", Quoted(card.program), Quoted(program)));
    }
    if (card.options.has_value() && f.options != *card.options) {
      f.notes.push_back("the card says " + OptionsText(*card.options));
    }
  } else {
    f.notes.push_back("no card: options that are not given are the defaults");
  }
  ASSIGN_OR_RETURN(const LoadedSource loaded, Load(options.source));
  TerminalProgress progress;
  ASSIGN_OR_RETURN(const PublicModel model,
                   RebuildModelFile(options.source.model, loaded.calibration, f.options, *loaded.seed, &progress,
                                    loaded.formats.has_value() ? &*loaded.formats : nullptr));
  f.model_id = model.model_id;
  if (expected.model.has_value()) f.difference = FirstDifference(*expected.model, model);
  return f;
}

void Print(const Findings& f) {
  fmt::print("options   {}\nmodel id  {}\nexpected  {}\n", OptionsText(f.options), ToHex(f.model_id),
             ToHex(f.expected_id));
  for (const std::string& note : f.notes) fmt::print("note      {}\n", note);
  if (f.difference.has_value()) {
    const KeyDifference& d = *f.difference;
    fmt::print("first difference: {}{}\n", Printable(d.place),
               d.one == d.other ? "" : fmt::format(": {} in the key, {} here", Quoted(d.one), Quoted(d.other)));
  }
  fmt::print("{}\n", f.same() ? "SAME" : "DIFFERENT");
}

Json FindingsJson(const Findings& f) {
  Json json = {{"same", f.same()},
               {"model_id", ToHex(f.model_id)},
               {"expected", ToHex(f.expected_id)},
               {"options", ToJson(f.options)},
               {"notes", f.notes}};
  if (f.difference.has_value()) {
    json["first_difference"] = {
        {"place", f.difference->place}, {"key", f.difference->one}, {"here", f.difference->other}};
  }
  return json;
}

int Run(const Options& options) {
  GuardSecrets();
  const auto findings = Reproduce(options);
  if (!findings.ok()) return Fail(findings.error(), options.output);
  if (options.output.json) {
    PrintJson(FindingsJson(*findings));
  } else {
    Print(*findings);
  }
  return findings->same() ? kAccepted : kRejected;
}

}  // namespace

void AddReproduce(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "reproduce", "Make a model id again, for whoever was given the model: exit code 0 same, 1 different");
  options->source.AddTo(command, true);
  command->add_option("--expect", options->expected_id, "the model id that must come out");
  command->add_option("--key", options->key,
                      "model.vk: its id must come out; if not, says where the two keys first differ");
  command->add_option("--card", options->card, "takes the options from it (default: model.card.json beside --key)");
  command->add_flag("--json", options->output.json, "as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
