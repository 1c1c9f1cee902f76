#include "argument/certificate_prover.h"

#include <algorithm>

#include "argument/plan.h"
#include "argument/proof_random_prover.h"
#include "argument/prove.h"

namespace provenn {
namespace {

// The balanced digit: what is left of w after the multiple of the base that is nearest to it.
int64_t HighDigit(int64_t w) {
  const int64_t shifted = w + kLargestDigit;
  return shifted >= 0 ? shifted / kDigitBase : -((kDigitBase - 1 - shifted) / kDigitBase);
}

// Cells of a block, parts one after the other.
Result<SecretVector<int32_t>> CellsOf(const CertifiedBlock& b, std::span<const int32_t> elements) {
  const auto out_of_range = [&](int32_t w) { return w < b.range.min || w > b.range.max; };
  if (std::any_of(elements.begin(), elements.end(), out_of_range)) {
    return Error{Code::kOutOfRange,
                 "a weight is outside [" + std::to_string(b.range.min) + ", " + std::to_string(b.range.max) +
                     "], the range that can be certified",
                 "tensor " + b.name};
  }
  SecretVector<int32_t> cells(b.rows * b.cells, 0);
  const uint32_t columns = b.columns;
  ForEachRun(b.block, columns, [&](uint64_t element, uint64_t cell, uint64_t length) {
    const uint64_t at = cell - b.block.first_row * columns;
    std::copy_n(elements.begin() + static_cast<ptrdiff_t>(element), length, cells.begin() + static_cast<ptrdiff_t>(at));
  });
  return cells;
}

struct CertificateWitness {
  IntegerTensors weights;
  Witness witness;
};

Result<CertificateWitness> MakeWitness(const CertificateCircuit& certificate, const IntegerTensors& weights) {
  const Circuit& circuit = certificate.circuit;
  CertificateWitness out;
  out.weights.resize(circuit.tensors.size());
  out.witness.assignment.tensors.resize(circuit.tensors.size());
  out.witness.accumulators.resize(circuit.contractions.size());
  for (const CertifiedBlock& b : certificate.blocks) {
    const std::vector<int32_t>& mark = certificate.marks[b.mark];
    out.witness.assignment.tensors[b.mark].assign(mark.begin(), mark.end());
    ASSIGN_OR_RETURN(const SecretVector<int32_t> cells, CellsOf(b, weights[b.weight]));
    for (const CertifiedBlock::Part& part : b.parts) {
      const uint64_t count = ElementCount(circuit.tensors[part.weight].shape);
      const auto from = cells.begin() + static_cast<ptrdiff_t>(part.first * b.cells);
      SecretVector<int32_t>& values = out.weights[part.weight];
      values.assign(from, from + static_cast<ptrdiff_t>(count));
      out.witness.accumulators[part.contraction].assign(values.begin(), values.end());
      if (b.range.high == 0) continue;
      SecretVector<int32_t>& high = out.witness.assignment.tensors[part.high];
      high.resize(count);
      for (size_t i = 0; i < count; ++i) high[i] = static_cast<int32_t>(HighDigit(values[i]));
    }
  }
  return out;
}

template <typename K>
Result<Bytes> Prove(const CertificateCircuit& certificate, const Statement& statement, const CertificateWitness& w,
                    const WeightsOracle& oracle, ByteSpan entropy, ProgressSink* progress, const ProverHooks* hooks) {
  ASSIGN_OR_RETURN(const Plan plan, MakePlan<K>(certificate.circuit, statement.hidden, statement.weights));
  Csprng random = ProofRandom(plan.profile, statement, oracle.seed, w.witness, entropy);
  return ProveStatement<K>(plan, statement, ProverInput{&w.witness, &w.weights, &oracle, hooks}, random, progress);
}

}  // namespace

Result<Bytes> ProveCertificate(Profile profile, const CertificateCircuit& certificate, const Digest& model_id,
                               const IntegerTensors& weights, const WeightsOracle& oracle, ByteSpan entropy,
                               ProgressSink* progress, const ProverHooks* hooks) {
  const Statement statement = CertificateStatement(certificate, oracle.commitment, model_id);
  ASSIGN_OR_RETURN(const CertificateWitness witness, MakeWitness(certificate, weights));
  return profile == Profile::kP100 ? Prove<Ext2>(certificate, statement, witness, oracle, entropy, progress, hooks)
                                   : Prove<Ext3>(certificate, statement, witness, oracle, entropy, progress, hooks);
}

}  // namespace provenn
