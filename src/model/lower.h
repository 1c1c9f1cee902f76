// Lowers a float graph to a circuit, integer weights and the program that computes every cell.
//
// Values are lowered lazily. A linear node leaves a *pending* sum (accumulators and views at the accumulator's scale);
// the functions of one element that follow it are composed; only where something reads the composed value that is not
// such a function is it rescaled into committed cells, by one lookup whose table is the whole composition. So
// Conv-BatchNorm-HardSwish costs as much as Conv alone.
//
// Storage is channels-last and without the batch axis: logical [1, C, H, W] lies in a tensor [H, W, C].
#pragma once

#include <string>
#include <vector>

#include "model/graph.h"
#include "model/interpreter.h"
#include "model/lower_rescale.h"
#include "model/model_formats.h"
#include "model/quantise.h"
#include "relation/program.h"

namespace provenn {

struct LoweringOptions {
  int bits = 12;                // of activations, 8..16
  int remainder_bits = 12;      // s that weight scales aim at, so that layers share range tables
  bool large = false;           // spend rows for precision where there are many activations anyway
  bool tight = false;           // bounds of sums from the weights themselves, not from their formats
  bool hide_constants = false;  // constants that are the same for every element are weights, too
};

// One input or output of the model, as integers.
struct LoweredPort {
  ValueId value = kNoValue;
  uint32_t tensor = 0;
  std::vector<uint32_t> order;  // tensor axis i is logical axis order[i]; the other logical axes have size 1
};

// What one node costs, for the report.
struct LoweredCost {
  NodeCost proof;
  uint64_t weights = 0;
  int32_t scale = 0;  // of its committed result; 0 where it has none
  bool committed = false;
};

struct Lowered {
  Circuit circuit;
  Program program;
  IntegerTensors weights;
  std::vector<LoweredPort> inputs;   // parallel to graph.inputs
  std::vector<LoweredPort> outputs;  // parallel to graph.outputs
  std::vector<LoweredCost> costs;    // parallel to graph.nodes, then one for the inputs
  std::vector<WeightFormat> weight_formats;
  // Constants of the model that became part of a public function: place, and what.
  std::vector<std::pair<std::string, std::string>> public_constants;
};

// `ranges`: calibrated range of every value. `inputs`: formats parallel to graph.inputs. `imposed`: formats of all
// weights, or null: chosen from the weights. kUnsupported naming the node and what is missing, or where an accumulator
// could overflow 61 bits; kInvalidArgument where weights do not fit the formats that are imposed.
Result<Lowered> LowerGraph(const Graph& graph, const std::vector<Range>& ranges, const std::vector<InputFormat>& inputs,
                           const std::vector<WeightFormat>* imposed, const LoweringOptions& options);

}  // namespace provenn
