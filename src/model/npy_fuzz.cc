// Any bytes as a .npy file. What is read is written again and must read the same.
#include <cstddef>
#include <cstdint>

#include "model/tensor_io.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensor = provenn::ParseNpy({data, size});
  if (!tensor.ok()) return 0;
  std::visit(
      [](const auto& t) {
        using Tensor = std::decay_t<decltype(t)>;
        const auto again = provenn::ParseNpy(provenn::EncodeNpy(t));
        PROVENN_CHECK(again.ok());
        const auto* same = std::get_if<Tensor>(&*again);
        PROVENN_CHECK(same != nullptr && same->shape == t.shape && same->data == t.data);
      },
      *tensor);
  return 0;
}
