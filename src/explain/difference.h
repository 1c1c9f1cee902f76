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
  std::string text;        // of a node that only one key has
  std::string first_text;  // of a changed one: its formula and formats in each key
  std::string second_text;
  std::vector<std::string> wiring;  // operands that are not the same: "operand 1: T3 (node 2) | T1 (node 1)"
};

struct Difference {
  bool same_graph = false;
  bool same_formats = false;
  std::vector<std::string> ports;  // one line for each that differs
  std::vector<NodeDifference> nodes;
  std::vector<std::string> tables;
  std::vector<std::string> findings;  // what is not recognised in one key alone
  bool names_differ = false;
};

// Nodes are paired in order, by operator and shape, so that one that was put in shows as that. Tensors have other
// numbers in another key: they are the same if inputs, results of paired nodes and weights of paired nodes match one to
// one, and a paired node that reads another tensor is a difference.
Difference CompareExplanations(const Explanation& a, const Explanation& b);

}  // namespace provenn
