// Any bytes as a program and as ports of a fixed circuit: what decodes is valid and encodes to the same bytes.
#include <cstddef>
#include <cstdint>

#include "model/compile.h"
#include "model/test_graph.h"
#include "relation/determinism.h"
#include "relation/totality.h"

namespace {

const provenn::CompiledModel& Model() {
  static const provenn::CompiledModel model = [] {
    provenn::TestGraph g = provenn::SmallLeNet();
    auto compiled = provenn::CompileModel(g.graph(), g.Samples(2));
    PROVENN_CHECK(compiled.ok());
    return *std::move(compiled);
  }();
  return model;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const provenn::ByteSpan bytes(data, size);
  provenn::ByteReader program_reader(bytes);
  const auto program = provenn::DecodeProgram(program_reader);
  if (program.ok()) {
    const provenn::Bytes again = provenn::EncodeProgram(*program);
    PROVENN_CHECK(std::equal(again.begin(), again.end(), bytes.begin()));
    // Neither check may trip over any program.
    const provenn::Status determined = provenn::CheckDeterminism(Model().circuit, *program);
    PROVENN_CHECK(!determined.ok() || provenn::ValidateProgram(Model().circuit, *program).ok());
    if (determined.ok() && !provenn::CheckTotality(Model().circuit, *program).ok()) return 0;
  }
  provenn::ByteReader port_reader(bytes);
  const auto ports = provenn::DecodePorts(port_reader, Model().circuit, provenn::TensorKind::kInput);
  if (ports.ok()) {
    provenn::ByteWriter writer;
    provenn::EncodePorts(*ports, &writer);
    PROVENN_CHECK(std::equal(writer.bytes().begin(), writer.bytes().end(), bytes.begin()));
  }
  return 0;
}
