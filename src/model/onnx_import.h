// Reads an ONNX model into the normalised graph of graph.h.
//
// Accepts opset 7 to kNewestOpset of the default domain. Weights are initializers or Constant nodes. Nodes that do not
// contribute to an output are ignored. Operators:
//   Gemm MatMul Conv BatchNormalization Relu LeakyRelu Clip Sigmoid Tanh HardSigmoid HardSwish MaxPool AveragePool
//   GlobalAveragePool GlobalMaxPool ReduceMean ReduceSum Add Sub Mul Sum Neg Flatten Reshape Transpose Squeeze
//   Unsqueeze Concat Slice Split Pad Softmax Identity Dropout Constant; Cast between float types; Div by a constant;
//   Min and Max with a constant scalar; Gather of consecutive positions; and on constants and shapes also Shape Size
//   ConstantOfShape Range Expand Where Equal Less Greater And Or Not Mod Abs Sqrt Reciprocal Floor Ceil Exp ReduceProd.
//
// A leading axis that an input leaves open is the batch. Samples of a batch are computed one by one, so a model that
// mixes them is refused (batch_axis.h). A leading axis of fixed size n is part of the sample.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/graph.h"

namespace provenn {

inline constexpr int64_t kOldestOpset = 7;
inline constexpr int64_t kNewestOpset = 28;
// protobuf holds no more.
inline constexpr uint64_t kMaxModelBytes = (uint64_t{1} << 31) - 1;

struct ImportOptions {
  // Shapes that tell the sizes of symbolic axes, for the inputs in their order; may be shorter than the inputs, and an
  // empty entry tells nothing. A calibration tensor's shape will do: its leading axis is ignored (a symbolic leading
  // axis is the batch and becomes 1), or it may lack that axis. Declared axes must agree.
  std::vector<Dims> input_shapes;
  // All constants of the graph together, those that folding makes included.
  int64_t max_constant_elements = int64_t{1} << 28;
  // Where a model that keeps weights in other files has them; without it such a model is refused (kUnsupported).
  std::optional<std::string> data_folder{};
};

// kCorrupt: malformed bytes, cycles, names that are missing or defined twice, data of the wrong length.
// kUnsupported: anything above that is not listed; the message says what is missing and Error::where names node and
// operator. kOutOfRange: NaN or infinity in a weight. kTooLarge: sizes over the limits. kInvalidArgument: shapes that
// do not fit together.
Result<Graph> ImportOnnx(ByteSpan model, const ImportOptions& options = {});
// Of a file; its data folder is the one it lies in.
Result<Graph> ImportOnnxFile(const std::string& path, ImportOptions options = {});

}  // namespace provenn
