// CertifyModel of provenn.h.
#include "api/provenn.h"
#include "argument/certificate_prover.h"
#include "base/page_pool.h"
#include "crypto/entropy.h"

namespace provenn {

Result<Certificate> CertifyModel(const PublicModel& model, const IntegerTensors& weights, const WeightsOracle& oracle,
                                 Profile profile, ProgressSink* progress) {
  Certificate certificate;
  certificate.profile = profile;
  certificate.model_id = model.model_id;
  if (model.weights.columns == 0) return certificate;
  const PagePoolScope pool;
  ASSIGN_OR_RETURN(const CertificateCircuit circuit, MakeCertificateCircuit(model.circuit, model.weights.columns));
  const auto prove = [&] {
    return ProveCertificate(certificate.profile, circuit, model.model_id, weights, oracle, SystemEntropy().span(),
                            progress);
  };
  auto proof = prove();
  if (!proof.ok() && proof.error().where == "soundness budget" && profile == Profile::kP100) {
    // More cells than the smaller field has room for.
    certificate.profile = Profile::kP128;
    proof = prove();
  }
  ASSIGN_OR_RETURN(certificate.proof, std::move(proof));
  return certificate;
}

}  // namespace provenn
