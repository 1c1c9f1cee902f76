// Any bytes as a proof file, against the key of the tiny model: refused, rejected, or (a golden proof as a seed)
// accepted; and a file that decodes encodes to the same bytes.
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "api/verify_answer.h"

namespace {

const provenn::PublicModel& Model() {
  static const provenn::PublicModel model = [] {
    auto read = provenn::ReadVerifyingKey("src/api/testdata/golden/v2/model.vk");
    PROVENN_CHECK(read.ok());
    return *read;
  }();
  return model;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const provenn::ByteSpan bytes(data, size);
  auto file = provenn::DecodeProofFile(bytes);
  if (!file.ok()) return 0;
  const provenn::Bytes again = provenn::EncodeProofFile(*file);
  PROVENN_CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  // Past the model id there is more to find.
  file->model_id = Model().model_id;
  PROVENN_CHECK(provenn::VerifyAnswer(Model(), *file, {}).ok());
  return 0;
}
