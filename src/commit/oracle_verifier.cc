#include "commit/oracle_verifier.h"

namespace provenn {

bool VerifyRows(const OracleShape& shape, const Digest& root, std::span<const uint64_t> positions,
                const RowOpening& opening) {
  if (opening.salts.size() != positions.size() || opening.symbols.size() != positions.size() * shape.columns)
    return false;
  std::vector<Digest> leaves(positions.size());
  HashRows(opening.salts, opening.symbols, leaves);
  return VerifyMerkle(root, shape.log_size, positions, leaves, opening.path);
}

}  // namespace provenn
