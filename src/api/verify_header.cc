#include "api/verify_header.h"

#include <algorithm>

namespace provenn {

void WriteFileHeader(std::string_view magic, uint32_t version, ByteWriter* writer) {
  for (char c : magic) writer->U8(static_cast<uint8_t>(c));
  writer->U32(version);
}

Status ReadFileHeader(std::string_view magic, uint32_t version, const std::string& what, ByteReader* reader) {
  const ByteSpan have = reader->Raw(magic.size());
  const ByteSpan want = AsBytes(magic);
  if (!reader->ok() || !std::equal(have.begin(), have.end(), want.begin())) {
    return Error{Code::kCorrupt, "is not a " + what, what};
  }
  const uint32_t have_version = reader->U32();
  RETURN_IF_ERROR(reader->status());
  if (have_version != version) {
    return Error{Code::kUnsupported, "format version " + std::to_string(have_version) + " is not supported", what};
  }
  return Ok();
}

}  // namespace provenn
