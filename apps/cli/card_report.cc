#include "card_report.h"

#include <fmt/format.h>

#include <filesystem>

#include "api/card_signature.h"
#include "base/file.h"

namespace provenn::cli {

std::array<CLI::Option*, 2> CardFiles::AddKeyTo(CLI::App* command, const std::string& prefix) {
  return {
      command->add_option("--" + prefix + "key", key, "the signer's public key (Ed25519, PEM): demand its signature"),
      command->add_option("--" + prefix + "signature", signature,
                          "the signature, if it is not the card's name with .sig")};
}

Result<ReadCard> LoadCard(const CardFiles& files) {
  ASSIGN_OR_RETURN(const provenn::Bytes bytes, ReadFile(files.card, kMaxCardBytes));
  const auto card = DecodeCard(bytes);
  if (!card.ok()) return Error{card.error().code, card.error().message, files.card};
  ReadCard read;
  read.card = *card;
  read.digest = CardDigest(bytes);
  std::error_code ignored;
  read.signed_somehow = std::filesystem::exists(files.SignaturePath(), ignored);
  if (files.key.empty()) {
    if (files.signature.empty()) return read;
    return Error{Code::kInvalidArgument, "is checked with a public key, which is not given", files.signature};
  }
  ASSIGN_OR_RETURN(const provenn::Bytes key, ReadFile(files.key, kMaxPemBytes));
  ASSIGN_OR_RETURN(const provenn::Bytes signature, ReadFile(files.SignaturePath(), kMaxPemBytes));
  const auto holds = SignatureHolds(bytes, signature, key);
  if (!holds.ok()) return Error{holds.error().code, holds.error().message, files.key};
  read.holds = *holds;
  return read;
}

namespace {

std::string SignatureText(const ReadCard& card) {
  if (card.holds.has_value()) return *card.holds ? "holds" : "DOES NOT HOLD";
  return card.signed_somehow ? "NOT checked (no public key given)" : "none";
}

}  // namespace

void PrintCard(const ReadCard& card) {
  fmt::print("card      digest {}, signature {}\n", ToHex(card.digest), SignatureText(card));
  for (const auto& [what, text] : CardLines(card.card)) {
    fmt::print("claimed, not proved: {} {}\n", what, Quoted(text));
  }
}

Json ToJson(const ReadCard& card) {
  Json claims = Json::array();
  for (const auto& [what, text] : CardLines(card.card)) claims.push_back({{"what", what}, {"claimed", text}});
  return {{"model_id", ToHex(card.card.model_id)},
          {"digest", ToHex(card.digest)},
          {"signature", card.holds.has_value() ? Json(*card.holds ? "holds" : "does not hold")
                        : card.signed_somehow  ? Json("not checked")
                                               : Json()},
          {"claimed_not_proved", claims}};
}

}  // namespace provenn::cli
