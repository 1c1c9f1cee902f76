#include "commit/oracle_verifier.h"

namespace provenn {

bool VerifyRows(const OracleShape& shape, const Digest& root, std::span<const uint64_t> positions,
                const RowOpening& opening) {
  if (opening.salts.size() != positions.size() || opening.symbols.size() != positions.size() * shape.columns)
    return false;
  std::vector<Digest> leaves;
  leaves.reserve(positions.size());
  for (size_t i = 0; i < positions.size(); ++i) {
    leaves.push_back(HashLeaf(opening.salts[i], opening.Row(i, shape.columns)));
  }
  return VerifyMerkle(root, shape.log_size, positions, leaves, opening.path);
}

}  // namespace provenn
