#include "model/onnx_tensor.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace provenn {
namespace {

using onnx::TensorProto;

// Message nesting that we follow; the deepest that a model without subgraphs needs is about ten.
constexpr int kMaxNesting = 64;

// Bytes per element of raw_data; 0 for types that we do not read.
size_t RawWidth(int type) {
  switch (type) {
    case TensorProto::BOOL:
    case TensorProto::INT8:
    case TensorProto::UINT8:
      return 1;
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
    case TensorProto::INT16:
    case TensorProto::UINT16:
      return 2;
    case TensorProto::FLOAT:
    case TensorProto::INT32:
    case TensorProto::UINT32:
      return 4;
    case TensorProto::DOUBLE:
    case TensorProto::INT64:
    case TensorProto::UINT64:
      return 8;
    default:
      return 0;
  }
}

bool IsFloating(int type) {
  return type == TensorProto::FLOAT || type == TensorProto::DOUBLE || type == TensorProto::FLOAT16 ||
         type == TensorProto::BFLOAT16;
}

float BrainToFloat(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

// A little-endian element of raw_data as its bits.
uint64_t RawBits(const char* data, size_t width) {
  uint64_t bits = 0;
  for (size_t i = 0; i < width; ++i) bits |= static_cast<uint64_t>(static_cast<uint8_t>(data[i])) << (8 * i);
  return bits;
}

float FloatFromBits(int type, uint64_t bits) {
  switch (type) {
    case TensorProto::FLOAT:
      return std::bit_cast<float>(static_cast<uint32_t>(bits));
    case TensorProto::DOUBLE:
      return static_cast<float>(std::bit_cast<double>(bits));
    case TensorProto::FLOAT16:
      return HalfToFloat(static_cast<uint16_t>(bits));
    default:
      return BrainToFloat(static_cast<uint16_t>(bits));
  }
}

// uint64 above the range of int64 is caught by the caller.
int64_t IntFromBits(int type, uint64_t bits) {
  switch (type) {
    case TensorProto::INT8:
      return static_cast<int8_t>(bits);
    case TensorProto::INT16:
      return static_cast<int16_t>(bits);
    case TensorProto::INT32:
      return static_cast<int32_t>(bits);
    case TensorProto::BOOL:
      return bits != 0 ? 1 : 0;
    default:
      return static_cast<int64_t>(bits);
  }
}

Error LengthError(const std::string& what, const Dims& shape, size_t found, const char* unit) {
  return Error{Code::kCorrupt,
               what + " declares " + ShapeToString(shape) + " but holds " + std::to_string(found) + " " + unit, ""};
}

// Where the elements stand when not in raw_data; all typed fields widen to 64 bits.
Result<std::vector<uint64_t>> TypedBits(const TensorProto& proto, const std::string& what, const Dims& shape,
                                        int64_t count) {
  const auto collect = [&](const auto& field, const auto& to_bits) -> Result<std::vector<uint64_t>> {
    if (field.size() != count) return LengthError(what, shape, static_cast<size_t>(field.size()), "elements");
    std::vector<uint64_t> bits;
    bits.reserve(static_cast<size_t>(count));
    for (const auto value : field) bits.push_back(to_bits(value));
    return bits;
  };
  switch (proto.data_type()) {
    case TensorProto::FLOAT:
      return collect(proto.float_data(), [](float v) { return uint64_t{std::bit_cast<uint32_t>(v)}; });
    case TensorProto::DOUBLE:
      return collect(proto.double_data(), [](double v) { return std::bit_cast<uint64_t>(v); });
    case TensorProto::INT64:
      return collect(proto.int64_data(), [](int64_t v) { return static_cast<uint64_t>(v); });
    case TensorProto::UINT32:
    case TensorProto::UINT64:
      return collect(proto.uint64_data(), [](uint64_t v) { return v; });
    default:
      return collect(proto.int32_data(), [](int32_t v) { return static_cast<uint64_t>(static_cast<int64_t>(v)); });
  }
}

}  // namespace

float HalfToFloat(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits >> 15) << 31;
  const uint32_t exponent = (bits >> 10) & 0x1f;
  const uint32_t fraction = bits & 0x3ff;
  if (exponent == 0) {  // zero or subnormal: fraction · 2^−24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t wide_exponent = exponent == 0x1f ? 0xff : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (wide_exponent << 23) | (fraction << 13));
}

Result<AnyTensor> DecodeTensorProto(const TensorProto& proto, const std::string& what, int64_t max_elements) {
  if (proto.data_location() == TensorProto::EXTERNAL || proto.external_data_size() > 0) {
    return Error{Code::kUnsupported, what + " keeps its data in another file", ""};
  }
  if (proto.has_segment()) return Error{Code::kUnsupported, what + " is stored in segments", ""};
  const int type = proto.data_type();
  const size_t width = RawWidth(type);
  if (width == 0) {
    return Error{Code::kUnsupported, what + " has element type number " + std::to_string(type) + ", not supported", ""};
  }
  const Dims shape(proto.dims().begin(), proto.dims().end());
  ASSIGN_OR_RETURN(const int64_t count, CheckedElementCount(shape, what, max_elements));

  const std::string& raw = proto.raw_data();
  const bool is_raw = proto.has_raw_data();
  std::vector<uint64_t> typed;
  if (is_raw) {
    if (raw.size() != static_cast<size_t>(count) * width) return LengthError(what, shape, raw.size(), "bytes");
  } else {
    ASSIGN_OR_RETURN(typed, TypedBits(proto, what, shape, count));
  }
  const auto bits = [&](size_t i) { return is_raw ? RawBits(raw.data() + i * width, width) : typed[i]; };

  const size_t size = static_cast<size_t>(count);
  if (IsFloating(type)) {
    FloatTensor tensor{shape, std::vector<float>(size)};
    for (size_t i = 0; i < size; ++i) tensor.data[i] = FloatFromBits(type, bits(i));
    RETURN_IF_ERROR(CheckFinite(tensor.data, what));
    return AnyTensor(std::move(tensor));
  }
  IntTensor tensor{shape, std::vector<int64_t>(size)};
  for (size_t i = 0; i < size; ++i) {
    if (type == TensorProto::UINT64 && bits(i) > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Error{Code::kOutOfRange, what + " has a value above 2^63 at element " + std::to_string(i), ""};
    }
    tensor.data[i] = IntFromBits(type, bits(i));
  }
  return AnyTensor(std::move(tensor));
}

Status ParseProto(ByteSpan bytes, const std::string& what, google::protobuf::MessageLite& message) {
  // The library reports malformed input on stderr; ours goes through Status alone.
  static const bool silenced = [] {
    google::protobuf::SetLogHandler(nullptr);
    return true;
  }();
  static_cast<void>(silenced);
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return Error{Code::kTooLarge, what + " is larger than 2 GiB, the most that protobuf can hold", ""};
  }
  google::protobuf::io::CodedInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kMaxNesting);
  stream.SetTotalBytesLimit(std::numeric_limits<int>::max());
  if (!message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    return Error{Code::kCorrupt, "not " + what + ": the protobuf is malformed or cut short", ""};
  }
  return Ok();
}

}  // namespace provenn
