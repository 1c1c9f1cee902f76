#include "explain/operators.h"

#include <iterator>

namespace provenn {
namespace {

// In the order of Term::Kind.
constexpr OperatorFacts kOperators[] = {
    {Term::Kind::kValue, "value", "", nullptr, "", OperatorGroup::kElementwise},
    {Term::Kind::kConvolution, "convolution", "", nullptr, "", OperatorGroup::kWeighted},
    {Term::Kind::kFullyConnected, "fully connected", "", nullptr, "", OperatorGroup::kWeighted},
    {Term::Kind::kConstantFactor, "constant factor", "", nullptr, "", OperatorGroup::kWeighted},
    {Term::Kind::kConstant, "constant", "constant ", nullptr, "bias ", OperatorGroup::kWeighted},
    {Term::Kind::kWindowSum, "window sum", "sum ", "average ", "sum ", OperatorGroup::kPooling},
    {Term::Kind::kWindowMaximum, "maximum", "", nullptr, "", OperatorGroup::kPooling},
    {Term::Kind::kAxisSum, "sum", "sum ", "mean ", "sum ", OperatorGroup::kPooling},
    {Term::Kind::kScaledWindowSum, "window sum times constant", "", nullptr, "", OperatorGroup::kWeighted},
    {Term::Kind::kMatrixProduct, "matrix product", "", nullptr, "", OperatorGroup::kElementwise},
    {Term::Kind::kProduct, "product", "", nullptr, "", OperatorGroup::kElementwise},
    {Term::Kind::kUnknown, "unknown", "", nullptr, "", OperatorGroup::kElementwise},
};

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kOperators); ++i) {
    if (kOperators[i].kind != static_cast<Term::Kind>(i)) return false;
  }
  return std::size(kOperators) == static_cast<size_t>(Term::Kind::kUnknown) + 1;
}
static_assert(InOrder());

}  // namespace

const OperatorFacts& FactsOf(Term::Kind kind) { return kOperators[static_cast<size_t>(kind)]; }

}  // namespace provenn
