// The first twelve bytes of each of our files: eight bytes that name the kind of file, and the format's version.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace provenn {

inline constexpr std::string_view kProvingKeyMagic = "PRVNPKEY";
inline constexpr std::string_view kVerifyingKeyMagic = "PRVNVKEY";
inline constexpr std::string_view kProofMagic = "PRVNPROF";
inline constexpr size_t kFileHeaderBytes = 12;

void WriteFileHeader(std::string_view magic, uint32_t version, ByteWriter* writer);
// kCorrupt: another kind of file; the message says "is not a <what>". kUnsupported: another version.
Status ReadFileHeader(std::string_view magic, uint32_t version, const std::string& what, ByteReader* reader);

}  // namespace provenn
