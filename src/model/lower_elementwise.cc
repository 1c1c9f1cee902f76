// Sums and products of values, element by element.
#include <algorithm>

#include "model/lowering.h"

namespace provenn {

Result<IndexSpace> Lowering::CommonSpace(std::vector<StoredValue>* values, const Dims& shape) {
  const size_t rank = shape.size();
  std::vector<std::vector<uint32_t>> sizes(rank);
  const auto axis_of = [&](StoredValue& v, size_t d) -> LogicalAxis* {
    return d + v.axes.size() < rank ? nullptr : &v.axes[d + v.axes.size() - rank];
  };
  for (size_t d = 0; d < rank; ++d) {
    if (shape[d] == 1) continue;
    for (size_t i = 0; i < values->size(); ++i) {
      LogicalAxis* axis = axis_of((*values)[i], d);
      if (axis == nullptr || axis->empty()) continue;
      if (sizes[d].empty()) {
        sizes[d] = FactorSizes(*axis);
        continue;
      }
      auto common = CommonSizes(sizes[d], FactorSizes(*axis));
      if (!common.has_value()) {
        // Boundaries cross: a copy has one factor, which splits anywhere.
        ASSIGN_OR_RETURN((*values)[i], Copy((*values)[i], NodeLabel() + " operand"));
        common = sizes[d];
      }
      sizes[d] = *common;
    }
  }
  for (StoredValue& v : *values) {
    for (size_t d = 0; d < rank; ++d) {
      LogicalAxis* axis = axis_of(v, d);
      if (axis != nullptr && !axis->empty() && !SplitFactors(axis, sizes[d])) {
        return Unsupported("operands that were reshaped differently");
      }
    }
  }
  // The largest operand gives the order; what it lacks is appended.
  const auto count = [](const StoredValue& v) {
    uint64_t n = 1;
    for (const LogicalAxis& axis : v.axes) n *= SizeOf(axis);
    return n;
  };
  const auto largest = std::max_element(
      values->begin(), values->end(), [&](const StoredValue& a, const StoredValue& b) { return count(a) < count(b); });
  IndexSpace space = SpaceInStorageOrder(*largest);
  space.axes.insert(space.axes.begin(), rank - largest->axes.size(), {});
  for (size_t d = 0; d < rank; ++d) {
    if (shape[d] == 1 || !space.axes[d].empty()) continue;
    // An axis that only constants have.
    if (sizes[d].empty()) sizes[d] = {static_cast<uint32_t>(shape[d])};
    for (uint32_t size : sizes[d]) space.Append(d, size);
  }
  if (space.sizes.size() + 1 >= kMaxRank) return Unsupported("operands with too many axes");
  return space;
}

// sum += sign * term, at the finer of the two scales.
Status Lowering::AddScaled(const PendingSum& term, int sign, PendingSum* sum) {
  const int32_t scale = std::max(term.scale, sum->scale);
  if (scale - std::min(term.scale, sum->scale) > 30) return Unsupported("operands of very different scale");
  const auto lift = [](PendingSum* p, int64_t factor) {
    p->sum.constant.numerator *= factor;
    for (ViewTerm& t : p->sum.terms) t.coefficient.numerator *= factor;
    for (AccumulatorTerm& t : p->sum.accumulators) t.coefficient.numerator *= factor;
    const int64_t a = p->min * factor;
    const int64_t b = p->max * factor;
    p->min = std::min(a, b);
    p->max = std::max(a, b);
  };
  for (const PendingSum* p : {&term, const_cast<const PendingSum*>(sum)}) {
    const double reach = std::max(-static_cast<double>(p->min), static_cast<double>(p->max));
    if (Scaled(reach, scale - p->scale) > 1e18) return Unsupported("its sums could exceed 61 bits; use fewer --bits");
  }
  PendingSum other = term;
  lift(&other, sign * (int64_t{1} << (scale - term.scale)));
  lift(sum, int64_t{1} << (scale - sum->scale));
  sum->scale = scale;
  sum->sum.constant.numerator += other.sum.constant.numerator;
  sum->sum.terms.insert(sum->sum.terms.end(), other.sum.terms.begin(), other.sum.terms.end());
  sum->sum.accumulators.insert(sum->sum.accumulators.end(), other.sum.accumulators.begin(),
                               other.sum.accumulators.end());
  sum->min += other.min;
  sum->max += other.max;
  return CheckBounds(*sum);
}

Status Lowering::LowerAdd(const GraphNode& node) {
  const Dims& shape = graph_.shape(node.output);
  const int signs[2] = {1, node.op == Op::kSub ? -1 : 1};
  // Operands that are still sums, not read by anything else and of full shape, are taken over as they are.
  std::optional<PendingSum> total;
  std::vector<size_t> rest;
  for (size_t i = 0; i < 2; ++i) {
    const ValueId v = node.inputs[i];
    const PendingSum* pending = graph_.IsConstant(v) ? nullptr : std::get_if<PendingSum>(&StateOf(RootOf(v)));
    const bool take = pending != nullptr && FunctionOf(v)->IsIdentity() && SoleDemand(v) && graph_.shape(v) == shape &&
                      (!total.has_value() || total->space == pending->space);
    if (!take) {
      rest.push_back(i);
      continue;
    }
    if (total.has_value()) {
      RETURN_IF_ERROR(AddScaled(*pending, signs[i], &*total));
    } else {
      total = PendingSum{pending->space, {}, pending->scale, 0, 0};
      RETURN_IF_ERROR(AddScaled(*pending, signs[i], &*total));
    }
  }
  std::vector<StoredValue> values;
  for (size_t i : rest) {
    if (graph_.IsConstant(node.inputs[i])) continue;
    ASSIGN_OR_RETURN(StoredValue value, Stored(node.inputs[i]));
    values.push_back(std::move(value));
  }
  if (!total.has_value()) {
    ASSIGN_OR_RETURN(IndexSpace space, CommonSpace(&values, shape));
    total = PendingSum{std::move(space), {}, values[0].scale, 0, 0};
  }
  size_t next = 0;
  for (size_t i : rest) {
    if (graph_.IsConstant(node.inputs[i])) {
      const GraphValue& constant = graph_.value(node.inputs[i]);
      std::vector<float> data = constant.data;
      for (float& x : data) x = signs[i] < 0 ? -x : x;
      std::vector<int64_t> low(data.size(), total->min);
      std::vector<int64_t> high(data.size(), total->max);
      RETURN_IF_ERROR(AddBias(node.name + " constant", data, BroadcastAxes(constant.shape, total->space, nullptr),
                              static_cast<int64_t>(data.size()), &low, &high, &*total));
      total->min = *std::min_element(low.begin(), low.end());
      total->max = *std::max_element(high.begin(), high.end());
      continue;
    }
    StoredValue& value = values[next++];
    std::optional<View> view = ViewOver(value, total->space);
    if (!view.has_value()) {
      ASSIGN_OR_RETURN(value, Copy(value, node.name + " operand"));
      view = ViewOver(value, total->space);
      if (!view.has_value()) return Unsupported("operands that were reshaped differently");
    }
    PendingSum term;
    term.sum.terms.push_back({{1, 0}, std::move(*view)});
    term.scale = value.scale;
    term.min = value.min;
    term.max = value.max;
    RETURN_IF_ERROR(AddScaled(term, signs[i], &*total));
  }
  StateOf(node.output) = std::move(*total);
  return Ok();
}

Status Lowering::LowerMul(const GraphNode& node) {
  const Dims& shape = graph_.shape(node.output);
  const bool constant[2] = {graph_.IsConstant(node.inputs[0]), graph_.IsConstant(node.inputs[1])};
  std::vector<StoredValue> values;
  for (size_t i = 0; i < 2; ++i) {
    if (constant[i]) continue;
    ASSIGN_OR_RETURN(StoredValue value, constant[1 - i] ? OperandOf(node.inputs[i], graph_.value(node.inputs[1 - i]))
                                                        : Stored(node.inputs[i]));
    values.push_back(std::move(value));
  }
  PendingSum pending;
  ASSIGN_OR_RETURN(pending.space, CommonSpace(&values, shape));
  const size_t rank = pending.space.sizes.size();
  const auto view_of = [&](const StoredValue& value) { return ViewOver(value, pending.space); };
  const StoredValue& first = values[0];
  const std::optional<View> first_view = view_of(first);
  if (!first_view.has_value()) return Unsupported("operands that were reshaped differently");
  if (values.size() == 1) {
    const GraphValue& weight = graph_.value(node.inputs[constant[0] ? 0 : 1]);
    const int32_t scale = WeightScale(weight.data, first.scale, KeyScaleOf(node.output));
    View operand = *first_view;
    Shape space = pending.space.sizes;
    std::vector<WeightAxis> axes = BroadcastAxes(weight.shape, pending.space, &operand);
    AddInnerAxis(&axes, &space, &operand);
    if (space.size() + 1 >= kMaxRank) return Unsupported("an operand with too many axes");
    ASSIGN_OR_RETURN(WeightSums sums, AddWeight(node.name + " constant", weight.data, 0, std::move(axes), scale,
                                                static_cast<int64_t>(weight.data.size()),
                                                std::min<int64_t>(first.min, 0), std::max<int64_t>(first.max, 0)));
    pending.scale = first.scale + sums.scale;
    pending.sum.accumulators.push_back({{1, 0}, AddContraction(std::move(space), rank, sums.view, std::move(operand))});
    return FinishLinear(node, std::move(pending), std::move(sums), kNoValue, {});
  }
  const StoredValue& second = values[1];
  std::optional<View> second_view = view_of(second);
  if (!second_view.has_value()) return Unsupported("operands that were reshaped differently");
  pending.scale = first.scale + second.scale;
  const int64_t corners[4] = {first.min * second.min, first.min * second.max, first.max * second.min,
                              first.max * second.max};
  WeightSums sums;
  sums.min = {*std::min_element(corners, corners + 4)};
  sums.max = {*std::max_element(corners, corners + 4)};
  pending.sum.accumulators.push_back(
      {{1, 0}, AddContraction(pending.space.sizes, rank, *first_view, std::move(second_view))});
  return FinishLinear(node, std::move(pending), std::move(sums), kNoValue, {});
}

}  // namespace provenn
