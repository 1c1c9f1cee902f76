// Any circuit, ports and program, one after the other, that pass the key check: explained, in a time and memory that
// their size bounds, and without a difference from themselves.
#include <cstddef>
#include <cstdint>

#include "explain/difference.h"
#include "explain/explain.h"
#include "relation/determinism.h"

namespace provenn {
namespace {

void Run(ByteSpan bytes) {
  ByteReader reader(bytes);
  const auto circuit = DecodeCircuit(reader);
  if (!circuit.ok()) return;
  const auto inputs = DecodePorts(reader, *circuit, TensorKind::kInput);
  if (!inputs.ok()) return;
  const auto outputs = DecodePorts(reader, *circuit, TensorKind::kOutput);
  if (!outputs.ok()) return;
  const auto program = DecodeProgram(reader);
  if (!program.ok() || !CheckDeterminism(*circuit, *program).ok()) return;
  const Explanation e = ExplainCircuit(*circuit, *program, *inputs, *outputs);
  PROVENN_CHECK(e.tables.size() == circuit->tables.size() && e.lookups == circuit->lookups.size());
  const Difference none = CompareExplanations(e, e);
  PROVENN_CHECK(none.same_graph && none.same_formats && none.ports.empty() && none.tables.empty());
  PROVENN_CHECK(none.findings.empty());
}

}  // namespace
}  // namespace provenn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  provenn::Run({data, size});
  return 0;
}
