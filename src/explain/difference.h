// How two keys differ, as contracts.
#pragma once

#include <string>
#include <vector>

#include "explain/explanation.h"

namespace provenn {

struct NodeDifference {
  enum class Kind { kOnlyFirst, kOnlySecond, kChanged };
  Kind kind = Kind::kChanged;
  size_t first = 0;  // node numbers from 0, where there is one
  size_t second = 0;
  std::string text;  // what changed
};

struct Difference {
  bool same_graph = false;
  bool same_formats = false;
  std::vector<std::string> ports;  // one line for each that differs
  std::vector<NodeDifference> nodes;
  std::vector<std::string> tables;
  bool names_differ = false;
};

// Nodes are paired in order, by operator and shape, so that one that was put in shows as that.
Difference CompareExplanations(const Explanation& a, const Explanation& b);

}  // namespace provenn
