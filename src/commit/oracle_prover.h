// The prover's side of a committed matrix: cells in, root out, rows opened once.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/secret.h"
#include "commit/oracle_shape.h"
#include "commit/oracle_verifier.h"
#include "crypto/csprng.h"
#include "crypto/merkle_prover.h"

namespace provenn {

// Move-only: a copy that is opened elsewhere would spend the same random rows twice.
class OracleProver {
 public:
  // All message cells start at zero.
  explicit OracleProver(const OracleShape& shape);

  const OracleShape& shape() const { return shape_; }

  // The message cells, row-major: message_rows x columns. Writable until Commit.
  std::span<Goldilocks> message() { return coefficients_.span().first(shape_.message_rows * shape_.columns); }
  // Message rows, then the random rows: degree_bound() x columns. The random part is zero until Commit.
  std::span<const Goldilocks> coefficients() const { return coefficients_.span(); }

  // Draws the random rows and the salts, encodes and hashes. Once. spoil: a test's change of the codeword, row-major,
  // before it is hashed.
  Digest Commit(Csprng& random, const std::function<void(std::span<Goldilocks>)>& spoil = nullptr);

  // The rows at these positions: at most random_rows of them (CHECK), once (CHECK): any further symbol would be a
  // linear equation on the message.
  RowOpening Open(std::span<const uint64_t> positions);

 private:
  OracleShape shape_;
  SecretBuffer<Goldilocks> coefficients_;
  SecretVector<Goldilocks> codeword_;
  SecretVector<LeafSalt> salts_;
  std::unique_ptr<MerkleTree> tree_;
  bool opened_ = false;
};

}  // namespace provenn
