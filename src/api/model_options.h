// The choices that, with the ONNX model, the calibration data and the seed, make a model id.
#pragma once

namespace provenn {

struct ModelOptions {
  int bits = 12;       // of activations: 8..16
  bool tight = false;  // bounds from the sums of the weights: model/compile.h
  bool operator==(const ModelOptions&) const = default;
};

}  // namespace provenn
