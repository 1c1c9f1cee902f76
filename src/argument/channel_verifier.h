// The verifier's end of the conversation: reads messages from the proof, absorbs them, draws challenges.
//
// The same code runs in three settings, so that "what the verifier does" is written once:
//   a proof     reads bytes; the first failure sticks, later reads give zeros, and ok() is asked before accepting;
//   a shape     reads nothing, every message is zero: counts pads and products before the prover commits to them;
//   a replay    the prover reads its own messages back, to learn the linear forms in its pads.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "argument/affine.h"
#include "argument/reject.h"
#include "argument/schedule.h"
#include "base/bytes.h"
#include "commit/oracle_verifier.h"
#include "crypto/transcript.h"

namespace provenn {

template <typename K>
class MaskedChannel {
 public:
  // left and right: indices of the pads whose product the entry holds.
  struct ProductEntry {
    uint32_t left;
    uint32_t right;
  };

  MaskedChannel(Transcript transcript, ByteSpan proof) : transcript_(std::move(transcript)), reader_(proof) {}
  // Reads nothing and hashes nothing: for counting. Challenges are 1.
  explicit MaskedChannel(Transcript transcript) : transcript_(std::move(transcript)), reader_({}), shape_only_(true) {}

  // n masked values: in clear goes value - pad; the claims are clear + pad.
  std::vector<Affine<K>> ReceiveMasked(std::string_view label, size_t n) {
    const std::vector<K> clear = ReadValues(label, 'm', n);
    std::vector<Affine<K>> out;
    out.reserve(n);
    for (size_t i = 0; i < n; ++i) {
      Affine<K> a(clear[i]);
      a.pads.emplace_back(PadRef{pads_++, false}, K::One());
      out.push_back(std::move(a));
    }
    return out;
  }

  // The product of two received values (each a constant plus one pad):
  // (c + x)(d + y) = c d + c y + d x + x y, where x y is an entry of the terminal vector.
  Affine<K> Product(const Affine<K>& a, const Affine<K>& b) {
    PROVENN_CHECK(a.pads.size() == 1 && b.pads.size() == 1 && !a.pads[0].first.is_product &&
                  !b.pads[0].first.is_product);
    Affine<K> x;
    x.pads = a.pads;
    Affine<K> y;
    y.pads = b.pads;
    Affine<K> out = x * b.constant + y * a.constant;
    out.constant = a.constant * b.constant;
    out.pads.emplace_back(PadRef{static_cast<uint32_t>(products_.size()), true}, K::One());
    products_.push_back({a.pads[0].first.index, b.pads[0].first.index});
    return out;
  }

  // Values in clear. The caller says beside the call why they reveal nothing.
  std::vector<K> ReceiveClear(std::string_view label, size_t n) { return ReadValues(label, 'v', n); }

  std::vector<Goldilocks> ReceiveClearBase(std::string_view label, size_t n) {
    const ByteSpan raw = ReadRaw(label, 'v', n, n * 8);
    std::vector<Goldilocks> values(n);
    ParseField(raw, values);
    if (!shape_only_) transcript_.AbsorbField(label, std::span<const Goldilocks>(values));
    return values;
  }

  std::vector<Digest> ReceiveDigests(std::string_view label, size_t n) {
    const ByteSpan raw = ReadRaw(label, 'd', n, n * sizeof(Digest));
    std::vector<Digest> digests(n);
    if (!raw.empty()) std::copy(raw.begin(), raw.end(), digests[0].data());
    if (!shape_only_) transcript_.Absorb(label, raw);
    return digests;
  }

  // Opened rows with their salts and Merkle path. Checks the path against the root.
  RowOpening ReceiveRows(std::string_view label, const OracleShape& shape, const Digest& root,
                         std::span<const uint64_t> positions) {
    const size_t n = positions.size();
    const size_t path = MerkleProofSize(shape.log_size, positions);
    const size_t row_bytes = sizeof(LeafSalt) + size_t{8} * shape.columns;
    const ByteSpan raw = ReadRaw(label, 'r', n, n * row_bytes + path * sizeof(Digest));
    RowOpening opening;
    opening.salts.resize(n);
    opening.symbols.resize(n * shape.columns);
    opening.path.resize(path);
    if (!raw.empty()) {
      for (size_t i = 0; i < n; ++i) {
        const ByteSpan row = raw.subspan(i * row_bytes, row_bytes);
        std::copy(row.begin(), row.begin() + sizeof(LeafSalt), opening.salts[i].begin());
        ParseField(row.subspan(sizeof(LeafSalt)), std::span(opening.symbols).subspan(i * shape.columns, shape.columns));
      }
      if (path > 0)
        std::copy(raw.begin() + static_cast<std::ptrdiff_t>(n * row_bytes), raw.end(), opening.path[0].data());
    }
    if (!shape_only_) transcript_.Absorb(label, raw);
    if (!shape_only_ && ok() && !VerifyRows(shape, root, positions, opening)) Reject(Reason::kRowsPath, label);
    return opening;
  }

  K Challenge(std::string_view label) {
    schedule_.push_back({std::string(label), 'c', 1, 0});
    if (shape_only_) return K::One();
    return transcript_.template Challenge<K>(label);
  }
  std::vector<K> Challenges(std::string_view label, size_t n) {
    std::vector<K> out;
    for (size_t i = 0; i < n; ++i) out.push_back(Challenge(label));
    return out;
  }

  // A proof of work, then distinct positions.
  void ReceiveGrinding(int bits) {
    const ByteSpan raw = ReadRaw("nonce", 'n', 1, 8);
    uint64_t nonce = 0;
    for (size_t i = 0; i < raw.size(); ++i) nonce |= uint64_t{raw[i]} << (8 * i);
    if (!transcript_.CheckGrind(nonce, bits) && !shape_only_) Reject(Reason::kGrinding, "nonce");
  }
  std::vector<uint64_t> Positions(std::string_view label, int log_size, size_t count) {
    schedule_.push_back({std::string(label), 'c', count, 0});
    return transcript_.Positions(label, log_size, count);
  }

  // Keeps the first reason.
  void Reject(Reason reason, std::string_view where) {
    if (reason_.has_value()) return;
    reason_ = reason;
    where_ = where;
  }

  bool shape_only() const { return shape_only_; }
  bool ok() const { return !reason_.has_value(); }
  std::optional<Reason> reason() const { return reason_; }
  const std::string& where() const { return where_; }
  // Rejects if bytes remain.
  void Finish() {
    if (ok() && reader_.remaining() != 0) Reject(Reason::kMalformed, "bytes after the end of the proof");
  }

  uint32_t pads() const { return pads_; }
  const std::vector<ProductEntry>& products() const { return products_; }
  const Schedule& schedule() const { return schedule_; }
  Transcript& transcript() { return transcript_; }

 private:
  ByteSpan ReadRaw(std::string_view label, char kind, uint64_t count, uint64_t bytes) {
    schedule_.push_back({std::string(label), kind, count, bytes});
    if (shape_only_) return {};
    const ByteSpan raw = reader_.Raw(bytes);
    if (!reader_.ok()) Reject(Reason::kMalformed, label);
    return raw;
  }

  std::vector<K> ReadValues(std::string_view label, char kind, size_t n) {
    const ByteSpan raw = ReadRaw(label, kind, n, n * 8 * K::kDegree);
    std::vector<K> values(n, K::Zero());
    ParseField(raw, Coefficients(std::span<K>(values)));
    if (!shape_only_) transcript_.AbsorbField(label, std::span<const K>(values));
    return values;
  }

  // Values not below p are not canonical: one number would have two encodings.
  void ParseField(ByteSpan raw, std::span<Goldilocks> out) {
    if (raw.empty()) return;
    for (size_t i = 0; i < out.size(); ++i) {
      uint64_t v = 0;
      for (size_t b = 0; b < 8; ++b) v |= uint64_t{raw[8 * i + b]} << (8 * b);
      const std::optional<Goldilocks> value = Goldilocks::FromCanonical(v);
      if (!value.has_value()) {
        Reject(Reason::kMalformed, "field element not below p");
        return;
      }
      out[i] = *value;
    }
  }

  Transcript transcript_;
  ByteReader reader_;
  bool shape_only_ = false;
  std::optional<Reason> reason_;
  std::string where_;
  uint32_t pads_ = 0;
  std::vector<ProductEntry> products_;
  Schedule schedule_;
};

}  // namespace provenn
