#include <fmt/format.h>
#include <strings.h>

#include <memory>

#include "api/card_signature.h"
#include "base/file.h"
#include "card_report.h"
#include "commands.h"
#include "common.h"

namespace provenn::cli {
namespace {

struct SignOptions {
  CardFiles files;
  std::string private_key;
  bool force = false;
  Output output;
};

int RunSign(const SignOptions& options) {
  GuardSecrets();
  const std::string path = options.files.SignaturePath();
  const Status free = CheckOutput(path, options.force, {options.files.card, options.private_key});
  if (!free.ok()) return Fail(free.error(), options.output);
  const auto card = ReadFile(options.files.card, kMaxCardBytes);
  if (!card.ok()) return Fail(card.error(), options.output);
  const auto decoded = DecodeCard(*card);
  if (!decoded.ok()) return Fail({decoded.error().code, decoded.error().message, options.files.card}, options.output);
  auto key = ReadFile(options.private_key, kMaxPemBytes);
  if (!key.ok()) return Fail(key.error(), options.output);
  const auto signature = Sign(*card, *key);
  explicit_bzero(key->data(), key->size());
  if (!signature.ok())
    return Fail({signature.error().code, signature.error().message, options.private_key}, options.output);
  const Status written = WriteFileAtomically(path, *signature, FileAccess::kShared, WriteOver(options.force));
  if (!written.ok()) return Fail(written.error(), options.output);
  if (options.output.json) {
    PrintJson({{"signature", path}, {"digest", ToHex(CardDigest(*card))}, {"model_id", ToHex(decoded->model_id)}});
  } else {
    fmt::print("model id  {}\n", ToHex(decoded->model_id));
    PrintCard({*decoded, CardDigest(*card), true, true});
    fmt::print("signed as {}\n", path);
  }
  return 0;
}

struct ShowOptions {
  CardFiles files;
  Output output;
};

int RunShow(const ShowOptions& options) {
  const auto card = LoadCard(options.files);
  if (!card.ok()) return Fail(card.error(), options.output);
  if (options.output.json) {
    PrintJson(ToJson(*card));
  } else {
    fmt::print("model id  {}\n", ToHex(card->card.model_id));
    PrintCard(*card);
  }
  return card->holds.value_or(true) ? kAccepted : kRejected;
}

}  // namespace

void AddCard(CLI::App& app, Action* action) {
  CLI::App* card = app.add_subcommand("card", "The card of a key (model.card.json): what its owner claims");
  card->require_subcommand(1);

  auto sign = std::make_shared<SignOptions>();
  CLI::App* command = card->add_subcommand("sign", "Sign a card with an Ed25519 key: CARD.sig");
  command->add_option("card", sign->files.card, "model.card.json")->required();
  command->add_option("--key", sign->private_key, "private key (Ed25519, PEM, no passphrase)")->required();
  command->add_option("-o,--output", sign->files.signature, "the signature, if not CARD.sig");
  command->add_flag("--force", sign->force, "overwrite a signature of that name");
  command->add_flag("--json", sign->output.json, "as JSON");
  command->callback([=] { *action = [=] { return RunSign(*sign); }; });

  auto show = std::make_shared<ShowOptions>();
  command = card->add_subcommand("show", "What a card claims, and whether its signature holds: exit code 1 if not");
  command->add_option("card", show->files.card, "model.card.json")->required();
  show->files.AddKeyTo(command, "");
  command->add_flag("--json", show->output.json, "as JSON");
  command->callback([=] { *action = [=] { return RunShow(*show); }; });
}

}  // namespace provenn::cli
