// SHA-256 (FIPS 180-4), the one byte-oriented hash of the system: leaves, Merkle nodes, transcript, file digests.
//
// Every use is domain-separated by a tag: Sha256Of hashes u8(len tag) ‖ tag ‖ data. Two inputs with different tags
// therefore never coincide, because neither length-prefixed tag is a prefix of the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace provenn {

using Digest = std::array<uint8_t, 32>;

// One hash computation. Copyable, so that a common prefix is absorbed once and continued many times.
// Only the compression function is OpenSSL's; buffering and padding are here, because the Merkle trees hash millions
// of messages of two blocks and the EVP layer costs more per call than the two compressions.
class Sha256 {
 public:
  Sha256();
  // Starts with the domain separator u8(len tag) ‖ tag. The tag has at most 55 bytes.
  explicit Sha256(std::string_view tag);

  void Update(ByteSpan data);
  // The digest of everything absorbed. The object is spent afterwards.
  Digest Finish();

 private:
  std::array<uint32_t, 8> chain_;
  std::array<uint8_t, 64> block_;  // the first total_ % 64 bytes are waiting
  uint64_t total_ = 0;             // bytes absorbed
};

// SHA-256(u8(len tag) ‖ tag ‖ parts...). The parts are not framed: a caller with more than one part of variable
// length adds the lengths itself.
Digest Sha256Of(std::string_view tag, std::initializer_list<ByteSpan> parts);
// The same for parts that are secret: the hash's own memory is wiped.
Digest Sha256OfSecret(std::string_view tag, std::initializer_list<ByteSpan> parts);

// Lower-case hexadecimal.
std::string ToHex(ByteSpan bytes);
// The bytes of a hexadecimal string of either case; empty if a character is no digit or their number is odd.
std::optional<Bytes> FromHex(std::string_view hex);

}  // namespace provenn
