// The prover's side of the opening (statement: opening_verifier.h).
#pragma once

#include <memory>
#include <vector>

#include "argument/channel_prover.h"
#include "argument/claims.h"
#include "argument/plan.h"
#include "commit/oracle_prover.h"

namespace provenn {

// The terminal vector: pads, product entries, dummy triple; and its mask. Both uniform but for the products.
template <typename K>
struct Terminal {
  SecretVector<K> entries;  // terminal_columns x message rows, row-major, zero-filled at the end
  SecretVector<K> mask;
  std::unique_ptr<OracleProver> oracle;
};

// Draws pads, products and masks, commits, sends the root and gives the channel its pads. products: left and right pad
// of each product entry.
template <typename K>
Terminal<K> CommitTerminal(const Plan& plan, const std::vector<std::pair<uint32_t, uint32_t>>& products, Csprng& random,
                           ProverChannel<K>& channel);

// oracles: those of the first level, in the order of enum Oracle.
template <typename K>
void ProveOpening(const Plan& plan, std::vector<LinearClaim<K>> claims,
                  const std::vector<std::pair<uint32_t, uint32_t>>& products,
                  std::vector<std::unique_ptr<OracleProver>> oracles, Terminal<K> terminal, Csprng& random,
                  ProverChannel<K>& channel);

}  // namespace provenn
