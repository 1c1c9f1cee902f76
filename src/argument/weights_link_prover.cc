#include "argument/weights_link_prover.h"

#include <algorithm>

#include "argument/sbox_prover.h"
#include "argument/weights_link_verifier.h"
#include "base/parallel.h"
#include "crypto/poseidon_prover.h"
#include "field/kernels.h"
#include "field/kernels_rows.h"
#include "field/multilinear.h"

namespace provenn {
namespace {

// Adds a stretch of elements that lie in the matrix from `cell` on, times eq over the columns, to y.
template <typename K>
void AddStretch(std::span<const int32_t> elements, uint64_t cell, std::span<const K> eq, std::span<K> y) {
  const size_t columns = eq.size();
  while (!elements.empty()) {
    const size_t row = cell / columns;
    const size_t column = cell % columns;
    size_t taken = 0;
    if (column == 0 && elements.size() >= columns) {
      const size_t rows = elements.size() / columns;
      taken = rows * columns;
      FoldRows<K>(elements.first(taken), eq, y.subspan(row, rows));
    } else {
      taken = std::min(elements.size(), columns - column);
      y[row] += InnerProduct<K>(elements.first(taken), eq.subspan(column, taken));
    }
    elements = elements.subspan(taken);
    cell += taken;
  }
}

// y = W eq over the columns, one entry per row of the weights matrix.
template <typename K>
SecretVector<K> FoldWeights(const Plan& plan, const TensorValues& values, const std::vector<K>& eq) {
  const uint32_t columns = plan.weights.columns;
  SecretVector<K> y(plan.weights_layout.rows(), K::Zero());
  for (size_t t = 0; t < plan.circuit.tensors.size(); ++t) {
    if (!plan.weight_block[t].has_value()) continue;
    const Block& block = plan.weights_layout.blocks()[*plan.weight_block[t]];
    const auto body = [&](size_t from, size_t to) {
      // Runs that continue each other are one stretch.
      uint64_t first = 0;
      uint64_t first_cell = 0;
      uint64_t length = 0;
      const auto add = [&] {
        AddStretch<K>(values[t].subspan(first, length), first_cell, std::span<const K>(eq), std::span<K>(y));
      };
      ForEachRun(block, columns, from, to, [&](uint64_t element, uint64_t cell, uint64_t more) {
        if (element == first + length && cell == first_cell + length) {
          length += more;
          return;
        }
        add();
        first = element;
        first_cell = cell;
        length = more;
      });
      add();
    };
    // Rows of different indices along the first axis are different rows only if that axis is a row axis.
    if (block.split > 0) {
      const size_t per_index = std::max<size_t>(1, values[t].size() / block.shape[0]);
      ParallelFor(block.shape[0], std::max<size_t>(1, 16384 / per_index), body);
    } else {
      body(0, block.shape.empty() ? 1 : block.shape[0]);
    }
  }
  return y;
}

// Cells of oracle C, and the trace that they hold.
SboxTrace FillHiddenRows(const Plan& plan, const WeightsOracle& weights, const std::vector<uint64_t>& positions,
                         const ProverHooks* hooks, OracleProver& oracle) {
  const HiddenRowsPlan& h = plan.hidden_rows;
  const uint32_t columns = plan.weights.columns;
  const size_t blocks = plan.hash_blocks;
  const size_t cells_per_row = h.layout.columns();
  const auto cells = oracle.message();
  // Blocks of rank 2 whose last axis is contiguous: start of index i of the first axis.
  const auto place = [&](uint32_t block_id, uint64_t i) {
    const Block& b = h.layout.blocks()[block_id];
    uint64_t at = 0;
    ForEachRun(b, static_cast<uint32_t>(cells_per_row), i, i + 1,
               [&](uint64_t, uint64_t cell, uint64_t) { at = cell; });
    return at;
  };
  SboxTrace trace(positions.size() * blocks);
  // Rows in groups, block by block: the permutations of a group run side by side.
  ParallelFor(positions.size(), 16, [&](size_t from, size_t to) {
    SecretVector<PoseidonState> states(to - from, PoseidonState{});
    SecretVector<Goldilocks> in((to - from) * kPoseidonSboxes);
    SecretVector<Goldilocks> cube(in.size());
    SecretVector<Goldilocks> out(in.size());
    for (size_t b = 0; b < blocks; ++b) {
      for (size_t j = from; j < to; ++j) {
        PoseidonState& state = states[j - from];
        if (b == 0) {
          const PoseidonDigest salt = RowSalt(weights.seed, positions[j]);
          std::copy(salt.begin(), salt.end(), state.begin());
          std::copy(salt.begin(), salt.end(), cells.begin() + static_cast<std::ptrdiff_t>(place(h.salts, j)));
          state[4] = Goldilocks(kPoseidonRowTag);
          state[5] = Goldilocks(columns);
        } else {
          const auto symbols =
              weights.codeword.subspan(positions[j] * columns + (b - 1) * kPoseidonRate, kPoseidonRate);
          std::copy(symbols.begin(), symbols.end(), state.begin());
          std::copy(symbols.begin(), symbols.end(),
                    cells.begin() + static_cast<std::ptrdiff_t>(place(h.symbols, j * (blocks - 1) + b - 1)));
        }
        if (hooks != nullptr && hooks->permutation) hooks->permutation(j, b, state);
      }
      PoseidonTraces(states, in, cube, out);
      for (size_t j = from; j < to; ++j) {
        const size_t p = j * blocks + b;
        const auto copy = [&](const SecretVector<Goldilocks>& values, const auto& target, uint64_t at) {
          const auto first = values.begin() + static_cast<std::ptrdiff_t>((j - from) * kPoseidonSboxes);
          std::copy_n(first, kPoseidonSboxes, target.begin() + static_cast<std::ptrdiff_t>(at));
        };
        copy(cube, cells, place(h.cubes, p));
        copy(out, cells, place(h.outputs, p));
        copy(in, std::span(trace.in), p * kSboxStride);
        copy(cube, std::span(trace.cube), p * kSboxStride);
        copy(out, std::span(trace.out), p * kSboxStride);
      }
    }
  });
  return trace;
}

}  // namespace

template <typename K>
WeightsLinkOracles ProveWeightsLink(const Plan& plan, const TensorValues& values, const WeightsOracle& weights,
                                    const std::vector<K>& r, Csprng& random, ProverChannel<K>& channel) {
  WeightsLinkOracles oracles;
  const auto log_columns = static_cast<size_t>(plan.weights_layout.log_columns());
  const SecretVector<K> y = FoldWeights(plan, values, EqTable<K>(std::span<const K>(r).first(log_columns)));
  oracles.folded_weights = std::make_unique<OracleProver>(plan.folded_weights_shape);
  const auto cells = oracles.folded_weights->message();
  for (int k = 0; k < plan.degree; ++k) {
    const size_t first = plan.folded_weights.blocks()[static_cast<size_t>(k)].first_row * plan.folded_weights.columns();
    for (size_t i = 0; i < y.size(); ++i) cells[first + i] = y[i].coefficient(k);
  }
  channel.SendOracle("folded weights root", *oracles.folded_weights, random);
  channel.SendGrinding(kGrindBits);
  const std::vector<uint64_t> positions = channel.Positions("weight rows", plan.weights.log_size, plan.weight_queries);

  oracles.hidden_rows = std::make_unique<OracleProver>(plan.hidden_rows.shape);
  const SboxTrace trace = FillHiddenRows(plan, weights, positions, channel.hooks(), *oracles.hidden_rows);
  channel.SendOracle("hidden rows root", *oracles.hidden_rows, random);
  std::vector<Goldilocks> digests;
  for (uint64_t p : positions) digests.insert(digests.end(), weights.digests[p].begin(), weights.digests[p].end());
  channel.SendClearBase("row digests", digests);
  const MerkleTree tree = MerkleTree::FromNodes(weights.nodes, plan.weights.log_size);
  channel.SendDigests("row path", tree.Open(positions));

  channel.Challenge("weight claims omega");
  ProveSboxes(plan, trace, channel);
  channel.Challenge("digests eta");
  channel.Challenge("rows delta");
  return oracles;
}

#define PROVENN_INSTANTIATE(K)                                                                            \
  template WeightsLinkOracles ProveWeightsLink<K>(const Plan&, const TensorValues&, const WeightsOracle&, \
                                                  const std::vector<K>&, Csprng&, ProverChannel<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
