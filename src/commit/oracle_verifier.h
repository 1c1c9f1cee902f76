// Opened rows of a committed matrix, and the verifier's check of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "commit/oracle_shape.h"
#include "crypto/merkle.h"

namespace provenn {

// The rows at some positions, in ascending order of position.
struct RowOpening {
  std::vector<LeafSalt> salts;
  std::vector<Goldilocks> symbols;  // positions x columns
  std::vector<Digest> path;         // Merkle multi-proof

  std::span<const Goldilocks> Row(size_t i, uint32_t columns) const {
    return std::span<const Goldilocks>(symbols).subspan(i * columns, columns);
  }
};

// Whether the rows are those under `root` at `positions` (ascending, distinct, below shape.size()).
bool VerifyRows(const OracleShape& shape, const Digest& root, std::span<const uint64_t> positions,
                const RowOpening& opening);

}  // namespace provenn
