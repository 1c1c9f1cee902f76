// Arbitrary bytes as a circuit: an error, or a circuit whose encoding is those bytes again and that can be batched.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "relation/circuit.h"

namespace provenn {
namespace {

void Run(ByteSpan bytes) {
  ByteReader reader(bytes);
  const auto circuit = DecodeCircuit(reader);
  if (!circuit.ok()) return;
  const Bytes again = EncodeCircuit(*circuit);
  PROVENN_CHECK(again.size() == reader.position());
  PROVENN_CHECK(std::equal(again.begin(), again.end(), bytes.begin()));
  const Status status = ValidateCircuit(WithBatch(*circuit, 3));
  if (status.ok()) return;
  // Only sizes may stand in the way.
  const std::string& what = status.error().message;
  PROVENN_CHECK(what == "bad shape" || what == "bad index space" || what == "bad rank");
}

}  // namespace
}  // namespace provenn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  provenn::Run({data, size});
  return 0;
}
