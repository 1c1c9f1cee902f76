// The card of a key, `model.card.json`: what its owner says about the model, in text that people read. All of it is
// claimed, none of it proved. The model id does not depend on it; the card names the id, so that a card of one model
// says nothing about another. Layout: docs/format.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/model_options.h"
#include "base/bytes.h"
#include "crypto/sha256.h"

namespace provenn {

inline constexpr uint64_t kMaxCardBytes = uint64_t{1} << 20;
inline constexpr size_t kMaxCardText = 4096;

// A file that went into the commitment.
struct CardFile {
  std::string name;  // the last part of its path; of calibration data also which input: "NAME=FILE"
  Digest sha256{};   // of its bytes
  bool operator==(const CardFile&) const = default;
};

// What is empty or absent is not stated.
struct ModelCard {
  Digest model_id{};
  std::string name;
  std::string version;
  std::string date;     // YYYY-MM-DD
  std::string program;  // that committed: "provenn 0.1.0"
  std::optional<ModelOptions> options;
  std::vector<CardFile> model;  // the ONNX file first, then the files that it keeps weights in
  std::vector<CardFile> calibration;
  bool operator==(const ModelCard&) const = default;
};

// kInvalidArgument: a field that DecodeCard would not read back: too long, not UTF-8, no date.
Result<Bytes> EncodeCard(const ModelCard& card);
// kCorrupt for bytes that EncodeCard would not write for the result: a signature is over the bytes, and what they say
// must not depend on who reads them.
Result<ModelCard> DecodeCard(ByteSpan bytes);

// A card's digest, to be published beside the model id: SHA-256 of its bytes, without a tag, as `sha256sum` prints it.
Digest CardDigest(ByteSpan bytes);

// "bits 12, tight".
std::string OptionsText(const ModelOptions& options);

// One line for each statement: its name ("version", "model file", ...) and what is claimed. Not fit for a terminal.
std::vector<std::pair<std::string, std::string>> CardLines(const ModelCard& card);

}  // namespace provenn
