// Every way in which a false statement could be accepted, with its probability; refuses parameters whose sum is over
// the target. No other code decides whether parameters are good enough.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace provenn {

class SoundnessBudget {
 public:
  struct Term {
    std::string name;
    double bits;  // -log2 of the error
  };

  // field_bits: log2 of the size of the challenge field, rounded down.
  explicit SoundnessBudget(double field_bits) : field_bits_(field_bits) {}

  // An error of count / |K|: a polynomial of degree `count` that vanishes at a random point, or a proximity gap.
  void AddField(std::string name, double count);
  // An error given directly.
  void AddBits(std::string name, double bits);

  const std::vector<Term>& terms() const { return terms_; }
  // -log2 of the sum of all errors.
  double TotalBits() const;
  // kInvalidArgument, listing the largest term, unless TotalBits() >= target_bits.
  Status Require(double target_bits) const;

 private:
  double field_bits_;
  std::vector<Term> terms_;
};

}  // namespace provenn
