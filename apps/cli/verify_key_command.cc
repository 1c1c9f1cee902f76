#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "base/file.h"
#include "commands.h"
#include "common.h"

namespace provenn::cli {
namespace {

struct Options {
  std::string key;
  std::string certificate;
  std::string model_id;
  std::string profile;
  bool strict = false;
  Output output;
};

struct Findings {
  std::optional<Digest> model_id;  // absent: the key was refused
  std::string refused;
  std::optional<KeyVerdict> certificate;
  Profile profile = Profile::kP100;
  bool id_demanded = false;
  bool id_differs = false;
  bool strict = false;
  double key_s = 0;
  double certificate_s = 0;

  bool accepted() const {
    return model_id.has_value() && !id_differs &&
           (!certificate.has_value() || (certificate->accepted && (certificate->total || !strict)));
  }
  Reason reason() const {
    if (!model_id.has_value()) return Reason::kKeyCheck;
    if (id_differs) return Reason::kModelId;
    return certificate->accepted ? Reason::kKeyCheck : certificate->reason;
  }
  std::string where() const {
    if (!model_id.has_value()) return refused;
    if (id_differs) return "the key is of model " + ToHex(*model_id);
    return certificate->accepted ? "not every input in range need have an answer: " + certificate->not_total
                                 : certificate->where;
  }
};

double SecondsSince(std::chrono::steady_clock::time_point from) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

Result<Findings> Check(const Options& options) {
  Findings f;
  f.strict = options.strict;
  if (options.strict && (options.certificate.empty() || options.model_id.empty())) {
    return Error{Code::kInvalidArgument, "demands a certificate and --model-id", "--strict"};
  }
  if (!options.profile.empty() && options.certificate.empty()) {
    return Error{Code::kInvalidArgument, "is about the certificate, and none is given", "--profile"};
  }
  const auto started = std::chrono::steady_clock::now();
  const auto model = ReadVerifyingKey(options.key);
  f.key_s = SecondsSince(started);
  if (!model.ok()) {
    if (model.error().code != Code::kRefusedKey) return model.error();
    f.refused = model.error().ToString();
    return f;
  }
  f.model_id = model->model_id;
  if (!options.model_id.empty()) {
    Digest wanted{};
    ASSIGN_OR_RETURN(wanted, ParseModelId(options.model_id));
    f.id_demanded = true;
    f.id_differs = wanted != model->model_id;
  }
  if (options.certificate.empty()) return f;
  ASSIGN_OR_RETURN(const provenn::Bytes bytes, ReadFile(options.certificate, kMaxCertificateBytes));
  auto certificate = DecodeCertificate(bytes);
  if (!certificate.ok()) return Error{certificate.error().code, certificate.error().message, options.certificate};
  f.profile = certificate->profile;
  const auto checking = std::chrono::steady_clock::now();
  f.certificate = VerifyCertificate(*model, *certificate, options.profile == "p128" ? Profile::kP128 : Profile::kP100);
  f.certificate_s = SecondsSince(checking);
  return f;
}

constexpr const char* kDeterminism = "key (no cell has a choice: the same weights and input give one output)";
constexpr const char* kIntegers = "certificate (the committed weights are integers within their bounds, nothing else)";
constexpr const char* kTotal = "totality (every input in range has an answer, in integers that never wrap)";

struct Coverage {
  std::vector<std::string> checked;
  std::vector<std::string> not_checked;
};

Coverage CoverageOf(const Findings& f) {
  Coverage c;
  c.checked.push_back(kDeterminism);
  if (f.certificate.has_value()) {
    c.checked.push_back(kIntegers);
    if (f.certificate->total) {
      c.checked.push_back(kTotal);
    } else {
      c.not_checked.push_back("that every input in range has an answer (" + f.certificate->not_total + ")");
    }
  } else {
    c.not_checked.push_back("certificate (model.cert): that the committed weights are integers within their bounds");
  }
  if (f.id_demanded) {
    c.checked.push_back("model id");
  } else {
    c.not_checked.push_back("model id (--model-id)");
  }
  return c;
}

void Print(const Findings& f) {
  if (f.model_id.has_value()) fmt::print("model id     {}\n", ToHex(*f.model_id));
  if (!f.accepted()) {
    fmt::print("REJECT: {}: {}\n{}\n", ReasonName(f.reason()), Printable(f.where()), ReasonSentence(f.reason()));
    return;
  }
  if (f.certificate.has_value()) fmt::print("profile      {}\n", ProfileName(f.profile));
  const Coverage c = CoverageOf(f);
  for (const std::string& item : c.checked) fmt::print("checked      {}\n", Printable(item));
  for (const std::string& item : c.not_checked) fmt::print("NOT checked  {}\n", Printable(item));
  fmt::print("ACCEPT{}\n", c.not_checked.empty() ? "" : ", as far as it was checked");
}

Json ToJson(const Findings& f) {
  Json json = {{"accepted", f.accepted()}, {"verdict", f.accepted() ? "ACCEPT" : "REJECT"}};
  if (f.accepted()) {
    const Coverage c = CoverageOf(f);
    json["checked"] = c.checked;
    json["not_checked"] = c.not_checked;
  } else {
    json["reason"] = ReasonName(f.reason());
    json["sentence"] = ReasonSentence(f.reason());
    json["where"] = f.where();
  }
  if (f.model_id.has_value()) json["model_id"] = ToHex(*f.model_id);
  if (f.certificate.has_value()) {
    json["profile"] = ProfileName(f.profile);
    json["total"] = f.certificate->total;
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
  return findings->accepted() ? kAccepted : kRejected;
}

}  // namespace

void AddVerifyKey(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "verify-key", "Check a key and its certificate: exit code 0 accepts, 1 rejects, 2 cannot read");
  command->add_option("key", options->key, "model.vk")->required();
  command->add_option("certificate", options->certificate, "model.cert");
  command->add_option("--model-id", options->model_id, "demand this model id");
  command->add_option("--profile", options->profile, "demand at least this profile of the certificate: p100 or p128")
      ->check(CLI::IsMember({"p100", "p128"}));
  command->add_flag("--strict", options->strict,
                    "insist on a certificate, --model-id, and an answer for every input in range");
  command->add_flag("--json", options->output.json, "the verdict as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
