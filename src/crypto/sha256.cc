// SHA256_Update is deprecated in OpenSSL 3 in favour of EVP; the header says why it is used all the same.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/sha256.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/check.h"

namespace provenn {
namespace {

constexpr size_t kBlock = 64;
constexpr std::array<uint32_t, 8> kInitialChain = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// Absorbs `blocks` whole blocks into the chaining value. With nothing buffered (num = 0), SHA256_Update passes whole
// blocks straight to the compression function that OpenSSL selected for this processor.
void Compress(std::array<uint32_t, 8>& chain, const uint8_t* data, size_t blocks) {
  SHA256_CTX context;
  std::memcpy(context.h, chain.data(), sizeof(context.h));
  context.Nl = 0;
  context.Nh = 0;
  context.num = 0;
  context.md_len = SHA256_DIGEST_LENGTH;
  SHA256_Update(&context, data, blocks * kBlock);
  std::memcpy(chain.data(), context.h, sizeof(context.h));
}

void StoreBigEndian32(uint8_t* out, uint32_t v) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<uint8_t>(v >> (24 - 8 * i));
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Sha256::Sha256() : chain_(kInitialChain) {}

Sha256::Sha256(std::string_view tag) : chain_(kInitialChain) {
  PROVENN_CHECK(tag.size() <= 55);
  block_[0] = static_cast<uint8_t>(tag.size());
  if (!tag.empty()) std::memcpy(block_.data() + 1, tag.data(), tag.size());
  total_ = tag.size() + 1;
}

void Sha256::Update(ByteSpan data) {
  if (data.empty()) return;
  const size_t waiting = total_ % kBlock;
  total_ += data.size();
  if (waiting != 0) {
    const size_t taken = std::min(kBlock - waiting, data.size());
    std::memcpy(block_.data() + waiting, data.data(), taken);
    if (waiting + taken < kBlock) return;
    Compress(chain_, block_.data(), 1);
    data = data.subspan(taken);
  }
  const size_t blocks = data.size() / kBlock;
  if (blocks != 0) {
    Compress(chain_, data.data(), blocks);
    data = data.subspan(blocks * kBlock);
  }
  if (!data.empty()) std::memcpy(block_.data(), data.data(), data.size());
}

Digest Sha256::Finish() {
  // Padding: the bit 1, zeros, and the message length in bits as 8 bytes, up to the end of a block.
  size_t waiting = total_ % kBlock;
  block_[waiting++] = 0x80;
  if (waiting > kBlock - 8) {
    std::memset(block_.data() + waiting, 0, kBlock - waiting);
    Compress(chain_, block_.data(), 1);
    waiting = 0;
  }
  std::memset(block_.data() + waiting, 0, kBlock - 8 - waiting);
  const uint64_t bits = total_ * 8;
  StoreBigEndian32(block_.data() + kBlock - 8, static_cast<uint32_t>(bits >> 32));
  StoreBigEndian32(block_.data() + kBlock - 4, static_cast<uint32_t>(bits));
  Compress(chain_, block_.data(), 1);

  Digest digest;
  for (size_t i = 0; i < 8; ++i) StoreBigEndian32(digest.data() + 4 * i, chain_[i]);
  return digest;
}

Digest Sha256Of(std::string_view tag, std::initializer_list<ByteSpan> parts) {
  Sha256 hash(tag);
  for (const ByteSpan part : parts) hash.Update(part);
  return hash.Finish();
}

Digest Sha256OfSecret(std::string_view tag, std::initializer_list<ByteSpan> parts) {
  static_assert(std::is_trivially_copyable_v<Sha256>);
  Sha256 hash(tag);
  for (const ByteSpan part : parts) hash.Update(part);
  const Digest digest = hash.Finish();
  OPENSSL_cleanse(&hash, sizeof(hash));
  return digest;
}

std::string ToHex(ByteSpan bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const uint8_t b : bytes) {
    hex.push_back(kDigits[b >> 4]);
    hex.push_back(kDigits[b & 15]);
  }
  return hex;
}

std::optional<Bytes> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexValue(hex[i]);
    const int low = HexValue(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<uint8_t>(high * 16 + low));
  }
  return bytes;
}

}  // namespace provenn
