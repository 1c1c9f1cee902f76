// Any bytes as a certificate: refused, or one that encodes to the same bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "api/verify_certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const provenn::ByteSpan bytes(data, size);
  const auto certificate = provenn::DecodeCertificate(bytes);
  if (!certificate.ok()) return 0;
  const provenn::Bytes again = provenn::EncodeCertificate(*certificate);
  PROVENN_CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  return 0;
}
