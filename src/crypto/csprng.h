// Randomness of the prover: the ChaCha20 key stream, as bytes and as uniform field elements.
//
// ChaCha20 rather than AES-CTR: it is constant-time on every processor, and its 512-bit blocks come from a function,
// not a permutation, so there is no birthday term in the distance from uniform.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "crypto/field_bytes.h"
#include "field/extension.h"
#include "field/goldilocks.h"

namespace provenn {

// Move-only, so that no two provers draw the same pads; wiped on destruction. A moved-from generator may only be
// destroyed or assigned to. Not safe for concurrent use. A process that forks must not use in the child a generator
// made before the fork.
//
// Elements are drawn in order: filling a span gives the same elements as drawing them one by one.
class Csprng {
 public:
  // Keyed by the system's entropy (entropy.h). For a secret that is a function of nothing else, such as a seed; a proof
  // takes its generator from ProofRandom (argument/proof_random_prover.h).
  static Csprng FromSystem();
  // Keyed by H(tag, parts): at least one part must be secret and unpredictable, and no two uses may be able to share a
  // tag and the same bytes.
  static Csprng FromSecret(std::string_view tag, std::initializer_list<std::span<const uint8_t>> parts);
  // Deterministic in (seed, label); streams of different labels are independent.
  static Csprng FromSeed(const std::array<uint8_t, 32>& seed, std::string_view label);
  // For tests of zero knowledge: field draw number j returns values[j] (canonical), and drawing past the end is a CHECK
  // failure. Bytes, which are only salts, come from a fixed seed. So a test can count the draws of a run, replay it,
  // and change one draw at a time.
  static Csprng FromTape(std::vector<uint64_t> values);

  Csprng(Csprng&&) noexcept = default;
  Csprng& operator=(Csprng&&) noexcept = default;
  ~Csprng() = default;

  void Fill(std::span<uint8_t> out);

  // Uniform below p: 8 bytes little-endian, again when p or above (probability 2^-32).
  Goldilocks NextField();
  void Fill(std::span<Goldilocks> out);

  // Uniform in the extension: its coefficients from the lowest up.
  template <class K>
  K NextExtension() {
    K value;
    Fill(Coefficients(std::span<K>(&value, 1)));
    return value;
  }
  template <class K>
    requires(!std::is_same_v<K, Goldilocks> && !std::is_same_v<K, uint8_t>)
  void Fill(std::span<K> out) {
    Fill(Coefficients(out));
  }

  // Base field elements drawn so far; an extension element counts its degree.
  size_t field_draws() const { return field_draws_; }
  // Bytes given as bytes, which are salts.
  size_t byte_draws() const { return byte_draws_; }

 private:
  static constexpr size_t kBufferBytes = 4096;
  // The first refill is small: a generator for one salt should not pay for a whole buffer.
  static constexpr size_t kFirstRefill = 256;

  struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };

  explicit Csprng(const std::array<uint8_t, 32>& key);
  void Stream(std::span<uint8_t> out);  // the next key stream bytes, bypassing the buffer
  void Refill();
  void Take(std::span<uint8_t> out);  // through the buffer

  std::unique_ptr<EVP_CIPHER_CTX, FreeContext> cipher_;
  SecretBuffer<uint8_t> buffer_;
  size_t position_ = kBufferBytes;  // the first unused byte of buffer_
  size_t refill_ = kFirstRefill;    // bytes of the next refill, at the end of buffer_
  size_t field_draws_ = 0;
  size_t byte_draws_ = 0;
  bool replays_ = false;
  SecretBuffer<uint64_t> tape_;
};

}  // namespace provenn
