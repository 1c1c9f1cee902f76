#include "model/tensor_io.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "base/file.h"
#include "model/strided.h"

namespace provenn {
namespace {

constexpr std::string_view kNpyMagic("\x93NUMPY", 6);
constexpr size_t kMaxNpyHeader = 65536;

// Reads the Python dictionary literal of a .npy header, as NumPy writes it: keys 'descr', 'fortran_order' and 'shape',
// each once and in any order. Nothing else of Python is understood.
class NpyHeaderParser {
 public:
  explicit NpyHeaderParser(std::string_view text) : text_(text) {}

  bool Parse() {
    if (!Take('{')) return false;
    while (!Take('}')) {
      std::string key;
      if (!String(key) || !Take(':')) return false;
      if (key == "descr" && descr.empty()) {
        if (!String(descr)) return false;
      } else if (key == "fortran_order" && !fortran_order.has_value()) {
        if (Word("True")) {
          fortran_order = true;
        } else if (Word("False")) {
          fortran_order = false;
        } else {
          return false;
        }
      } else if (key == "shape" && !shape.has_value()) {
        if (!Shape()) return false;
      } else {
        return false;
      }
      if (!Take(',') && !Peek('}')) return false;
    }
    SkipSpace();
    return position_ == text_.size() && !descr.empty() && fortran_order.has_value() && shape.has_value();
  }

  std::string descr;
  std::optional<bool> fortran_order;
  std::optional<Dims> shape;

 private:
  void SkipSpace() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) ++position_;
  }
  bool Peek(char c) {
    SkipSpace();
    return position_ < text_.size() && text_[position_] == c;
  }
  bool Take(char c) {
    if (!Peek(c)) return false;
    ++position_;
    return true;
  }
  bool Word(std::string_view word) {
    SkipSpace();
    if (text_.substr(position_, word.size()) != word) return false;
    position_ += word.size();
    return true;
  }
  bool String(std::string& out) {
    const char quote = Peek('"') ? '"' : '\'';
    if (!Take(quote)) return false;
    const size_t end = text_.find(quote, position_);
    if (end == std::string_view::npos) return false;
    out = text_.substr(position_, end - position_);
    position_ = end + 1;
    return true;
  }
  bool Shape() {
    Dims axes;
    if (!Take('(')) return false;
    while (!Take(')')) {
      SkipSpace();
      int64_t size = 0;
      const char* begin = text_.data() + position_;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), size);
      if (error != std::errc() || axes.size() >= kMaxTensorRank) return false;
      position_ += static_cast<size_t>(end - begin);
      axes.push_back(size);
      if (!Take(',') && !Peek(')')) return false;
    }
    shape = std::move(axes);
    return true;
  }

  std::string_view text_;
  size_t position_ = 0;
};

// NumPy's element types as ONNX's, which the shared decoder knows; 0 for those that are not read.
int OnnxType(std::string_view descr) {
  using onnx::TensorProto;
  const struct {
    std::string_view descr;
    int type;
  } kTypes[] = {
      {"<f2", TensorProto::FLOAT16}, {"<f4", TensorProto::FLOAT},  {"<f8", TensorProto::DOUBLE},
      {"<i2", TensorProto::INT16},   {"<i4", TensorProto::INT32},  {"<i8", TensorProto::INT64},
      {"<u2", TensorProto::UINT16},  {"<u4", TensorProto::UINT32}, {"<u8", TensorProto::UINT64},
      {"|i1", TensorProto::INT8},    {"|u1", TensorProto::UINT8},  {"|b1", TensorProto::BOOL},
      {"<i1", TensorProto::INT8},    {"<u1", TensorProto::UINT8},
  };
  for (const auto& entry : kTypes) {
    if (entry.descr == descr) return entry.type;
  }
  return 0;
}

// Fortran order stores the first axis fastest: the same bytes are the transposed tensor in C order.
template <typename T>
void FromFortranOrder(const Dims& shape, std::vector<T>& data) {
  if (data.empty() || shape.size() < 2) return;
  Dims strides(shape.size(), 1);
  for (size_t i = 1; i < shape.size(); ++i) strides[i] = strides[i - 1] * shape[i - 1];
  std::vector<T> out(data.size());
  GatherStrided(data.data(), 0, strides, shape, out.data());
  data = std::move(out);
}

Bytes NpyWithHeader(std::string_view descr, const Dims& shape, size_t data_bytes) {
  std::string header = "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (";
  for (const int64_t size : shape) header += std::to_string(size) + ",";
  if (shape.size() > 1) header.pop_back();
  header += "), }";
  // The header ends in a newline, and the data starts at a multiple of 64 bytes.
  const size_t prefix = kNpyMagic.size() + 4;
  header.append((64 - (prefix + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  ByteWriter writer;
  writer.Raw(AsBytes(kNpyMagic));
  writer.U8(1);
  writer.U8(0);
  writer.U16(static_cast<uint16_t>(header.size()));
  writer.Raw(AsBytes(header));
  Bytes bytes = writer.Take();
  bytes.reserve(bytes.size() + data_bytes);
  return bytes;
}

void AppendLittle(Bytes& bytes, uint64_t value, int width) {
  for (int i = 0; i < width; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

}  // namespace

Result<AnyTensor> ParseNpy(ByteSpan bytes, const std::string& what) {
  const auto corrupt = [&](const std::string& message) { return Error{Code::kCorrupt, what + ": " + message, ""}; };
  ByteReader reader(bytes);
  const ByteSpan magic = reader.Raw(kNpyMagic.size());
  if (!reader.ok() || !std::ranges::equal(magic, AsBytes(kNpyMagic))) return corrupt("not a NumPy file");
  const uint8_t major = reader.U8();
  reader.U8();
  if (reader.ok() && (major < 1 || major > 3)) {
    return Error{Code::kUnsupported, what + ": NumPy format version " + std::to_string(major), ""};
  }
  const size_t header_size = major == 1 ? reader.U16() : reader.U32();
  if (header_size > kMaxNpyHeader) return corrupt("the header is too long");
  const ByteSpan header = reader.Raw(header_size);
  if (!reader.ok()) return corrupt("the header is cut short");
  NpyHeaderParser parser(std::string_view(reinterpret_cast<const char*>(header.data()), header.size()));
  if (!parser.Parse()) return corrupt("the header is malformed");

  onnx::TensorProto proto;
  proto.set_data_type(OnnxType(parser.descr));
  if (proto.data_type() == 0) {
    return Error{Code::kUnsupported, what + ": element type '" + parser.descr + "' is not supported", ""};
  }
  for (const int64_t size : *parser.shape) proto.add_dims(size);
  const ByteSpan data = reader.Raw(reader.remaining());
  proto.set_raw_data(data.data(), data.size());
  ASSIGN_OR_RETURN(AnyTensor tensor, DecodeTensorProto(proto, what));
  if (*parser.fortran_order) {
    std::visit([](auto& t) { FromFortranOrder(t.shape, t.data); }, tensor);
  }
  return tensor;
}

Result<AnyTensor> ParseTensorPb(ByteSpan bytes, const std::string& what) {
  onnx::TensorProto proto;
  RETURN_IF_ERROR(ParseProto(bytes, "an ONNX tensor", proto));
  return DecodeTensorProto(proto, what);
}

Result<AnyTensor> ParseTensor(ByteSpan bytes, const std::string& what) {
  const bool is_npy =
      bytes.size() >= kNpyMagic.size() && std::ranges::equal(bytes.first(kNpyMagic.size()), AsBytes(kNpyMagic));
  return is_npy ? ParseNpy(bytes, what) : ParseTensorPb(bytes, what);
}

Result<AnyTensor> ReadTensorFile(const std::string& path) {
  ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(path, kMaxTensorFileBytes));
  Result<AnyTensor> tensor = ParseTensor(bytes);
  if (tensor.ok()) return tensor;
  Error error = tensor.error();
  error.where = path;
  return error;
}

Result<FloatTensor> ToFloatTensor(AnyTensor tensor) {
  if (FloatTensor* floats = std::get_if<FloatTensor>(&tensor)) return std::move(*floats);
  const IntTensor& ints = std::get<IntTensor>(tensor);
  FloatTensor out{ints.shape, std::vector<float>(ints.data.size())};
  constexpr int64_t kExact = int64_t{1} << 24;
  for (size_t i = 0; i < ints.data.size(); ++i) {
    if (ints.data[i] < -kExact || ints.data[i] > kExact) {
      return Error{Code::kOutOfRange,
                   "element " + std::to_string(i) + " is beyond 2^24, where a float does not hold every integer", ""};
    }
    out.data[i] = static_cast<float>(ints.data[i]);
  }
  return out;
}

Result<FloatTensor> ReadFloatTensorFile(const std::string& path) {
  ASSIGN_OR_RETURN(AnyTensor tensor, ReadTensorFile(path));
  Result<FloatTensor> floats = ToFloatTensor(std::move(tensor));
  if (floats.ok()) return floats;
  Error error = floats.error();
  error.where = path;
  return error;
}

Bytes EncodeNpy(const FloatTensor& tensor) {
  Bytes bytes = NpyWithHeader("<f4", tensor.shape, tensor.data.size() * 4);
  for (const float value : tensor.data) AppendLittle(bytes, std::bit_cast<uint32_t>(value), 4);
  return bytes;
}

Bytes EncodeNpy(const IntTensor& tensor) {
  Bytes bytes = NpyWithHeader("<i8", tensor.shape, tensor.data.size() * 8);
  for (const int64_t value : tensor.data) AppendLittle(bytes, static_cast<uint64_t>(value), 8);
  return bytes;
}

Bytes EncodeNpyInt32(const IntTensor& tensor) {
  Bytes bytes = NpyWithHeader("<i4", tensor.shape, tensor.data.size() * 4);
  for (const int64_t value : tensor.data) {
    PROVENN_CHECK(value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max());
    AppendLittle(bytes, static_cast<uint64_t>(value), 4);
  }
  return bytes;
}

Status WriteNpyFile(const std::string& path, const FloatTensor& tensor) {
  return WriteFileAtomically(path, EncodeNpy(tensor));
}

Status WriteNpyFile(const std::string& path, const IntTensor& tensor) {
  return WriteFileAtomically(path, EncodeNpy(tensor));
}

}  // namespace provenn
