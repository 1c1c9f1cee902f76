// The models of the benchmark.
#pragma once

#include <string>
#include <vector>

#include "common.h"

namespace provenn::cli {

struct BenchCase {
  std::string name;
  provenn::Bytes onnx;
  FloatTensor calibration;
  FloatTensor input;
  uint32_t batch = 1;
  int repeat = 1;  // proofs, of which the median counts
};

// "lenet", "lenet-256", ...: those that a benchmark without a name takes come first, and are kDefaultCases.
extern const std::vector<std::string> kBenchCases;
constexpr size_t kDefaultCases = 3;

// `examples`: the folder of that name in the source tree. kInvalidArgument: no such case.
Result<BenchCase> LoadBenchCase(const std::string& name, const std::string& examples);

}  // namespace provenn::cli
