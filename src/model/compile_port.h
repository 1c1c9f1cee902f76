// Inputs and outputs of a committed model: how real tensors in the model's own layout become integer tensors of the
// circuit, and back. Public; part of both keys.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/tensor.h"
#include "relation/circuit.h"

namespace provenn {

struct ModelPort {
  std::string name;
  Dims shape;                   // of one sample, in the model's layout (leading axis included)
  uint32_t tensor = 0;          // of the circuit
  std::vector<uint32_t> order;  // tensor axis i is axis order[i] of `shape`; the axes left out have size 1
  bool operator==(const ModelPort&) const = default;
};

// How many samples a batch holds ([S·n, rest...], or one sample without the leading 1). kInvalidArgument: shape;
// kOutOfRange: a value that is not finite or outside the declared range, naming place and range, never the value.
Result<uint32_t> CheckInput(const Circuit& circuit, const ModelPort& port, const FloatTensor& values);

// The integers of a batch that CheckInput has accepted, sample after sample, each value rounded to the nearest. The
// caller gives the memory, since an input may be a secret or not.
void QuantiseInput(const Circuit& circuit, const ModelPort& port, const FloatTensor& values, std::span<int32_t> out);

// Real values of `batch` samples: shape [batch * shape[0], shape[1], ...]. values.size() must be batch samples.
FloatTensor RealValues(const Circuit& circuit, const ModelPort& port, std::span<const int32_t> values, uint32_t batch);

// Canonical encoding of a list of ports. Decoding checks that each fits the circuit: tensor id, kind, and shape.
void EncodePorts(const std::vector<ModelPort>& ports, ByteWriter* writer);
Result<std::vector<ModelPort>> DecodePorts(ByteReader& reader, const Circuit& circuit, TensorKind kind);

}  // namespace provenn
