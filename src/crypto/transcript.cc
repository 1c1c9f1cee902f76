#include "crypto/transcript.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <set>

#include "base/check.h"
#include "crypto/sha256_many.h"

namespace provenn {
namespace {

constexpr int kMaxLogPositions = 48;

template <size_t kWidth>
std::array<uint8_t, kWidth> LittleEndian(uint64_t v) {
  std::array<uint8_t, kWidth> bytes;
  for (size_t i = 0; i < kWidth; ++i) bytes[i] = static_cast<uint8_t>(v >> (8 * i));
  return bytes;
}

}  // namespace

// The 64-bit words that follow from one challenge state.
class Transcript::Stream {
 public:
  explicit Stream(const Digest& state) : prefix_("provenn.transcript.stream") { prefix_.Update(state); }

  uint64_t Next() {
    if (used_ == kWordsPerBlock) {
      Sha256 hash = prefix_;
      hash.Update(LittleEndian<8>(block_index_++));
      block_ = hash.Finish();
      used_ = 0;
    }
    uint64_t word = 0;
    for (size_t i = 0; i < 8; ++i) word |= static_cast<uint64_t>(block_[8 * used_ + i]) << (8 * i);
    ++used_;
    return word;
  }

 private:
  static constexpr size_t kWordsPerBlock = 4;

  Sha256 prefix_;
  Digest block_ = {};
  uint64_t block_index_ = 0;
  size_t used_ = kWordsPerBlock;
};

Transcript::Transcript(std::string_view protocol_tag)
    : state_(Sha256Of("provenn.transcript.start", {AsBytes(protocol_tag)})) {}

void Transcript::Absorb(std::string_view label, ByteSpan data) {
  if (forced_) return;
  state_ = Sha256Of("provenn.transcript.absorb",
                    {state_, LittleEndian<4>(label.size()), AsBytes(label), LittleEndian<8>(data.size()), data});
}

Transcript::Stream Transcript::StartStream(std::string_view label) {
  state_ = Sha256Of("provenn.transcript.challenge", {state_, LittleEndian<4>(label.size()), AsBytes(label)});
  return Stream(state_);
}

void Transcript::ChallengeCoefficients(std::string_view label, std::span<Goldilocks> out) {
  Stream stream = StartStream(label);
  for (Goldilocks& coefficient : out) {
    uint64_t candidate = stream.Next();
    while (candidate >= Goldilocks::kModulus) candidate = stream.Next();
    coefficient = Goldilocks(candidate);
  }
}

std::vector<uint64_t> Transcript::Positions(std::string_view label, int log_n, size_t count) {
  PROVENN_CHECK(log_n >= 0 && log_n <= kMaxLogPositions && count <= (uint64_t{1} << log_n));
  const uint64_t mask = (uint64_t{1} << log_n) - 1;
  Stream stream = StartStream(label);
  std::set<uint64_t> chosen;
  while (chosen.size() < count) chosen.insert(stream.Next() & mask);
  return {chosen.begin(), chosen.end()};
}

bool Transcript::IsGoodNonce(uint64_t nonce, int bits) const { return FirstGoodNonce(nonce, 1, bits).has_value(); }

std::optional<uint64_t> Transcript::FirstGoodNonce(uint64_t from, uint64_t count, int bits) const {
  PROVENN_CHECK(bits >= 0 && bits <= kMaxGrindBits);
  constexpr uint64_t kTogether = 32;
  std::array<std::array<uint8_t, 8>, kTogether> nonces;
  std::array<Digest, kTogether> digests;
  const std::array<uint8_t, 1> of_bits = LittleEndian<1>(static_cast<uint64_t>(bits));
  for (uint64_t done = 0; done < count; done += kTogether) {
    const uint64_t n = std::min(kTogether, count - done);
    for (uint64_t i = 0; i < n; ++i) nonces[i] = LittleEndian<8>(from + done + i);
    Sha256Many("provenn.transcript.grind",
               {{state_.data(), state_.size(), 0}, {of_bits.data(), 1, 0}, {nonces[0].data(), 8, 8}},
               std::span(digests).first(n));
    for (uint64_t i = 0; i < n; ++i) {
      uint32_t head = 0;
      for (size_t b = 0; b < 4; ++b) head = head << 8 | digests[i][b];
      if (std::countl_zero(head) >= bits) return from + done + i;
    }
  }
  return std::nullopt;
}

bool Transcript::CheckGrind(uint64_t nonce, int bits) {
  const bool good = IsGoodNonce(nonce, bits);
  Absorb("grinding nonce", LittleEndian<8>(nonce));
  return good;
}

void Transcript::ForceChallenges(uint64_t seed) {
  forced_ = true;
  state_ = Sha256Of("provenn.transcript.forced", {LittleEndian<8>(seed)});
}

}  // namespace provenn
