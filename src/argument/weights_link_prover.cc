#include "argument/weights_link_prover.h"

#include <algorithm>

#include "argument/halve_eq_prover.h"
#include "argument/parallel_sum.h"
#include "argument/weights_link_verifier.h"
#include "crypto/poseidon_prover.h"
#include "field/kernels.h"
#include "field/multilinear.h"

namespace provenn {
namespace {

constexpr size_t kGrain = 1024;
constexpr size_t kStride = size_t{1} << kSboxBits;  // s-boxes of a permutation, padded

// y = W eq over the columns, one entry per row of the weights matrix.
template <typename K>
SecretVector<K> FoldWeights(const Plan& plan, const TensorValues& values, const std::vector<K>& eq) {
  const uint32_t columns = plan.weights.columns;
  SecretVector<K> y(plan.weights_layout.rows(), K::Zero());
  for (size_t t = 0; t < plan.circuit.tensors.size(); ++t) {
    if (!plan.weight_block[t].has_value()) continue;
    const Block& block = plan.weights_layout.blocks()[*plan.weight_block[t]];
    const auto body = [&](size_t from, size_t to) {
      ForEachRun(block, columns, from, to, [&](uint64_t element, uint64_t cell, uint64_t length) {
        for (uint64_t done = 0; done < length;) {
          const uint64_t column = (cell + done) % columns;
          const uint64_t n = std::min<uint64_t>(length - done, columns - column);
          y[(cell + done) / columns] +=
              InnerProduct<K>(values[t].subspan(element + done, n), std::span<const K>(eq).subspan(column, n));
          done += n;
        }
      });
    };
    // Rows of different indices along the first axis are different rows only if that axis is a row axis.
    if (block.split > 0) {
      const size_t per_index = std::max<size_t>(1, values[t].size() / block.shape[0]);
      ParallelFor(block.shape[0], std::max<size_t>(1, 8192 / per_index), body);
    } else {
      body(0, block.shape.empty() ? 1 : block.shape[0]);
    }
  }
  return y;
}

// Cells of oracle C, and the s-box tables of the zero-check.
template <typename K>
struct SboxTables {
  SecretVector<K> in;  // [permutation][s-box padded to 128]
  SecretVector<K> cube;
  SecretVector<K> out;
};

template <typename K>
SboxTables<K> FillHiddenRows(const Plan& plan, const WeightsOracle& weights, const std::vector<uint64_t>& positions,
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
  SboxTables<K> tables;
  tables.in.assign(positions.size() * blocks * kStride, K::Zero());
  tables.cube = tables.in;
  tables.out = tables.in;
  // Rows in groups, block by block: the permutations of a group run side by side.
  ParallelFor(positions.size(), 16, [&](size_t from, size_t to) {
    SecretVector<PoseidonState> states(to - from, PoseidonState{});
    SecretVector<Goldilocks> in((to - from) * kPoseidonSboxes);
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
      PoseidonTraces(states, in, out);
      for (size_t j = from; j < to; ++j) {
        const size_t p = j * blocks + b;
        const uint64_t cube_at = place(h.cubes, p);
        const uint64_t out_at = place(h.outputs, p);
        for (size_t s = 0; s < kPoseidonSboxes; ++s) {
          const Goldilocks x = in[(j - from) * kPoseidonSboxes + s];
          const Goldilocks y = out[(j - from) * kPoseidonSboxes + s];
          const Goldilocks cube = x * x * x;
          cells[cube_at + s] = cube;
          cells[out_at + s] = y;
          tables.in[p * kStride + s] = K(x);
          tables.cube[p * kStride + s] = K(cube);
          tables.out[p * kStride + s] = K(y);
        }
      }
    }
  });
  return tables;
}

// Coefficients 0, 2, 3 of a round polynomial.
template <typename K>
struct CubicRound {
  K at_zero = K::Zero();
  K square = K::Zero();
  K cube = K::Zero();
};

// sum over pairs of eq * ((Z - I^3) + lambda (O - Z^2 I)), each of I, Z, O linear between entries 2i and 2i+1.
template <typename K>
CubicRound<K> SboxRound(const SboxTables<K>& t, const SecretVector<K>& eq, K lambda, size_t from, size_t to) {
  CubicRound<K> sum;
  for (size_t i = from; i < to; ++i) {
    const K i0 = t.in[2 * i], di = t.in[2 * i + 1] - i0;
    const K z0 = t.cube[2 * i], dz = t.cube[2 * i + 1] - z0;
    const K o0 = t.out[2 * i];
    const K di2 = di * di, z02 = z0 * z0, zdz = z0 * dz;
    const K i0di2 = i0 * di2;
    sum.at_zero += eq[i] * (z0 - i0 * i0 * i0 + lambda * (o0 - z02 * i0));
    sum.square = sum.square - eq[i] * (i0di2 + i0di2 + i0di2 + lambda * (dz * dz * i0 + (zdz + zdz) * di));
    sum.cube = sum.cube - eq[i] * (di2 * di + lambda * (dz * dz * di));
  }
  return sum;
}

template <typename K>
void FoldTable(SecretVector<K>& v, K r, bool last) {
  SecretVector<K> out(v.size() / 2);
  ParallelFor(out.size(), kGrain * 4, [&](size_t from, size_t to) {
    FoldPairs<K>(std::span<const K>(v).subspan(2 * from, 2 * (to - from)), r, std::span(out).subspan(from, to - from));
  });
  if (!last && (out.size() & 1) != 0) out.push_back(K::Zero());
  v = std::move(out);
}

template <typename K>
void ProveSboxes(const Plan& plan, SboxTables<K> t, ProverChannel<K>& channel) {
  const size_t bits = kSboxBits + static_cast<size_t>(AxisBits(plan.weight_queries * plan.hash_blocks));
  const std::vector<K> tau = channel.Challenges("s-box tau", bits);
  const K lambda = channel.Challenge("s-box lambda");
  SecretVector<K> eq = EqTableParallel<K>(std::span<const K>(tau).subspan(1));
  for (size_t i = 0; i < bits; ++i) {
    // Entries beyond the tables are zeros and satisfy the relation: their summand is zero.
    const CubicRound<K> round = ParallelSum(
        t.in.size() / 2, kGrain, CubicRound<K>{},
        [&](size_t from, size_t to) { return SboxRound(t, eq, lambda, from, to); },
        [](CubicRound<K>& a, const CubicRound<K>& b) {
          a.at_zero += b.at_zero;
          a.square += b.square;
          a.cube += b.cube;
        });
    const K message[3] = {round.at_zero, round.square, round.cube};
    channel.SendMasked("s-box round", message);
    const K c = channel.Challenge("s-box round");
    const bool last = i + 1 == bits;
    FoldTable(t.in, c, last);
    FoldTable(t.cube, c, last);
    FoldTable(t.out, c, last);
    if (!last) {
      HalveEq(eq);
    }
  }
  const K ends[5] = {t.in[0], t.cube[0], t.out[0], t.in[0] * t.in[0], t.cube[0] * t.cube[0]};
  channel.SendMasked("s-box end", ends);
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
  SboxTables<K> tables = FillHiddenRows<K>(plan, weights, positions, channel.hooks(), *oracles.hidden_rows);
  channel.SendOracle("hidden rows root", *oracles.hidden_rows, random);
  std::vector<Goldilocks> digests;
  for (uint64_t p : positions) digests.insert(digests.end(), weights.digests[p].begin(), weights.digests[p].end());
  channel.SendClearBase("row digests", digests);
  const MerkleTree tree = MerkleTree::FromNodes(weights.nodes, plan.weights.log_size);
  channel.SendDigests("row path", tree.Open(positions));

  channel.Challenge("weight claims omega");
  ProveSboxes(plan, std::move(tables), channel);
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
