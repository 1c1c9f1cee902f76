#include "model/compile_port.h"

#include <algorithm>
#include <cmath>

#include "base/printable.h"

namespace provenn {
namespace {

constexpr size_t kMaxName = 4096;
constexpr uint64_t kMaxPorts = 1024;

// Calls visit(flat index in the model's layout) in the order of the tensor's cells.
template <typename Visit>
void ForEachCell(const ModelPort& port, const Shape& tensor_shape, const Visit& visit) {
  const Dims strides = RowMajorStrides(port.shape);
  std::vector<uint32_t> index(tensor_shape.size(), 0);
  int64_t flat = 0;
  const uint64_t n = ElementCount(tensor_shape);
  for (uint64_t i = 0; i < n; ++i) {
    visit(static_cast<size_t>(flat));
    for (size_t a = index.size(); a-- > 0;) {
      flat += strides[port.order[a]];
      if (++index[a] < tensor_shape[a]) break;
      flat -= strides[port.order[a]] * tensor_shape[a];
      index[a] = 0;
    }
  }
}

double Rounded(float value, int32_t scale) { return std::round(std::ldexp(static_cast<double>(value), scale)); }

// "[0, 2, 5]" for a flat index.
std::string Position(int64_t flat, const Dims& shape) {
  const Dims strides = RowMajorStrides(shape);
  std::string text = "[";
  for (size_t d = 0; d < shape.size(); ++d) {
    text += (d > 0 ? ", " : "") + std::to_string(flat / strides[d] % shape[d]);
  }
  return text + "]";
}

}  // namespace

Result<uint32_t> CheckInput(const Circuit& circuit, const ModelPort& port, const FloatTensor& values) {
  const Tensor& tensor = circuit.tensors[port.tensor];
  ASSIGN_OR_RETURN(const std::vector<FloatTensor> samples, SplitBatch(values, port.shape, "input " + port.name));
  for (size_t s = 0; s < samples.size(); ++s) {
    const std::vector<float>& data = samples[s].data;
    for (size_t i = 0; i < data.size(); ++i) {
      const double integer = Rounded(data[i], tensor.scale);
      if (integer >= static_cast<double>(tensor.min) && integer <= static_cast<double>(tensor.max)) continue;
      std::string where = "input " + port.name;
      if (samples.size() > 1) where += ", sample " + std::to_string(s);
      // Place and range, never the value: it may be private, and messages end in logs.
      return Error{Code::kOutOfRange,
                   "the value at " + Position(static_cast<int64_t>(i), port.shape) +
                       (std::isfinite(data[i]) ? "" : ", which is not a finite number,") +
                       " is outside the declared range [" +
                       Number(std::ldexp(static_cast<double>(tensor.min), -tensor.scale), 9) + ", " +
                       Number(std::ldexp(static_cast<double>(tensor.max), -tensor.scale), 9) + "]",
                   where};
    }
  }
  return static_cast<uint32_t>(samples.size());
}

void QuantiseInput(const Circuit& circuit, const ModelPort& port, const FloatTensor& values, std::span<int32_t> out) {
  const Tensor& tensor = circuit.tensors[port.tensor];
  PROVENN_CHECK(out.size() == values.data.size());
  const size_t size = ElementCount(tensor.shape);
  for (size_t i = 0; i < out.size();) {
    const size_t sample = i;
    ForEachCell(port, tensor.shape,
                [&](size_t at) { out[i++] = static_cast<int32_t>(Rounded(values.data[sample + at], tensor.scale)); });
    PROVENN_CHECK(i == sample + size);
  }
}

FloatTensor RealValues(const Circuit& circuit, const ModelPort& port, std::span<const int32_t> values, uint32_t batch) {
  const Tensor& tensor = circuit.tensors[port.tensor];
  const size_t size = ElementCount(tensor.shape);
  PROVENN_CHECK(values.size() == size * batch);
  FloatTensor out;
  out.shape = port.shape;
  if (out.shape.empty()) {
    if (batch > 1) out.shape.push_back(batch);
  } else {
    out.shape[0] *= batch;
  }
  out.data.resize(values.size());
  const double step = std::ldexp(1.0, -tensor.scale);
  for (uint32_t b = 0; b < batch; ++b) {
    size_t i = b * size;
    ForEachCell(port, tensor.shape, [&](size_t at) {
      out.data[b * size + at] = static_cast<float>(step * static_cast<double>(values[i++]));
    });
  }
  return out;
}

void EncodePorts(const std::vector<ModelPort>& ports, ByteWriter* writer) {
  writer->Varint(ports.size());
  for (const ModelPort& port : ports) {
    writer->String(port.name);
    writer->Varint(port.shape.size());
    for (int64_t size : port.shape) writer->Varint(static_cast<uint64_t>(size));
    writer->Varint(port.tensor);
    for (uint32_t axis : port.order) writer->Varint(axis);
  }
}

Result<std::vector<ModelPort>> DecodePorts(ByteReader& reader, const Circuit& circuit, TensorKind kind) {
  std::vector<ModelPort> ports;
  const uint64_t count = reader.Count(kMaxPorts, "ports");
  for (uint64_t p = 0; p < count && reader.ok(); ++p) {
    ModelPort port;
    port.name = reader.String(kMaxName);
    const uint64_t rank = reader.Count(kMaxTensorRank, "port axes");
    for (uint64_t d = 0; d < rank && reader.ok(); ++d) {
      port.shape.push_back(static_cast<int64_t>(reader.Count(kMaxElements, "port axis size")));
    }
    port.tensor = static_cast<uint32_t>(reader.Count(kMaxObjects, "port tensor"));
    RETURN_IF_ERROR(reader.status());
    const Error bad{Code::kCorrupt, "does not fit the circuit", "port " + port.name};
    if (port.tensor >= circuit.tensors.size() || circuit.tensors[port.tensor].kind != kind) return bad;
    const Shape& shape = circuit.tensors[port.tensor].shape;
    std::vector<bool> seen(port.shape.size(), false);
    for (size_t a = 0; a < shape.size(); ++a) {
      const uint64_t axis = reader.Varint();
      RETURN_IF_ERROR(reader.status());
      if (axis >= port.shape.size() || seen[axis] || port.shape[axis] != shape[a]) return bad;
      seen[axis] = true;
      port.order.push_back(static_cast<uint32_t>(axis));
    }
    for (size_t d = 0; d < seen.size(); ++d) {
      if (!seen[d] && port.shape[d] != 1) return bad;
    }
    ports.push_back(std::move(port));
  }
  RETURN_IF_ERROR(reader.status());
  return ports;
}

}  // namespace provenn
