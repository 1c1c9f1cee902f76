// Any bytes as a tensor file of either format: what is read has the number of elements that its shape says.
#include <cstddef>
#include <cstdint>

#include "model/tensor_io.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensor = provenn::ParseTensor({data, size});
  if (!tensor.ok()) return 0;
  std::visit(
      [](const auto& t) {
        PROVENN_CHECK(static_cast<int64_t>(t.data.size()) == provenn::ElementCount(t.shape));
        PROVENN_CHECK(t.data.size() <= size_t{1} << 28);
      },
      *tensor);
  return 0;
}
