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
  ASSIGN_OR_RETURN(certificate.proof, ProveCertificate(profile, circuit, model.model_id, weights, oracle,
                                                       SystemEntropy().span(), progress));
  return certificate;
}

}  // namespace provenn
