// A hostile key file: an arbitrary circuit and an arbitrary weights commitment. The plan is an error or meets its
// budget.
#include <cstddef>
#include <cstdint>

#include "argument/plan.h"
#include "argument/verify.h"

namespace provenn {
namespace {

// Sizes that a run may take: memory grows with what a circuit declares, which is not what is looked for here.
bool IsSmall(const Circuit& circuit) {
  uint64_t total = 0;
  for (const Tensor& t : circuit.tensors) total += ElementCount(t.shape);
  for (const Lookup& l : circuit.lookups) total += ElementCount(l.space);
  for (const Contraction& c : circuit.contractions) total += ElementCount(c.space);
  return total < (uint64_t{1} << 18);
}

template <typename K>
void TryPlan(const Circuit& circuit, const std::vector<uint8_t>& hidden, const WeightsCommitment& weights) {
  const auto plan = MakePlan<K>(circuit, hidden, weights);
  if (!plan.ok()) return;
  PROVENN_CHECK(MakeBudget<K>(*plan).Require(ProfileTraits<K>::kTargetBits).ok());
  PROVENN_CHECK(!ProofSchedule<K>(*plan).empty());
}

void Run(ByteSpan bytes) {
  ByteReader reader(bytes);
  WeightsCommitment weights;
  weights.columns = reader.U16();
  weights.log_size = reader.U8();
  const uint8_t visibility = reader.U8();
  const auto circuit = DecodeCircuit(reader);
  if (!circuit.ok() || !IsSmall(*circuit)) return;
  std::vector<uint8_t> hidden;
  for (const Tensor& t : circuit->tensors) {
    const bool hide = (t.kind == TensorKind::kInput && (visibility & 1) != 0) ||
                      (t.kind == TensorKind::kOutput && (visibility & 2) != 0);
    hidden.push_back(hide ? 1 : 0);
  }
  TryPlan<Ext2>(*circuit, hidden, weights);
  TryPlan<Ext3>(*circuit, hidden, weights);
  // And with the shape that a committer would choose.
  const WeightsCommitment own = PlanWeights(*circuit);
  TryPlan<Ext2>(*circuit, hidden, own);
}

}  // namespace
}  // namespace provenn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  provenn::Run({data, size});
  return 0;
}
