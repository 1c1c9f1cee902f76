#include "commit/oracle_prover.h"

#include <algorithm>

#include "base/check.h"
#include "base/parallel.h"
#include "field/ntt.h"

namespace provenn {

OracleProver::OracleProver(const OracleShape& shape)
    : shape_(shape), coefficients_(shape.degree_bound() * shape.columns) {
  PROVENN_CHECK(shape.degree_bound() < shape.size());
}

Digest OracleProver::Commit(Csprng& random, const std::function<void(std::span<Goldilocks>)>& spoil) {
  PROVENN_CHECK(tree_ == nullptr);
  random.Fill(coefficients_.span().subspan(shape_.message_rows * shape_.columns));
  codeword_.resize(shape_.size() * shape_.columns);
  ParallelFor(coefficients_.size(), size_t{1} << 16, [&](size_t from, size_t to) {
    std::copy(coefficients_.begin() + from, coefficients_.begin() + to,
              codeword_.begin() + static_cast<std::ptrdiff_t>(from));
  });
  EncodeColumns(codeword_, shape_.columns, shape_.degree_bound(), shape_.log_size);
  if (spoil) spoil(codeword_);
  salts_.resize(shape_.size());
  random.Fill(std::span<uint8_t>(salts_[0].data(), salts_.size() * sizeof(LeafSalt)));
  tree_ = std::make_unique<MerkleTree>(HashLeaves(salts_, codeword_));
  return tree_->root();
}

RowOpening OracleProver::Open(std::span<const uint64_t> positions) {
  PROVENN_CHECK(tree_ != nullptr && !opened_ && positions.size() <= shape_.random_rows);
  opened_ = true;
  RowOpening opening;
  for (uint64_t p : positions) {
    opening.salts.push_back(salts_[p]);
    const auto row = std::span<const Goldilocks>(codeword_).subspan(p * shape_.columns, shape_.columns);
    opening.symbols.insert(opening.symbols.end(), row.begin(), row.end());
  }
  opening.path = tree_->Open(positions);
  return opening;
}

}  // namespace provenn
