// The state of one lowering. Internal to lower*.cc; lower.h is the interface.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/lower.h"
#include "model/lower_rescale.h"
#include "model/lower_value.h"

namespace provenn {

// A sum over an index space that has no cells yet. Coefficients are integers (shift 0).
struct PendingSum {
  IndexSpace space;
  Expression sum;
  int32_t scale = 0;
  int64_t min = 0;
  int64_t max = 0;
};

// One axis of a weight tensor.
struct WeightAxis {
  uint32_t space_axis = 0;
  uint32_t size = 1;
  int64_t source_stride = 0;   // in the constant's data
  int64_t channel_stride = 0;  // in the output channel number; 0 for axes that are summed over
  bool outer = false;          // not used by the other operand
};

// An integer weight tensor and, per output channel, the bounds of its products with an operand in [min, max].
struct WeightSums {
  uint32_t tensor = 0;
  int32_t scale = 0;
  View view;
  std::vector<int64_t> min;
  std::vector<int64_t> max;
};

// a * b held within +-2^61, where Lowering::CheckBounds objects.
int64_t ClampedProduct(int64_t a, int64_t b);

class Lowering {
 public:
  Lowering(const Graph& graph, const std::vector<Range>& ranges, const std::vector<InputFormat>& inputs,
           const std::vector<WeightFormat>* imposed, const LoweringOptions& options);
  Result<Lowered> Run();

 private:
  using State = std::variant<std::monostate, PendingSum, StoredValue>;

  // lower.cc: fusion analysis and committed values
  void AnalyseFunctions();
  // Constants of the model that a function's table will show.
  void NameConstants(const GraphNode& node, double factor, double shift);
  void NameParameters(const GraphNode& node);
  void NameConstant(const GraphNode& node, const std::string& what, double x);
  void CountDemands();
  Status LowerInputs(const std::vector<InputFormat>& formats);
  Status LowerOutputs();
  Status LowerNode(const GraphNode& node);
  ValueId RootOf(ValueId v) const { return root_[static_cast<size_t>(v)]; }
  const Unary& FunctionOf(ValueId v) const { return function_[static_cast<size_t>(v)]; }
  State& StateOf(ValueId v) { return states_[static_cast<size_t>(v)]; }
  const Range& RangeOf(ValueId v) const { return ranges_[static_cast<size_t>(v)]; }
  // The only read of v's root is this one: its sum may be used as it is.
  bool SoleDemand(ValueId v) const { return demand_count_[static_cast<size_t>(RootOf(v))] == 1; }
  // Several different functions of a root are read: commit the root first.
  bool CommitsRoot(ValueId root) const;
  const OutputFormat& FormatOf(ValueId v);
  // Scale of the quotient that the sum of this root will be divided to.
  int32_t KeyScaleOf(ValueId root);
  // The value in cells; commits it if need be.
  Result<StoredValue> Stored(ValueId v);
  // A sum and a function that give v: its pending root where this is the sole read, else the stored value itself.
  Result<std::pair<PendingSum, Unary>> Source(ValueId v);
  Result<PendingSum> PendingOf(const StoredValue& value);
  // Commits f(sum) in a fresh compact tensor.
  Result<StoredValue> Rescale(const PendingSum& pending, const OutputFormat& format, const std::string& name,
                              size_t node, bool exact = false);
  // The same into part of a tensor.
  Status RescaleInto(const PendingSum& pending, const OutputFormat& format, const std::string& name, size_t node,
                     uint32_t tensor, View out_view);
  uint32_t AddTensor(const std::string& name, TensorKind kind, const Shape& shape, int64_t min, int64_t max,
                     int32_t scale);
  // A copy with one tensor axis per logical axis, and one in a flat tensor in logical order.
  Result<StoredValue> Copy(const StoredValue& value, const std::string& name);
  Result<StoredValue> FlatCopy(const StoredValue& value, const std::string& name);

  // Values that are non-negative whatever the weights and the input: by the operations that make them.
  void AnalyseSigns();

  // lower_weights.cc
  // What is imposed on the next weight tensor, or else `chosen`.
  Result<WeightFormat> NextFormat(WeightFormat chosen, std::span<const float> data);
  Result<WeightSums> AddWeight(const std::string& name, std::span<const float> data, int64_t source_offset,
                               std::vector<WeightAxis> axes, int32_t scale, int64_t channels, int64_t min, int64_t max,
                               int64_t bound = kWeightBound);
  int32_t WeightScale(std::span<const float> data, int32_t input_scale, int32_t key_scale) const;
  // The stored value, in a tensor with an axis where it is to be multiplied by a constant with one.
  Result<StoredValue> OperandOf(ValueId v, const GraphValue& constant);
  // A weight has an axis besides its outer ones: of size 1 where the operand uses none of the others (a convolution
  // 1x1 of one channel).
  static void AddInnerAxis(std::vector<WeightAxis>* axes, Shape* space, View* operand);
  // Axes of a constant that broadcasts over the last logical axes of a space; every element is its own channel.
  static std::vector<WeightAxis> BroadcastAxes(const Dims& shape, const IndexSpace& space, const View* other);
  uint32_t AddContraction(Shape space, size_t out_rank, View left, std::optional<View> right);
  // Adds a constant at the sum's scale: channel c gets value c of `bounds` added to the pending bounds.
  Status AddBias(const std::string& name, std::span<const float> data, std::vector<WeightAxis> axes, int64_t channels,
                 std::vector<int64_t>* channel_min, std::vector<int64_t>* channel_max, PendingSum* pending);
  Status CheckBounds(const PendingSum& pending) const;

  // lower_linear.cc
  Status LowerConv(const GraphNode& node);
  Status LowerMatMul(const GraphNode& node);
  Status LowerMatMulOfValues(const GraphNode& node);
  Status LowerAffine(const GraphNode& node);
  Status FinishLinear(const GraphNode& node, PendingSum pending, WeightSums sums, ValueId bias,
                      std::vector<WeightAxis> bias_axes);

  // lower_elementwise.cc
  Status LowerAdd(const GraphNode& node);
  Status LowerMul(const GraphNode& node);
  // One space for several values that broadcast to `shape`; copies values whose factors do not fit.
  Result<IndexSpace> CommonSpace(std::vector<StoredValue>* values, const Dims& shape);
  Status AddScaled(const PendingSum& term, int sign, PendingSum* sum);

  // lower_pool.cc
  Status LowerMaxPool(const GraphNode& node);
  Status LowerAveragePool(const GraphNode& node);
  Status LowerReduce(const GraphNode& node);
  // max(a, b) + offset, committed; both of one logical shape.
  Result<StoredValue> Maximum(const StoredValue& a, const StoredValue& b, int64_t offset, const std::string& name);
  // Maximum over the last logical axis, which it removes, plus `offset`.
  Result<StoredValue> MaxOverLast(StoredValue value, int64_t offset, const std::string& name);
  // sum over k of the value read through `view`; each output adds at most `terms` cells. Cells outside read 0.
  Status AddPlainSum(const StoredValue& value, Shape space, View view, uint64_t terms, PendingSum* pending);
  // Divides a sum by n: exactly for powers of two, else by a coefficient.
  void Divide(uint64_t n, int32_t key_scale, PendingSum* pending) const;

  // lower_softmax.cc
  Status LowerSoftmax(const GraphNode& node);

  // lower_view.cc
  Status LowerView(const GraphNode& node);
  Status LowerConcat(const GraphNode& node);
  Status LowerPad(const GraphNode& node);

  // Whether reads just beyond a logical axis read 0.
  bool ZeroBeyond(const StoredValue& value, size_t axis) const;
  Error Unsupported(const std::string& what) const;
  std::string NodeLabel() const;

  const Graph& graph_;
  const std::vector<Range>& ranges_;
  const std::vector<InputFormat>& input_formats_;
  const std::vector<WeightFormat>* imposed_;
  const LoweringOptions options_;
  Lowered out_;
  std::vector<RescaleRequest> rescales_;
  std::vector<RangeRequest> range_requests_;
  std::vector<ValueId> root_;
  std::vector<Unary> function_;
  std::vector<State> states_;
  std::vector<bool> non_negative_;
  std::vector<size_t> producer_;                         // node that gives the value
  std::vector<int> demand_count_;                        // reads of a root, through whatever function
  std::vector<std::map<std::string, ValueId>> demands_;  // [root] signature -> a value with that function
  std::map<std::pair<ValueId, std::string>, StoredValue> committed_;
  std::map<ValueId, OutputFormat> formats_;
  std::vector<size_t> reader_;  // [root] the last node that reads it; the graph's node count for an output
  size_t node_ = 0;
};

}  // namespace provenn
