#include "argument/lookup_verifier.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "argument/sumcheck_verifier.h"
#include "field/kernels.h"
#include "field/multilinear.h"

namespace provenn {
namespace {

template <typename K>
struct LeafClaim {
  K alpha;
  K beta;
  std::vector<K> point;
  Affine<K> numerator;
  Affine<K> denominator;
};

// The tree from the root (numerator 0) to one random leaf.
template <typename K>
LeafClaim<K> ReadTree(const Plan& plan, MaskedChannel<K>& channel, std::vector<LinearClaim<K>>& claims) {
  LeafClaim<K> leaf;
  leaf.alpha = channel.Challenge("lookup alpha");
  leaf.beta = channel.Challenge("lookup beta");
  leaf.denominator = channel.ReceiveMasked("root denominator", 1)[0];
  for (int layer = 0; layer < plan.leaves.log_size; ++layer) {
    // claim = sum over parents x of eq(point, x) (lambda (n0 d1 + n1 d0) + d0 d1)(x)
    const K lambda = channel.Challenge("layer lambda");
    Affine<K> claim = leaf.numerator * lambda + leaf.denominator;
    std::vector<K> r;
    claim = ReadZeroSumcheck("layer round", claim, leaf.point, 2, channel, r);
    const std::vector<Affine<K>> ends = channel.ReceiveMasked("layer ends", 4);  // n0 n1 d0 d1
    LinearClaim<K> equation;
    // One by one: the order numbers the product entries, so it is part of the format.
    const Affine<K> d0_d1 = channel.Product(ends[2], ends[3]);
    const Affine<K> n1_d0 = channel.Product(ends[1], ends[2]);
    const Affine<K> n0_d1 = channel.Product(ends[0], ends[3]);
    equation.value = claim - (n0_d1 + n1_d0) * lambda - d0_d1;
    claims.push_back(std::move(equation));
    // On to a random one of the two children: children of i are 2i and 2i+1, so the new variable is the lowest bit.
    const K c = channel.Challenge("layer child");
    leaf.numerator = ends[0] * (K::One() - c) + ends[1] * c;
    leaf.denominator = ends[2] * (K::One() - c) + ends[3] * c;
    leaf.point.assign(1, c);
    leaf.point.insert(leaf.point.end(), r.begin(), r.end());
  }
  return leaf;
}

template <typename K>
K ProductOfSums(const AxisWeights<K>& weights) {
  K product = K::One();
  for (const auto& w : weights) product = product * Sum(w);
  return product;
}

// Product of the weight sums of the axes that the view does not use.
template <typename K>
K UnusedFactor(const View& view, const AxisWeights<K>& weights) {
  const std::vector<uint8_t> used = UsedAxes(view, weights.size());
  K product = K::One();
  for (size_t a = 0; a < weights.size(); ++a) {
    if (used[a] == 0) product = product * Sum(weights[a]);
  }
  return product;
}

template <typename K>
AxisWeights<K> LookupWeights(const Plan& plan, size_t lookup, const std::vector<K>& point) {
  const LeafBlock& block = plan.leaves.lookups[lookup];
  return EqWeights<K>(plan.circuit.lookups[lookup].space,
                      std::span<const K>(point).first(static_cast<size_t>(block.log_size)));
}

// A contraction that is a plain sum over one committed operand.
template <typename K>
void AddLinearContraction(const Plan& plan, const Statement& statement, const Contraction& c, AxisWeights<K> weights,
                          K coefficient, LinearClaim<K>& claim) {
  for (size_t a = c.out_rank; a < c.space.size(); ++a) weights.emplace_back(c.space[a], K::One());
  AddView(plan, statement, c.left, weights, coefficient * UnusedFactor(c.left, weights), claim);
}

}  // namespace

bool IsLinearContraction(const Circuit& circuit, const Contraction& contraction) {
  return !contraction.right.has_value() && circuit.tensors[contraction.left.tensor].kind != TensorKind::kWeight;
}

template <typename K>
K BlockWeight(const LeafBlock& block, const std::vector<K>& leaf_point) {
  K weight = K::One();
  for (size_t b = static_cast<size_t>(block.log_size); b < leaf_point.size(); ++b) {
    weight = weight * (((block.first >> b) & 1) != 0 ? leaf_point[b] : K::One() - leaf_point[b]);
  }
  return weight;
}

template <typename K>
std::vector<ContractionTerm<K>> CollectContractionTerms(const Plan& plan, const std::vector<K>& leaf_point, K beta,
                                                        bool with_weights) {
  // Lookups over equal spaces see equal low bits of the leaf point, so one contraction has one set of weights.
  std::map<uint32_t, ContractionTerm<K>> terms;
  for (size_t l = 0; l < plan.circuit.lookups.size(); ++l) {
    const Lookup& lookup = plan.circuit.lookups[l];
    K scale = -BlockWeight(plan.leaves.lookups[l], leaf_point);
    for (const Expression& column : lookup.columns) {
      scale = scale * beta;
      for (const AccumulatorTerm& acc : column.accumulators) {
        if (IsLinearContraction(plan.circuit, plan.circuit.contractions[acc.contraction])) continue;
        ContractionTerm<K>& term = terms[acc.contraction];
        term.contraction = acc.contraction;
        term.coefficient += scale * ToField(acc.coefficient);
        if (with_weights && term.out_weights.empty()) term.out_weights = LookupWeights(plan, l, leaf_point);
      }
    }
  }
  std::vector<ContractionTerm<K>> out;
  for (auto& [id, term] : terms) out.push_back(std::move(term));
  return out;
}

namespace {

// What the lookups' blocks count. Returns the weight of these blocks.
template <typename K>
K AddLookups(const Plan& plan, const Statement& statement, const LeafClaim<K>& leaf, LinearClaim<K>& numerator,
             LinearClaim<K>& denominator) {
  K filled = K::Zero();
  for (size_t l = 0; l < plan.circuit.lookups.size(); ++l) {
    const Lookup& lookup = plan.circuit.lookups[l];
    const K block = BlockWeight(plan.leaves.lookups[l], leaf.point);
    const AxisWeights<K> weights = LookupWeights(plan, l, leaf.point);
    const K real = ProductOfSums(weights);  // weight of the leaves that are tuples; the others of the block are 0/1
    filled += block;
    numerator.value.constant = numerator.value.constant - block * real;
    const K id = K(Goldilocks(lookup.table));
    denominator.value.constant = denominator.value.constant - block * (real * (leaf.alpha - id) + K::One() - real);
    K scale = -block;
    for (const Expression& column : lookup.columns) {
      scale = scale * leaf.beta;
      denominator.value.constant = denominator.value.constant - scale * ToField(column.constant) * real;
      for (const ViewTerm& term : column.terms) {
        const K coefficient = scale * ToField(term.coefficient) * UnusedFactor(term.view, weights);
        AddView(plan, statement, term.view, weights, coefficient, denominator);
      }
      for (const AccumulatorTerm& acc : column.accumulators) {
        const Contraction& c = plan.circuit.contractions[acc.contraction];
        if (!IsLinearContraction(plan.circuit, c)) continue;
        AddLinearContraction(plan, statement, c, weights, scale * ToField(acc.coefficient), denominator);
      }
    }
  }
  return filled;
}

// The same of the tables' blocks.
template <typename K>
K AddTables(const Plan& plan, const LeafClaim<K>& leaf, LinearClaim<K>& numerator, LinearClaim<K>& denominator) {
  K filled = K::Zero();
  std::vector<int32_t> numbers;  // 0, 1, 2, ...
  // All see the point's low bits: in order of size, the weights of one are the beginning of the next one's.
  std::vector<size_t> ascending(plan.circuit.tables.size());
  std::iota(ascending.begin(), ascending.end(), 0);
  std::stable_sort(ascending.begin(), ascending.end(),
                   [&](size_t a, size_t b) { return plan.leaves.tables[a].log_size < plan.leaves.tables[b].log_size; });
  std::vector<K> eq;
  if (!ascending.empty()) eq.reserve(size_t{1} << plan.leaves.tables[ascending.back()].log_size);
  eq.push_back(K::One());
  size_t bits = 0;
  for (const size_t t : ascending) {
    const Table& table = plan.circuit.tables[t];
    const LeafBlock& place = plan.leaves.tables[t];
    const K block = BlockWeight(place, leaf.point);
    filled += block;
    const auto point = std::span<const K>(leaf.point).first(static_cast<size_t>(place.log_size));
    for (; bits < point.size(); ++bits) ExtendEqTable(eq, point[bits]);
    const auto weights = std::span<const K>(eq).first(table.size);
    while (numbers.size() < table.size) numbers.push_back(static_cast<int32_t>(numbers.size()));
    const K rows = EqPrefixSum<K>(point, table.size);
    const K index = InnerProduct<K>(std::span<const int32_t>(numbers).first(table.size), weights);
    K tuple =
        rows * (leaf.alpha - K(Goldilocks(t))) - leaf.beta * (index + rows * Goldilocks::FromSigned(table.first_key));
    K power = leaf.beta;
    for (const std::vector<int32_t>& column : table.values) {
      power = power * leaf.beta;
      tuple = tuple - power * InnerProduct<K>(std::span<const int32_t>(column), weights);
    }
    denominator.value.constant = denominator.value.constant - block * (tuple + K::One() - rows);
    ProductFunctional<K> multiplicities;
    multiplicities.targets.push_back({plan.multiplicity_block[t], -block});
    multiplicities.axes.emplace_back(weights.begin(), weights.end());
    numerator.products[kActivations].push_back(std::move(multiplicities));
  }
  return filled;
}

}  // namespace

template <typename K>
LookupOutcome<K> ReadLookups(const Plan& plan, const Statement& statement, MaskedChannel<K>& channel,
                             std::vector<LinearClaim<K>>& claims) {
  const LeafClaim<K> leaf = ReadTree(plan, channel, claims);
  LookupOutcome<K> outcome;
  outcome.terms = CollectContractionTerms(plan, leaf.point, leaf.beta, !channel.shape_only());
  if (!outcome.terms.empty()) outcome.sum = channel.ReceiveMasked("contraction sum", 1)[0];
  if (channel.shape_only()) return outcome;

  LinearClaim<K> numerator;    // functionals on multiplicities = numerator - public part
  LinearClaim<K> denominator;  // functionals on cells = denominator - public part - contractions
  numerator.value = leaf.numerator;
  denominator.value = leaf.denominator - outcome.sum;
  const K filled =
      AddLookups(plan, statement, leaf, numerator, denominator) + AddTables(plan, leaf, numerator, denominator);
  denominator.value.constant = denominator.value.constant - (K::One() - filled);
  claims.push_back(std::move(numerator));
  claims.push_back(std::move(denominator));
  return outcome;
}

#define PROVENN_INSTANTIATE(K)                                                                                      \
  template K BlockWeight<K>(const LeafBlock&, const std::vector<K>&);                                               \
  template std::vector<ContractionTerm<K>> CollectContractionTerms<K>(const Plan&, const std::vector<K>&, K, bool); \
  template LookupOutcome<K> ReadLookups<K>(const Plan&, const Statement&, MaskedChannel<K>&,                        \
                                           std::vector<LinearClaim<K>>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
