// The architecture ids, byte by byte as docs/format.md defines them, and from the circuit alone.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.h"
#include "explain/difference.h"
#include "explain/test_hostile_circuit.h"

namespace provenn {
namespace {

// T1 = T0[i0] + T0[i0+1], from 0 to 14: a sum that cannot be negative.
TEST(GraphId, IsTheDigestThatTheFormatDefines) {
  HostileCircuit circuit(4);
  CompiledModel& m = circuit.model();
  m.circuit.contractions.push_back(Contraction{{4, 2}, 1, View{0, {{0, {{0, 1}, {1, 1}}}}}, std::nullopt});
  m.program.steps.push_back(Step{});
  const uint32_t out = circuit.Value({4}, TensorKind::kOutput);
  Expression key = Sum({});
  key.accumulators = {{{1, 0}, 0}};
  circuit.Set(out, HostileCircuit::kRelu, {key, Sum({{{1, 0}, Cells(out)}})});
  const Explanation e = circuit.Run();
  ASSERT_TRUE(e.not_recognised.empty());

  ByteWriter w;
  const auto shape = [&](std::initializer_list<uint64_t> sizes) {
    w.Varint(sizes.size());
    for (const uint64_t size : sizes) w.Varint(size);
  };
  w.Varint(2);  // tensors
  w.U8(0);
  shape({4});
  w.U8(1);
  shape({4});
  w.Varint(1);  // contractions
  shape({4, 2});
  w.Varint(1);
  w.Varint(0);  // T0[i0 + k0]
  w.SignedVarint(0);
  w.Varint(2);
  for (const uint64_t axis : {0u, 1u}) {
    w.Varint(axis);
    w.SignedVarint(1);
  }
  w.U8(0);
  for (const uint64_t tensor : {0u, 1u}) {  // the input, the output
    w.Varint(1);
    w.Varint(tensor);
    shape({1, 4});
    w.Varint(1);
  }
  w.Varint(1);  // nodes
  w.U8(2);
  shape({4});
  w.U8(1);
  w.Varint(1);
  w.Varint(0);
  w.U8(0);
  w.U8(0);
  w.Varint(1);  // T1[i0]
  w.SignedVarint(0);
  w.Varint(1);
  w.Varint(0);
  w.SignedVarint(1);
  w.String("identity");
  w.Varint(0);  // lookups
  EXPECT_EQ(ToHex(e.graph_id), ToHex(Sha256Of("provenn.architecture.graph", {ByteSpan(w.bytes())})));
}

// The program is no part of the model id: whoever has a key can list its steps otherwise.
TEST(ArchitectureIds, DoNotFollowTheOrderOfTheProgram) {
  HostileCircuit circuit(4, -8);
  for (const bool shifted : {false, true}) {
    const uint32_t out = circuit.Value({shifted ? 3u : 4u}, TensorKind::kOutput);
    circuit.Set(out, HostileCircuit::kRelu, {Sum({{{1, 0}, Cells(0, shifted)}}), Sum({{{1, 0}, Cells(out)}})});
  }
  const Explanation a = circuit.Run();
  std::vector<Step>& steps = circuit.model().program.steps;
  std::reverse(steps.begin(), steps.end());
  const Explanation b = circuit.Run();
  ASSERT_NE(a.nodes[0].operation, b.nodes[0].operation);
  EXPECT_EQ(a.graph_id, b.graph_id);
  EXPECT_EQ(a.formats_id, b.formats_id);
  // In the circuit another order is another circuit.
  std::swap(circuit.model().circuit.lookups[1], circuit.model().circuit.lookups[2]);
  std::swap(steps[0].id, steps[1].id);
  EXPECT_NE(circuit.Run().formats_id, a.formats_id);
}

}  // namespace
}  // namespace provenn
