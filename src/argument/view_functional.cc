#include "argument/view_functional.h"

#include "field/kernels.h"
#include "field/multilinear.h"

namespace provenn {
namespace {

// sum over the tensor of prod axes[a][i_a] * values[i].
template <typename K>
K Contract(std::span<const std::vector<K>> axes, std::span<const int32_t> values) {
  if (axes.size() == 1) return InnerProduct<K>(values, std::span<const K>(axes[0]));
  if (axes.empty()) return K(Goldilocks::FromSigned(values[0]));
  const size_t stride = values.size() / axes[0].size();
  K sum = K::Zero();
  for (size_t i = 0; i < axes[0].size(); ++i) {
    if (axes[0][i] == K::Zero()) continue;
    sum += axes[0][i] * Contract(axes.subspan(1), values.subspan(i * stride, stride));
  }
  return sum;
}

// Adds to v[index] the product of weights over all index combinations of steps [from, end).
template <typename K>
void Spread(const AxisMap& map, size_t from, int64_t index, K product, const AxisWeights<K>& weights,
            std::vector<K>& v) {
  if (from == map.steps.size()) {
    if (index >= 0 && index < static_cast<int64_t>(v.size())) v[static_cast<size_t>(index)] += product;
    return;
  }
  const AxisStep& step = map.steps[from];
  const std::vector<K>& w = weights[step.axis];
  for (size_t e = 0; e < w.size(); ++e) {
    Spread(map, from + 1, index + static_cast<int64_t>(step.stride) * static_cast<int64_t>(e), product * w[e], weights,
           v);
  }
}

}  // namespace

template <typename K>
AxisWeights<K> EqWeights(const Shape& space, std::span<const K> point) {
  AxisWeights<K> weights(space.size());
  size_t bit = 0;
  for (size_t a = space.size(); a-- > 0;) {
    const auto bits = static_cast<size_t>(AxisBits(space[a]));
    weights[a] = EqTable<K>(point.subspan(bit, bits));
    weights[a].resize(space[a]);
    bit += bits;
  }
  return weights;
}

template <typename K>
std::vector<std::vector<K>> PullBack(const View& view, const Shape& tensor_shape, const AxisWeights<K>& weights) {
  std::vector<std::vector<K>> axes(tensor_shape.size());
  for (size_t a = 0; a < tensor_shape.size(); ++a) {
    axes[a].assign(tensor_shape[a], K::Zero());
    Spread(view.axes[a], 0, int64_t{view.axes[a].offset}, K::One(), weights, axes[a]);
  }
  return axes;
}

std::vector<uint8_t> UsedAxes(const View& view, size_t rank) {
  std::vector<uint8_t> used(rank, 0);
  for (const AxisMap& map : view.axes) {
    for (const AxisStep& step : map.steps) used[step.axis] = 1;
  }
  return used;
}

template <typename K>
K Sum(const std::vector<K>& values) {
  K sum = K::Zero();
  for (const K& v : values) sum += v;
  return sum;
}

Goldilocks ToField(const Coefficient& c) {
  const Goldilocks numerator = Goldilocks::FromSigned(c.numerator);
  if (c.shift == 0) return numerator;
  return numerator * Goldilocks(uint64_t{1} << c.shift).Inverse();
}

bool IsPublic(const Plan& plan, uint32_t tensor) {
  const TensorKind kind = plan.circuit.tensors[tensor].kind;
  return (kind == TensorKind::kInput || kind == TensorKind::kOutput) && plan.hidden[tensor] == 0;
}

template <typename K>
K EvaluatePublic(const Plan& plan, const Statement& statement, const View& view, const AxisWeights<K>& weights) {
  // Counting messages needs no values.
  if (statement.values.empty()) return K::Zero();
  std::vector<std::vector<K>> axes = PullBack(view, plan.circuit.tensors[view.tensor].shape, weights);
  JoinInnermost(axes, kJoinedElements);
  return Contract<K>(axes, statement.values[view.tensor]);
}

template <typename K>
void AddView(const Plan& plan, const Statement& statement, const View& view, const AxisWeights<K>& weights,
             K coefficient, LinearClaim<K>& claim) {
  if (IsPublic(plan, view.tensor)) {
    claim.value.constant = claim.value.constant - coefficient * EvaluatePublic(plan, statement, view, weights);
    return;
  }
  PROVENN_CHECK(plan.tensor_block[view.tensor].has_value());
  ProductFunctional<K> functional;
  functional.targets.push_back({*plan.tensor_block[view.tensor], coefficient});
  functional.axes = PullBack(view, plan.circuit.tensors[view.tensor].shape, weights);
  claim.products[kActivations].push_back(std::move(functional));
}

#define PROVENN_INSTANTIATE(K)                                                                        \
  template AxisWeights<K> EqWeights<K>(const Shape&, std::span<const K>);                             \
  template std::vector<std::vector<K>> PullBack<K>(const View&, const Shape&, const AxisWeights<K>&); \
  template K Sum<K>(const std::vector<K>&);                                                           \
  template K EvaluatePublic<K>(const Plan&, const Statement&, const View&, const AxisWeights<K>&);    \
  template void AddView<K>(const Plan&, const Statement&, const View&, const AxisWeights<K>&, K, LinearClaim<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
