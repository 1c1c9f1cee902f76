// The prover's end of the conversation: subtracts pads, absorbs, appends to the proof.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "argument/hooks_prover.h"
#include "base/bytes.h"
#include "base/secret.h"
#include "commit/oracle_prover.h"
#include "crypto/grinding.h"
#include "crypto/transcript.h"

namespace provenn {

// Move-only: two channels over the same pads would mask two messages with one pad.
template <typename K>
class ProverChannel {
 public:
  // hooks: null, but in tests; outlives the channel.
  explicit ProverChannel(Transcript transcript, const ProverHooks* hooks = nullptr)
      : transcript_(std::move(transcript)), hooks_(hooks) {
    if (hooks_ != nullptr && hooks_->transcript) hooks_->transcript(transcript_);
  }
  ProverChannel(ProverChannel&&) noexcept = default;
  ProverChannel& operator=(ProverChannel&&) noexcept = default;
  ProverChannel(const ProverChannel&) = delete;
  ProverChannel& operator=(const ProverChannel&) = delete;

  // One pad per masked value that will ever be sent, in order.
  void SetPads(SecretBuffer<K> pads) { pads_ = std::move(pads); }
  std::span<const K> pads() const { return pads_.span(); }

  void SendMasked(std::string_view label, std::span<const K> values) {
    std::vector<K> clear(values.begin(), values.end());
    Tamper(label, Coefficients(std::span<K>(clear)));
    for (K& v : clear) {
      PROVENN_CHECK(next_pad_ < pads_.size());
      v = v - pads_[next_pad_++];
    }
    Send(label, std::span<const K>(clear));
  }
  void SendClear(std::string_view label, std::span<const K> values) {
    std::vector<K> clear(values.begin(), values.end());
    Tamper(label, Coefficients(std::span<K>(clear)));
    Send(label, std::span<const K>(clear));
  }
  void SendClearBase(std::string_view label, std::span<const Goldilocks> values) {
    std::vector<Goldilocks> clear(values.begin(), values.end());
    Tamper(label, clear);
    writer_.Raw(FieldBytes(std::span<const Goldilocks>(clear)));
    transcript_.AbsorbField(label, std::span<const Goldilocks>(clear));
  }
  void SendDigests(std::string_view label, std::span<const Digest> digests) {
    const ByteSpan raw(digests.empty() ? nullptr : digests[0].data(), digests.size() * sizeof(Digest));
    writer_.Raw(raw);
    transcript_.Absorb(label, raw);
  }
  void SendDigest(std::string_view label, const Digest& digest) { SendDigests(label, std::span(&digest, 1)); }

  // Commits the oracle and sends its root.
  void SendOracle(std::string_view label, OracleProver& oracle, Csprng& random) {
    if (hooks_ == nullptr) return SendDigest(label, oracle.Commit(random));
    if (hooks_->commit) hooks_->commit(label, oracle.message());
    SendDigest(label, oracle.Commit(random, [&](std::span<Goldilocks> codeword) {
      if (hooks_->codeword) hooks_->codeword(label, codeword);
    }));
  }

  void SendRows(std::string_view label, RowOpening opening, uint32_t columns) {
    if (hooks_ != nullptr && hooks_->rows) hooks_->rows(label, opening);
    ByteWriter w;
    for (size_t i = 0; i < opening.salts.size(); ++i) {
      w.Raw(opening.salts[i]);
      w.Raw(FieldBytes(opening.Row(i, columns)));
    }
    for (const Digest& d : opening.path) w.Raw(d);
    writer_.Raw(w.bytes());
    transcript_.Absorb(label, w.bytes());
  }

  K Challenge(std::string_view label) { return transcript_.template Challenge<K>(label); }
  std::vector<K> Challenges(std::string_view label, size_t n) {
    std::vector<K> out;
    for (size_t i = 0; i < n; ++i) out.push_back(Challenge(label));
    return out;
  }
  void SendGrinding(int bits) {
    const Transcript before = transcript_;
    uint64_t nonce = Grind(transcript_, bits);
    if (hooks_ != nullptr && hooks_->nonce) {
      hooks_->nonce(nonce);
      transcript_ = before;
      static_cast<void>(transcript_.CheckGrind(nonce, bits));
    }
    writer_.U64(nonce);
  }
  std::vector<uint64_t> Positions(std::string_view label, int log_size, size_t count) {
    return transcript_.Positions(label, log_size, count);
  }

  bool hooked() const { return hooks_ != nullptr; }
  const ProverHooks* hooks() const { return hooks_; }
  Transcript& transcript() { return transcript_; }
  const Bytes& proof() const { return writer_.bytes(); }
  Bytes TakeProof() { return writer_.Take(); }

 private:
  void Send(std::string_view label, std::span<const K> values) {
    writer_.Raw(FieldBytes(values));
    transcript_.AbsorbField(label, values);
  }

  void Tamper(std::string_view label, std::span<Goldilocks> values) {
    if (hooks_ != nullptr && hooks_->send) hooks_->send(label, values);
  }

  Transcript transcript_;
  const ProverHooks* hooks_ = nullptr;
  ByteWriter writer_;
  SecretBuffer<K> pads_;
  size_t next_pad_ = 0;
};

}  // namespace provenn
