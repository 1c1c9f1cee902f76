// The generator of one proof's coins: pads, masks, random rows, leaf salts.
//
// Hedged: keyed by the system's entropy and by everything else that the proof is a function of, the secret seed of the
// weights among it. Entropy that repeats (a snapshot of a virtual machine that is restored) gives the same coins only
// to the same proof, byte for byte, which shows nothing new; entropy that others know leaves the seed secret.
// docs/protocol.md, section 13.
#pragma once

#include "argument/statement.h"
#include "argument/weights_oracle.h"
#include "crypto/csprng.h"
#include "relation/witness.h"

namespace provenn {

// entropy: kEntropyBytes of SystemEntropy (CHECK). witness: of its values the hidden inputs and outputs are read.
Csprng ProofRandom(Profile profile, const Statement& statement, const WeightsSeed& seed, const Witness& witness,
                   ByteSpan entropy);

}  // namespace provenn
