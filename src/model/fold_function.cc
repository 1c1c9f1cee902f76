// Element-wise functions: merged with each other, recognised in their expansions, moved in front of reshapes.
#include <algorithm>
#include <cmath>
#include <limits>

#include "model/fold_state.h"

namespace provenn::internal {
namespace {

constexpr float kHighest = std::numeric_limits<float>::max();

bool Near(double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); }

bool IsClamp(const GraphNode& node) { return node.op == Op::kRelu || node.op == Op::kClip; }
ClipAttributes Bounds(const GraphNode& node) {
  return node.op == Op::kRelu ? ClipAttributes{0.0f, kHighest} : node.As<ClipAttributes>();
}

bool MergeClamps(FoldState& state, GraphNode& outer, GraphNode& inner) {
  const ClipAttributes first = Bounds(inner);
  const ClipAttributes second = Bounds(outer);
  const ClipAttributes both{std::clamp(first.min, second.min, second.max),
                            std::clamp(first.max, second.min, second.max)};
  if (both.min == 0 && both.max == kHighest) {
    outer.op = Op::kRelu;
    outer.attributes = std::monostate();
  } else {
    outer.op = Op::kClip;
    outer.attributes = both;
  }
  outer.inputs[0] = state.Input(inner, 0);
  state.Remove(inner);
  return true;
}

// The value of an affine's constant operand if it is one number for all cells; `missing` if there is none.
std::optional<float> ScalarOperand(FoldState& state, const GraphNode& affine, size_t i, float missing) {
  const ValueId id = state.Input(affine, i);
  if (id == kNoValue) return missing;
  const std::vector<float>& data = state.graph().value(id).data;
  const bool uniform = std::ranges::all_of(data, [&](float v) { return v == data[0]; });
  return uniform && data.size() <= 4096 ? std::optional<float>(data[0]) : std::nullopt;
}

// clamp(x + shift, 0, top): how exporters begin HardSigmoid and HardSwish.
struct ShiftedClip {
  ValueId x;
  float shift;
  float top;
};
std::optional<ShiftedClip> MatchShiftedClip(FoldState& state, ValueId id) {
  GraphNode* clip = state.SoleProducer(id);
  if (clip == nullptr || clip->op != Op::kClip || clip->As<ClipAttributes>().min != 0) return std::nullopt;
  GraphNode* affine = state.SoleProducer(state.Input(*clip, 0));
  if (affine == nullptr || affine->op != Op::kAffine || affine->inputs[1] != kNoValue) return std::nullopt;
  const std::optional<float> shift = ScalarOperand(state, *affine, 2, 0.0f);
  if (!shift) return std::nullopt;
  return ShiftedClip{state.Input(*affine, 0), *shift, clip->As<ClipAttributes>().max};
}

void BecomeFunction(FoldState& state, GraphNode& node, Op op, Attributes attributes, ValueId x) {
  node.op = op;
  node.attributes = std::move(attributes);
  node.inputs = {x};
  state.AddUse(x);
}

// clamp(x + t, 0, h)·s with s·h = 1 is HardSigmoid(alpha = s, beta = t·s);
// x·clamp(x + 3, 0, 6)·(1/6) is HardSwish.
bool MatchScaledClip(FoldState& state, GraphNode& node) {
  if (node.op != Op::kAffine || node.inputs[2] != kNoValue) return false;
  const std::optional<float> scale = ScalarOperand(state, node, 1, 1.0f);
  if (!scale || *scale <= 0) return false;
  const ValueId x = state.Input(node, 0);
  if (const auto clip = MatchShiftedClip(state, x); clip && Near(double{*scale} * double{clip->top}, 1.0)) {
    BecomeFunction(state, node, Op::kHardSigmoid, HardSigmoidAttributes{*scale, clip->shift * *scale}, clip->x);
    return true;
  }
  GraphNode* product = state.SoleProducer(x);
  if (product == nullptr || product->op != Op::kMul || !Near(double{*scale}, 1.0 / 6.0)) return false;
  for (size_t side = 0; side < 2; ++side) {
    const ValueId other = state.Input(*product, 1 - side);
    const auto clip = MatchShiftedClip(state, state.Input(*product, side));
    if (!clip || clip->x != other || clip->shift != 3.0f || clip->top != 6.0f) continue;
    BecomeFunction(state, node, Op::kHardSwish, std::monostate(), other);
    return true;
  }
  return false;
}

// x·HardSigmoid(x, 1/6, 1/2) is HardSwish.
bool MatchGatedProduct(FoldState& state, GraphNode& node) {
  if (node.op != Op::kMul) return false;
  for (size_t side = 0; side < 2; ++side) {
    const ValueId other = state.Input(node, 1 - side);
    GraphNode* gate = state.SoleProducer(state.Input(node, side));
    if (gate == nullptr || gate->op != Op::kHardSigmoid || state.Input(*gate, 0) != other) continue;
    const auto& attributes = gate->As<HardSigmoidAttributes>();
    if (!Near(double{attributes.alpha}, 1.0 / 6.0) || !Near(double{attributes.beta}, 0.5)) continue;
    BecomeFunction(state, node, Op::kHardSwish, std::monostate(), other);
    return true;
  }
  return false;
}

// A constant that broadcasts to `to`, given with the shape that broadcasts to `from`, where the two shapes differ by
// axes of size 1 alone. nullopt where they differ otherwise.
std::optional<Dims> MoveUnitAxes(const Dims& constant, const Dims& from, const Dims& to) {
  if (ElementCount(constant) == 1) return Dims();
  Dims aligned(from.size() - constant.size(), 1);
  aligned.insert(aligned.end(), constant.begin(), constant.end());
  Dims moved(to.size(), 1);
  size_t i = 0;
  for (size_t j = 0; j < to.size(); ++j) {
    if (to[j] == 1) continue;
    while (i < from.size() && from[i] == 1) ++i;
    if (i == from.size() || from[i] != to[j]) return std::nullopt;
    moved[j] = aligned[i++];
  }
  return moved;
}

}  // namespace

bool FoldFunction(FoldState& state, GraphNode& node) {
  if (IsClamp(node)) {
    GraphNode* inner = state.SoleProducer(state.Input(node, 0));
    return inner != nullptr && IsClamp(*inner) && MergeClamps(state, node, *inner);
  }
  return MatchScaledClip(state, node) || MatchGatedProduct(state, node);
}

bool MoveBeforeReshape(FoldState& state, GraphNode& node) {
  if (!IsFunction(node.op) && node.op != Op::kAffine) return false;
  Graph& graph = state.graph();
  const ValueId middle = state.Input(node, 0);
  GraphNode* reshape = state.SoleProducer(middle);
  if (reshape == nullptr || reshape->op != Op::kReshape) return false;
  const Dims inner_shape = graph.shape(state.Input(*reshape, 0));
  const Dims outer_shape = graph.shape(node.output);
  std::array<ValueId, 3> moved = {middle, kNoValue, kNoValue};
  std::array<std::optional<Dims>, 3> shapes;
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNoValue) continue;
    shapes[i] = MoveUnitAxes(graph.shape(state.Input(node, i)), outer_shape, inner_shape);
    if (!shapes[i]) return false;
  }
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNoValue) continue;
    const std::vector<float> data = graph.value(state.Input(node, i)).data;
    moved[i] = state.AddConstant(*shapes[i], data);
  }
  // The function takes the reshape's place and the reshape the function's, so that the order stays topological. The
  // value between them is now the function's result in the shape from before the reshape.
  const ValueId source = state.Input(*reshape, 0);
  std::swap(node, *reshape);
  GraphNode& function = *reshape;
  GraphNode& after = node;
  after.output = function.output;
  after.inputs = {middle};
  function.inputs[0] = source;
  for (size_t i = 1; i < function.inputs.size(); ++i) function.inputs[i] = moved[i];
  function.output = middle;
  graph.value(middle).shape = inner_shape;
  graph.value(middle).name.clear();
  state.SetProducer(middle, function);
  state.SetProducer(after.output, after);
  return true;
}

}  // namespace provenn::internal
