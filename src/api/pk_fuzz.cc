// Any bytes as a proving key. The digest of the small sections is put right first, so that the fuzzer gets behind it.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "api/proving_key.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > (1u << 20)) return 0;
  // Aligned as a mapped file is.
  provenn::Bytes storage(size + 64);
  uint8_t* bytes = storage.data() + (64 - reinterpret_cast<uintptr_t>(storage.data()) % 64) % 64;
  if (size != 0) std::memcpy(bytes, data, size);
  const auto fixed = provenn::ProvingKey::DigestOfSmallSections({bytes, size});
  if (fixed.has_value()) {
    std::memcpy(bytes + provenn::kProvingKeyHeaderBytes - fixed->size(), fixed->data(), fixed->size());
  }
  const auto key = provenn::ProvingKey::FromBytes({bytes, size});
  if (key.ok()) PROVENN_CHECK(provenn::ValidateProgram(key->model().circuit, key->program()).ok());
  return 0;
}
