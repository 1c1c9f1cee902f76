#include "crypto/csprng.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "crypto/entropy.h"
#include "crypto/sha256.h"

namespace provenn {

Csprng::Csprng(const std::array<uint8_t, 32>& key) : cipher_(EVP_CIPHER_CTX_new()), buffer_(kBufferBytes) {
  PROVENN_CHECK(cipher_ != nullptr);
  // Block counter and nonce start at zero: the key is used for this stream only.
  const std::array<uint8_t, 16> counter_and_nonce = {};
  PROVENN_CHECK(EVP_EncryptInit_ex(cipher_.get(), EVP_chacha20(), nullptr, key.data(), counter_and_nonce.data()) == 1);
}

Csprng Csprng::FromSecret(std::string_view tag, std::initializer_list<std::span<const uint8_t>> parts) {
  Digest key = Sha256OfSecret(tag, parts);
  Csprng random(key);
  OPENSSL_cleanse(key.data(), key.size());
  return random;
}

Csprng Csprng::FromSystem() { return FromSecret("provenn.csprng.system", {SystemEntropy().span()}); }

Csprng Csprng::FromSeed(const std::array<uint8_t, 32>& seed, std::string_view label) {
  return FromSecret("provenn.csprng.seed", {seed, AsBytes(label)});
}

Csprng Csprng::FromTape(std::vector<uint64_t> values) {
  Csprng random = FromSeed({}, "tape");
  random.replays_ = true;
  random.tape_ = SecretBuffer<uint64_t>(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    PROVENN_CHECK(values[i] < Goldilocks::kModulus);
    random.tape_[i] = values[i];
  }
  return random;
}

void Csprng::Stream(std::span<uint8_t> out) {
  PROVENN_CHECK(cipher_ != nullptr);
  constexpr size_t kPiece = size_t{1} << 30;  // EVP counts in int
  while (!out.empty()) {
    const size_t piece = std::min(out.size(), kPiece);
    std::memset(out.data(), 0, piece);
    int written = 0;
    PROVENN_CHECK(EVP_EncryptUpdate(cipher_.get(), out.data(), &written, out.data(), static_cast<int>(piece)) == 1);
    PROVENN_CHECK(static_cast<size_t>(written) == piece);
    out = out.subspan(piece);
  }
}

void Csprng::Refill() {
  position_ = kBufferBytes - refill_;
  Stream(buffer_.span().subspan(position_));
  refill_ = kBufferBytes;
}

void Csprng::Fill(std::span<uint8_t> out) {
  byte_draws_ += out.size();
  Take(out);
}

void Csprng::Take(std::span<uint8_t> out) {
  PROVENN_CHECK(cipher_ != nullptr);
  const size_t buffered = std::min(out.size(), kBufferBytes - position_);
  if (buffered != 0) {
    std::memcpy(out.data(), buffer_.data() + position_, buffered);
    // What was handed out is not kept: a later memory disclosure must not reveal earlier pads.
    std::memset(buffer_.data() + position_, 0, buffered);
    position_ += buffered;
    out = out.subspan(buffered);
  }
  if (out.empty()) return;
  const size_t whole = out.size() - out.size() % kBufferBytes;
  if (whole != 0) Stream(out.first(whole));
  out = out.subspan(whole);
  if (out.empty()) return;
  if (out.size() > refill_) refill_ = kBufferBytes;
  Refill();
  std::memcpy(out.data(), buffer_.data() + position_, out.size());
  std::memset(buffer_.data() + position_, 0, out.size());
  position_ += out.size();
}

Goldilocks Csprng::NextField() {
  Goldilocks value;
  Fill(std::span<Goldilocks>(&value, 1));
  return value;
}

void Csprng::Fill(std::span<Goldilocks> out) {
  PROVENN_CHECK(cipher_ != nullptr);
  if (replays_) {
    PROVENN_CHECK(out.size() <= tape_.size() - field_draws_);
    for (Goldilocks& value : out) value = Goldilocks(tape_[field_draws_++]);
    return;
  }
  field_draws_ += out.size();
  size_t filled = 0;
  while (filled < out.size()) {
    uint64_t candidate;
    if (kBufferBytes - position_ < sizeof(candidate)) {
      uint8_t bytes[sizeof(candidate)];
      Take(bytes);
      std::memcpy(&candidate, bytes, sizeof(candidate));
      if (candidate < Goldilocks::kModulus) out[filled++] = Goldilocks(candidate);
      continue;
    }
    // Straight from the buffer, as far as it goes.
    const size_t available = (kBufferBytes - position_) / sizeof(candidate);
    const size_t taken = std::min(available, out.size() - filled);
    uint8_t* source = buffer_.data() + position_;
    for (size_t i = 0; i < taken; ++i) {
      std::memcpy(&candidate, source + i * sizeof(candidate), sizeof(candidate));
      if (candidate < Goldilocks::kModulus) [[likely]]
        out[filled++] = Goldilocks(candidate);
    }
    std::memset(source, 0, taken * sizeof(candidate));
    position_ += taken * sizeof(candidate);
  }
}

}  // namespace provenn
