#include "api/seed_file.h"

#include <strings.h>

#include <algorithm>

#include "api/verify_header.h"
#include "base/file.h"

namespace provenn {
namespace {

constexpr uint32_t kSeedFormatVersion = 1;
constexpr uint64_t kMaxSeedFileBytes = 4096;  // what is larger is some other file

Result<WeightsSeed> Decode(ByteSpan bytes) {
  ByteReader reader(bytes);
  RETURN_IF_ERROR(ReadFileHeader(kSeedMagic, kSeedFormatVersion, "seed file", &reader));
  const ByteSpan raw = reader.Raw(WeightsSeed{}.size());
  RETURN_IF_ERROR(reader.Finish());
  WeightsSeed seed{};
  std::copy(raw.begin(), raw.end(), seed.begin());
  return seed;
}

}  // namespace

Result<WeightsSeed> SeedFromBytes(ByteSpan bytes) {
  const ByteSpan magic = AsBytes(kSeedMagic);
  if (bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin())) return Decode(bytes);
  RETURN_IF_ERROR(RefuseKnownFile(bytes, "a seed: a seed file, or 32 random bytes or more"));
  if (bytes.size() < kMinSeedFileBytes) {
    return Error{Code::kInvalidArgument,
                 "has " + std::to_string(bytes.size()) + " bytes; a seed needs at least " +
                     std::to_string(kMinSeedFileBytes) +
                     ", random ones, because whoever can guess it can test guesses of the weights",
                 "seed"};
  }
  return Sha256Of("provenn.weights.seed", {bytes});
}

Result<WeightsSeed> ReadSeedFile(const std::string& path) {
  ASSIGN_OR_RETURN(Bytes bytes, ReadFile(path, kMaxSeedFileBytes));
  auto seed = SeedFromBytes(bytes);
  explicit_bzero(bytes.data(), bytes.size());
  if (!seed.ok()) return Error{seed.error().code, seed.error().message, path};
  return seed;
}

Status WriteSeedFile(const std::string& path, const WeightsSeed& seed) {
  ByteWriter w;
  WriteFileHeader(kSeedMagic, kSeedFormatVersion, &w);
  w.Raw(seed);
  Bytes bytes = w.Take();
  const Status written = WriteFileAtomically(path, bytes, FileAccess::kPrivate, Existing::kKeep);
  explicit_bzero(bytes.data(), bytes.size());
  return written;
}

}  // namespace provenn
