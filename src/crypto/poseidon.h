// Poseidon over Goldilocks: the hash that can be proved inside a proof (leaves of the weights, set membership,
// nullifiers). Transcript and Merkle nodes use SHA-256.
//
// Instance (poseidon_constants.h): width 12, S-box x^7, 4 full + 22 partial + 4 full rounds. A round adds its
// constants, applies the S-box (to all 12 elements in a full round, to element 0 in a partial one), and multiplies by
// the matrix. The order of S-boxes, wherever they are numbered, is round by round and element by element.
//
// Source: Grassi, Khovratovich, Rechberger, Roy, Schofnegger, "Poseidon: a new hash function for zero-knowledge proof
// systems", USENIX Security 2021.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "crypto/poseidon_constants.h"
#include "field/goldilocks.h"

namespace provenn {

inline constexpr size_t kPoseidonRate = 8;        // elements absorbed per permutation
inline constexpr size_t kPoseidonDigestSize = 4;  // elements of a digest and of a salt, 256 bits

using PoseidonState = std::array<Goldilocks, kPoseidonWidth>;
using PoseidonDigest = std::array<Goldilocks, kPoseidonDigestSize>;

// round in [0, 30), i in [0, 12).
Goldilocks PoseidonRoundConstant(int round, int i);
// Matrix entry, a small integer: new[row] = sum over col of PoseidonMds(row, col) * old[col].
uint64_t PoseidonMds(int row, int col);

void PoseidonPermute(PoseidonState& state);
// The same permutation, computed as the definition reads; for tests.
void PoseidonPermuteReference(PoseidonState& state);
// The same permutation, and the input and output of every S-box.
void PoseidonTrace(PoseidonState& state, std::span<Goldilocks, kPoseidonSboxes> in,
                   std::span<Goldilocks, kPoseidonSboxes> out);

// The permutation with its S-boxes cut: between S-boxes everything is affine, so every S-box input and every final
// element is an affine form in (12 initial elements ‖ 118 S-box outputs ‖ 1), in that column order. Input row k uses
// only outputs before k.
struct PoseidonAffine {
  static constexpr size_t kColumns = kPoseidonWidth + kPoseidonSboxes + 1;
  using Form = std::array<Goldilocks, kColumns>;

  std::vector<Form> input;   // 118 rows
  std::vector<Form> output;  // 12 rows
};
// Computed once, on first use; safe from several threads.
const PoseidonAffine& GetPoseidonAffine();

// Digest of a salted row of symbols: a sponge in overwrite mode, rate state[0..8), capacity state[8..12) zero at first.
// The first block is (salt, kPoseidonRowTag, number of symbols, 0, 0), each further block 8 symbols; every block is
// followed by a permutation, and the digest is state[0..4) after the last. The number of symbols must be a multiple of
// 8 (CHECK), so there is no padding to argue about.
//
// Collision resistant: the header fixes the number of blocks, so no message is a prefix of another, and a sponge in
// overwrite mode with a capacity of 4 elements (256 bits) behaves like a random function up to 2^128 permutation calls
// (Bertoni, Daemen, Peeters, Van Assche, "Duplexing the sponge", SAC 2011). The digest has 256 bits, so its birthday
// bound is the same 2^128; the published round numbers are chosen for this level.
// Hiding: the salt is one of 2^256 equally likely ones, is absorbed before any symbol, and is used for one row only.
// Until somebody calls the permutation on a state that contains the salt, which takes 2^256 guesses, all later states,
// and so the digest, are independent of the symbols.
// The tag separates this use from other sponges with the same shape.
inline constexpr uint64_t kPoseidonRowTag = 0x776f7231;  // "1row"
PoseidonDigest PoseidonRowDigest(std::span<const Goldilocks, kPoseidonDigestSize> salt,
                                 std::span<const Goldilocks> symbols);

}  // namespace provenn
