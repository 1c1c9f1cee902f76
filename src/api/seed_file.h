// The seed of a commitment's row salts, as a file: with the model, the calibration data and the options it gives the
// same model id again. Secret, like the weights.
#pragma once

#include <string>

#include "argument/weights_oracle.h"
#include "base/bytes.h"

namespace provenn {

inline constexpr size_t kMinSeedFileBytes = 32;

// The seed that a file's bytes stand for: a seed file, as WriteSeedFile makes it, holds the seed itself; any other
// bytes, kMinSeedFileBytes at least, are hashed. kInvalidArgument: fewer; kCorrupt: a damaged seed file, another file
// of ours.
Result<WeightsSeed> SeedFromBytes(ByteSpan bytes);
Result<WeightsSeed> ReadSeedFile(const std::string& path);

// Mode 0600; a file that is there is kept (kIo).
Status WriteSeedFile(const std::string& path, const WeightsSeed& seed);

}  // namespace provenn
