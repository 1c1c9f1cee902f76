// The first twelve bytes of each of our files: eight bytes that name the kind of file, and the format's version.
#pragma once

#include <string>
#include <string_view>

#include "argument/profile.h"
#include "base/bytes.h"
#include "crypto/sha256.h"

namespace provenn {

inline constexpr std::string_view kProvingKeyMagic = "PRVNPKEY";
inline constexpr std::string_view kVerifyingKeyMagic = "PRVNVKEY";
inline constexpr std::string_view kProofMagic = "PRVNPROF";
inline constexpr std::string_view kCertificateMagic = "PRVNCERT";
inline constexpr std::string_view kSeedMagic = "PRVNSEED";
inline constexpr size_t kFileHeaderBytes = 12;

// What a file is by its first bytes, in words: "a public key (model.vk)", "a NumPy tensor (.npy)"; empty if they say
// nothing. Eight bytes are enough.
std::string KindOfFile(ByteSpan head);
// One of ours, that holds something which cannot be made again: a key or a seed.
bool IsKeyFile(ByteSpan head);

void WriteFileHeader(std::string_view magic, uint32_t version, ByteWriter* writer);
// kCorrupt: another kind of file; the message names what it is and what is wanted. kUnsupported: another version.
Status ReadFileHeader(std::string_view magic, uint32_t version, const std::string& what, ByteReader* reader);
// What proofs and certificates have in common: the profile, an id, and at the end of the file the proof with its
// length. Failures stay in the reader.
Profile ReadProfile(ByteReader* reader);
Digest ReadDigest(ByteReader* reader);
Bytes ReadProofToEnd(ByteReader* reader);
void WriteProofToEnd(ByteSpan proof, ByteWriter* writer);
// kCorrupt: a file of ours, where something else is wanted ("a tensor (.npy or .pb)").
Status RefuseOurFile(ByteSpan head, const std::string& wanted);
// The same of any file whose kind is known, from all its bytes: for what should be random.
Status RefuseKnownFile(ByteSpan bytes, const std::string& wanted);

}  // namespace provenn
