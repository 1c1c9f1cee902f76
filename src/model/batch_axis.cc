#include "model/batch_axis.h"

#include <algorithm>
#include <optional>

namespace provenn {
namespace {

// Where the sample's number is in an index: along `axis` it is (index / inner) mod kProbeBatch.
struct Place {
  size_t axis = 0;
  int64_t inner = 1;
  bool operator==(const Place&) const = default;
};
using Places = std::optional<Place>;  // nothing: the same for every sample

int64_t CellsAfter(const Dims& shape, size_t axis) {
  int64_t n = 1;
  for (size_t d = axis + 1; d < shape.size(); ++d) n *= shape[d];
  return n;
}

// The same cells in row-major order with another shape; nothing where the sample's number is no longer a digit of one
// index.
Places Reshaped(const Place& from, const Dims& before, const Dims& after) {
  const int64_t stride = from.inner * CellsAfter(before, from.axis);
  for (size_t d = 0; d < after.size(); ++d) {
    const int64_t cells = CellsAfter(after, d);
    if (stride % cells != 0) continue;
    const int64_t inner = stride / cells;
    if (after[d] % (inner * kProbeBatch) == 0) return Place{d, inner};
  }
  return std::nullopt;
}

// Whether a constant has the same data for every sample, if they lie at `place`.
bool IsUniform(const GraphValue& constant, const Place& place) {
  const int64_t stride = place.inner * CellsAfter(constant.shape, place.axis);
  for (size_t i = 0; i < constant.data.size(); ++i) {
    const int64_t sample = static_cast<int64_t>(i) / stride % kProbeBatch;
    if (constant.data[i] != constant.data[i - static_cast<size_t>(sample * stride)]) return false;
  }
  return true;
}

class Follower {
 public:
  Follower(const Graph& graph, const std::vector<bool>& is_batch) : graph_(graph), places_(graph.values.size()) {
    for (size_t i = 0; i < graph.inputs.size(); ++i) {
      if (is_batch[i]) PlaceOf(graph.inputs[i]) = Place{};
    }
  }

  Status Run() {
    for (const GraphNode& node : graph_.nodes) {
      node_ = &node;
      const bool touched = std::any_of(node.inputs.begin(), node.inputs.end(),
                                       [&](ValueId v) { return v != kNoValue && PlaceOf(v).has_value(); });
      if (touched) RETURN_IF_ERROR(Follow());
    }
    for (size_t i = 0; i < graph_.outputs.size(); ++i) {
      const Places& place = PlaceOf(graph_.outputs[i]);
      const Dims& shape = graph_.shape(graph_.outputs[i]);
      if (!place.has_value() || (place->axis == 0 && place->inner * kProbeBatch == shape[0])) continue;
      return Error{
          Code::kUnsupported,
          "does not have the samples of a batch along its first axis, which the inputs leave open; " + Advice(),
          "output '" + graph_.output_names[i] + "'"};
    }
    return Ok();
  }

 private:
  static std::string Advice() {
    return "if one sample at a time is meant, export the model with a first axis of fixed size 1";
  }
  Error Mixes(const std::string& how) const {
    return Error{Code::kUnsupported, "mixes the samples of a batch: " + how + "; " + Advice(),
                 "node '" + node_->name + "' (" + node_->origin + ")"};
  }
  Places& PlaceOf(ValueId v) { return places_[static_cast<size_t>(v)]; }
  Status Set(Place place) {
    PlaceOf(node_->output) = place;
    return Ok();
  }

  Status Follow() {
    const GraphNode& node = *node_;
    const ValueId x = node.inputs[0];
    if (IsFunction(node.op)) return Set(*PlaceOf(x));
    switch (node.op) {
      case Op::kConv:
        if (PlaceOf(node.inputs[1]).has_value()) return Mixes("its kernel depends on them");
        if (PlaceOf(x)->axis != 0) return Mixes("it sums over the axis that they lie along");
        return Set(*PlaceOf(x));
      case Op::kMatMul:
        return FollowMatMul();
      case Op::kAffine:
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
        return FollowBroadcast();
      case Op::kMaxPool:
      case Op::kAveragePool:
        if (PlaceOf(x)->axis > 1) return Mixes("its windows run over the axis that they lie along");
        return Set(*PlaceOf(x));
      case Op::kReduceMean:
      case Op::kReduceSum: {
        const Dims& axes = node.As<ReduceAttributes>().axes;
        const int64_t axis = static_cast<int64_t>(PlaceOf(x)->axis);
        if (std::find(axes.begin(), axes.end(), axis) != axes.end()) return Mixes("it reduces over them");
        return Set(*PlaceOf(x));
      }
      case Op::kSoftmax:
        if (node.As<SoftmaxAttributes>().axis == static_cast<int64_t>(PlaceOf(x)->axis)) {
          return Mixes("it normalises over the axis that they lie along");
        }
        return Set(*PlaceOf(x));
      case Op::kReshape: {
        const Places to = Reshaped(*PlaceOf(x), graph_.shape(x), graph_.shape(node.output));
        if (!to.has_value()) return Mixes("its target shape cuts across them");
        return Set(*to);
      }
      case Op::kTranspose: {
        const Dims& permutation = node.As<TransposeAttributes>().permutation;
        const int64_t axis = static_cast<int64_t>(PlaceOf(x)->axis);
        const auto at = std::find(permutation.begin(), permutation.end(), axis);
        return Set({static_cast<size_t>(at - permutation.begin()), PlaceOf(x)->inner});
      }
      case Op::kConcat:
        return FollowConcat();
      case Op::kSlice: {
        const auto& slice = node.As<SliceAttributes>();
        const size_t axis = PlaceOf(x)->axis;
        const bool whole = slice.starts[axis] == 0 && slice.steps[axis] == 1 &&
                           graph_.shape(x)[axis] == graph_.shape(node.output)[axis];
        if (!whole) return Mixes("it takes some of them");
        return Set(*PlaceOf(x));
      }
      case Op::kPad: {
        const auto& pad = node.As<PadAttributes>();
        const size_t axis = PlaceOf(x)->axis;
        if (pad.before[axis] != 0 || pad.after[axis] != 0) return Mixes("it adds to them");
        return Set(*PlaceOf(x));
      }
      default:
        return Mixes("it is not known to keep them apart");
    }
  }

  // An operand whose axes are aligned with the result's at the end must lie as the result does, or be the same for all
  // samples.
  Status CheckOperand(ValueId v, const Place& out, size_t rank) {
    const Dims& shape = graph_.shape(v);
    const size_t lead = rank - shape.size();
    if (PlaceOf(v).has_value()) {
      if (Place{PlaceOf(v)->axis + lead, PlaceOf(v)->inner} == out) return Ok();
      return Mixes("its operands have them along different axes");
    }
    if (out.axis < lead || shape[out.axis - lead] == 1) return Ok();
    if (graph_.IsConstant(v) && IsUniform(graph_.value(v), {out.axis - lead, out.inner})) return Ok();
    return Mixes("an operand differs from one to the next");
  }

  Status FollowBroadcast() {
    const size_t rank = graph_.shape(node_->output).size();
    Places out;
    for (const ValueId v : node_->inputs) {
      if (v == kNoValue || !PlaceOf(v).has_value() || out.has_value()) continue;
      out = Place{PlaceOf(v)->axis + rank - graph_.shape(v).size(), PlaceOf(v)->inner};
    }
    for (const ValueId v : node_->inputs) {
      if (v != kNoValue) RETURN_IF_ERROR(CheckOperand(v, *out, rank));
    }
    return Set(*out);
  }

  Status FollowMatMul() {
    const size_t rank = graph_.shape(node_->output).size();
    const ValueId operands[2] = {node_->inputs[0], node_->inputs[1]};
    Places out;
    for (size_t i = 0; i < 2; ++i) {
      const Places& place = PlaceOf(operands[i]);
      if (!place.has_value()) continue;
      const size_t axes = graph_.shape(operands[i]).size();
      if (place->axis == axes - (i == 0 ? 1 : 2)) return Mixes("it sums over the axis that they lie along");
      const Place to{place->axis + rank - axes, place->inner};
      if (out.has_value() && *out != to) return Mixes("its operands have them along different axes");
      out = to;
    }
    for (const ValueId v : operands) {
      // Rows and columns come from one operand each.
      if (out->axis + 2 < rank) RETURN_IF_ERROR(CheckOperand(v, *out, rank));
    }
    return Set(*out);
  }

  Status FollowConcat() {
    Places out;
    for (const ValueId v : node_->inputs) {
      if (PlaceOf(v).has_value()) out = PlaceOf(v);
    }
    if (node_->As<ConcatAttributes>().axis == static_cast<int64_t>(out->axis)) return Mixes("it adds to them");
    const size_t rank = graph_.shape(node_->output).size();
    for (const ValueId v : node_->inputs) RETURN_IF_ERROR(CheckOperand(v, *out, rank));
    return Set(*out);
  }

  const Graph& graph_;
  std::vector<Places> places_;
  const GraphNode* node_ = nullptr;
};

}  // namespace

Status CheckSamplesStayApart(const Graph& graph, const std::vector<bool>& is_batch) {
  return Follower(graph, is_batch).Run();
}

}  // namespace provenn
