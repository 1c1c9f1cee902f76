#include <fmt/format.h>

#include <memory>

#include "base/file.h"
#include "commands.h"
#include "common.h"

namespace provenn::cli {
namespace {

struct Options {
  std::string key;
  std::string path;
  std::string profile = "p100";
  bool force = false;
  Output output;
};

int Run(const Options& options) {
  GuardSecrets();
  if (const Status free = CheckOutput(options.path, options.force, {options.key}); !free.ok()) {
    return Fail(free.error(), options.output);
  }
  const auto key = ProvingKey::Open(options.key);
  if (!key.ok()) return Fail(key.error(), options.output);
  const auto certificate = [&] {
    TerminalProgress progress;
    return CertifyModel(key->model(), key->weights(), key->oracle(),
                        options.profile == "p128" ? Profile::kP128 : Profile::kP100, &progress);
  }();
  if (!certificate.ok()) return Fail(certificate.error(), options.output);
  const KeyVerdict verdict = VerifyCertificate(key->model(), *certificate);
  if (!verdict.accepted) {
    return Fail(
        {Code::kCorrupt, "the certificate does not verify (" + verdict.where + "): the key is damaged", options.key},
        options.output);
  }
  const provenn::Bytes bytes = EncodeCertificate(*certificate);
  const Status written = WriteFileAtomically(options.path, bytes, FileAccess::kShared, WriteOver(options.force));
  if (!written.ok()) return Fail(written.error(), options.output);
  if (options.output.json) {
    PrintJson({{"model_id", ToHex(certificate->model_id)}, {"certificate", options.path}, {"bytes", bytes.size()}});
  } else {
    fmt::print("model id     {}\ncertificate  {} ({})\n", ToHex(certificate->model_id), options.path,
               Bytes(bytes.size()));
  }
  return 0;
}

}  // namespace

void AddCertify(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "certify", "Make a certificate of a committed model: commit does, unless told not to (--certificate none)");
  command->add_option("key", options->key, "model.pk")->required();
  command->add_option("-o,--output", options->path, "the certificate, model.cert")->required();
  command->add_option("--profile", options->profile, "p100 or p128")->check(CLI::IsMember({"p100", "p128"}));
  command->add_flag("--force", options->force, "replace the file if it is there");
  command->add_flag("--json", options->output.json, "the report as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
}

}  // namespace provenn::cli
