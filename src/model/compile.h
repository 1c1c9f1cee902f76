// From a float graph and calibration data to everything that a commitment needs: the public circuit, the secret
// integer weights, the recipe that computes every cell, and what to tell the user about it.
//
// What the circuit tells about the secret weights: the scale of each tensor and the width of each remainder (so, per
// layer, the power of two above the largest weight), and the range of each calibrated activation to a power of two, or
// to an eighth of it where a curved function's table is laid over the range. Bounds of sums, and with them table sizes,
// follow from formats. Constants that stand outside convolutions and matrix products and are the same for every element
// (the 6 of a Clip, a factor of 0.5, a slope) are part of a function and so in its table, in clear. It holds no weight
// of a layer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/progress.h"
#include "model/compile_port.h"
#include "model/graph.h"
#include "model/interpreter.h"
#include "model/key_facts.h"
#include "model/model_formats.h"
#include "relation/program.h"

namespace provenn {

struct CompileOptions {
  int bits = 12;  // of activations: 8..16
  // Bounds of sums, and with them table sizes and declared outputs, from the sums of the weights: a smaller proof, but
  // the public key then tells these sums to three binary digits.
  bool tight = false;
  // Constants that multiply or shift a whole tensor by one value are weights like others, not part of a public
  // function.
  bool hide_constants = false;
  const ModelFormats* formats = nullptr;  // those of another model of the same graph, instead of choosing
  size_t max_deviation_samples = 64;      // how many calibration samples the integer model is compared on
};

// One line of the table that `commit` prints.
struct NodeReport {
  std::string name;
  std::string op;          // ONNX operation
  Dims shape;              // of its output
  bool committed = false;  // its output has cells of its own (otherwise it is a view or part of a later node)
  int32_t scale = 0;       // of these cells
  uint64_t weights = 0;    // integer weights
  uint64_t cells = 0;      // committed cells: outputs, remainders, saturation
  uint64_t lookups = 0;
};

// How far the integer model is from the float model on the calibration data, for one output.
struct Deviation {
  std::string output;
  size_t samples = 0;
  size_t elements = 0;       // of one sample
  double max_error = 0;      // absolute
  double mean_error = 0;     // absolute
  double max_magnitude = 0;  // of the float output
  size_t same_top = 0;       // samples whose largest element along the whole output has the same index
};

struct CompiledModel {
  Circuit circuit;
  IntegerTensors weights;
  Program program;
  std::vector<ModelPort> inputs;  // parallel to the graph's
  std::vector<ModelPort> outputs;
  std::vector<NodeReport> nodes;
  std::vector<Deviation> deviations;  // parallel to outputs
  ModelFormats formats;               // that were used
  std::vector<KeyFact> tells;         // what in the circuit depends on weights or calibration
};

// `calibration`: one tensor per graph input, each with the same number S >= 1 of samples ([S·n, rest...]). The declared
// range of an input follows from its values: [0, 255] for bytes, [0, 1] or [-1, 1] widened to a power of two for
// normalised values, else what was seen with a margin.
// kInvalidArgument: options, calibration shapes, formats of another graph or too narrow for these weights;
// kUnsupported: an operation or a range, naming the node.
Result<CompiledModel> CompileModel(const Graph& graph, std::span<const FloatTensor> calibration,
                                   const CompileOptions& options = {}, ProgressSink* progress = nullptr);

// Runs the integer model on real inputs, parallel to model.inputs and of one batch size. Result: parallel to outputs.
Result<std::vector<FloatTensor>> RunCompiled(const CompiledModel& model, std::span<const FloatTensor> inputs);

// The integer inputs by tensor id, for RunProgram and the prover.
Result<IntegerTensors> QuantiseInputs(const Circuit& circuit, const std::vector<ModelPort>& ports,
                                      std::span<const FloatTensor> inputs, uint32_t* batch);

}  // namespace provenn
