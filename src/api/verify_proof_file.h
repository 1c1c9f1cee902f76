// A proof file: the statement's public part and the proof's bytes. Layout: docs/format.md.
//
// It can be read without any key, so that `inspect` shows what it claims; only VerifyAnswer says whether that is true.
#pragma once

#include <string>
#include <vector>

#include "api/verify_header.h"
#include "argument/profile.h"
#include "base/bytes.h"
#include "crypto/sha256.h"

namespace provenn {

inline constexpr uint32_t kProofFormatVersion = 1;
inline constexpr uint64_t kMaxProofFileBytes = uint64_t{1} << 30;
inline constexpr size_t kMaxContextBytes = 65536;
inline constexpr uint32_t kMaxBatch = 1u << 16;

// An input or output tensor of the circuit, in this proof.
struct ProofTensor {
  uint32_t tensor = 0;          // id in the circuit
  bool hidden = false;          // then without values
  std::vector<int32_t> values;  // of the whole batch, sample after sample
  bool operator==(const ProofTensor&) const = default;
};

struct ProofFile {
  Profile profile = Profile::kP100;
  Digest model_id{};
  uint32_t batch = 1;
  std::vector<ProofTensor> tensors;  // ascending by tensor id
  std::string context;
  Bytes proof;
  bool operator==(const ProofFile&) const = default;
};

Bytes EncodeProofFile(const ProofFile& file);
// kCorrupt for bytes that EncodeProofFile would not write; kUnsupported for another version.
Result<ProofFile> DecodeProofFile(ByteSpan bytes);

}  // namespace provenn
