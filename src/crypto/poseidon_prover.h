// Poseidon for many rows at once: the prover's side of poseidon.h. Several times faster per permutation than one by
// one, on AVX2 and AVX-512, because one vector lane holds one row.
#pragma once

#include <span>
#include <vector>

#include "crypto/poseidon.h"

namespace provenn {

// PoseidonRowDigest of every row of a row-major matrix, on all cores, with salts row-major too (4 elements per row).
// The number of rows is salts.size() / 4, and the width must be a multiple of 8 (CHECK).
std::vector<PoseidonDigest> PoseidonRowDigests(std::span<const Goldilocks> salts, std::span<const Goldilocks> matrix);

// PoseidonTrace of every state, on this thread: in[i * 118 + k] and out[i * 118 + k] are S-box k of states[i], and
// cube[i * 118 + k] is its input's cube. All three have 118 elements per state (CHECK). Multiples of 8 states use the
// vectors fully.
void PoseidonTraces(std::span<PoseidonState> states, std::span<Goldilocks> in, std::span<Goldilocks> cube,
                    std::span<Goldilocks> out);

}  // namespace provenn
