#include "api/verify_certificate.h"

#include <algorithm>

#include "argument/certificate.h"
#include "argument/plan.h"
#include "argument/verify.h"
#include "relation/totality.h"

namespace provenn {
namespace {

template <typename K>
Verdict Check(const CertificateCircuit& circuit, const Statement& statement, ByteSpan proof) {
  const auto plan = MakePlan<K>(circuit.circuit, statement.hidden, statement.weights);
  if (!plan.ok()) return Verdict{false, Reason::kParameters, plan.error().ToString(), {}};
  return VerifyProof<K>(*plan, statement, proof);
}

// That there is a plan for one sample, with all inputs and outputs public, in one of the profiles.
Status CheckProvable(const PublicModel& model) {
  const std::vector<uint8_t> shown(model.circuit.tensors.size(), 0);
  if (MakePlan<Ext2>(model.circuit, shown, model.weights).ok()) return Ok();
  const auto plan = MakePlan<Ext3>(model.circuit, shown, model.weights);
  return plan.ok() ? Ok() : Status(plan.error());
}

}  // namespace

Bytes EncodeCertificate(const Certificate& certificate) {
  ByteWriter w;
  WriteFileHeader(kCertificateMagic, kCertificateFormatVersion, &w);
  w.U8(static_cast<uint8_t>(certificate.profile));
  w.Raw(certificate.model_id);
  WriteProofToEnd(certificate.proof, &w);
  return w.Take();
}

Result<Certificate> DecodeCertificate(ByteSpan bytes) {
  ByteReader reader(bytes);
  RETURN_IF_ERROR(ReadFileHeader(kCertificateMagic, kCertificateFormatVersion, "certificate", &reader));
  Certificate certificate;
  certificate.profile = ReadProfile(&reader);
  certificate.model_id = ReadDigest(&reader);
  certificate.proof = ReadProofToEnd(&reader);
  RETURN_IF_ERROR(reader.status());
  RETURN_IF_ERROR(reader.Finish());
  return certificate;
}

KeyVerdict VerifyCertificate(const PublicModel& model, const Certificate& certificate, Profile at_least) {
  KeyVerdict verdict;
  const auto reject = [&](Reason reason, std::string where) {
    verdict.reason = reason;
    verdict.where = std::move(where);
    return verdict;
  };
  if (certificate.model_id != model.model_id) {
    return reject(Reason::kModelId, "the certificate is of model " + ToHex(certificate.model_id));
  }
  if (certificate.profile < at_least) {
    return reject(Reason::kParameters, std::string("the certificate is of profile ") +
                                           ProfileName(certificate.profile) + ", " + ProfileName(at_least) +
                                           " is demanded");
  }
  if (model.weights.columns == 0) {
    if (!certificate.proof.empty()) return reject(Reason::kMalformed, "a proof about weights, of a model without");
  } else {
    const auto circuit = MakeCertificateCircuit(model.circuit, model.weights.columns);
    if (!circuit.ok()) return reject(Reason::kParameters, circuit.error().ToString());
    const Statement statement = CertificateStatement(*circuit, model.weights, model.model_id);
    const Verdict proof = certificate.profile == Profile::kP100 ? Check<Ext2>(*circuit, statement, certificate.proof)
                                                                : Check<Ext3>(*circuit, statement, certificate.proof);
    if (!proof.accepted) return reject(proof.reason, proof.where);
  }
  verdict.accepted = true;
  if (const Status provable = CheckProvable(model); !provable.ok()) {
    verdict.not_total = "no proof of a single answer fits: " + provable.error().ToString();
    return verdict;
  }
  const auto total = CheckTotality(model.circuit, model.program);
  verdict.total = total.ok();
  if (!total.ok()) verdict.not_total = total.error().ToString();
  return verdict;
}

}  // namespace provenn
