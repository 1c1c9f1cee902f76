#include "commit/soundness_budget.h"

#include <algorithm>
#include <cmath>

namespace provenn {

void SoundnessBudget::AddField(std::string name, double count) {
  if (count <= 0) return;
  AddBits(std::move(name), field_bits_ - std::log2(count));
}

void SoundnessBudget::AddBits(std::string name, double bits) { terms_.push_back({std::move(name), bits}); }

double SoundnessBudget::TotalBits() const {
  double sum = 0;
  for (const Term& t : terms_) sum += std::exp2(-t.bits);
  return terms_.empty() ? 0 : -std::log2(sum);
}

Status SoundnessBudget::Require(double target_bits) const {
  const double total = TotalBits();
  if (total >= target_bits) return Ok();
  const auto worst =
      std::min_element(terms_.begin(), terms_.end(), [](const Term& a, const Term& b) { return a.bits < b.bits; });
  std::string message = "the parameters reach " + std::to_string(total) + " bits of soundness, " +
                        std::to_string(target_bits) + " are required";
  if (worst != terms_.end())
    message += "; the weakest term is '" + worst->name + "' with " + std::to_string(worst->bits) + " bits";
  return Error{Code::kInvalidArgument, message, "soundness budget"};
}

}  // namespace provenn
