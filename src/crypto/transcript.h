// Fiat–Shamir over SHA-256: the verifier's coins are hashes of everything said before.
//
// State: one digest s.
//   start      s = H("provenn.transcript.start", protocol tag)
//   absorb     s = H("provenn.transcript.absorb",    s ‖ u32 len(label) ‖ label ‖ u64 len(data) ‖ data)
//   challenge  s = H("provenn.transcript.challenge", s ‖ u32 len(label) ‖ label),
//              then the stream H("provenn.transcript.stream", s ‖ u64 0), H(..., s ‖ u64 1), ...
// H(tag, .) is Sha256Of, integers are little-endian. Every message and every challenge moves the state, labels and
// lengths are framed, so two different conversations never meet in one state short of a SHA-256 collision. The state
// itself is never output, and a stream block never becomes a state. The protocol tag has any length.
//
// The transcript hash is never proved inside a proof of this system; that keeps the known attacks on Fiat–Shamir for
// circuits that compute their own challenges out of reach.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "crypto/field_bytes.h"
#include "crypto/sha256.h"
#include "field/goldilocks.h"

namespace provenn {

inline constexpr int kMaxGrindBits = 32;

// Copyable: a copy continues independently.
class Transcript {
 public:
  explicit Transcript(std::string_view protocol_tag);

  // A Digest converts to a ByteSpan.
  void Absorb(std::string_view label, ByteSpan data);
  // Canonical encoding, 8 bytes little-endian per base field coefficient.
  template <class K>
  void AbsorbField(std::string_view label, std::span<const K> values) {
    Absorb(label, FieldBytes(values));
  }
  template <class K>
  void AbsorbField(std::string_view label, const K& value) {
    AbsorbField(label, std::span<const K>(&value, 1));
  }

  // Uniform in K (the base field or an extension): 8 stream bytes per coefficient, drawn again when p or above.
  template <class K>
  K Challenge(std::string_view label) {
    K value;
    ChallengeCoefficients(label, Coefficients(std::span<K>(&value, 1)));
    return value;
  }

  // `count` distinct positions in [0, 2^log_n), ascending; every set of that size is equally likely.
  // CHECK: 0 <= log_n <= 48 and count <= 2^log_n. Work grows like n log n as count approaches n = 2^log_n.
  std::vector<uint64_t> Positions(std::string_view label, int log_n, size_t count);

  // Proof of work. A nonce is good if SHA-256(... ‖ s ‖ bits ‖ nonce) starts with `bits` zero bits (0 <= bits <= 32,
  // CHECK). CheckGrind absorbs the nonce, good or not; the prover's search is in grinding.h.
  bool IsGoodNonce(uint64_t nonce, int bits) const;
  // The smallest good nonce of [from, from + count), if there is one.
  std::optional<uint64_t> FirstGoodNonce(uint64_t from, uint64_t count, int bits) const;
  [[nodiscard]] bool CheckGrind(uint64_t nonce, int bits);

  // The digest of everything absorbed and drawn so far.
  const Digest& state() const { return state_; }

  // For tests of zero knowledge only: from here on nothing absorbed changes anything, and the challenges are those of
  // `seed` and of the labels asked for. A proof made under forced challenges convinces nobody.
  void ForceChallenges(uint64_t seed);

 private:
  class Stream;

  Stream StartStream(std::string_view label);
  void ChallengeCoefficients(std::string_view label, std::span<Goldilocks> out);

  Digest state_;
  bool forced_ = false;
};

}  // namespace provenn
