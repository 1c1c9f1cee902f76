// Softmax over one axis: e = exp(x - max), p = e * (1 / sum of e), each step one table.
#include <algorithm>

#include "model/deterministic_math.h"
#include "model/lowering.h"

namespace provenn {
namespace {

// Scale of exp(x - max), which lies in (0, 1].
constexpr int32_t kExpScale = 15;

}  // namespace

Status Lowering::LowerSoftmax(const GraphNode& node) {
  const size_t axis = static_cast<size_t>(node.As<SoftmaxAttributes>().axis);
  ASSIGN_OR_RETURN(StoredValue x, Stored(node.inputs[0]));
  if (x.axes[axis].size() > 1) {
    ASSIGN_OR_RETURN(x, Copy(x, node.name + " operand"));
  }
  const uint64_t n = SizeOf(x.axes[axis]);
  const std::string& name = graph_.value(node.output).name;
  // The maximum, its logical axis kept with size 1.
  StoredValue columns = x;
  columns.axes.push_back(columns.axes[axis]);
  columns.axes[axis].clear();
  ASSIGN_OR_RETURN(const StoredValue top, MaxOverLast(std::move(columns), 0, name + " maximum"));
  // e
  ASSIGN_OR_RETURN(PendingSum distance, PendingOf(x));
  const std::optional<View> top_view = ViewOver(top, distance.space);
  if (!top_view.has_value()) return Unsupported("a softmax over a composite axis");
  distance.sum.terms.push_back({{-1, 0}, *top_view});
  // x is one of the values the maximum is taken over, so the distance is never positive; the table has rows beyond 0
  // all the same, where it is constant, so that bounds alone show that each distance has one.
  distance.min = x.min - top.max;
  distance.max = x.max - top.min;
  OutputFormat exp_format;
  exp_format.scale = kExpScale;
  exp_format.key_scale = x.scale;
  exp_format.max = int64_t{1} << kExpScale;
  exp_format.table.first = distance.min;
  for (int64_t key = distance.min; key <= 0; ++key) {
    const double e = DeterministicExp(Scaled(static_cast<double>(key), -x.scale));
    exp_format.table.values.push_back(static_cast<int32_t>(RoundToInteger(Scaled(e, kExpScale), 0, exp_format.max)));
  }
  exp_format.table = Canonical(std::move(exp_format.table));
  ASSIGN_OR_RETURN(StoredValue e, Rescale(distance, exp_format, name + " exp", node_));
  // 1 / sum, the sum with `fine` fractional bits: between 1 and n.
  StoredValue kept = e;
  kept.axes[axis].clear();
  PendingSum sum;
  sum.space = SpaceInStorageOrder(kept);
  IndexSpace full = sum.space;
  for (const Factor& f : e.axes[axis]) full.Append(axis, f.size);
  RETURN_IF_ERROR(AddPlainSum(e, full.sizes, *ViewOver(e, full), n, &sum));
  const int log = BitLength(n - 1);
  const int fine = std::clamp((options_.large ? 17 : 13) - log, 6, 13);
  OutputFormat reciprocal_format;
  reciprocal_format.key_scale = fine;
  reciprocal_format.scale = fine + log + 2;
  reciprocal_format.max = int64_t{1} << reciprocal_format.scale;
  reciprocal_format.table.first = int64_t{1} << fine;
  const int64_t last = (static_cast<int64_t>(n) << fine) + 1;
  for (int64_t key = reciprocal_format.table.first; key <= last; ++key) {
    const double r = Scaled(1.0, reciprocal_format.scale + fine) / static_cast<double>(key);
    reciprocal_format.table.values.push_back(static_cast<int32_t>(RoundToInteger(r, 1, reciprocal_format.max)));
  }
  reciprocal_format.min = reciprocal_format.table.values.back();
  reciprocal_format.table = Canonical(std::move(reciprocal_format.table));
  ASSIGN_OR_RETURN(const StoredValue reciprocal, Rescale(sum, reciprocal_format, name + " reciprocal", node_));
  // p
  PendingSum product;
  product.space = SpaceInStorageOrder(e);
  const std::optional<View> e_view = ViewOver(e, product.space);
  const std::optional<View> reciprocal_view = ViewOver(reciprocal, product.space);
  if (!e_view.has_value() || !reciprocal_view.has_value()) return Unsupported("a softmax over a composite axis");
  const size_t rank = product.space.sizes.size();
  product.sum.accumulators.push_back({{1, 0}, AddContraction(product.space.sizes, rank, *e_view, *reciprocal_view)});
  product.scale = e.scale + reciprocal.scale;
  product.min = 0;
  product.max = e.max * reciprocal.max;
  OutputFormat format;
  format.scale = format.key_scale = std::min(options_.large ? 15 : options_.bits, 15);
  format.max = int64_t{1} << format.scale;
  format.table = IdentityTable(0, format.max);
  ASSIGN_OR_RETURN(StoredValue p, Rescale(product, format, name, node_));
  StateOf(node.output) = std::move(p);
  return Ok();
}

}  // namespace provenn
