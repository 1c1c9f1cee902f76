// Four chains of SHA-256 with the processor's own instructions, interleaved.
#pragma once

#include "crypto/sha256_many.h"

namespace provenn::sha256_internal {

inline constexpr size_t kShaNiLanes = 4;

// Whether this processor has the instructions.
bool HasShaNi();
// Absorbs one block into each of the first kShaNiLanes chains. Precondition: HasShaNi.
void CompressShaNi(LaneBlocks& blocks);

}  // namespace provenn::sha256_internal
