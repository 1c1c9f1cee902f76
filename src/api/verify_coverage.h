// What an accepted verdict rests on, and what it leaves to whoever reads it: one list for the command line and for C.
#pragma once

#include <string>
#include <vector>

#include "api/verify_answer.h"

namespace provenn {

enum class CoverageKind : uint8_t {
  kProof,
  kKey,
  kCertificate,
  kModelId,
  kInput,
  kOutput,
  kContext,
  kProfile,
  kTotality,
  kCard
};

// "proof", "key", ...: for programs.
const char* CoverageKindName(CoverageKind kind);

struct CoverageItem {
  CoverageKind kind = CoverageKind::kProof;
  bool checked = false;
  std::string name;  // of the input or output
  std::string text;  // one line for people; names in it are quoted
  std::string how;   // what was not checked: how the command line is told to, empty where it cannot be
};

// Of an accepted report; a card is not part of it. Every input and every output is listed.
std::vector<CoverageItem> CoverageOf(const VerifyReport& report, const Expectations& expectations);

// The texts of the items that were, or were not, checked; with the options of the command line that would check them.
enum class Hints : uint8_t { kNone, kOptions };
std::vector<std::string> CoverageTexts(const std::vector<CoverageItem>& items, bool checked, Hints hints);
std::string Joined(const std::vector<std::string>& texts);

// What --strict asks for, before and after verification: model id, context and every input. kInvalidArgument: what is
// missing.
Status CheckStrict(const Expectations& expectations, size_t inputs);

}  // namespace provenn
