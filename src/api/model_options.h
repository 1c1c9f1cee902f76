// The choices that, with the ONNX model, the calibration data and the seed, make a model id.
#pragma once

namespace provenn {

struct ModelOptions {
  int bits = 12;  // of activations: 8..16
  // See model/compile.h.
  bool tight = false;           // bounds from the sums of the weights
  bool hide_constants = false;  // constants of whole tensors are weights, too
  bool operator==(const ModelOptions&) const = default;
};

}  // namespace provenn
