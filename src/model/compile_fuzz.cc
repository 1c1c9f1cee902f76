// Any bytes as an ONNX model: what is imported compiles or is refused, and what compiles runs on its calibration data.
#include <cstddef>
#include <cstdint>

#include "model/compile.h"
#include "model/onnx_import.h"
#include "relation/checker.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kMaxWork = 20000;  // elements, so that one run is short
  provenn::ImportOptions import;
  import.max_constant_elements = kMaxWork;
  const auto graph = provenn::ImportOnnx({data, size}, import);
  if (!graph.ok()) return 0;
  int64_t elements = 0;
  for (const provenn::GraphValue& value : graph->values) elements += provenn::ElementCount(value.shape);
  if (elements > kMaxWork) return 0;
  std::vector<provenn::FloatTensor> calibration;
  for (const provenn::ValueId id : graph->inputs) {
    provenn::FloatTensor t;
    t.shape = graph->shape(id);
    t.data.resize(static_cast<size_t>(provenn::ElementCount(t.shape)));
    for (size_t i = 0; i < t.data.size(); ++i) t.data[i] = static_cast<float>(i % 7) / 4 - 0.5f;
    calibration.push_back(std::move(t));
  }
  provenn::CompileOptions options;
  options.bits = 8;
  const auto model = provenn::CompileModel(*graph, calibration, options);
  if (!model.ok()) return 0;
  uint32_t batch = 0;
  const auto inputs = provenn::QuantiseInputs(model->circuit, model->inputs, calibration, &batch);
  PROVENN_CHECK(inputs.ok());
  const auto witness = provenn::RunProgram(model->circuit, model->program, model->weights, *inputs, batch);
  PROVENN_CHECK(witness.ok());
  PROVENN_CHECK(provenn::CheckAssignment(provenn::WithBatch(model->circuit, batch), witness->assignment).ok());
  return 0;
}
