// The secret key of a committed model, `model.pk`: the public part, the recipe, the integer weights, and the arrays
// that opening the weights needs (codeword, row digests, Merkle nodes). Layout: docs/format.md.
//
// The arrays are larger than everything else by far, so the file is mapped and they are used in place; a proof touches
// only the rows that it queries.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "api/verify_key.h"
#include "argument/weights_oracle.h"
#include "base/file.h"
#include "base/progress.h"
#include "model/interpreter.h"

namespace provenn {

inline constexpr size_t kProvingKeyHeaderBytes = 172;

// Sizes of the sections, in file order: what `inspect` shows.
struct ProvingKeySections {
  uint64_t circuit = 0;
  uint64_t ports = 0;
  uint64_t program = 0;
  uint64_t weights = 0;
  uint64_t codeword = 0;
  uint64_t digests = 0;
  uint64_t nodes = 0;
};

// Move-only: it holds secrets.
class ProvingKey {
 public:
  // kIo; kCorrupt, kInvalidArgument, kUnsupported for a file that is not a key. Everything but the arrays is read and
  // checked against a digest; of the arrays only the sizes and the root. A damaged array gives a proof that does not
  // verify, which ProveAnswer notices.
  static Result<ProvingKey> Open(const std::string& path);
  // The same from memory that outlives the key and is aligned to 64 bytes.
  static Result<ProvingKey> FromBytes(ByteSpan bytes);
  // What the digest in the header must be, as its last 32 bytes; nullopt if the header does not fit the bytes.
  static std::optional<Digest> DigestOfSmallSections(ByteSpan bytes);

  ProvingKey(ProvingKey&&) = default;
  ProvingKey& operator=(ProvingKey&&) = default;

  const PublicModel& model() const { return model_; }
  const Program& program() const { return model_.program; }
  const IntegerTensors& weights() const { return weights_; }
  // Columns 0 for a model without weights.
  const WeightsOracle& oracle() const { return oracle_; }
  const ProvingKeySections& sections() const { return sections_; }

 private:
  ProvingKey() = default;

  std::shared_ptr<MappedFile> file_;
  PublicModel model_;
  IntegerTensors weights_;
  WeightsOracle oracle_;
  ProvingKeySections sections_;
};

// Writes the key to `path`, readable by its owner alone; whole or not at all.
Status WriteProvingKey(const std::string& path, const PublicModel& model, const IntegerTensors& weights,
                       const WeightsOracle& oracle, Existing existing, ProgressSink* progress);

}  // namespace provenn
