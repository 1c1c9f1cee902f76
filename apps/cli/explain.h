// The three forms in which `explain` shows a key.
#pragma once

#include <string>

#include "api/explain.h"
#include "common.h"

namespace provenn::cli {

// A key that was read, and what it was recognised as.
struct ExplainedKey {
  std::string path;
  PublicModel model;
  Explanation explanation;
};

// On stdout; what is not recognised comes first, in red where stdout is a terminal.
void PrintExplanation(const ExplainedKey& key);
void PrintDifference(const ExplainedKey& a, const ExplainedKey& b, const Difference& difference);

Json ExplanationToJson(const ExplainedKey& key);
Json DifferenceToJson(const ExplainedKey& a, const ExplainedKey& b, const Difference& difference);

// The graph as a drawing of its own: no scripts, no fonts, nothing from elsewhere.
std::string ExplanationToSvg(const ExplainedKey& key);

}  // namespace provenn::cli
