#include "argument/contraction_verifier.h"

#include <algorithm>

#include "argument/sumcheck_verifier.h"
#include "field/multilinear.h"

namespace provenn {
namespace {

// The weights' functional with its columns taken out: kappa axes in columns become eq(point) and stay in the fold.
template <typename K>
WeightClaim<K> MakeWeightClaim(const Plan& plan, const Contraction& c, const AxisWeights<K>& weights,
                               const std::vector<std::vector<K>>& kappa_points, const Affine<K>& value) {
  const Block& block = plan.weights_layout.blocks()[*plan.weight_block[c.left.tensor]];
  WeightClaim<K> claim;
  claim.first_row = block.first_row;
  claim.value = value;
  claim.rows.assign(block.rows, K::Zero());
  std::vector<std::vector<K>> outer;
  for (uint32_t a = 0; a < block.split; ++a) outer.push_back(weights[c.left.axes[a].steps[0].axis]);
  std::vector<K> last{K::One()};
  if (block.split < block.shape.size()) {
    const std::vector<K>& point = kappa_points[c.left.axes[block.split].steps[0].axis];
    const auto low_bits = static_cast<size_t>(AxisBits(block.split_columns));
    const uint32_t high = block.padded[block.split] / block.split_columns;
    if (high > 1) {
      last = EqTable<K>(std::span<const K>(point).subspan(low_bits));
      last.resize(high);
    }
  }
  AddOuterProduct<K>(outer, last, K::One(), claim.rows);
  return claim;
}

// The right operand of a bias: all ones.
template <typename K>
K EvaluateOnes(const ContractionShape& shape, const AxisWeights<K>& right) {
  K product = K::One();
  for (uint32_t a : shape.kappa) product = product * Sum(right[a]);
  return product;
}

}  // namespace

ContractionShape ShapeOf(const Plan& plan, const Contraction& c) {
  ContractionShape shape;
  const size_t rank = c.space.size();
  const Tensor& left = plan.circuit.tensors[c.left.tensor];
  const bool is_weight = left.kind == TensorKind::kWeight;
  shape.in_left = UsedAxes(c.left, rank);
  shape.in_right = c.right.has_value() ? UsedAxes(*c.right, rank) : std::vector<uint8_t>(rank, 0);
  if (is_weight) {
    for (size_t a = left.outer_axes; a < left.shape.size(); ++a) shape.kappa.push_back(c.left.axes[a].steps[0].axis);
  } else {
    for (uint32_t a = 0; a < rank; ++a) {
      if (shape.in_left[a] != 0 && shape.in_right[a] != 0) shape.kappa.push_back(a);
    }
  }
  for (uint32_t a : shape.kappa) shape.bits += static_cast<size_t>(AxisBits(c.space[a]));
  shape.variables = shape.bits;
  if (is_weight) shape.variables = std::max(shape.bits, static_cast<size_t>(plan.weights_layout.log_columns()));
  return shape;
}

template <typename K>
OperandWeights<K> WeightsOfOperands(const Contraction& c, const ContractionShape& shape,
                                    const AxisWeights<K>& out_weights, const AxisWeights<K>& kappa_weights) {
  OperandWeights<K> w;
  w.scale = K::One();
  w.left.resize(c.space.size());
  w.right.resize(c.space.size());
  for (uint32_t a = 0; a < c.space.size(); ++a) {
    const bool is_out = a < c.out_rank;
    const bool shared = std::find(shape.kappa.begin(), shape.kappa.end(), a) != shape.kappa.end();
    const std::vector<K> ones(c.space[a], K::One());
    if (shared) {
      w.left[a] = kappa_weights.empty() ? ones : kappa_weights[a];
      w.right[a] = w.left[a];
      if (is_out) {
        for (size_t i = 0; i < w.right[a].size(); ++i) w.right[a][i] = w.right[a][i] * out_weights[a][i];
      }
    } else {
      const std::vector<K>& own = is_out ? out_weights[a] : ones;
      if (shape.in_left[a] != 0) {
        w.left[a] = own;
      } else if (shape.in_right[a] != 0) {
        w.right[a] = own;
      } else {
        w.scale = w.scale * Sum(own);
      }
    }
  }
  return w;
}

template <typename K>
std::vector<K> ReadContractions(const Plan& plan, const Statement& statement, const LookupOutcome<K>& lookups,
                                MaskedChannel<K>& channel, std::vector<LinearClaim<K>>& claims,
                                std::vector<WeightClaim<K>>& weight_claims) {
  std::vector<ContractionShape> shapes;
  size_t variables = plan.has_weights() ? static_cast<size_t>(plan.weights_layout.log_columns()) : 0;
  for (const ContractionTerm<K>& term : lookups.terms) {
    shapes.push_back(ShapeOf(plan, plan.circuit.contractions[term.contraction]));
    variables = std::max(variables, shapes.back().variables);
  }
  std::vector<K> r;
  AffineSum<K> end;
  end.Add(ReadSumcheck("contraction round", lookups.sum, variables, channel, r), K::One());

  for (size_t i = 0; i < shapes.size(); ++i) {
    const ContractionShape& shape = shapes[i];
    const ContractionTerm<K>& term = lookups.terms[i];
    const Contraction& c = plan.circuit.contractions[term.contraction];
    // Each operand: a public value, or a masked message with a claim on its tensor.
    const bool left_public = IsPublic(plan, c.left.tensor);
    const bool right_public = !c.right.has_value() || IsPublic(plan, c.right->tensor);
    Affine<K> left;
    Affine<K> right;
    Affine<K> product;
    if (!left_public) left = channel.ReceiveMasked("contraction end", 1)[0];
    if (!right_public) right = channel.ReceiveMasked("contraction end", 1)[0];
    if (!left_public && !right_public) product = channel.Product(left, right);
    if (channel.shape_only()) continue;

    AxisWeights<K> kappa_weights(c.space.size());
    std::vector<std::vector<K>> kappa_points(c.space.size());
    size_t bit = 0;
    for (size_t k = shape.kappa.size(); k-- > 0;) {
      const uint32_t a = shape.kappa[k];
      const auto bits = static_cast<size_t>(AxisBits(c.space[a]));
      kappa_points[a].assign(r.begin() + static_cast<std::ptrdiff_t>(bit),
                             r.begin() + static_cast<std::ptrdiff_t>(bit + bits));
      kappa_weights[a] = EqTable<K>(std::span<const K>(kappa_points[a]));
      kappa_weights[a].resize(c.space[a]);
      bit += bits;
    }
    const OperandWeights<K> w = WeightsOfOperands(c, shape, term.out_weights, kappa_weights);
    K scale = term.coefficient * w.scale;
    for (size_t j = shape.variables; j < variables; ++j) scale = scale * (K::One() - r[j]);

    if (left_public) {
      left.constant = EvaluatePublic(plan, statement, c.left, w.left);
    } else if (plan.circuit.tensors[c.left.tensor].kind == TensorKind::kWeight) {
      weight_claims.push_back(MakeWeightClaim(plan, c, w.left, kappa_points, left));
    } else {
      LinearClaim<K> claim;
      claim.value = left;
      AddView(plan, statement, c.left, w.left, K::One(), claim);
      claims.push_back(std::move(claim));
    }
    if (!c.right.has_value()) {
      right.constant = EvaluateOnes(shape, w.right);
    } else if (right_public) {
      right.constant = EvaluatePublic(plan, statement, *c.right, w.right);
    } else {
      LinearClaim<K> claim;
      claim.value = right;
      AddView(plan, statement, *c.right, w.right, K::One(), claim);
      claims.push_back(std::move(claim));
    }
    if (left_public) {
      product = right * left.constant;
    } else if (right_public) {
      product = left * right.constant;
    }
    end.Add(product, -scale);
  }
  LinearClaim<K> claim;
  claim.value = end.Take();
  claims.push_back(std::move(claim));
  return r;
}

#define PROVENN_INSTANTIATE(K)                                                                                        \
  template OperandWeights<K> WeightsOfOperands<K>(const Contraction&, const ContractionShape&, const AxisWeights<K>&, \
                                                  const AxisWeights<K>&);                                             \
  template std::vector<K> ReadContractions<K>(const Plan&, const Statement&, const LookupOutcome<K>&,                 \
                                              MaskedChannel<K>&, std::vector<LinearClaim<K>>&,                        \
                                              std::vector<WeightClaim<K>>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
