// Keys made so that reading them would take long: the time stays near that of an honest key of the same size.
#include <gmock/gmock.h>

#include <chrono>

#include "explain/table.h"
#include "explain/test_hostile_circuit.h"

namespace provenn {
namespace {

using testing::HasSubstr;

constexpr double kSeconds = 60;  // it takes a fraction of one; without bounds, minutes

// Each maximum takes in the one before and reaches one cell further; all results are read again in the end.
TEST(HostileKeys, ALongChainOfMaxima) {
  constexpr int kPairs = 12000;
  HostileCircuit circuit(16);
  uint32_t last = 0;
  for (int i = 1; i <= kPairs; ++i) {
    last = circuit.Maximum(Cells(last), Cells(0, i % 4096), i == kPairs ? TensorKind::kOutput : TensorKind::kWitness);
  }
  double seconds = 0;
  const Explanation e = circuit.Run(&seconds);
  EXPECT_FALSE(e.nodes.empty());
  EXPECT_LT(seconds, kSeconds);
}

// One table of many rows, read at another pair of scales by each of many nodes.
TEST(HostileKeys, ATableReadAtManyScales) {
  constexpr int kNodes = 3000;
  HostileCircuit circuit(2);
  Table large{"large", 0, 1u << 16, {{}}};
  for (uint32_t j = 0; j < large.size; ++j) large.values[0].push_back(static_cast<int32_t>(j * 2654435761u >> 29));
  circuit.model().circuit.tables.push_back(large);
  uint32_t last = 0;
  for (int i = 1; i <= kNodes; ++i) {
    const uint32_t out = circuit.Value({2}, i == kNodes ? TensorKind::kOutput : TensorKind::kWitness, i % 61 - 30);
    circuit.Set(out, 2, {Sum({{{1, 0}, Cells(last)}}), Sum({{{1, 0}, Cells(out)}})});
    last = out;
  }
  double seconds = 0;
  const Explanation e = circuit.Run(&seconds);
  EXPECT_TRUE(Lists(e, "table 2 is no known function"));
  EXPECT_TRUE(Lists(e, "table 2 was not compared with all functions"));
  TableReader reader(circuit.model().circuit);
  for (int i = 0; i < kNodes; ++i) reader.Function(2, 0, i % 61 - 30, (i + 1) % 61 - 30);
  EXPECT_LE(reader.work().done(), ReadingWork::kRows);
}

// Each of a few runs in the file: some rows are held, the others rise and fall.
Table RisingAndFalling(uint32_t shift) {
  Table table{"t", -(1 << 19), kMaxTableSize, {{}}};
  int32_t value = 0;
  for (uint32_t j = 0; j < table.size; ++j) {
    if (j >= (1u << 19) + shift) value += j < (3u << 18) + shift ? 1 : -3;
    table.values[0].push_back(value);
  }
  return table;
}

TEST(HostileKeys, LargeTablesOfFewRunsTakeNoMoreThanAnyKeyMay) {
  Circuit circuit;
  circuit.tables = {RisingAndFalling(0)};
  TableReader one(circuit);
  EXPECT_FALSE(one.Function(0, 0, 0, 0).recognised());
  EXPECT_TRUE(one.Function(0, 0, 0, 0).compared);

  for (uint32_t i = 1; i < 15; ++i) circuit.tables.push_back(RisingAndFalling(i));
  TableReader many(circuit);
  for (uint32_t table = 0; table < 15; ++table) {
    for (int32_t scale = -64; scale < 64; ++scale) EXPECT_FALSE(many.Function(table, 0, 0, scale).recognised());
  }
  EXPECT_FALSE(many.Function(14, 0, 0, 63).compared);
  EXPECT_LE(many.work().done(), ReadingWork::kRows);
}

// What honest keys consist of is compared in full, however much of it there is: once for each table.
TEST(HostileKeys, RecognisingLargeTablesDoesNotCount) {
  constexpr uint32_t kTables = 12;
  Circuit circuit;
  for (uint32_t i = 0; i < kTables; ++i) {
    Table table{"t", -(1 << 19), kMaxTableSize, {{}}};
    for (int32_t j = 0; j < 1 << 20; ++j) table.values[0].push_back(3 * (j - (1 << 19)) + 7);
    circuit.tables.push_back(std::move(table));
  }
  TableReader reader(circuit);
  for (uint32_t table = 0; table < kTables; ++table) {
    EXPECT_EQ(reader.Function(table, 0, 0, 0).family, "affine");
    EXPECT_EQ(reader.Function(table, 0, 0, 0).departure_count, 0u);
  }
  EXPECT_GT(reader.work().done(), ReadingWork::kRows);
  EXPECT_FALSE(reader.work().exceeded());
}

// The same integers at other scales with the same difference are compared once.
TEST(HostileKeys, AnIdentityIsComparedOnceAtAllScales) {
  Circuit circuit;
  Table table{"t", -(1 << 19), kMaxTableSize, {{}}};
  for (int32_t j = 0; j < 1 << 20; ++j) table.values[0].push_back(std::max(j - (1 << 19), 0));
  circuit.tables = {std::move(table)};
  TableReader reader(circuit);
  EXPECT_EQ(reader.Function(0, 0, 0, 0).family, "relu");
  const uint64_t once = reader.work().done();
  for (int32_t scale = -64; scale < 64; ++scale) {
    const FunctionReport& f = reader.Function(0, 0, scale, scale);
    EXPECT_TRUE(f.family == "relu" && f.key_scale == scale && f.result_scale == scale && f.held_low == 0);
  }
  EXPECT_EQ(reader.work().done(), once);
}

// One clamp of very many rows, used by each of many steps.
TEST(HostileKeys, AClampIsLookedAtOnce) {
  Circuit circuit;
  Table clamp{"clamp", -(1 << 19), kMaxTableSize, {{}}};
  Table function{"function", -16, 32, {{}}};
  for (int32_t j = 0; j < 1 << 20; ++j) clamp.values[0].push_back(std::clamp(j - (1 << 19), -4, 3));
  for (int32_t key = -16; key < 16; ++key) function.values[0].push_back(std::clamp(key, -12, 11) / 4);
  Table other = clamp;
  other.values[0][5] = 0;
  circuit.tables = {clamp, function, other};
  TableReader reader(circuit);
  EXPECT_EQ(reader.ClampProblem(0, 1, 0, 2), "");
  const uint64_t once = reader.work().done();
  EXPECT_GT(once, 0u);
  for (int i = 0; i < 4000; ++i) EXPECT_EQ(reader.ClampProblem(0, 1, 0, 2), "");
  EXPECT_EQ(reader.work().done(), once);
  EXPECT_THAT(reader.ClampProblem(2, 1, 0, 2), HasSubstr("expected -4, found 0"));
  EXPECT_EQ(reader.work().done(), 2 * once);
  // At other widths the clamp is another one: each is looked at until there is no work left.
  std::string last;
  for (uint32_t i = 0; i < 300; ++i) {
    circuit.tables.push_back(function);
    last = reader.ClampProblem(0, 3 + i, 0, 2);
  }
  EXPECT_THAT(last, HasSubstr("was not looked at"));
}

// Constants at the ends of 64 bits, to which a half is added or which are negated.
TEST(HostileKeys, ConstantsThatDoNotFitTheirNegative) {
  HostileCircuit rounded(2);
  const uint32_t digit = rounded.Value({2});
  rounded.model().circuit.lookups.push_back(Lookup{"d", {2}, 0, {Sum({{{1, 0}, Cells(digit)}})}});
  const uint32_t out = rounded.Value({2}, TensorKind::kOutput);
  Expression key = Sum({{{1, 3}, Cells(0)}, {{-1, 3}, Cells(digit)}});
  key.constant = {INT64_MIN, 3};
  rounded.Set(out, HostileCircuit::kRelu, {key, Sum({{{1, 0}, Cells(out)}})});
  rounded.model().program.steps.back().digits = {{digit, 3}};
  double seconds = 0;
  const Explanation e = rounded.Run(&seconds);
  ASSERT_FALSE(e.not_recognised.empty());
  EXPECT_THAT(e.not_recognised[0].text, HasSubstr("its constant is not within ±2^62: -9223372036854775808"));

  HostileCircuit maximum(2);
  maximum.Maximum(Cells(0), Cells(0, 1), TensorKind::kOutput);
  maximum.model().circuit.lookups.back().columns[1].constant = {INT64_MIN, 0};
  const Explanation m = maximum.Run(&seconds);
  ASSERT_FALSE(m.not_recognised.empty());
  EXPECT_THAT(m.not_recognised[0].text, HasSubstr("something is subtracted"));
}

// One contraction, named again by very many addends, of a few bytes each in a key.
TEST(HostileKeys, AddendsAreReadUpToABound) {
  constexpr size_t kAddends = 30000;
  constexpr int kNodes = 6;
  HostileCircuit circuit(4);
  CompiledModel& m = circuit.model();
  m.circuit.contractions.push_back(Contraction{{1, 4}, 1, View{0, {{0, {{1, 1}}}}}, std::nullopt});
  m.program.steps.push_back(Step{});
  for (int i = 0; i < kNodes; ++i) {
    const uint32_t out = circuit.Value({1}, TensorKind::kOutput);
    Expression key = Sum({});
    key.accumulators.assign(kAddends, {{int64_t{3} << 40, 0}, 0});
    circuit.Set(out, HostileCircuit::kRelu, {key, Sum({{{1, 0}, Cells(out)}})});
  }
  const Explanation e = circuit.Run();
  ASSERT_EQ(e.nodes.size(), static_cast<size_t>(kNodes));
  uint64_t told = 0;
  for (const Node& node : e.nodes) told += node.terms.size();
  EXPECT_EQ(told, kMaxAddends / kAddends * kAddends);
  EXPECT_TRUE(Lists(e, "node 6, T6: its sum of up to 30000 addends was not read"));
  EXPECT_THAT(e.nodes.back().formula, HasSubstr("E = a sum that was not read;"));
  EXPECT_THAT(e.nodes.back().operation, HasSubstr("a sum that was not read"));
}

// A demand on very many cells names a few of them.
TEST(HostileKeys, ALongDemandIsCutShort) {
  HostileCircuit circuit(4);
  const uint32_t out = circuit.Value({4}, TensorKind::kOutput);
  circuit.Set(out, HostileCircuit::kRelu, {Sum({{{1, 0}, Cells(0)}}), Sum({{{1, 0}, Cells(out)}})});
  const std::vector<ViewTerm> many(50000, ViewTerm{{1, 0}, Cells(0)});
  circuit.model().circuit.lookups.push_back(Lookup{"d", {4}, HostileCircuit::kRange, {Sum(many)}});
  const Explanation e = circuit.Run();
  EXPECT_TRUE(Lists(e, "T0[i0] T0[i0] T0[i0], and 49992 more, be in table 0"));
}

// A factor that is no power of two, of a sum over very many cells.
TEST(HostileKeys, FactorsThatLookLikeMeans) {
  constexpr int kNodes = 2000;
  HostileCircuit circuit(1u << 16);
  CompiledModel& m = circuit.model();
  m.circuit.contractions.push_back(Contraction{{1, 1u << 16}, 1, View{0, {{0, {{1, 1}}}}}, std::nullopt});
  m.program.steps.push_back(Step{});
  uint32_t last = 0;
  for (int i = 1; i <= kNodes; ++i) {
    last = circuit.Value({1}, i == kNodes ? TensorKind::kOutput : TensorKind::kWitness);
    Expression key = Sum({});
    key.accumulators = {{{2 * i + 1001, 0}, 0}};
    circuit.Set(last, HostileCircuit::kRelu, {key, Sum({{{1, 0}, Cells(last)}})});
  }
  m.outputs.clear();
  double seconds = 0;
  const Explanation e = circuit.Run(&seconds);
  EXPECT_FALSE(e.not_recognised.empty());
  EXPECT_LT(seconds, kSeconds);
}

}  // namespace
}  // namespace provenn
