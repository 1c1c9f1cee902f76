#include "model/compile.h"

#include <algorithm>
#include <cmath>

#include "model/float_executor.h"
#include "model/lower.h"
#include "relation/determinism.h"
#include "relation/totality.h"

namespace provenn {
namespace {

// Above this many activations tables are small beside the rest, and rows are spent for precision.
constexpr int64_t kLargeModel = 200000;
// Up to this many values an input is taken for a record of fields.
constexpr size_t kMaxRecord = 512;

void Report(ProgressSink* progress, double fraction, std::string_view stage) {
  if (progress != nullptr) progress->Report(fraction, stage);
}

// Calibration samples, [sample][input].
Result<std::vector<std::vector<FloatTensor>>> Samples(const Graph& graph, std::span<const FloatTensor> calibration) {
  if (calibration.size() != graph.inputs.size()) {
    return Error{Code::kInvalidArgument,
                 "the model has " + std::to_string(graph.inputs.size()) + " inputs, calibration data for " +
                     std::to_string(calibration.size()) + " was given",
                 "calibration"};
  }
  std::vector<std::vector<FloatTensor>> samples;
  for (size_t i = 0; i < calibration.size(); ++i) {
    const GraphValue& input = graph.value(graph.inputs[i]);
    RETURN_IF_ERROR(CheckFinite(calibration[i].data, "calibration data of input " + input.name));
    ASSIGN_OR_RETURN(std::vector<FloatTensor> split, SplitBatch(calibration[i], input.shape, "input " + input.name));
    if (split.empty() || (i > 0 && split.size() != samples.size())) {
      return Error{Code::kInvalidArgument, "the inputs have different numbers of calibration samples, or none",
                   "calibration"};
    }
    samples.resize(split.size());
    for (size_t s = 0; s < split.size(); ++s) samples[s].push_back(std::move(split[s]));
  }
  if (samples.empty()) return Error{Code::kInvalidArgument, "the model has no inputs", "calibration"};
  return samples;
}

// Largest e with magnitude * 2^e <= limit.
int32_t ScaleFor(double magnitude, double limit) {
  int32_t scale = -30;
  while (scale < 24 && Scaled(magnitude, scale + 1) <= limit) ++scale;
  return scale;
}

InputFormat ChooseInputFormat(const std::vector<std::vector<FloatTensor>>& samples, size_t input, int bits) {
  Range range{static_cast<double>(samples[0][input].data[0]), static_cast<double>(samples[0][input].data[0])};
  bool integers = true;
  for (const auto& sample : samples) {
    for (float v : sample[input].data) {
      range.Include(static_cast<double>(v));
      integers = integers && v == std::trunc(v);
    }
  }
  if (integers && range.low >= 0 && range.high > 1 && range.high <= 255) return {0, 0, 255};
  const double magnitude = std::max(-range.low, range.high);
  // At least 10 bits, so that 8-bit images scaled to [0, 1] keep their values apart. Records of few fields, which
  // differ in magnitude by nature, get all 16.
  const int width = magnitude > 1 && samples[0][input].data.size() <= kMaxRecord ? 16 : std::max(bits, 10);
  const double reach = magnitude <= 1 ? 1 : 1.5 * magnitude;
  if (range.low >= 0) {
    const int64_t limit = (int64_t{1} << width) - 1;
    return {ScaleFor(reach, static_cast<double>(limit)), 0, limit};
  }
  const int64_t limit = int64_t{1} << (width - 1);
  return {ScaleFor(reach, static_cast<double>(limit - 1)), -limit, limit - 1};
}

ModelFormats ChooseFormats(const Graph& graph, const std::vector<std::vector<FloatTensor>>& samples,
                           const std::vector<Range>& ranges, int bits) {
  ModelFormats formats;
  formats.bits = bits;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    formats.inputs.push_back({graph.value(graph.inputs[i]).name, ChooseInputFormat(samples, i, bits)});
  }
  for (const ValueId v : RangedValues(graph)) {
    formats.ranges.push_back({graph.value(v).name, ranges[static_cast<size_t>(v)]});
  }
  return formats;
}

// max(relu(x)) = relu(max(x)): in front of the pool the function is part of the table that commits x anyway, and the
// pool then works on non-negative values.
Graph FunctionsBeforePools(const Graph& graph) {
  Graph out = graph;
  const std::vector<int> uses = CountUses(graph);
  for (GraphNode& pool : out.nodes) {
    if (pool.op != Op::kMaxPool || uses[static_cast<size_t>(pool.output)] != 1) continue;
    const auto next = std::find_if(out.nodes.begin(), out.nodes.end(),
                                   [&](const GraphNode& node) { return node.inputs[0] == pool.output; });
    if (next == out.nodes.end() || (next->op != Op::kRelu && next->op != Op::kClip)) continue;
    std::swap(pool.op, next->op);
    std::swap(pool.name, next->name);
    std::swap(pool.origin, next->origin);
    std::swap(pool.attributes, next->attributes);
    out.value(pool.output).shape = graph.shape(pool.inputs[0]);
  }
  return out;
}

struct Calibration {
  std::vector<Range> ranges;                            // by value
  std::vector<std::vector<FloatTensor>> float_outputs;  // of the first samples
};

Result<Calibration> Calibrate(const Graph& graph, const std::vector<std::vector<FloatTensor>>& samples, size_t keep,
                              ProgressSink* progress) {
  Calibration calibration;
  calibration.ranges.resize(graph.values.size());
  std::vector<bool> seen(graph.values.size(), false);
  const FloatExecutor executor(graph);
  for (size_t s = 0; s < samples.size(); ++s) {
    Report(progress, 0.6 * static_cast<double>(s) / static_cast<double>(samples.size()), "calibration");
    ASSIGN_OR_RETURN(std::vector<FloatTensor> outputs,
                     executor.Run(samples[s], [&](ValueId id, const FloatTensor& tensor) {
                       const size_t v = static_cast<size_t>(id);
                       Range& range = calibration.ranges[v];
                       const auto [low, high] = std::minmax_element(tensor.data.begin(), tensor.data.end());
                       if (!seen[v]) range = {static_cast<double>(*low), static_cast<double>(*high)};
                       seen[v] = true;
                       range.Include(static_cast<double>(*low));
                       range.Include(static_cast<double>(*high));
                     }));
    if (s < keep) calibration.float_outputs.push_back(std::move(outputs));
  }
  return calibration;
}

int64_t CountActivations(const Graph& graph) {
  int64_t n = 0;
  for (const GraphNode& node : graph.nodes) {
    if (!IsView(node.op) && !IsFunction(node.op)) n += ElementCount(graph.shape(node.output));
  }
  return n;
}

std::vector<ModelPort> Ports(const Graph& graph, const std::vector<LoweredPort>& lowered,
                             const std::vector<std::string>& names) {
  std::vector<ModelPort> ports;
  for (size_t i = 0; i < lowered.size(); ++i) {
    const GraphValue& value = graph.value(lowered[i].value);
    ports.push_back({names.empty() ? value.name : names[i], value.shape, lowered[i].tensor, lowered[i].order});
  }
  return ports;
}

std::vector<NodeReport> NodeReports(const Graph& graph, const std::vector<LoweredCost>& costs) {
  std::vector<NodeReport> reports;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    const LoweredCost& cost = costs[i];
    reports.push_back({node.name, node.origin, graph.shape(node.output), cost.committed, cost.scale, cost.weights,
                       cost.proof.cells, cost.proof.lookups});
  }
  const LoweredCost& inputs = costs.back();
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const GraphValue& value = graph.value(graph.inputs[i]);
    NodeReport report{value.name, "input", value.shape, false, 0, 0, 0, 0};
    if (i == 0) {
      report.cells = inputs.proof.cells;
      report.lookups = inputs.proof.lookups;
    }
    reports.insert(reports.begin() + static_cast<ptrdiff_t>(i), std::move(report));
  }
  return reports;
}

Status Measure(const std::vector<std::vector<FloatTensor>>& samples, const Calibration& calibration,
               CompiledModel* model, ProgressSink* progress) {
  for (const ModelPort& port : model->outputs) model->deviations.push_back({port.name, 0, 0, 0, 0, 0, 0});
  const size_t count = calibration.float_outputs.size();
  for (size_t s = 0; s < count; ++s) {
    Report(progress, 0.7 + 0.3 * static_cast<double>(s) / static_cast<double>(count), "comparing");
    ASSIGN_OR_RETURN(const std::vector<FloatTensor> outputs, RunCompiled(*model, samples[s]));
    for (size_t o = 0; o < outputs.size(); ++o) {
      const std::vector<float>& got = outputs[o].data;
      const std::vector<float>& want = calibration.float_outputs[s][o].data;
      Deviation& d = model->deviations[o];
      d.elements = got.size();
      double sum = 0;
      for (size_t i = 0; i < got.size(); ++i) {
        const double error = std::abs(static_cast<double>(got[i]) - static_cast<double>(want[i]));
        sum += error;
        d.max_error = std::max(d.max_error, error);
        d.max_magnitude = std::max(d.max_magnitude, std::abs(static_cast<double>(want[i])));
      }
      d.mean_error += sum / static_cast<double>(got.size()) / static_cast<double>(count);
      d.same_top += std::max_element(got.begin(), got.end()) - got.begin() ==
                            std::max_element(want.begin(), want.end()) - want.begin()
                        ? 1
                        : 0;
      ++d.samples;
    }
  }
  return Ok();
}

}  // namespace

Result<CompiledModel> CompileModel(const Graph& model_graph, std::span<const FloatTensor> calibration,
                                   const CompileOptions& options, ProgressSink* progress) {
  if (options.bits < 8 || options.bits > 16) {
    return Error{Code::kInvalidArgument, "activations have 8 to 16 bits, not " + std::to_string(options.bits),
                 "--bits"};
  }
  const Graph graph = FunctionsBeforePools(model_graph);
  ASSIGN_OR_RETURN(const std::vector<std::vector<FloatTensor>> samples, Samples(graph, calibration));
  ASSIGN_OR_RETURN(const Calibration seen, Calibrate(graph, samples, options.max_deviation_samples, progress));
  Report(progress, 0.6, "lowering");
  LoweringOptions lowering;
  lowering.bits = options.bits;
  lowering.tight = options.tight;
  lowering.hide_constants = options.hide_constants;
  lowering.large = CountActivations(graph) > kLargeModel;
  lowering.remainder_bits = std::min(options.bits + (lowering.large ? 2 : 0), 16);
  CompiledModel model;
  if (options.formats != nullptr) {
    RETURN_IF_ERROR(CheckFormats(*options.formats, graph, options.bits));
    model.formats = *options.formats;
  } else {
    model.formats = ChooseFormats(graph, samples, seen.ranges, options.bits);
  }
  std::vector<InputFormat> inputs;
  for (const NamedInputFormat& input : model.formats.inputs) inputs.push_back(input.format);
  std::vector<Range> ranges(graph.values.size());
  const std::vector<ValueId> ranged = RangedValues(graph);
  for (size_t i = 0; i < ranged.size(); ++i) ranges[static_cast<size_t>(ranged[i])] = model.formats.ranges[i].range;
  ASSIGN_OR_RETURN(
      Lowered lowered,
      LowerGraph(graph, ranges, inputs, options.formats == nullptr ? nullptr : &options.formats->weights, lowering));
  model.formats.weights = std::move(lowered.weight_formats);
  model.circuit = std::move(lowered.circuit);
  model.weights = std::move(lowered.weights);
  model.program = std::move(lowered.program);
  model.inputs = Ports(graph, lowered.inputs, {});
  model.outputs = Ports(graph, lowered.outputs, graph.output_names);
  model.nodes = NodeReports(graph, lowered.costs);
  model.tells = WhatTheKeyTells(model.circuit, model.program);
  for (const auto& [place, what] : lowered.public_constants) model.tells.push_back({place, what, FactSource::kWeights});
  RETURN_IF_ERROR(ValidateCircuit(model.circuit));
  // What every verifier will demand of the key.
  if (const Status determined = CheckDeterminism(model.circuit, model.program); !determined.ok()) {
    return Error{Code::kUnsupported, determined.error().message + ": no verifier would take the key",
                 determined.error().where};
  }
  for (size_t t = 0; t < model.weights.size(); ++t) {
    const Tensor& tensor = model.circuit.tensors[t];
    if (std::any_of(model.weights[t].begin(), model.weights[t].end(),
                    [&](int32_t w) { return w < tensor.min || w > tensor.max; })) {
      return Error{Code::kUnsupported, "a weight is too large for its format", "tensor " + tensor.name};
    }
  }
  // With bounds by format this holds of what lowering makes; where it does not, sums could leave 64 bits.
  if (!options.tight) {
    if (const auto total = CheckTotality(model.circuit, model.program); !total.ok()) {
      return Error{Code::kUnsupported,
                   total.error().message + ": not every input would have an answer; use fewer --bits",
                   total.error().where};
    }
  }
  RETURN_IF_ERROR(Measure(samples, seen, &model, progress));
  Report(progress, 1, "done");
  return model;
}

Result<IntegerTensors> QuantiseInputs(const Circuit& circuit, const std::vector<ModelPort>& ports,
                                      std::span<const FloatTensor> inputs, uint32_t* batch) {
  if (inputs.size() != ports.size()) {
    return Error{
        Code::kInvalidArgument,
        "the model has " + std::to_string(ports.size()) + " inputs, " + std::to_string(inputs.size()) + " were given",
        "inputs"};
  }
  IntegerTensors tensors(circuit.tensors.size());
  for (size_t i = 0; i < ports.size(); ++i) {
    uint32_t samples = 0;
    ASSIGN_OR_RETURN(samples, CheckInput(circuit, ports[i], inputs[i]));
    tensors[ports[i].tensor].resize(inputs[i].data.size());
    QuantiseInput(circuit, ports[i], inputs[i], tensors[ports[i].tensor]);
    if (i > 0 && samples != *batch) {
      return Error{Code::kInvalidArgument, "the inputs have different batch sizes", "input " + ports[i].name};
    }
    *batch = samples;
  }
  return tensors;
}

Result<std::vector<FloatTensor>> RunCompiled(const CompiledModel& model, std::span<const FloatTensor> inputs) {
  uint32_t batch = 0;
  ASSIGN_OR_RETURN(const IntegerTensors integers, QuantiseInputs(model.circuit, model.inputs, inputs, &batch));
  ASSIGN_OR_RETURN(const Witness witness, RunProgram(model.circuit, model.program, model.weights, integers, batch));
  std::vector<FloatTensor> outputs;
  for (const ModelPort& port : model.outputs) {
    outputs.push_back(RealValues(model.circuit, port, witness.assignment.tensors[port.tensor], batch));
  }
  return outputs;
}

}  // namespace provenn
