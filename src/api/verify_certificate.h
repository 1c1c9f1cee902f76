// The certificate of a key as a file, `model.cert`: that the committed weights are integers within their bounds, and
// nothing else is committed (argument/certificate.h). Layout: docs/format.md.
#pragma once

#include <string>

#include "api/verify_key.h"
#include "argument/profile.h"
#include "argument/reject.h"

namespace provenn {

inline constexpr uint32_t kCertificateFormatVersion = 1;
inline constexpr uint64_t kMaxCertificateBytes = uint64_t{1} << 28;

struct Certificate {
  Profile profile = Profile::kP100;
  Digest model_id{};
  Bytes proof;  // empty for a model without weights
};

Bytes EncodeCertificate(const Certificate& certificate);
// kCorrupt, kUnsupported.
Result<Certificate> DecodeCertificate(ByteSpan bytes);

// What a key and its certificate show together.
struct KeyVerdict {
  bool accepted = false;
  Reason reason = Reason::kMalformed;  // if not
  std::string where;
  // Whether, in addition, every input in range has an answer, in integers that never wrap (relation/totality.h), and a
  // proof of one sample has a plan. If not, why: the key computes a function all the same, one that may have no value,
  // or none that can be proved, for some inputs.
  bool total = false;
  std::string not_total;
};

// Checks a certificate of the model, whose key check is behind it (DecodePublicModel). at_least: reject (parameters) a
// certificate of a lower profile.
KeyVerdict VerifyCertificate(const PublicModel& model, const Certificate& certificate,
                             Profile at_least = Profile::kP100);

}  // namespace provenn
