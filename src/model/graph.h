// The normalised float graph: what an ONNX model is after import, and all that later stages know of it.
//
// Import has already removed everything that is not arithmetic on run-time floats, so that few operations remain:
//   - shapes are static; the batch axis stays the leading axis, with its declared size (a symbolic one becomes 1);
//   - tensors are float32, row-major, NCHW as in ONNX; no axis is empty;
//   - constants are values with data; a node whose inputs are all constant has been evaluated;
//   - Constant, Identity, Dropout, Cast between float types and all shape computations are gone;
//   - Flatten, Squeeze, Unsqueeze and Reshape are kReshape; Split is one kSlice per output;
//   - 1-D convolution and pooling are the 2-D operation with height 1, between two kReshape nodes;
//   - Gemm is kMatMul (transposes and alpha folded into a constant operand, else explicit nodes) with beta in the bias;
//   - BatchNormalization and every Add, Sub, Mul, Div with a constant (and Neg) are kAffine, merged with each other and
//     folded into a preceding kConv or kMatMul that has no other consumer, where scale and shift are per out-channel;
//   - GlobalAveragePool is kReduceMean, GlobalMaxPool a kMaxPool with one window; reductions keep their axes with size
//   1
//     (a kReshape follows where ONNX drops them);
//   - Softmax below opset 13 is a 2-D softmax between two kReshape nodes unless its axis is the last.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "model/tensor.h"

namespace provenn {

// Index into Graph::values.
using ValueId = int32_t;
// An optional input that is not there.
inline constexpr ValueId kNoValue = -1;

enum class Op {
  // Linear, with an optional constant operand as weights.
  kConv,    // x [N,C,H,W], w [M,C/groups,kh,kw], bias [M] or kNoValue (constant)   -> [N,M,H',W']; ConvAttributes
  kMatMul,  // a, b as NumPy matmul (rank >= 2 each, batch axes broadcast), bias [columns] or kNoValue (constant)
  kAffine,  // x·scale + shift; scale, shift constants that broadcast to x's shape, or kNoValue (then 1 and 0)
  // Element-wise on two run-time values (one may be constant only where it broadcasts the other up).
  kAdd,  // a + b, NumPy broadcasting
  kSub,  // a − b
  kMul,  // a·b
  // Functions of one element: see EvaluateFunction in model/deterministic_math.h.
  kRelu,
  kLeakyRelu,  // LeakyReluAttributes
  kClip,       // ClipAttributes
  kSigmoid,
  kTanh,
  kHardSigmoid,  // HardSigmoidAttributes
  kHardSwish,    // x · clamp(x/6 + 1/2, 0, 1)
  // Windows and reductions.
  kMaxPool,      // x [N,C,H,W]; PoolAttributes; cells in the padding do not take part
  kAveragePool,  // x [N,C,H,W]; PoolAttributes
  kReduceMean,   // ReduceAttributes
  kReduceSum,    // ReduceAttributes
  kSoftmax,      // SoftmaxAttributes
  // Views: every output cell is a copy of one input cell (or of a constant).
  kReshape,    // same cells in row-major order; the target is the output's shape
  kTranspose,  // TransposeAttributes
  kConcat,     // any number of inputs, some may be constants; ConcatAttributes
  kSlice,      // SliceAttributes
  kPad,        // PadAttributes
};

// "Conv", "MatMul", ...
std::string_view OpName(Op op);
// kRelu ... kHardSwish: one element in, one element out.
bool IsFunction(Op op);
// kReshape ... kPad.
bool IsView(Op op);

// Two spatial axes: [0] is height, [1] is width. The output size is the output value's shape: with ONNX's ceil_mode the
// last window may reach beyond the end padding.
struct Window {
  std::array<int64_t, 2> kernel{1, 1};
  std::array<int64_t, 2> strides{1, 1};
  std::array<int64_t, 2> dilations{1, 1};
  std::array<int64_t, 2> pads_begin{0, 0};
  std::array<int64_t, 2> pads_end{0, 0};
  friend bool operator==(const Window&, const Window&) = default;
};
struct ConvAttributes {
  Window window;
  int64_t groups = 1;  // divides C and M
};
struct PoolAttributes {
  Window window;
  // kAveragePool: the divisor counts window cells in the padding too, but never cells beyond the padding.
  bool count_include_pad = false;
};
struct LeakyReluAttributes {
  float alpha = 0.01f;
};
struct ClipAttributes {  // min <= max; a missing bound is the lowest or highest finite float
  float min = 0;
  float max = 0;
};
struct HardSigmoidAttributes {  // clamp(alpha·x + beta, 0, 1)
  float alpha = 0.2f;
  float beta = 0.5f;
};
struct ReduceAttributes {
  Dims axes;  // ascending, distinct, non-empty; these axes have size 1 in the output
};
struct SoftmaxAttributes {
  int64_t axis = 0;
};
struct TransposeAttributes {
  Dims permutation;  // output axis i is input axis permutation[i]
};
struct ConcatAttributes {
  int64_t axis = 0;
};
struct SliceAttributes {  // full rank; the number of cells along an axis is the output's shape
  Dims starts;            // first cell taken along each axis
  Dims steps;             // non-zero, may be negative
};
struct PadAttributes {  // full rank, none negative
  Dims before;
  Dims after;
  float value = 0;
};

using Attributes = std::variant<std::monostate, ConvAttributes, PoolAttributes, LeakyReluAttributes, ClipAttributes,
                                HardSigmoidAttributes, ReduceAttributes, SoftmaxAttributes, TransposeAttributes,
                                ConcatAttributes, SliceAttributes, PadAttributes>;

struct GraphNode {
  std::string name;  // the ONNX node's name, or "<OpType>_<index>"; distinct nodes made of one ONNX node add "/suffix"
  std::string origin;  // ONNX op type it came from, for tables and messages ("Gemm")
  Op op = Op::kReshape;
  std::vector<ValueId> inputs;  // kNoValue where an optional input is absent; absent trailing inputs are kept
  ValueId output = kNoValue;    // every operation has one output
  Attributes attributes;

  template <typename T>
  const T& As() const {  // PROVENN_CHECKs the type
    const T* attributes_of_type = std::get_if<T>(&attributes);
    PROVENN_CHECK(attributes_of_type != nullptr);
    return *attributes_of_type;
  }
};

struct GraphValue {
  std::string name;  // the ONNX value's name, or a synthesized one; unique in the graph
  Dims shape;
  bool is_constant = false;
  std::vector<float> data;  // of a constant, finite; empty otherwise
};

// Invariants: nodes are topologically sorted; every value is a constant, an input, or the output of exactly one node;
// every node contributes to an output; no constant is unused, unless it is an output.
struct Graph {
  std::vector<GraphValue> values;
  std::vector<ValueId> inputs;            // run-time inputs, in the model's order (initializers are not inputs)
  std::vector<ValueId> outputs;           // may name inputs, intermediate values or constants; may repeat
  std::vector<std::string> output_names;  // the model's names for `outputs`, parallel to it
  std::vector<GraphNode> nodes;

  const GraphValue& value(ValueId id) const { return values[static_cast<size_t>(id)]; }
  GraphValue& value(ValueId id) { return values[static_cast<size_t>(id)]; }
  const Dims& shape(ValueId id) const { return value(id).shape; }
  bool IsConstant(ValueId id) const { return id != kNoValue && value(id).is_constant; }
};

// How often each value is read: by nodes (once per input position) and as a graph output.
std::vector<int> CountUses(const Graph& graph);

// Checks the invariants above and that every output shape is the one that shape inference gives. Import has done so; it
// is for graphs built by hand and after a rewrite.
Status ValidateGraph(const Graph& graph);

}  // namespace provenn
