// The prover's side of the zero-check of the S-boxes of the hash of opened rows (protocol.md, section 9, step 6).
#pragma once

#include "argument/channel_prover.h"
#include "argument/plan.h"
#include "argument/weights_link_verifier.h"
#include "base/secret.h"

namespace provenn {

inline constexpr size_t kSboxStride = size_t{1} << kSboxBits;  // S-boxes of a permutation, padded

// Inputs of all S-boxes, their cubes and their outputs: entry kSboxStride p + s is S-box s of permutation p. Padding is
// zero.
struct SboxTrace {
  explicit SboxTrace(size_t permutations) : in(permutations * kSboxStride, Goldilocks::Zero()), cube(in), out(in) {}

  SecretVector<Goldilocks> in, cube, out;
};

// Precondition: as many permutations as the plan's queries hash, and of every entry cube = in^3 and out = cube^2 in.
template <typename K>
void ProveSboxes(const Plan& plan, const SboxTrace& trace, ProverChannel<K>& channel);

}  // namespace provenn
