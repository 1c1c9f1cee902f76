// Any bytes as an ONNX model: import either refuses them or gives a graph that passes its own check and, if it is
// small, runs. Limits are set low, so that the memory limit of the fuzzer finds what escapes them.
#include <cstddef>
#include <cstdint>

#include "model/float_executor.h"
#include "model/onnx_import.h"

namespace {

constexpr int64_t kMaxElementsToRun = 1 << 14;

bool IsSmall(const provenn::Graph& graph) {
  int64_t total = 0;
  for (const provenn::GraphValue& value : graph.values) {
    total += provenn::ElementCount(value.shape);
    if (total > kMaxElementsToRun) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  provenn::ImportOptions options;
  options.max_constant_elements = 1 << 16;
  options.input_shapes = {{1, 3, 8, 8}};
  const auto graph = provenn::ImportOnnx({data, size}, options);
  if (!graph.ok()) return 0;
  PROVENN_CHECK(provenn::ValidateGraph(*graph).ok());
  if (!IsSmall(*graph)) return 0;
  std::vector<provenn::FloatTensor> inputs;
  for (const provenn::ValueId id : graph->inputs) {
    const provenn::Dims& shape = graph->shape(id);
    inputs.push_back({shape, std::vector<float>(static_cast<size_t>(provenn::ElementCount(shape)), 0.25f)});
  }
  const auto outputs = provenn::FloatExecutor(*graph).Run(inputs);
  if (!outputs.ok()) PROVENN_CHECK(outputs.error().code == provenn::Code::kOutOfRange);
  return 0;
}
