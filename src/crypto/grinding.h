// The prover's side of the transcript's proof of work.
#pragma once

#include <cstdint>

#include "crypto/transcript.h"

namespace provenn {

// The smallest good nonce for this state, 2^bits hashes expected, searched in parallel; absorbs it, as the verifier's
// Transcript::CheckGrind does. Smallest, so that the nonce depends on nothing but the transcript.
// CHECK: 0 <= bits <= kMaxGrindBits.
uint64_t Grind(Transcript& transcript, int bits);

}  // namespace provenn
