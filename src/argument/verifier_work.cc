#include "argument/verifier_work.h"

#include <algorithm>
#include <string>

namespace provenn {
namespace {

struct VerifierWork {
  uint64_t elements = 0;  // of K, that may be held at the same time
  uint64_t visits = 0;    // multiplications
};

// Products and sums of sizes, which stop growing far above every limit and far below an overflow.
constexpr uint64_t kPlenty = uint64_t{1} << 48;
uint64_t Times(uint64_t a, uint64_t b) { return b != 0 && a > kPlenty / b ? kPlenty : a * b; }
uint64_t Plus(uint64_t a, uint64_t b) { return std::min(kPlenty, a + b); }

uint64_t SumOfAxes(const Shape& shape) {
  uint64_t sum = 1;
  for (uint32_t s : shape) sum = Plus(sum, s);
  return sum;
}

void AddView(const Circuit& circuit, const std::vector<uint8_t>& hidden, const View& view, const Shape& space,
             VerifierWork& work) {
  const Tensor& tensor = circuit.tensors[view.tensor];
  work.elements = Plus(work.elements, SumOfAxes(tensor.shape));
  work.visits = Plus(work.visits, SumOfAxes(space));
  for (const AxisMap& map : view.axes) {
    uint64_t combinations = 1;
    for (const AxisStep& step : map.steps) combinations = Times(combinations, space[step.axis]);
    work.visits = Plus(work.visits, combinations);
  }
  const bool is_io = tensor.kind == TensorKind::kInput || tensor.kind == TensorKind::kOutput;
  const bool is_public = is_io && hidden[view.tensor] == 0;
  // A public tensor is visited whole; of a committed one, the rows that are left of it when columns are folded.
  const uint64_t cells = ElementCount(tensor.shape);
  work.visits = Plus(work.visits, is_public ? cells : cells / kMinActivationColumns);
}

void AddLookup(const Circuit& circuit, const std::vector<uint8_t>& hidden, const Lookup& lookup, VerifierWork& work) {
  work.elements = Plus(work.elements, SumOfAxes(lookup.space));
  for (const Expression& column : lookup.columns) {
    for (const ViewTerm& term : column.terms) AddView(circuit, hidden, term.view, lookup.space, work);
    // Each term of a linear contraction, which has no claim of its own, is a view of its operand.
    for (const AccumulatorTerm& term : column.accumulators) {
      const Contraction& c = circuit.contractions[term.contraction];
      work.elements = Plus(work.elements, SumOfAxes(c.space));
      AddView(circuit, hidden, c.left, c.space, work);
    }
  }
}

void AddContraction(const Circuit& circuit, const std::vector<uint8_t>& hidden, const Contraction& c,
                    VerifierWork& work) {
  // Weights of the axes of the space for the output, the summed index and either operand.
  work.elements = Plus(work.elements, Times(4, SumOfAxes(c.space)));
  AddView(circuit, hidden, c.left, c.space, work);
  if (c.right.has_value()) AddView(circuit, hidden, *c.right, c.space, work);
}

Status Require(const VerifierWork& work, const std::string& where) {
  if (work.elements <= kMaxVerifierElements && work.visits <= kMaxVerifierVisits) return Ok();
  return Error{Code::kTooLarge, "axes and views are too large for a verifier: use a smaller batch or smaller axes",
               where};
}

}  // namespace

Status CheckVerifierWork(const Circuit& batched, const std::vector<uint8_t>& hidden) {
  VerifierWork work;
  for (size_t i = 0; i < batched.contractions.size(); ++i) {
    AddContraction(batched, hidden, batched.contractions[i], work);
    RETURN_IF_ERROR(Require(work, "contraction " + std::to_string(i)));
  }
  for (const Lookup& lookup : batched.lookups) {
    AddLookup(batched, hidden, lookup, work);
    RETURN_IF_ERROR(Require(work, "lookup " + lookup.name));
  }
  return Ok();
}

}  // namespace provenn
