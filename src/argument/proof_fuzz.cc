// Arbitrary bytes as a proof of one small statement, and an honest proof with arbitrary edits.
//
// The first byte chooses: bit 0, whether challenges are forced, so that an edit does not already show at the first
// proof of work; bit 1, whether the rest is edits (offset, 3 bytes; value, 1 byte) of the honest proof, or a proof.
#include <cstddef>
#include <cstdint>

#include "argument/test_session.h"
#include "argument/test_tiny_circuit.h"
#include "argument/test_toy_plan.h"

namespace provenn {
namespace {

struct Target {
  Session<Ext2> session{TinyCase({1, 2})};
  Bytes proofs[2];  // with real and with forced challenges

  Target() {
    session.plan = ToyPlan<Ext2>(*session.plan, ToySize{});
    ProverHooks force;
    force.transcript = [](Transcript& t) { t.ForceChallenges(1); };
    proofs[0] = session.Prove().value();
    proofs[1] = session.Prove(&force).value();
    PROVENN_CHECK(Verify(false, proofs[0]).accepted && Verify(true, proofs[1]).accepted);
  }

  Verdict Verify(bool forced, ByteSpan proof) const {
    Transcript transcript = StartTranscript(session.plan->profile, session.statement);
    if (forced) transcript.ForceChallenges(1);
    return VerifyFrom<Ext2>(*session.plan, session.statement, std::move(transcript), proof);
  }
};

void Run(ByteSpan bytes) {
  static const Target target;
  if (bytes.empty()) return;
  const bool forced = (bytes[0] & 1) != 0;
  const Bytes& honest = target.proofs[forced ? 1 : 0];
  Bytes proof(bytes.begin() + 1, bytes.end());
  if ((bytes[0] & 2) != 0) {
    proof = honest;
    for (size_t i = 1; i + 4 <= bytes.size(); i += 4) {
      const size_t at = bytes[i] | size_t{bytes[i + 1]} << 8 | size_t{bytes[i + 2]} << 16;
      proof[at % proof.size()] = bytes[i + 3];
    }
  }
  const Verdict verdict = target.Verify(forced, proof);
  // Forced challenges do not depend on nonces, so there one nonce may stand for another.
  PROVENN_CHECK(forced || !verdict.accepted || proof == honest);
}

}  // namespace
}  // namespace provenn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  provenn::Run({data, size});
  return 0;
}
