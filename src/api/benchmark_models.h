// What the benchmark runs on, where no file holds it, and what it runs on in the other sense.
#pragma once

#include <string>

#include "base/bytes.h"
#include "model/tensor.h"

namespace provenn {

// An ONNX VGG-16 for CIFAR-10 (13 convolutions 3x3, 5 max pools, 512-512-10; input [1,3,32,32], 15.3 M weights) with
// pseudo-random weights, the same on every call. Their deviation sqrt(2 / fan-in) keeps the activations of all layers
// in one range (He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015), as training would.
Bytes RandomVgg16Onnx();

// ResNet-18 and ResNet-50 for images of 224x224 (input [1,3,224,224], 1000 classes; 11.7 and 25.5 M weights), with such
// weights.
Bytes RandomResNet18Onnx();
Bytes RandomResNet50Onnx();

// Pseudo-random integers in [0, 255], or that divided by 255.
FloatTensor RandomImage(const Dims& shape, bool normalised, std::string_view label);

struct MachineInfo {
  std::string processor;
  size_t threads = 0;
  std::string kernels;  // the instruction set of the vector kernels
};
MachineInfo GetMachineInfo();

}  // namespace provenn
