#include "argument/weights_oracle.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "argument/plan.h"
#include "argument/weights_link_verifier.h"
#include "base/parallel.h"
#include "crypto/poseidon_prover.h"
#include "field/ntt.h"

namespace provenn {

PoseidonDigest RowSalt(const WeightsSeed& seed, uint64_t row) {
  // SHA-256 of seed, row and a counter, as 64-bit words; a word that is not below p is skipped, so that elements are
  // uniform.
  PoseidonDigest salt;
  size_t filled = 0;
  for (uint64_t counter = 0; filled < salt.size(); ++counter) {
    const uint64_t place[2] = {row, counter};
    Digest block = Sha256OfSecret("provenn.weights.salt",
                                  {seed, ByteSpan(reinterpret_cast<const uint8_t*>(place), sizeof(place))});
    ByteReader reader(block);
    for (int i = 0; i < 4 && filled < salt.size(); ++i) {
      const std::optional<Goldilocks> v = Goldilocks::FromCanonical(reader.U64());
      if (v.has_value()) salt[filled++] = *v;
    }
    OPENSSL_cleanse(block.data(), block.size());
  }
  return salt;
}

OwnedWeightsOracle CommitWeights(const Circuit& circuit, const IntegerTensors& weights, const WeightsSeed& seed) {
  OwnedWeightsOracle out;
  out.seed = seed;
  out.commitment = PlanWeights(circuit);
  if (out.commitment.columns == 0) return out;
  const uint32_t columns = out.commitment.columns;
  const size_t size = size_t{1} << out.commitment.log_size;
  std::vector<std::optional<uint32_t>> blocks;
  const OracleLayout layout = WeightsLayout(circuit, columns, &blocks);

  out.codeword.assign(size * columns, Goldilocks());
  for (size_t t = 0; t < circuit.tensors.size(); ++t) {
    if (!blocks[t].has_value()) continue;
    PROVENN_CHECK(weights[t].size() == ElementCount(circuit.tensors[t].shape));
    ForEachRun(layout.blocks()[*blocks[t]], columns, [&](uint64_t element, uint64_t cell, uint64_t length) {
      for (uint64_t i = 0; i < length; ++i) out.codeword[cell + i] = Goldilocks::FromSigned(weights[t][element + i]);
    });
  }
  EncodeColumns(std::span(out.codeword), columns, layout.rows(), out.commitment.log_size);

  SecretVector<Goldilocks> salts(size * kPoseidonDigestSize);
  ParallelFor(size, 256, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      const PoseidonDigest salt = RowSalt(seed, i);
      std::copy(salt.begin(), salt.end(), salts.begin() + static_cast<std::ptrdiff_t>(i * kPoseidonDigestSize));
    }
  });
  out.digests = PoseidonRowDigests(salts, out.codeword);
  std::vector<Digest> leaves(size);
  ParallelFor(size, 256, [&](size_t from, size_t to) {
    WeightLeaves(std::span(out.digests).subspan(from, to - from), std::span(leaves).subspan(from, to - from));
  });
  const MerkleTree tree(std::move(leaves));
  out.nodes.assign(tree.nodes().begin(), tree.nodes().end());
  out.commitment.root = tree.root();
  return out;
}

}  // namespace provenn
