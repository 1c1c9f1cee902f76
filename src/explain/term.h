// Which operators the addends of sums are.
#pragma once

#include <map>
#include <vector>

#include "explain/explanation.h"
#include "explain/work.h"
#include "relation/circuit.h"

namespace provenn {

// The addend that a contraction makes, or a view, of a sum over `space`. Its kind is kUnknown where the index maps are
// those of no known operator; the formula is exact in any case. The factor is left to the caller.
class AddendReader {
 public:
  explicit AddendReader(const Circuit& circuit);

  // Before so many addends are read. False, from then on, where that makes more than kMaxAddends.
  bool Take(uint64_t addends);

  // Each contraction is looked at once, however many sums name it.
  const Term& OfContraction(uint32_t contraction);
  Term OfView(const View& view, const Shape& space) const;

 private:
  const Circuit& circuit_;
  std::map<uint32_t, std::string> weight_reads_;  // of a weight: how it is read; empty where that is in several ways
  std::map<uint32_t, Term> known_;
  uint64_t left_ = kMaxAddends;
  bool exceeded_ = false;
};

// "3x3, stride 2, pads 1".
std::string WindowWords(const Term& term);

}  // namespace provenn
