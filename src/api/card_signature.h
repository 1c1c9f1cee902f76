// A signature of a card: Ed25519 (RFC 8032) over the bytes of the file as they are, detached, 64 bytes. OpenSSL makes
// and checks the same: docs/format.md has the commands.
#pragma once

#include "base/bytes.h"

namespace provenn {

inline constexpr size_t kSignatureBytes = 64;
inline constexpr uint64_t kMaxPemBytes = 1u << 16;

// `private_key`: PEM, not encrypted. kInvalidArgument: it is no such key.
Result<Bytes> Sign(ByteSpan message, ByteSpan private_key);

// `public_key`: PEM. kInvalidArgument: it is no such key. A signature of the wrong length does not hold.
Result<bool> SignatureHolds(ByteSpan message, ByteSpan signature, ByteSpan public_key);

}  // namespace provenn
