// One log-derivative lookup over all tables, proved by a fractional sumcheck tree.
//
// Leaf of a lookup tuple:  1 / (alpha - (table id + beta c_0 + beta^2 c_1 + ...)).
// Leaf of a table row:    -multiplicity / (the same of its row).
// Empty leaf:              0 / 1.
// The fractions sum to 0 for random alpha, beta only if every tuple is a row of its table: the numerator of the sum, as
// a polynomial in alpha, then vanishes identically. Denominators need no check of their own: the tree never divides, so
// its root's numerator is that polynomial whether or not a denominator vanishes.
// Source: Haboeck, "Multivariate lookups based on logarithmic derivatives" (2022); Papini and Haboeck, "Improving
// logarithmic derivative lookups using GKR" (2023).
#pragma once

#include <vector>

#include "argument/channel_verifier.h"
#include "argument/claims.h"
#include "argument/plan.h"
#include "argument/view_functional.h"

namespace provenn {

// coefficient * acc(rho): a contraction's multilinear extension, wanted by the leaf equation.
template <typename K>
struct ContractionTerm {
  uint32_t contraction = 0;
  K coefficient = K::Zero();
  AxisWeights<K> out_weights;  // eq weights of the output axes
};

template <typename K>
struct LookupOutcome {
  std::vector<ContractionTerm<K>> terms;  // ascending by contraction, none twice
  Affine<K> sum;                          // claimed: sum over terms of coefficient * acc(rho)
};

// Which contractions are proved by the contraction sumcheck (the others are linear in committed cells).
bool IsLinearContraction(const Circuit& circuit, const Contraction& contraction);

// The weights of each lookup's columns in the leaf denominators at the leaf point: shared with the prover, which needs
// the contraction terms. Counting messages needs no weights of outputs.
template <typename K>
std::vector<ContractionTerm<K>> CollectContractionTerms(const Plan& plan, const std::vector<K>& leaf_point, K beta,
                                                        bool with_weights);

// eq(leaf point's high bits, block): the weight of a leaf block at the point.
template <typename K>
K BlockWeight(const LeafBlock& block, const std::vector<K>& leaf_point);

template <typename K>
LookupOutcome<K> ReadLookups(const Plan& plan, const Statement& statement, MaskedChannel<K>& channel,
                             std::vector<LinearClaim<K>>& claims);

}  // namespace provenn
