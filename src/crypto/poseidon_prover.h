// Poseidon for many rows at once, in parallel: the prover's side of poseidon.h.
#pragma once

#include <span>
#include <vector>

#include "crypto/poseidon.h"

namespace provenn {

// PoseidonRowDigest of every row of a row-major matrix, with salts row-major too (4 elements per row). The number of
// rows is salts.size() / 4, and the width must be a multiple of 8 (CHECK).
std::vector<PoseidonDigest> PoseidonRowDigests(std::span<const Goldilocks> salts, std::span<const Goldilocks> matrix);

}  // namespace provenn
