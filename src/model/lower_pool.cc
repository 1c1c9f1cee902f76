// Pooling and reductions.
//
// A maximum is taken pair by pair: max(a, b) = b + max(a - b, 0), one lookup and one cell, and along one axis after the
// other, so a k x k window costs about 2 (k - 1) lookups instead of k^2 - 1. Sums are linear and cost nothing until
// they are rescaled.
#include <algorithm>

#include "model/lowering.h"

namespace provenn {
namespace {

// The value with logical axis `axis` replaced by windows: the axis runs over windows, a new last axis over the window.
StoredValue Windowed(const StoredValue& value, size_t axis, int64_t windows, int64_t kernel, int64_t stride,
                     int64_t dilation, int64_t pad) {
  StoredValue out = value;
  const Factor f = value.axes[axis][0];
  out.offsets[f.axis] -= static_cast<int32_t>(f.stride * pad);
  out.axes[axis].clear();
  if (windows > 1) {
    out.axes[axis].push_back({static_cast<uint32_t>(windows), f.axis, static_cast<int32_t>(f.stride * stride)});
  }
  out.axes.push_back({});
  if (kernel > 1) {
    out.axes.back().push_back({static_cast<uint32_t>(kernel), f.axis, static_cast<int32_t>(f.stride * dilation)});
  }
  return out;
}

// Cells [from, from + count) of the last logical axis.
StoredValue LastSlice(const StoredValue& value, int64_t from, int64_t count) {
  Dims starts(value.axes.size(), 0);
  const Dims steps(value.axes.size(), 1);
  Dims shape = value.LogicalShape();
  starts.back() = from;
  shape.back() = count;
  return *SliceValue(value, starts, steps, shape);
}

}  // namespace

Result<StoredValue> Lowering::Maximum(const StoredValue& a, const StoredValue& b, int64_t offset,
                                      const std::string& name) {
  const IndexSpace space = SpaceInStorageOrder(a);
  if (space.sizes.size() + 1 >= kMaxRank) return Unsupported("an operand with too many axes");
  const std::optional<View> view_a = ViewOver(a, space);
  const std::optional<View> view_b = ViewOver(b, space);
  if (!view_a.has_value() || !view_b.has_value()) return Unsupported("operands that were reshaped differently");
  PendingSum difference;
  difference.space = space;
  difference.sum.terms = {{{1, 0}, *view_a}, {{-1, 0}, *view_b}};
  difference.scale = a.scale;
  difference.min = std::min(a.min, b.min) - std::max(a.max, b.max);
  difference.max = -difference.min;
  OutputFormat format;
  format.scale = a.scale;
  format.key_scale = a.scale;
  format.min = std::min(a.min, b.min) + offset;
  format.max = std::max(a.max, b.max) + offset;
  format.table = PositivePart(std::max<int64_t>(difference.max, 1));
  ASSIGN_OR_RETURN(StoredValue value, Rescale(difference, format, name, node_));
  // out = max(a - b, 0) + b + offset
  rescales_.back().rest.terms.push_back({{-1, 0}, *view_b});
  rescales_.back().rest.constant = {-offset, 0};
  return value;
}

Result<StoredValue> Lowering::MaxOverLast(StoredValue value, int64_t offset, const std::string& name) {
  constexpr int64_t kChain = 8;
  const auto size = [&] { return static_cast<int64_t>(SizeOf(value.axes.back())); };
  // Long axes are halved (the halves overlap where the size is odd, which does not matter to a maximum), short ones
  // walked through.
  while (size() > kChain) {
    const int64_t half = (size() + 1) / 2;
    ASSIGN_OR_RETURN(value, Maximum(LastSlice(value, 0, half), LastSlice(value, size() - half, half), 0, name));
  }
  const int64_t n = size();
  StoredValue best = LastSlice(value, 0, 1);
  for (int64_t i = 1; i < n; ++i) {
    ASSIGN_OR_RETURN(best, Maximum(best, LastSlice(value, i, 1), i + 1 == n ? offset : 0, name));
  }
  best.axes.pop_back();
  return best;
}

Status Lowering::LowerMaxPool(const GraphNode& node) {
  const Window& window = node.As<PoolAttributes>().window;
  const Dims& in_shape = graph_.shape(node.inputs[0]);
  const Dims& out_shape = graph_.shape(node.output);
  ASSIGN_OR_RETURN(StoredValue x, Stored(node.inputs[0]));
  if (x.axes[2].size() > 1 || x.axes[3].size() > 1) {
    ASSIGN_OR_RETURN(x, Copy(x, node.name + " operand"));
  }
  // Windows that reach beyond the image read 0 there, which must not win: shift the values so that 0 is the least.
  bool beyond = false;
  for (size_t s = 0; s < 2; ++s) {
    const int64_t end = (out_shape[2 + s] - 1) * window.strides[s] + (window.kernel[s] - 1) * window.dilations[s] -
                        window.pads_begin[s];
    const bool here = window.pads_begin[s] > 0 || end >= in_shape[2 + s];
    beyond = beyond || here;
    if (here && x.axes[2 + s].empty() && out_shape[2 + s] > 1) {
      return Unsupported("padding of an axis of size 1 to several windows");
    }
  }
  int64_t offset = 0;
  if (beyond && (x.min < 0 || !ZeroBeyond(x, 2) || !ZeroBeyond(x, 3))) {
    offset = std::min<int64_t>(x.min, 0);
    ASSIGN_OR_RETURN(PendingSum shifted, PendingOf(x));
    shifted.sum.constant = {-offset, 0};
    shifted.min -= offset;
    shifted.max -= offset;
    OutputFormat format;
    format.scale = format.key_scale = x.scale;
    format.min = shifted.min;
    format.max = shifted.max;
    format.table = Canonical(IdentityTable(shifted.min, shifted.max));
    ASSIGN_OR_RETURN(x, Rescale(shifted, format, node.name + " shifted", node_));
  }
  if (beyond) x.min = std::min<int64_t>(x.min, 0);
  int pending_axes = 0;
  for (size_t s = 0; s < 2; ++s) pending_axes += !x.axes[2 + s].empty() && window.kernel[s] > 1 ? 1 : 0;
  for (size_t s = 0; s < 2; ++s) {
    const size_t axis = 2 + s;
    if (x.axes[axis].empty()) continue;
    StoredValue windows = Windowed(x, axis, out_shape[axis], window.kernel[s], window.strides[s], window.dilations[s],
                                   window.pads_begin[s]);
    if (window.kernel[s] == 1) {
      windows.axes.pop_back();
      x = std::move(windows);
      continue;
    }
    const int64_t add = --pending_axes == 0 ? offset : 0;
    ASSIGN_OR_RETURN(x, MaxOverLast(std::move(windows), add, graph_.value(node.output).name));
    if (add != 0) offset = 0;
  }
  if (offset != 0) return Unsupported("padding without a window");
  StateOf(node.output) = std::move(x);
  return Ok();
}

Status Lowering::AddPlainSum(const StoredValue& value, Shape space, View view, uint64_t terms, PendingSum* pending) {
  if (space.size() + 1 >= kMaxRank || ElementCount(space) > kMaxElements) {
    return Unsupported("a reduction over too many cells or axes");
  }
  const size_t out_rank = pending->space.sizes.size();
  pending->sum.accumulators.push_back(
      {{1, 0}, AddContraction(std::move(space), out_rank, std::move(view), std::nullopt)});
  pending->scale = value.scale;
  pending->min = std::min<int64_t>(value.min, 0) * static_cast<int64_t>(terms);
  pending->max = std::max<int64_t>(value.max, 0) * static_cast<int64_t>(terms);
  return Ok();
}

void Lowering::Divide(uint64_t n, int32_t key_scale, PendingSum* pending) const {
  if ((n & (n - 1)) == 0) {
    pending->scale += BitLength(n) - 1;
    return;
  }
  // round(2^j / n), with 12 or more significant bits.
  const int log = BitLength(n);
  const int32_t j = std::clamp(options_.remainder_bits + key_scale - pending->scale, log + 11, log + 20);
  const int64_t numerator = static_cast<int64_t>(((uint64_t{1} << j) + n / 2) / n);
  for (AccumulatorTerm& term : pending->sum.accumulators) term.coefficient.numerator *= numerator;
  pending->scale += j;
  pending->min = ClampedProduct(pending->min, numerator);
  pending->max = ClampedProduct(pending->max, numerator);
}

Status Lowering::LowerReduce(const GraphNode& node) {
  const Dims& axes = node.As<ReduceAttributes>().axes;
  ASSIGN_OR_RETURN(const StoredValue x, Stored(node.inputs[0]));
  PendingSum pending;
  pending.space.axes.resize(x.axes.size());
  const auto reduced = [&](size_t d) {
    return std::find(axes.begin(), axes.end(), static_cast<int64_t>(d)) != axes.end();
  };
  uint64_t n = 1;
  for (size_t d = 0; d < x.axes.size(); ++d) n *= reduced(d) ? SizeOf(x.axes[d]) : 1;
  // Output axes in storage order, then the axes that are summed.
  StoredValue kept = x;
  for (size_t d = 0; d < x.axes.size(); ++d) {
    if (reduced(d)) kept.axes[d].clear();
  }
  pending.space = SpaceInStorageOrder(kept);
  IndexSpace full = pending.space;
  for (size_t d = 0; d < x.axes.size(); ++d) {
    if (!reduced(d)) continue;
    for (const Factor& f : x.axes[d]) full.Append(d, f.size);
  }
  const std::optional<View> view = ViewOver(x, full);
  if (!view.has_value()) return Unsupported("a reduction over a composite axis");
  RETURN_IF_ERROR(AddPlainSum(x, full.sizes, *view, n, &pending));
  if (node.op == Op::kReduceMean) Divide(n, KeyScaleOf(node.output), &pending);
  RETURN_IF_ERROR(CheckBounds(pending));
  StateOf(node.output) = std::move(pending);
  return Ok();
}

Status Lowering::LowerAveragePool(const GraphNode& node) {
  const auto& pool = node.As<PoolAttributes>();
  const Window& window = pool.window;
  const Dims& in_shape = graph_.shape(node.inputs[0]);
  const Dims& out_shape = graph_.shape(node.output);
  ASSIGN_OR_RETURN(StoredValue x, Stored(node.inputs[0]));
  if (x.axes[2].size() > 1 || x.axes[3].size() > 1 || !ZeroBeyond(x, 2) || !ZeroBeyond(x, 3)) {
    ASSIGN_OR_RETURN(x, Copy(x, node.name + " operand"));
  }
  // How many cells of the window count at each output position.
  std::array<std::vector<int64_t>, 2> counts;
  for (size_t s = 0; s < 2; ++s) {
    const int64_t from = pool.count_include_pad ? -window.pads_begin[s] : 0;
    const int64_t to = in_shape[2 + s] + (pool.count_include_pad ? window.pads_end[s] : 0);
    for (int64_t o = 0; o < out_shape[2 + s]; ++o) {
      int64_t count = 0;
      for (int64_t k = 0; k < window.kernel[s]; ++k) {
        const int64_t at = o * window.strides[s] + k * window.dilations[s] - window.pads_begin[s];
        count += at >= from && at < to ? 1 : 0;
      }
      counts[s].push_back(std::max<int64_t>(count, 1));
    }
    if (x.axes[2 + s].empty() && out_shape[2 + s] > 1) {
      return Unsupported("padding of an axis of size 1 to several windows");
    }
  }
  // Windows become two more logical axes, which are summed.
  StoredValue windows = x;
  for (size_t s = 0; s < 2; ++s) {
    if (windows.axes[2 + s].empty()) {
      windows.axes.push_back({});
      continue;
    }
    windows = Windowed(windows, 2 + s, out_shape[2 + s], window.kernel[s], window.strides[s], window.dilations[s],
                       window.pads_begin[s]);
  }
  StoredValue kept = windows;
  kept.axes.resize(4);
  PendingSum pending;
  pending.space = SpaceInStorageOrder(kept);
  IndexSpace full = pending.space;
  full.axes.resize(6);
  for (size_t d = 4; d < 6; ++d) {
    for (const Factor& f : windows.axes[d]) full.Append(d, f.size);
  }
  const std::optional<View> view = ViewOver(windows, full);
  if (!view.has_value()) return Unsupported("pooling over a composite axis");
  const uint64_t terms = static_cast<uint64_t>(window.kernel[0] * window.kernel[1]);
  const auto uniform = [](const std::vector<int64_t>& v) {
    return std::all_of(v.begin(), v.end(), [&](int64_t c) { return c == v[0]; });
  };
  if (uniform(counts[0]) && uniform(counts[1])) {
    RETURN_IF_ERROR(AddPlainSum(x, full.sizes, *view, terms, &pending));
    Divide(static_cast<uint64_t>(counts[0][0] * counts[1][0]), KeyScaleOf(node.output), &pending);
  } else {
    // The divisor depends on the position: its reciprocal is a constant factor.
    std::vector<float> reciprocal;
    for (int64_t y : counts[0]) {
      for (int64_t c : counts[1]) reciprocal.push_back(1.0f / static_cast<float>(y * c));
    }
    const Dims shape{out_shape[2], out_shape[3]};
    IndexSpace positions = pending.space;
    positions.axes.erase(positions.axes.begin(), positions.axes.begin() + 2);
    const int32_t scale = WeightScale(reciprocal, x.scale, KeyScaleOf(node.output));
    ASSIGN_OR_RETURN(WeightSums sums,
                     AddWeight(node.name + " divisor", reciprocal, 0, BroadcastAxes(shape, positions, &*view), scale,
                               static_cast<int64_t>(reciprocal.size()), 0, 1));
    RETURN_IF_ERROR(AddPlainSum(x, full.sizes, *view, terms, &pending));
    Contraction& c = out_.circuit.contractions.back();
    c.right = c.left;
    c.left = std::move(sums.view);
    // The divisors are positive, but what is declared of them is a format like that of any weight.
    const int64_t most = *std::max_element(sums.max.begin(), sums.max.end());
    const int64_t reach = ClampedProduct(std::max(-pending.min, pending.max), most);
    pending.min = options_.tight ? ClampedProduct(pending.min, most) : -reach;
    pending.max = options_.tight ? ClampedProduct(pending.max, most) : reach;
    pending.scale = x.scale + sums.scale;
  }
  RETURN_IF_ERROR(CheckBounds(pending));
  StateOf(node.output) = std::move(pending);
  return Ok();
}

}  // namespace provenn
