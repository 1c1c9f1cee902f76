// Decoding of ONNX TensorProto, which holds weights, constants and test data in seven different ways.
#pragma once

#include <string>
#include <variant>

#include "base/bytes.h"
#include "model/tensor.h"

namespace google::protobuf {
class MessageLite;
}
namespace onnx {
class TensorProto;
}

namespace provenn {

// float16, bfloat16, float and double become floats; integers and booleans become 64-bit integers.
using AnyTensor = std::variant<FloatTensor, IntTensor>;

// IEEE half precision to single; exact.
float HalfToFloat(uint16_t bits);

// kCorrupt: the data does not have the length that the axes declare; kTooLarge: more than max_elements are declared
// (checked before anything is allocated); kUnsupported: external or segmented data, strings, complex and 8-bit float
// types; kOutOfRange: NaN, an infinity, or a value beyond float32 or int64. `what` names the tensor in messages.
Result<AnyTensor> DecodeTensorProto(const onnx::TensorProto& proto, const std::string& what,
                                    int64_t max_elements = kMaxTensorElements);

// Parses a protobuf message. Never throws and never writes to stderr; kCorrupt where the bytes are malformed.
Status ParseProto(ByteSpan bytes, const std::string& what, google::protobuf::MessageLite& message);

}  // namespace provenn
