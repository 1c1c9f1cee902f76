// The prover's side of the certificate of a key (statement: certificate.h).
#pragma once

#include "argument/certificate.h"
#include "argument/hooks_prover.h"
#include "argument/weights_oracle.h"
#include "base/progress.h"

namespace provenn {

// A proof that the weights of `oracle` are what the certificate says. weights: by tensor of the model's circuit,
// compact. kOutOfRange naming the tensor if a weight is beyond what can be certified; errors of MakePlan.
// entropy: kEntropyBytes of SystemEntropy.
Result<Bytes> ProveCertificate(Profile profile, const CertificateCircuit& certificate, const Digest& model_id,
                               const IntegerTensors& weights, const WeightsOracle& oracle, ByteSpan entropy,
                               ProgressSink* progress, const ProverHooks* hooks = nullptr);

}  // namespace provenn
