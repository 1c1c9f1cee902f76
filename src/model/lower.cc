#include "model/lower.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"
#include "model/lowering.h"

namespace provenn {

Result<Lowered> LowerGraph(const Graph& graph, const std::vector<Range>& ranges, const std::vector<InputFormat>& inputs,
                           const std::vector<WeightFormat>* imposed, const LoweringOptions& options) {
  PROVENN_CHECK(ranges.size() == graph.values.size() && inputs.size() == graph.inputs.size());
  return Lowering(graph, ranges, inputs, imposed, options).Run();
}

Lowering::Lowering(const Graph& graph, const std::vector<Range>& ranges, const std::vector<InputFormat>& inputs,
                   const std::vector<WeightFormat>* imposed, const LoweringOptions& options)
    : graph_(graph), ranges_(ranges), input_formats_(inputs), imposed_(imposed), options_(options) {
  const size_t n = graph.values.size();
  root_.assign(n, kNoValue);
  function_.assign(n, nullptr);
  states_.resize(n);
  producer_.assign(n, graph.nodes.size());
  demand_count_.assign(n, 0);
  demands_.resize(n);
  reader_.assign(n, graph.nodes.size());
  out_.costs.resize(graph.nodes.size() + 1);
}

Result<Lowered> Lowering::Run() {
  AnalyseFunctions();
  AnalyseSigns();
  CountDemands();
  node_ = graph_.nodes.size();
  RETURN_IF_ERROR(LowerInputs(input_formats_));
  for (node_ = 0; node_ < graph_.nodes.size(); ++node_) {
    const GraphNode& node = graph_.nodes[node_];
    if (RootOf(node.output) != node.output) continue;  // composed into what reads it
    RETURN_IF_ERROR(LowerNode(node));
  }
  RETURN_IF_ERROR(LowerOutputs());
  if (imposed_ != nullptr && out_.weight_formats.size() != imposed_->size()) {
    return Error{Code::kInvalidArgument, "are of another graph: it has other weights", "scales"};
  }
  std::vector<NodeCost> costs(out_.costs.size());
  RETURN_IF_ERROR(EmitRequests(rescales_, range_requests_, &out_.circuit, &out_.program, &costs));
  for (size_t i = 0; i < costs.size(); ++i) {
    out_.costs[i].proof.lookups += costs[i].lookups;
    out_.costs[i].proof.cells += costs[i].cells;
  }
  out_.weights.resize(out_.circuit.tensors.size());
  return std::move(out_);
}

namespace {

// scale and shift of an affine that does the same to every element.
std::optional<std::pair<double, double>> UniformAffine(const Graph& graph, const GraphNode& node) {
  double parameters[2] = {1, 0};
  for (size_t i = 0; i < 2; ++i) {
    const ValueId id = node.inputs[i + 1];
    if (id == kNoValue) continue;
    const std::vector<float>& data = graph.value(id).data;
    if (std::any_of(data.begin(), data.end(), [&](float v) { return v != data[0]; })) return std::nullopt;
    parameters[i] = static_cast<double>(data[0]);
  }
  return std::pair(parameters[0], parameters[1]);
}

}  // namespace

void Lowering::AnalyseFunctions() {
  const auto set = [&](ValueId v, ValueId root, Unary f) {
    root_[static_cast<size_t>(v)] = root;
    function_[static_cast<size_t>(v)] = std::move(f);
  };
  for (ValueId v : graph_.inputs) set(v, v, UnaryFunction::Identity());
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const GraphNode& node = graph_.nodes[i];
    const ValueId x = node.inputs[0];
    producer_[static_cast<size_t>(node.output)] = i;
    set(node.output, node.output, UnaryFunction::Identity());
    if (graph_.IsConstant(x)) continue;
    if (IsFunction(node.op)) {
      NameParameters(node);
      set(node.output, RootOf(x), UnaryFunction::Apply(node, FunctionOf(x)));
    } else if (node.op == Op::kAffine && graph_.shape(x) == graph_.shape(node.output)) {
      const auto uniform = options_.hide_constants ? std::nullopt : UniformAffine(graph_, node);
      if (uniform.has_value()) {
        NameConstants(node, uniform->first, uniform->second);
        set(node.output, RootOf(x), UnaryFunction::Affine(uniform->first, uniform->second, FunctionOf(x)));
      }
    } else if (node.op == Op::kAdd || node.op == Op::kSub || node.op == Op::kMul) {
      const ValueId y = node.inputs[1];
      // Two functions of one value (x * sigmoid(x)): a function of it.
      if (!graph_.IsConstant(y) && RootOf(x) == RootOf(y) && graph_.shape(x) == graph_.shape(y)) {
        set(node.output, RootOf(x), UnaryFunction::Combine(node.op, FunctionOf(x), FunctionOf(y)));
      }
    }
  }
}

void Lowering::NameConstants(const GraphNode& node, double factor, double shift) {
  if (node.inputs[1] != kNoValue) NameConstant(node, "the factor", factor);
  if (node.inputs[2] != kNoValue) NameConstant(node, "the summand", shift);
}

void Lowering::NameParameters(const GraphNode& node) {
  if (node.op == Op::kLeakyRelu) NameConstant(node, "alpha", static_cast<double>(node.As<LeakyReluAttributes>().alpha));
  if (node.op == Op::kHardSigmoid) {
    NameConstant(node, "alpha", static_cast<double>(node.As<HardSigmoidAttributes>().alpha));
    NameConstant(node, "beta", static_cast<double>(node.As<HardSigmoidAttributes>().beta));
  }
  if (node.op == Op::kClip) {
    NameConstant(node, "the lower bound", static_cast<double>(node.As<ClipAttributes>().min));
    NameConstant(node, "the upper bound", static_cast<double>(node.As<ClipAttributes>().max));
  }
}

void Lowering::NameConstant(const GraphNode& node, const std::string& what, double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", x);
  out_.public_constants.emplace_back("node '" + node.name + "' (" + node.origin + ")",
                                     what + ", " + text + ", is part of a public function");
}

void Lowering::AnalyseSigns() {
  non_negative_.assign(graph_.values.size(), false);
  const auto is = [&](ValueId v) {
    if (v == kNoValue || !graph_.IsConstant(v)) return v != kNoValue && non_negative_[static_cast<size_t>(v)];
    return false;  // constants are secret
  };
  for (size_t i = 0; i < graph_.inputs.size(); ++i) {
    non_negative_[static_cast<size_t>(graph_.inputs[i])] = input_formats_[i].min >= 0;
  }
  for (const GraphNode& node : graph_.nodes) {
    bool result = false;
    switch (node.op) {
      case Op::kSoftmax:
        result = true;
        break;
      case Op::kPad:
        result = is(node.inputs[0]) && node.As<PadAttributes>().value >= 0;
        break;
      case Op::kAdd:
      case Op::kMul:
      case Op::kConcat:
        result = std::all_of(node.inputs.begin(), node.inputs.end(), is);
        break;
      case Op::kMatMul:
        result = is(node.inputs[0]) && is(node.inputs[1]) && node.inputs[2] == kNoValue;
        break;
      case Op::kMaxPool:
      case Op::kAveragePool:
      case Op::kReduceMean:
      case Op::kReduceSum:
      case Op::kReshape:
      case Op::kTranspose:
      case Op::kSlice:
        result = is(node.inputs[0]);
        break;
      default:
        break;
    }
    const ValueId root = RootOf(node.output);
    if (root != node.output) result = FunctionOf(node.output)->IsNonNegative(is(root));
    non_negative_[static_cast<size_t>(node.output)] = result;
  }
}

void Lowering::CountDemands() {
  const auto demand = [&](ValueId v, size_t reader) {
    if (v == kNoValue || graph_.IsConstant(v)) return;
    const size_t root = static_cast<size_t>(RootOf(v));
    ++demand_count_[root];
    reader_[root] = reader;
    demands_[root].emplace(FunctionOf(v)->signature(), v);
  };
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    if (RootOf(graph_.nodes[i].output) != graph_.nodes[i].output) continue;
    for (ValueId v : graph_.nodes[i].inputs) demand(v, i);
  }
  for (ValueId v : graph_.outputs) demand(v, graph_.nodes.size());
}

bool Lowering::CommitsRoot(ValueId root) const {
  const auto& functions = demands_[static_cast<size_t>(root)];
  return functions.size() >= 3 || (functions.size() == 2 && functions.contains("x"));
}

const OutputFormat& Lowering::FormatOf(ValueId v) {
  const auto it = formats_.find(v);
  if (it != formats_.end()) return it->second;
  return formats_[v] = ChooseFormat(*FunctionOf(v), RangeOf(RootOf(v)), RangeOf(v), options_.bits,
                                    non_negative_[static_cast<size_t>(RootOf(v))]);
}

int32_t Lowering::KeyScaleOf(ValueId root) {
  const auto& functions = demands_[static_cast<size_t>(root)];
  const size_t reader = reader_[static_cast<size_t>(root)];
  if (functions.empty() || CommitsRoot(root)) return FormatOf(root).key_scale;
  const ValueId v = functions.begin()->second;
  if (SoleDemand(v) && FunctionOf(v)->IsIdentity() && reader < graph_.nodes.size()) {
    const GraphNode& node = graph_.nodes[reader];
    if (node.op == Op::kAdd || node.op == Op::kSub) return KeyScaleOf(node.output);
  }
  return FormatOf(v).key_scale;
}

Status Lowering::LowerInputs(const std::vector<InputFormat>& formats) {
  for (size_t i = 0; i < graph_.inputs.size(); ++i) {
    const ValueId v = graph_.inputs[i];
    const Dims& shape = graph_.shape(v);
    LoweredPort port;
    port.value = v;
    for (size_t d = 0; d < shape.size(); ++d) {
      if (shape[d] > 1) port.order.push_back(static_cast<uint32_t>(d));
    }
    // Images: channels last.
    if (shape.size() == 4 && shape[1] > 1) {
      const auto channels = std::find(port.order.begin(), port.order.end(), 1u);
      std::rotate(channels, channels + 1, port.order.end());
    }
    Shape sizes;
    for (uint32_t d : port.order) sizes.push_back(static_cast<uint32_t>(shape[d]));
    const InputFormat& format = formats[i];
    port.tensor = AddTensor(graph_.value(v).name, TensorKind::kInput, sizes, format.min, format.max, format.scale);
    StoredValue value = CompactValue(port.tensor, shape, {port.order.begin(), port.order.end()});
    value.scale = format.scale;
    value.min = format.min;
    value.max = format.max;
    RangeRequest range;
    range.name = graph_.value(v).name + " range";
    range.node = graph_.nodes.size();
    range.space = sizes;
    range.key.constant = {-format.min, 0};
    range.key.terms.push_back({{1, 0}, *ViewOver(value, SpaceInStorageOrder(value))});
    const int64_t size = format.max - format.min + 1;
    if (size > kMaxTableSize) {
      return Error{Code::kUnsupported, "the range of its values is too wide", "input " + graph_.value(v).name};
    }
    range.size = static_cast<uint32_t>(size);
    range_requests_.push_back(std::move(range));
    StateOf(v) = value;
    out_.inputs.push_back(std::move(port));
  }
  return Ok();
}

Status Lowering::LowerOutputs() {
  for (ValueId v : graph_.outputs) {
    node_ = graph_.nodes.size();
    if (graph_.IsConstant(v)) {
      return Error{Code::kUnsupported, "the output is a constant", "output " + graph_.value(v).name};
    }
    const size_t producer = producer_[static_cast<size_t>(v)];
    node_ = producer;
    ASSIGN_OR_RETURN(StoredValue value, Stored(v));
    const auto is_port = [&] {
      const Tensor& tensor = out_.circuit.tensors[value.tensor];
      size_t axes = 0;
      for (const LogicalAxis& axis : value.axes) {
        if (axis.size() > 1) return false;
        if (axis.empty()) continue;
        ++axes;
        if (axis[0].stride != 1 || axis[0].size != tensor.shape[axis[0].axis]) return false;
      }
      return tensor.kind == TensorKind::kWitness && axes == tensor.shape.size() &&
             std::all_of(value.offsets.begin(), value.offsets.end(), [](int32_t o) { return o == 0; });
    };
    if (!is_port()) {
      ASSIGN_OR_RETURN(value, Copy(value, graph_.value(v).name + " output"));
    }
    out_.circuit.tensors[value.tensor].kind = TensorKind::kOutput;
    LoweredPort port;
    port.value = v;
    port.tensor = value.tensor;
    port.order.resize(out_.circuit.tensors[value.tensor].shape.size());
    for (size_t d = 0; d < value.axes.size(); ++d) {
      if (!value.axes[d].empty()) port.order[value.axes[d][0].axis] = static_cast<uint32_t>(d);
    }
    out_.outputs.push_back(std::move(port));
  }
  return Ok();
}

Status Lowering::LowerNode(const GraphNode& node) {
  switch (node.op) {
    case Op::kConv:
      return LowerConv(node);
    case Op::kMatMul:
      return LowerMatMul(node);
    case Op::kAffine:
      return LowerAffine(node);
    case Op::kAdd:
    case Op::kSub:
      return LowerAdd(node);
    case Op::kMul:
      return LowerMul(node);
    case Op::kMaxPool:
      return LowerMaxPool(node);
    case Op::kAveragePool:
      return LowerAveragePool(node);
    case Op::kReduceMean:
    case Op::kReduceSum:
      return LowerReduce(node);
    case Op::kSoftmax:
      return LowerSoftmax(node);
    case Op::kConcat:
      return LowerConcat(node);
    case Op::kPad:
      return LowerPad(node);
    case Op::kReshape:
    case Op::kTranspose:
    case Op::kSlice:
      return LowerView(node);
    default:
      return Unsupported("a function of a constant");
  }
}

std::string Lowering::NodeLabel() const {
  return node_ < graph_.nodes.size() ? "node " + graph_.nodes[node_].name + " (" + graph_.nodes[node_].origin + ")"
                                     : "inputs";
}

Error Lowering::Unsupported(const std::string& what) const { return Error{Code::kUnsupported, what, NodeLabel()}; }

}  // namespace provenn
