// The committed weights, prover's side: codeword, salted digests of its rows, tree above them. Made once per model.
//
// The matrix has no random rows: its rows are never opened in clear. Row salts come from a seed, so that the same model
// and seed give the same id on every machine.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "argument/statement.h"
#include "base/secret.h"
#include "crypto/merkle_prover.h"
#include "crypto/poseidon.h"
#include "relation/witness.h"

namespace provenn {

using WeightsSeed = std::array<uint8_t, 32>;

// Salt of a row: a pseudo-random function of the seed.
PoseidonDigest RowSalt(const WeightsSeed& seed, uint64_t row);

// What proving needs of the commitment; the arrays may lie in a mapped file.
struct WeightsOracle {
  WeightsCommitment commitment;
  WeightsSeed seed{};
  std::span<const Goldilocks> codeword;     // size x columns
  std::span<const PoseidonDigest> digests;  // by row
  std::span<const Digest> nodes;            // of the tree, as MerkleTree::nodes()
};

// The arrays of an oracle, owned.
struct OwnedWeightsOracle {
  WeightsCommitment commitment;
  WeightsSeed seed{};
  SecretVector<Goldilocks> codeword;
  std::vector<PoseidonDigest> digests;
  std::vector<Digest> nodes;

  WeightsOracle View() const { return {commitment, seed, codeword, digests, nodes}; }
};

// weights: by tensor id, compact row-major; empty for tensors that are not weights.
OwnedWeightsOracle CommitWeights(const Circuit& circuit, const IntegerTensors& weights, const WeightsSeed& seed);

}  // namespace provenn
