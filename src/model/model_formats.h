// Everything about a model's integers that is chosen with data in view: formats of inputs, ranges of activations,
// scales of weights. Given to another compilation of the same graph, with other weights or other calibration data, they
// lead to the same circuit: a family of fine-tuned models then shares one public key but for the root of the weights.
//
// It tells more than a public key does (ranges are not rounded): keep it with the models.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/graph.h"
#include "model/quantise.h"

namespace provenn {

// Declared bounds of weights: 16 bits, or 65535 h + 32767, which a certificate proves exactly (protocol.md, 16).
inline constexpr int64_t kWeightBound = 32767;
constexpr int64_t WideBound(int64_t h) { return 65535 * h + kWeightBound; }

struct InputFormat {
  int32_t scale = 0;
  int64_t min = 0;
  int64_t max = 0;
};

struct NamedInputFormat {
  std::string input;
  InputFormat format;
};
struct NamedRange {
  std::string value;
  Range range;
};
// An integer weight tensor: real = integer * 2^-scale, integers within +-bound.
struct WeightFormat {
  std::string tensor;
  int32_t scale = 0;
  int64_t bound = 0;
};

struct ModelFormats {
  int bits = 0;                          // of activations
  std::vector<NamedInputFormat> inputs;  // parallel to the graph's
  std::vector<NamedRange> ranges;        // of every value that is computed or an input, in the order of the graph
  std::vector<WeightFormat> weights;     // in the order of the circuit
};

// Whether these are formats of this graph: names in order, numbers that the compiler could have chosen. The names of
// weights are compared where they are used. kInvalidArgument saying what does not fit.
Status CheckFormats(const ModelFormats& formats, const Graph& graph, int bits);

// The values whose ranges count, ascending.
std::vector<ValueId> RangedValues(const Graph& graph);

}  // namespace provenn
