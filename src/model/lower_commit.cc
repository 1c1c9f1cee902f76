// Where pending sums become committed cells.
#include <algorithm>

#include "model/lowering.h"

namespace provenn {
namespace {

// The compact tensor of a space: one axis per logical axis, in the order in which the space first meets them.
struct Layout {
  Shape shape;
  View view;  // of the tensor over the space; the tensor id is left open
  StoredValue value;
};

Layout CompactLayout(const IndexSpace& space) {
  std::vector<size_t> logical(space.sizes.size(), 0);
  for (size_t d = 0; d < space.axes.size(); ++d) {
    for (uint32_t a : space.axes[d]) logical[a] = d;
  }
  Layout layout;
  layout.value.axes.resize(space.axes.size());
  for (size_t a = 0; a < space.sizes.size(); ++a) {
    const size_t d = logical[a];
    if (!layout.value.axes[d].empty()) continue;
    const uint32_t tensor_axis = static_cast<uint32_t>(layout.shape.size());
    AxisMap map;
    uint32_t size = 1;
    for (size_t i = space.axes[d].size(); i-- > 0;) {
      map.steps.push_back({space.axes[d][i], static_cast<int32_t>(size)});
      size *= space.sizes[space.axes[d][i]];
    }
    std::sort(map.steps.begin(), map.steps.end(), [](const AxisStep& x, const AxisStep& y) { return x.axis < y.axis; });
    layout.value.axes[d].push_back(Factor{size, tensor_axis, 1});
    layout.value.offsets.push_back(0);
    layout.shape.push_back(size);
    layout.view.axes.push_back(std::move(map));
  }
  return layout;
}

}  // namespace

uint32_t Lowering::AddTensor(const std::string& name, TensorKind kind, const Shape& shape, int64_t min, int64_t max,
                             int32_t scale) {
  Tensor t;
  t.name = name;
  t.kind = kind;
  t.shape = shape;
  t.min = min;
  t.max = max;
  t.scale = scale;
  out_.circuit.tensors.push_back(std::move(t));
  if (kind != TensorKind::kWeight && kind != TensorKind::kInput) out_.costs[node_].proof.cells += ElementCount(shape);
  return static_cast<uint32_t>(out_.circuit.tensors.size() - 1);
}

Result<StoredValue> Lowering::Stored(ValueId v) {
  const ValueId root = RootOf(v);
  const Unary f = FunctionOf(v);
  State& state = StateOf(root);
  if (f->IsIdentity() && std::holds_alternative<StoredValue>(state)) return std::get<StoredValue>(state);
  const std::pair key(root, f->signature());
  const auto known = committed_.find(key);
  if (known != committed_.end()) return known->second;
  PendingSum pending;
  if (std::holds_alternative<PendingSum>(state) && (f->IsIdentity() || !CommitsRoot(root))) {
    pending = std::get<PendingSum>(state);
  } else {
    ASSIGN_OR_RETURN(const StoredValue base, Stored(root));
    ASSIGN_OR_RETURN(pending, PendingOf(base));
  }
  // The cost belongs to the node that made the sum, or to the function where its argument is in cells already.
  const size_t node = std::min(producer_[static_cast<size_t>(std::holds_alternative<PendingSum>(state) ? root : v)],
                               graph_.nodes.size());
  // Handed out and read by nothing else.
  const bool exact = f->IsIdentity() && SoleDemand(v) && reader_[static_cast<size_t>(root)] == graph_.nodes.size();
  ASSIGN_OR_RETURN(StoredValue value, Rescale(pending, FormatOf(v), graph_.value(v).name, node, exact));
  committed_[key] = value;
  return value;
}

Result<std::pair<PendingSum, Unary>> Lowering::Source(ValueId v) {
  const ValueId root = RootOf(v);
  State& state = StateOf(root);
  if (SoleDemand(v)) {
    if (std::holds_alternative<PendingSum>(state)) return std::pair(std::get<PendingSum>(state), FunctionOf(v));
    ASSIGN_OR_RETURN(PendingSum pending, PendingOf(std::get<StoredValue>(state)));
    return std::pair(std::move(pending), FunctionOf(v));
  }
  ASSIGN_OR_RETURN(const StoredValue value, Stored(v));
  ASSIGN_OR_RETURN(PendingSum pending, PendingOf(value));
  return std::pair(std::move(pending), UnaryFunction::Identity());
}

Result<PendingSum> Lowering::PendingOf(const StoredValue& value) {
  PendingSum pending;
  pending.space = SpaceInStorageOrder(value);
  if (pending.space.sizes.size() + 1 >= kMaxRank) return Unsupported("a view with too many axes");
  pending.sum.terms.push_back({{1, 0}, *ViewOver(value, pending.space)});
  pending.scale = value.scale;
  pending.min = value.min;
  pending.max = value.max;
  return pending;
}

Result<StoredValue> Lowering::Rescale(const PendingSum& pending, const OutputFormat& format, const std::string& name,
                                      size_t node, bool exact) {
  Layout layout = CompactLayout(pending.space);
  const size_t current = node_;
  node_ = node;
  const uint32_t tensor = AddTensor(name, TensorKind::kWitness, layout.shape, format.min, format.max, format.scale);
  layout.view.tensor = tensor;
  const Status status = RescaleInto(pending, format, name, node, tensor, std::move(layout.view));
  node_ = current;
  RETURN_IF_ERROR(status);
  rescales_.back().exact = exact;
  out_.costs[node].scale = format.scale;
  out_.costs[node].committed = true;
  layout.value.tensor = tensor;
  layout.value.scale = format.scale;
  layout.value.min = format.min;
  layout.value.max = format.max;
  return layout.value;
}

Status Lowering::RescaleInto(const PendingSum& pending, const OutputFormat& format, const std::string& name,
                             size_t node, uint32_t tensor, View out_view) {
  RescaleRequest r;
  r.name = name;
  r.node = node;
  r.space = pending.space.sizes;
  r.sum = pending.sum;
  r.shift = pending.scale - format.key_scale;
  r.min = pending.min;
  r.max = pending.max;
  if (r.shift < 0) {
    // The sum is coarser than the keys: lift it.
    if (-r.shift > 30) return Unsupported("scales that lie too far apart");
    const int64_t factor = int64_t{1} << -r.shift;
    r.sum.constant.numerator *= factor;
    for (ViewTerm& term : r.sum.terms) term.coefficient.numerator *= factor;
    for (AccumulatorTerm& term : r.sum.accumulators) term.coefficient.numerator *= factor;
    r.min = ClampedProduct(r.min, factor);
    r.max = ClampedProduct(r.max, factor);
    RETURN_IF_ERROR(CheckBounds(PendingSum{{}, {}, 0, r.min, r.max}));
    r.shift = 0;
  }
  if (r.shift > 48) return Unsupported("scales that lie too far apart");
  if (r.shift > 0) {
    const int64_t half = int64_t{1} << (r.shift - 1);
    r.sum.constant.numerator += half;
    r.min += half;
    r.max += half;
  }
  r.function = format.table;
  r.out = tensor;
  out_view.tensor = tensor;
  r.out_view = std::move(out_view);
  rescales_.push_back(std::move(r));
  return Ok();
}

namespace {

OutputFormat SameFormat(const StoredValue& value) {
  OutputFormat format;
  format.scale = value.scale;
  format.key_scale = value.scale;
  format.min = value.min;
  format.max = value.max;
  format.table = Canonical(IdentityTable(value.min, value.max));
  return format;
}

}  // namespace

Result<StoredValue> Lowering::Copy(const StoredValue& value, const std::string& name) {
  ASSIGN_OR_RETURN(const PendingSum pending, PendingOf(value));
  return Rescale(pending, SameFormat(value), name, node_);
}

Result<StoredValue> Lowering::FlatCopy(const StoredValue& value, const std::string& name) {
  ASSIGN_OR_RETURN(const PendingSum pending, PendingOf(value));
  const uint32_t count = static_cast<uint32_t>(pending.space.Count());
  const OutputFormat format = SameFormat(value);
  const uint32_t tensor = AddTensor(name, TensorKind::kWitness, {count}, format.min, format.max, format.scale);
  // Row-major over the logical axes.
  AxisMap map;
  StoredValue flat;
  flat.axes.resize(value.axes.size());
  int64_t stride = 1;
  for (size_t d = value.axes.size(); d-- > 0;) {
    const int64_t axis_stride = stride;
    for (size_t i = pending.space.axes[d].size(); i-- > 0;) {
      const uint32_t axis = pending.space.axes[d][i];
      map.steps.push_back({axis, static_cast<int32_t>(stride)});
      stride *= pending.space.sizes[axis];
    }
    const uint32_t size = static_cast<uint32_t>(stride / axis_stride);
    if (size > 1) flat.axes[d].push_back(Factor{size, 0, static_cast<int32_t>(axis_stride)});
  }
  std::sort(map.steps.begin(), map.steps.end(), [](const AxisStep& x, const AxisStep& y) { return x.axis < y.axis; });
  RETURN_IF_ERROR(RescaleInto(pending, format, name, node_, tensor, View{tensor, {map}}));
  flat.tensor = tensor;
  flat.offsets = {0};
  flat.scale = value.scale;
  flat.min = value.min;
  flat.max = value.max;
  return flat;
}

bool Lowering::ZeroBeyond(const StoredValue& value, size_t axis) const {
  if (value.axes[axis].size() != 1) return value.axes[axis].empty();
  const Dims before(value.axes.size(), 0);
  Dims pad = before;
  pad[axis] = 1;
  return PadValue(value, pad, pad, out_.circuit.tensors[value.tensor].shape).has_value();
}

}  // namespace provenn
