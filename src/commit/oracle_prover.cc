#include "commit/oracle_prover.h"

#include <algorithm>

#include "base/check.h"
#include "field/ntt.h"

namespace provenn {

OracleProver::OracleProver(const OracleShape& shape)
    : shape_(shape), coefficients_(shape.degree_bound() * shape.columns) {
  PROVENN_CHECK(shape.degree_bound() < shape.size());
}

Digest OracleProver::Commit(Csprng& random) {
  PROVENN_CHECK(tree_ == nullptr);
  random.Fill(coefficients_.span().subspan(shape_.message_rows * shape_.columns));
  codeword_ = SecretBuffer<Goldilocks>(shape_.size() * shape_.columns);
  std::copy(coefficients_.begin(), coefficients_.end(), codeword_.begin());
  EncodeColumns(codeword_.span(), shape_.columns, shape_.degree_bound(), shape_.log_size);
  salts_.resize(shape_.size());
  random.Fill(std::span<uint8_t>(salts_[0].data(), salts_.size() * sizeof(LeafSalt)));
  tree_ = std::make_unique<MerkleTree>(HashLeaves(salts_, codeword_.span()));
  return tree_->root();
}

RowOpening OracleProver::Open(std::span<const uint64_t> positions) {
  PROVENN_CHECK(tree_ != nullptr && !opened_ && positions.size() <= shape_.random_rows);
  opened_ = true;
  RowOpening opening;
  for (uint64_t p : positions) {
    opening.salts.push_back(salts_[p]);
    const auto row = codeword_.span().subspan(p * shape_.columns, shape_.columns);
    opening.symbols.insert(opening.symbols.end(), row.begin(), row.end());
  }
  opening.path = tree_->Open(positions);
  return opening;
}

}  // namespace provenn
