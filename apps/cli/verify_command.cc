#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "api/verify_coverage.h"
#include "base/file.h"
#include "card_report.h"
#include "commands.h"
#include "common.h"
#include "save_public.h"

namespace provenn::cli {
namespace {

struct Options {
  std::string key;
  std::string proof;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::optional<std::string> context;
  std::string model_id;
  std::string profile;
  std::string certificate;
  CardFiles card;
  std::string save_to;
  bool force = false;
  bool strict = false;
  Output output;
};

// Each item for programs; the two lists of lines beside it are for people.
Json CoverageJson(const std::vector<CoverageItem>& coverage) {
  Json json = Json::array();
  for (const CoverageItem& item : coverage) {
    Json entry = {{"what", CoverageKindName(item.kind)}, {"checked", item.checked}};
    if (!item.name.empty()) entry["name"] = item.name;
    json.push_back(std::move(entry));
  }
  return json;
}

Json TensorsJson(const std::vector<ShownTensor>& tensors, bool with_values) {
  Json json = Json::array();
  for (const ShownTensor& t : tensors) {
    Json entry = {{"name", t.name}, {"hidden", t.hidden}};
    if (!t.hidden) {
      entry["step"] = t.step;
      entry["digest"] = ToHex(t.digest);
      entry["shape"] = t.values.shape;
      if (with_values) entry["values"] = t.values.data;
    }
    json.push_back(std::move(entry));
  }
  return json;
}

void PrintReport(const VerifyReport& report, const std::vector<CoverageItem>& coverage,
                 const std::optional<ReadCard>& card) {
  fmt::print("model id  {}\n", ToHex(report.model_id));
  for (const ShownTensor& t : report.inputs) {
    if (t.hidden) {
      fmt::print("input     {}  hidden\n", Quoted(t.name));
    } else {
      fmt::print("input     {}  {}, step {}, digest {}\n", Quoted(t.name), ShapeToString(t.values.shape),
                 Number(t.step), ToHex(t.digest));
    }
  }
  for (const ShownTensor& t : report.outputs) {
    fmt::print("output    {}  {}\n", Quoted(t.name), t.hidden ? "hidden" : Shortened(t.values));
  }
  if (!report.context.empty()) fmt::print("context   {}\n", Quoted(report.context));
  fmt::print("profile   {}\n", ProfileName(report.profile));
  if (card.has_value()) PrintCard(*card);
  if (report.accepted) {
    const std::vector<std::string> missing = CoverageTexts(coverage, false, Hints::kOptions);
    fmt::print("checked      {}\nNOT checked  {}\nACCEPT{}\n", Joined(CoverageTexts(coverage, true, Hints::kOptions)),
               missing.empty() ? "nothing" : Joined(missing), !missing.empty() ? ", as far as it was checked" : "");
  } else {
    fmt::print("REJECT: {}{}{}\n{}\n", ReasonName(report.reason), report.where.empty() ? "" : ": ",
               Printable(report.where), ReasonSentence(report.reason));
  }
}

Result<Expectations> ReadExpectations(const Options& options) {
  Expectations expect;
  ASSIGN_OR_RETURN(expect.inputs, LoadTensors(options.inputs));
  ASSIGN_OR_RETURN(expect.outputs, LoadTensors(options.outputs));
  expect.context = options.context;
  if (!options.model_id.empty()) {
    ASSIGN_OR_RETURN(expect.model_id, ParseDigest(options.model_id, "--model-id"));
  }
  if (!options.certificate.empty()) {
    ASSIGN_OR_RETURN(const provenn::Bytes bytes, ReadFile(options.certificate, kMaxCertificateBytes));
    auto certificate = DecodeCertificate(bytes);
    if (!certificate.ok()) return Error{certificate.error().code, certificate.error().message, options.certificate};
    expect.certificate = std::move(*certificate);
  }
  if (!options.profile.empty()) expect.profile = options.profile == "p128" ? Profile::kP128 : Profile::kP100;
  return expect;
}

// Why a card that was shown says nothing about this key; empty if it does.
std::string CardMismatch(const ReadCard& card, const Digest& model_id) {
  if (card.card.model_id != model_id) return "it is the card of another model, " + ToHex(card.card.model_id);
  return card.holds.value_or(true) ? "" : "its signature does not hold";
}

// What it claims can be checked by no option: its lines say so.
CoverageItem SignatureItem(const ReadCard& card) {
  const bool checked = card.holds.has_value();
  return {CoverageKind::kCard, checked, "", "signature of the card", checked ? "" : "--card-key"};
}

std::vector<std::string> ReadsOf(const Options& options) {
  std::vector<std::string> reads = PathsOf(options.inputs);
  for (const std::string& path : PathsOf(options.outputs)) reads.push_back(path);
  for (const std::string* path :
       {&options.key, &options.proof, &options.certificate, &options.card.card, &options.card.key}) {
    if (!path->empty()) reads.push_back(*path);
  }
  return reads;
}

int Run(const Options& options) {
  const auto expect = ReadExpectations(options);
  if (!expect.ok()) return Fail(expect.error(), options.output);
  const auto model = ReadVerifyingKey(options.key);
  if (!model.ok() && model.error().code == Code::kRefusedKey) {
    return RejectKey(model.error(), options.output);
  }
  if (!model.ok()) return Fail(model.error(), options.output);
  if (options.strict) {
    const Status complete = CheckStrict(*expect, model->inputs.size());
    if (!complete.ok()) return Fail(complete.error(), options.output);
  }
  std::optional<ReadCard> card;
  if (!options.card.card.empty()) {
    const auto read = LoadCard(options.card);
    if (!read.ok()) return Fail(read.error(), options.output);
    card = *read;
    const std::string mismatch = CardMismatch(*card, model->model_id);
    if (!mismatch.empty()) {
      return Reject("card", "What the card claims is not about this key, or not by whom it should be.", mismatch,
                    model->model_id, options.output);
    }
  }
  const auto bytes = ReadFile(options.proof, kMaxProofFileBytes);
  if (!bytes.ok()) return Fail(bytes.error(), options.output);
  const auto file = DecodeProofFile(*bytes);
  if (!file.ok()) return Fail({file.error().code, file.error().message, options.proof}, options.output);

  const auto started = std::chrono::steady_clock::now();
  const auto report = VerifyAnswer(*model, *file, *expect);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (!report.ok()) return Fail(report.error(), options.output);
  std::vector<CoverageItem> coverage = CoverageOf(*report, *expect);
  if (card.has_value()) coverage.push_back(SignatureItem(*card));
  std::vector<SavedTensor> saved;
  if (report->accepted && !options.save_to.empty()) {
    auto written = SavePublic(*report, options.save_to, options.force, ReadsOf(options));
    if (!written.ok()) return Fail(written.error(), options.output);
    saved = std::move(*written);
  }
  if (options.output.json) {
    Json json = {{"accepted", report->accepted}, {"verdict", report->accepted ? "ACCEPT" : "REJECT"}};
    if (!report->accepted) {
      json["reason"] = ReasonName(report->reason);
      json["sentence"] = ReasonSentence(report->reason);
      json["where"] = report->where;
    } else {
      json["checked"] = CoverageTexts(coverage, true, Hints::kOptions);
      json["not_checked"] = CoverageTexts(coverage, false, Hints::kOptions);
      json["checks"] = CoverageJson(coverage);
    }
    json["model_id"] = ToHex(report->model_id);
    json["profile"] = ProfileName(report->profile);
    json["batch"] = report->batch;
    json["context"] = report->context;
    json["inputs"] = TensorsJson(report->inputs, false);
    json["outputs"] = TensorsJson(report->outputs, true);
    if (card.has_value()) json["card"] = ToJson(*card);
    if (!options.save_to.empty()) {
      json["saved"] = Json::array();
      for (const SavedTensor& t : saved) json["saved"].push_back({{"name", t.name}, {"path", t.path}});
    }
    json["verify_s"] = seconds;
    json["proof_bytes"] = bytes->size();
    PrintJson(json);
  } else {
    PrintReport(*report, coverage, card);
    for (const SavedTensor& t : saved) fmt::print("saved {} as {}\n", Quoted(t.name), t.path);
    if (report->accepted && !options.save_to.empty() && saved.empty()) {
      fmt::print("saved nothing: the proof hides every input and output\n");
    }
  }
  return report->accepted ? kAccepted : kRejected;
}

}  // namespace

void AddVerify(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("verify", "Check a proof: exit code 0 accepts, 1 rejects, 2 cannot read");
  command->add_option("key", options->key, "model.vk")->required();
  command->add_option("proof", options->proof, "the proof file")->required();
  command->add_option("--input", options->inputs, "demand this input: FILE or NAME=FILE")->allow_extra_args(false);
  command->add_option("--output", options->outputs, "demand this output: FILE or NAME=FILE")->allow_extra_args(false);
  command->add_option("--context", options->context, "demand this context");
  command->add_option("--model-id", options->model_id, "demand this model id");
  command->add_option("--profile", options->profile, "demand at least this profile: p100 or p128")
      ->check(CLI::IsMember({"p100", "p128"}));
  command->add_option("--certificate", options->certificate,
                      "demand that this is a certificate of the key: model.cert");
  CLI::Option* card = command->add_option("--card", options->card.card, "show this card, which must be of this model");
  for (CLI::Option* option : options->card.AddKeyTo(command, "card-")) option->needs(card);
  CLI::Option* save = command->add_option("--save-public", options->save_to,
                                          "folder for the public inputs and outputs as .npy, if the proof is accepted");
  command->add_flag("--force", options->force, "overwrite files there")->needs(save);
  command->add_flag("--strict", options->strict,
                    "insist on --model-id, --context and every --input; a hidden input cannot be compared");
  command->add_flag("--json", options->output.json, "the verdict as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
