#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "api/explain.h"
#include "base/file.h"
#include "commands.h"
#include "common.h"

namespace provenn::cli {
namespace {

struct Options {
  std::string key;
  std::string certificate;
  std::string model_id;
  std::string graph_id;
  std::string formats_id;
  std::string profile;
  bool strict = false;
  Output output;
};

struct Rejection {
  std::string reason;
  std::string sentence;
  std::string where;
};

Rejection RejectFor(Reason reason, std::string where) {
  return {ReasonName(reason), ReasonSentence(reason), std::move(where)};
}

// One of a key's ids, and what was demanded of it.
struct Id {
  const char* name;
  const char* option;
  std::string demanded;
  const char* meaning;
  Digest found{};
};

struct Findings {
  std::vector<Id> ids;  // none: the key was refused
  size_t not_recognised = 0;
  std::string not_total;  // why some input in range may have no answer; empty: each has one
  std::optional<Rejection> rejection;
  std::optional<KeyVerdict> certificate;
  Profile profile = Profile::kP100;
  bool profile_demanded = false;
  double key_s = 0;
  double certificate_s = 0;
};

double SecondsSince(std::chrono::steady_clock::time_point from) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

Status CheckIds(Findings* f) {
  for (const Id& id : f->ids) {
    if (id.demanded.empty()) continue;
    Digest wanted{};
    ASSIGN_OR_RETURN(wanted, ParseDigest(id.demanded, id.option));
    if (wanted == id.found || f->rejection.has_value()) continue;
    f->rejection = Rejection{std::string(id.name).replace(std::string(id.name).find(' '), 1, "-"),
                             std::string("The key is of another ") + id.meaning + " than the one that was asked for.",
                             std::string("the key has the ") + id.name + " " + ToHex(id.found)};
  }
  return Ok();
}

Status CheckCertificate(const Options& options, const PublicModel& model, Findings* f) {
  ASSIGN_OR_RETURN(const provenn::Bytes bytes, ReadFile(options.certificate, kMaxCertificateBytes));
  auto certificate = DecodeCertificate(bytes);
  if (!certificate.ok()) return Error{certificate.error().code, certificate.error().message, options.certificate};
  f->profile = certificate->profile;
  f->profile_demanded = !options.profile.empty();
  const auto checking = std::chrono::steady_clock::now();
  f->certificate = VerifyCertificate(model, *certificate, options.profile == "p128" ? Profile::kP128 : Profile::kP100);
  f->certificate_s = SecondsSince(checking);
  // It says more than the circuit does: also whether any profile has room for a proof.
  if (f->certificate->accepted && !f->certificate->total) f->not_total = f->certificate->not_total;
  if (f->rejection.has_value()) return Ok();
  if (!f->certificate->accepted) {
    f->rejection = RejectFor(f->certificate->reason, f->certificate->where);
  } else if (options.strict && !f->certificate->total) {
    f->rejection = Rejection{"totality", "Some inputs in range may have no answer, or none that can be proved.",
                             f->certificate->not_total};
  }
  return Ok();
}

Result<Findings> Check(const Options& options) {
  if (options.strict && (options.certificate.empty() || options.model_id.empty())) {
    return Error{Code::kInvalidArgument, "demands a certificate and --model-id", "--strict"};
  }
  if (!options.profile.empty() && options.certificate.empty()) {
    return Error{Code::kInvalidArgument, "is about the certificate, and none is given", "--profile"};
  }
  Findings f;
  const auto started = std::chrono::steady_clock::now();
  const auto model = ReadVerifyingKey(options.key);
  f.key_s = SecondsSince(started);
  if (!model.ok()) {
    if (model.error().code != Code::kRefusedKey) return model.error();
    f.rejection = RejectFor(Reason::kKeyCheck, model.error().ToString());
    return f;
  }
  const Explanation explanation = ExplainKey(*model);
  f.not_recognised = explanation.not_recognised.size();
  f.not_total = explanation.not_total;
  f.ids = {{"model id", "--model-id", options.model_id, "model", model->model_id},
           {"graph id", "--graph-id", options.graph_id, "graph of operators and shapes", explanation.graph_id},
           {"formats id", "--formats-id", options.formats_id, "graph, scale or table", explanation.formats_id}};
  RETURN_IF_ERROR(CheckIds(&f));
  if (!options.certificate.empty()) RETURN_IF_ERROR(CheckCertificate(options, *model, &f));
  return f;
}

constexpr const char* kDeterminism = "key (no cell has a choice: the same weights and input give one output)";
constexpr const char* kIntegers = "certificate (the committed weights are integers within their bounds, nothing else)";
constexpr const char* kTotal = "totality (every input in range has an answer, in integers that never wrap)";
constexpr const char* kTotalWithinBounds =
    "totality (every input in range has an answer, in integers that never wrap, if the weights are within their "
    "bounds)";

struct Coverage {
  std::vector<std::string> checked;
  std::vector<std::string> not_checked;
};

Coverage CoverageOf(const Findings& f) {
  Coverage c;
  c.checked.push_back(kDeterminism);
  if (f.certificate.has_value()) {
    c.checked.push_back(kIntegers);
    (f.profile_demanded ? c.checked : c.not_checked)
        .push_back(fmt::format("profile {} of the certificate{}", ProfileName(f.profile),
                               f.profile_demanded ? "" : ", which its maker chose (--profile)"));
  } else {
    c.not_checked.push_back("certificate (model.cert): that the committed weights are integers within their bounds");
  }
  if (f.not_total.empty()) {
    c.checked.push_back(f.certificate.has_value() ? kTotal : kTotalWithinBounds);
  } else {
    c.not_checked.push_back("that every input in range has an answer (" + f.not_total + ")");
  }
  for (const Id& id : f.ids) {
    if (!id.demanded.empty()) c.checked.push_back(id.name);
  }
  if (f.ids[0].demanded.empty()) c.not_checked.push_back("model id (--model-id)");
  // The graph id leaves limits, parameters and constants open.
  if (f.ids[0].demanded.empty() && f.ids[2].demanded.empty() && f.not_recognised == 0) {
    c.not_checked.push_back("which function it is (read explain, or demand --formats-id)");
  }
  if (f.not_recognised != 0) {
    c.not_checked.push_back(
        fmt::format("which function it is: {} parts are not recognised (see explain)", f.not_recognised));
  }
  return c;
}

void Print(const Findings& f) {
  for (const Id& id : f.ids) fmt::print("{:<11}  {}\n", id.name, ToHex(id.found));
  if (f.rejection.has_value()) {
    fmt::print("REJECT: {}: {}\n{}\n", f.rejection->reason, Printable(f.rejection->where), f.rejection->sentence);
    return;
  }
  if (f.certificate.has_value()) fmt::print("profile      {}\n", ProfileName(f.profile));
  const Coverage c = CoverageOf(f);
  for (const std::string& item : c.checked) fmt::print("checked      {}\n", Printable(item));
  for (const std::string& item : c.not_checked) fmt::print("NOT checked  {}\n", Printable(item));
  fmt::print("ACCEPT{}\n", c.not_checked.empty() ? "" : ", as far as it was checked");
}

Json ToJson(const Findings& f) {
  const bool accepted = !f.rejection.has_value();
  Json json = {{"accepted", accepted}, {"verdict", accepted ? "ACCEPT" : "REJECT"}};
  if (accepted) {
    const Coverage c = CoverageOf(f);
    json["checked"] = c.checked;
    json["not_checked"] = c.not_checked;
  } else {
    json["reason"] = f.rejection->reason;
    json["sentence"] = f.rejection->sentence;
    json["where"] = f.rejection->where;
  }
  if (!f.ids.empty()) {
    json["model_id"] = ToHex(f.ids[0].found);
    json["graph_id"] = ToHex(f.ids[1].found);
    json["formats_id"] = ToHex(f.ids[2].found);
    json["not_recognised"] = f.not_recognised;
    json["total"] = f.not_total.empty();
    json["not_total"] = f.not_total;
  }
  if (f.certificate.has_value()) {
    json["profile"] = ProfileName(f.profile);
    json["certificate_s"] = f.certificate_s;
  }
  json["key_s"] = f.key_s;
  return json;
}

int Run(const Options& options) {
  const auto findings = Check(options);
  if (!findings.ok()) return Fail(findings.error(), options.output);
  if (options.output.json) {
    PrintJson(ToJson(*findings));
  } else {
    Print(*findings);
  }
  return findings->rejection.has_value() ? kRejected : kAccepted;
}

}  // namespace

void AddVerifyKey(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "verify-key", "Check a key and its certificate: exit code 0 accepts, 1 rejects, 2 cannot read");
  command->add_option("key", options->key, "model.vk")->required();
  command->add_option("certificate", options->certificate, "model.cert");
  command->add_option("--model-id", options->model_id, "demand this model id");
  command->add_option("--graph-id", options->graph_id,
                      "demand this graph of operators and shapes, whatever its limits and constants");
  command->add_option("--formats-id", options->formats_id, "demand this graph with these scales and tables");
  command->add_option("--profile", options->profile, "demand at least this profile of the certificate: p100 or p128")
      ->check(CLI::IsMember({"p100", "p128"}));
  command->add_flag("--strict", options->strict,
                    "insist on a certificate, --model-id, and an answer for every input in range");
  command->add_flag("--json", options->output.json, "the verdict as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
