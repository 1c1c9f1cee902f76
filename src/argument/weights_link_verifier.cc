#include "argument/weights_link_verifier.h"

#include <algorithm>

#include "argument/sumcheck_verifier.h"
#include "base/check.h"
#include "crypto/sha256_many.h"
#include "field/domain.h"
#include "field/multilinear.h"

namespace provenn {
namespace {

// In(rho) as a functional on s-box outputs, symbols and salts, plus a constant. rho: s-box bits, then permutation bits.
template <typename K>
void AddSboxInput(const Plan& plan, const std::vector<K>& rho, K coefficient, LinearClaim<K>& claim) {
  const PoseidonAffine& affine = GetPoseidonAffine();
  const uint32_t queries = plan.weight_queries;
  const uint32_t blocks = plan.hash_blocks;
  std::vector<K> at_sbox = EqTable<K>(std::span<const K>(rho).first(kSboxBits));
  std::vector<K> at_permutation = EqTable<K>(std::span<const K>(rho).subspan(kSboxBits));
  at_permutation.resize(size_t{queries} * blocks);

  // Same permutation: coefficient of Out[s'] is sum_s eq_s input[s][s'].
  std::vector<K> same(kPoseidonSboxes, K::Zero());
  K constant_of_any = K::Zero();
  for (size_t s = 0; s < kPoseidonSboxes; ++s) {
    const auto& form = affine.input[s];
    for (size_t o = 0; o < s; ++o) same[o] += at_sbox[s] * form[kPoseidonWidth + o];
    constant_of_any += at_sbox[s] * form[PoseidonAffine::kColumns - 1];
  }
  // Only the first kPoseidonWidth s-boxes see the initial state, each its own element. Elements 8..11 of a later
  // block's initial state are the previous block's final ones.
  std::vector<K> chained(kPoseidonSboxes, K::Zero());
  K constant_of_chained = K::Zero();
  for (size_t e = kPoseidonRate; e < kPoseidonWidth; ++e) {
    const auto& form = affine.output[e];
    for (size_t o = 0; o < kPoseidonSboxes; ++o) chained[o] += at_sbox[e] * form[kPoseidonWidth + o];
    constant_of_chained += at_sbox[e] * form[PoseidonAffine::kColumns - 1];
  }

  K all = K::Zero();
  K firsts = K::Zero();
  std::vector<K> next(at_permutation.size(), K::Zero());  // eq of the block that follows, in the same row
  std::vector<K> symbol_block(size_t{queries} * (blocks - 1), K::Zero());
  std::vector<K> salt_row(queries, K::Zero());
  for (uint32_t j = 0; j < queries; ++j) {
    for (uint32_t b = 0; b < blocks; ++b) {
      const size_t p = size_t{j} * blocks + b;
      all += at_permutation[p];
      if (b == 0) {
        firsts += at_permutation[p];
        salt_row[j] = at_permutation[p];
      } else {
        next[p - 1] = at_permutation[p];
        symbol_block[size_t{j} * (blocks - 1) + b - 1] = at_permutation[p];
      }
    }
  }
  const std::vector<K> rate(at_sbox.begin(), at_sbox.begin() + kPoseidonRate);
  const std::vector<K> salt(at_sbox.begin(), at_sbox.begin() + kPoseidonDigestSize);
  const HiddenRowsPlan& h = plan.hidden_rows;
  auto& terms = claim.products[kHiddenRows];
  terms.push_back({{{h.outputs, coefficient}}, {at_permutation, same}});
  terms.push_back({{{h.outputs, coefficient}}, {next, chained}});
  terms.push_back({{{h.symbols, coefficient}}, {symbol_block, rate}});
  terms.push_back({{{h.salts, coefficient}}, {salt_row, salt}});

  const K header = at_sbox[4] * Goldilocks(kPoseidonRowTag) + at_sbox[5] * Goldilocks(plan.weights.columns);
  const K constant = all * constant_of_any + firsts * header + (all - firsts) * constant_of_chained;
  claim.value.constant = claim.value.constant - coefficient * constant;
}

// Z = In^3 and Out = Z^2 In everywhere, down to claims on cells.
template <typename K>
void ReadSboxes(const Plan& plan, MaskedChannel<K>& channel, FrontResult<K>& front) {
  const size_t bits = kSboxBits + static_cast<size_t>(AxisBits(plan.weight_queries * plan.hash_blocks));
  const std::vector<K> tau = channel.Challenges("s-box tau", bits);
  const K lambda = channel.Challenge("s-box lambda");
  std::vector<K> rho;
  const Affine<K> end = ReadZeroSumcheck("s-box round", Affine<K>(), tau, 3, channel, rho);
  // In, Z, Out at rho; and the squares of the first two, so that every product is of two messages.
  const std::vector<Affine<K>> m = channel.ReceiveMasked("s-box end", 5);
  const Affine<K>&in = m[0], &cube = m[1], &out = m[2], &in2 = m[3], &cube2 = m[4];
  LinearClaim<K> square_in;
  square_in.value = in2 - channel.Product(in, in);
  LinearClaim<K> square_cube;
  square_cube.value = cube2 - channel.Product(cube, cube);
  LinearClaim<K> last;
  const Affine<K> in7 = channel.Product(cube2, in);  // one by one: the order is part of the format
  const Affine<K> in3 = channel.Product(in2, in);
  last.value = end - (cube - in3) - (out - in7) * lambda;
  front.claims.push_back(std::move(square_in));
  front.claims.push_back(std::move(square_cube));
  front.claims.push_back(std::move(last));
  if (channel.shape_only()) return;

  std::vector<K> at_sbox = EqTable<K>(std::span<const K>(rho).first(kSboxBits));
  std::vector<K> at_permutation = EqTable<K>(std::span<const K>(rho).subspan(kSboxBits));
  at_sbox.resize(kPoseidonSboxes);
  at_permutation.resize(size_t{plan.weight_queries} * plan.hash_blocks);
  LinearClaim<K> on_cubes;
  on_cubes.value = cube;
  on_cubes.products[kHiddenRows].push_back({{{plan.hidden_rows.cubes, K::One()}}, {at_permutation, at_sbox}});
  LinearClaim<K> on_outputs;
  on_outputs.value = out;
  on_outputs.products[kHiddenRows].push_back({{{plan.hidden_rows.outputs, K::One()}}, {at_permutation, at_sbox}});
  LinearClaim<K> on_inputs;
  on_inputs.value = in;
  AddSboxInput(plan, rho, K::One(), on_inputs);
  front.claims.push_back(std::move(on_cubes));
  front.claims.push_back(std::move(on_outputs));
  front.claims.push_back(std::move(on_inputs));
}

// The last permutation of every row puts out the digest that is known to be under the weights root.
template <typename K>
void ClaimDigests(const Plan& plan, std::span<const Goldilocks> digests, K eta, FrontResult<K>& front) {
  const PoseidonAffine& affine = GetPoseidonAffine();
  std::vector<K> last_block(size_t{plan.weight_queries} * plan.hash_blocks, K::Zero());
  std::vector<K> outputs(kPoseidonSboxes, K::Zero());
  K constant = K::Zero();
  K power = K::One();
  std::vector<K> in_digest;
  for (size_t k = 0; k < kPoseidonDigestSize; ++k) {
    for (size_t o = 0; o < kPoseidonSboxes; ++o) outputs[o] += power * affine.output[k][kPoseidonWidth + o];
    constant += power * affine.output[k][PoseidonAffine::kColumns - 1];
    in_digest.push_back(power);
    power = power * eta;
  }
  LinearClaim<K> claim;
  K row = K::One();
  for (uint32_t j = 0; j < plan.weight_queries; ++j) {
    last_block[size_t{j + 1} * plan.hash_blocks - 1] = row;
    for (size_t k = 0; k < kPoseidonDigestSize; ++k) {
      claim.value.constant += row * in_digest[k] * digests[j * kPoseidonDigestSize + k];
    }
    claim.value.constant = claim.value.constant - row * constant;
    row = row * power;
  }
  claim.products[kHiddenRows].push_back({{{plan.hidden_rows.outputs, K::One()}}, {last_block, outputs}});
  front.claims.push_back(std::move(claim));
}

// sum_t delta^t (sum_j eq_j(r) symbol_tj - y(x_t)) = 0.
template <typename K>
void ClaimRows(const Plan& plan, const std::vector<K>& r, std::span<const uint64_t> positions, K delta,
               FrontResult<K>& front) {
  const auto log_columns = static_cast<size_t>(plan.weights_layout.log_columns());
  const std::vector<K> low = EqTable<K>(std::span<const K>(r).first(3));
  const std::vector<K> high = EqTable<K>(std::span<const K>(r).subspan(3, log_columns - 3));
  LinearClaim<K> claim;
  std::vector<K> symbol_block;
  PowerFunctional<K> folded;
  K power = K::One();
  for (uint64_t position : positions) {
    for (const K& e : high) symbol_block.push_back(power * e);
    folded.points.push_back({-power, DomainPoint(plan.weights.log_size, position)});
    power = power * delta;
  }
  claim.products[kHiddenRows].push_back({{{plan.hidden_rows.symbols, K::One()}}, {symbol_block, low}});
  const uint32_t columns = plan.folded_weights.columns();
  folded.length = plan.weights_layout.rows();
  for (int k = 0; k < plan.degree; ++k) {
    const Block& block = plan.folded_weights.blocks()[static_cast<size_t>(k)];
    folded.targets.push_back({block.first_row * columns, K::Basis(k)});
  }
  claim.powers[kFoldedWeights].push_back(std::move(folded));
  front.claims.push_back(std::move(claim));
}

}  // namespace

void WeightLeaves(std::span<const PoseidonDigest> digests, std::span<Digest> leaves) {
  static_assert(sizeof(PoseidonDigest) == kPoseidonDigestSize * sizeof(Goldilocks));
  PROVENN_CHECK(digests.size() == leaves.size());
  if (digests.empty()) return;
  const std::span<const Goldilocks> elements(digests[0].data(), digests.size() * kPoseidonDigestSize);
  Sha256Many("provenn.weights.leaf", {{FieldBytes(elements).data(), sizeof(PoseidonDigest), sizeof(PoseidonDigest)}},
             leaves);
}

template <typename K>
void ReadWeightsLink(const Plan& plan, const std::vector<K>& r, const std::vector<WeightClaim<K>>& weight_claims,
                     MaskedChannel<K>& channel, FrontResult<K>& front) {
  front.roots[kFoldedWeights] = channel.ReceiveDigests("folded weights root", 1)[0];
  channel.ReceiveGrinding(kGrindBits);
  const std::vector<uint64_t> positions = channel.Positions("weight rows", plan.weights.log_size, plan.weight_queries);
  front.roots[kHiddenRows] = channel.ReceiveDigests("hidden rows root", 1)[0];

  const std::vector<Goldilocks> digests =
      channel.ReceiveClearBase("row digests", size_t{plan.weight_queries} * kPoseidonDigestSize);
  const std::vector<Digest> path =
      channel.ReceiveDigests("row path", MerkleProofSize(plan.weights.log_size, positions));
  if (!channel.shape_only()) {
    std::vector<PoseidonDigest> rows(positions.size());
    for (size_t j = 0; j < rows.size(); ++j) {
      std::copy_n(digests.begin() + static_cast<std::ptrdiff_t>(j * kPoseidonDigestSize), kPoseidonDigestSize,
                  rows[j].begin());
    }
    std::vector<Digest> leaves(rows.size());
    WeightLeaves(rows, leaves);
    if (!VerifyMerkle(plan.weights.root, plan.weights.log_size, positions, leaves, path)) {
      channel.Reject(Reason::kWeightsPath, "row path");
    }
  }

  // All claims on the folded weights as one.
  const K omega = channel.Challenge("weight claims omega");
  LinearClaim<K> on_weights;
  std::vector<K> rows(plan.weights_layout.rows(), K::Zero());
  AffineSum<K> values;
  K power = K::One();
  for (const WeightClaim<K>& claim : weight_claims) {
    for (size_t i = 0; i < claim.rows.size(); ++i) rows[claim.first_row + i] += power * claim.rows[i];
    values.Add(claim.value, power);
    power = power * omega;
  }
  on_weights.value = values.Take();
  ProductFunctional<K> functional;
  for (int k = 0; k < plan.degree; ++k) functional.targets.push_back({static_cast<uint32_t>(k), K::Basis(k)});
  functional.axes.push_back(std::move(rows));
  on_weights.products[kFoldedWeights].push_back(std::move(functional));
  front.claims.push_back(std::move(on_weights));

  ReadSboxes(plan, channel, front);
  ClaimDigests(plan, digests, channel.Challenge("digests eta"), front);
  ClaimRows(plan, r, positions, channel.Challenge("rows delta"), front);
}

#define PROVENN_INSTANTIATE(K)                                                                             \
  template void ReadWeightsLink<K>(const Plan&, const std::vector<K>&, const std::vector<WeightClaim<K>>&, \
                                   MaskedChannel<K>&, FrontResult<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
