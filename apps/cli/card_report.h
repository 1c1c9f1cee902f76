// A card as `verify --card` and `card show` tell it: line by line, claimed and not proved.
#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <optional>
#include <string>

#include "api/card.h"
#include "common.h"

namespace provenn::cli {

struct CardFiles {
  std::string card;
  std::string key;        // the signer's public key, PEM; empty: no signature is checked
  std::string signature;  // empty: the card's name with .sig

  // Adds --card-key and --card-signature, or what `prefix` makes of them.
  std::array<CLI::Option*, 2> AddKeyTo(CLI::App* command, const std::string& prefix);
  std::string SignaturePath() const { return signature.empty() ? card + ".sig" : signature; }
};

struct ReadCard {
  ModelCard card;
  Digest digest{};
  bool signed_somehow = false;  // a signature lies there
  std::optional<bool> holds;    // absent: there was no key to check it with
};

// kInvalidArgument: no such key; kIo: a file that is not there, the signature too if a key was given.
Result<ReadCard> LoadCard(const CardFiles& files);

void PrintCard(const ReadCard& card);
Json ToJson(const ReadCard& card);

}  // namespace provenn::cli
