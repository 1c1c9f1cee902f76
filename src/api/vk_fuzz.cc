// Any bytes as a verifying key: refused, or a public model that encodes to the same bytes and whose parameters can be
// computed or are refused.
#include <cstddef>
#include <cstdint>

#include "api/verify_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const provenn::ByteSpan bytes(data, size);
  const auto model = provenn::DecodeVerifyingKey(bytes);
  if (!model.ok()) return 0;
  const provenn::Bytes again = provenn::EncodeVerifyingKey(*model);
  PROVENN_CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  uint64_t elements = 0;
  for (const provenn::Tensor& t : model->circuit.tensors) elements += provenn::ElementCount(t.shape);
  for (const provenn::Lookup& l : model->circuit.lookups) elements += provenn::ElementCount(l.space);
  if (elements > (1u << 16)) return 0;
  const std::vector<uint8_t> hidden(model->circuit.tensors.size(), 0);
  const auto parameters = provenn::ParametersOf(*model, provenn::Profile::kP100, 1, hidden);
  if (parameters.ok()) PROVENN_CHECK(parameters->budget.TotalBits() >= 100);
  return 0;
}
