// Cards from bytes: an error, or a card that is written back as these bytes.
#include "api/card.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const provenn::ByteSpan bytes(data, size);
  const auto card = provenn::DecodeCard(bytes);
  if (!card.ok()) return 0;
  const auto again = provenn::EncodeCard(*card);
  PROVENN_CHECK(again.ok() && *again == provenn::Bytes(bytes.begin(), bytes.end()));
  (void)provenn::CardLines(*card);
  return 0;
}
