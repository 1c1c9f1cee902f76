// Rules of a valid circuit, each broken once; its encoding, intact and damaged; batching.
#include "relation/circuit.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "relation/checker.h"
#include "relation/test_small_circuit.h"

namespace provenn {
namespace {

Result<Circuit> Decode(ByteSpan bytes) {
  ByteReader reader(bytes);
  auto circuit = DecodeCircuit(reader);
  if (circuit.ok()) {
    const Status rest = reader.Finish();
    if (!rest.ok()) return rest.error();
  }
  return circuit;
}

TEST(CircuitTest, SmallCircuitIsValidAndSatisfied) {
  const Circuit c = SmallCircuit();
  ASSERT_TRUE(ValidateCircuit(c).ok()) << ValidateCircuit(c).error().ToString();
  EXPECT_TRUE(CheckAssignment(c, SmallAssignment()).ok()) << CheckAssignment(c, SmallAssignment()).error().ToString();
}

TEST(CircuitTest, EveryRuleIsEnforced) {
  struct Rule {
    const char* what;  // in the message
    std::function<void(Circuit&)> break_it;
  };
  const std::vector<Rule> rules = {
      {"nothing is constrained", [](Circuit& c) { c.lookups.clear(); }},
      {"unknown kind", [](Circuit& c) { c.tensors[0].kind = static_cast<TensorKind>(4); }},
      {"bad shape", [](Circuit& c) { c.tensors[0].shape = {0, 3}; }},
      {"bad shape", [](Circuit& c) { c.tensors[0].shape = {1u << 15, 1u << 15}; }},
      {"bad shape", [](Circuit& c) { c.tensors[0].shape = {0xffffffffu, 0xffffffffu, 2}; }},
      {"bad shape", [](Circuit& c) { c.tensors[0].shape.assign(kMaxRank, 1); }},
      {"bad shape", [](Circuit& c) { c.tensors[0].shape.assign(kMaxRank + 1, 1); }},
      {"empty range", [](Circuit& c) { c.tensors[0].min = c.tensors[0].max + 1; }},
      {"range beyond 32 bits", [](Circuit& c) { c.tensors[0].max = int64_t{INT32_MAX} + 1; }},
      {"range beyond 32 bits", [](Circuit& c) { c.tensors[0].min = int64_t{INT32_MIN} - 1; }},
      {"scale beyond 64 bits", [](Circuit& c) { c.tensors[0].scale = 65; }},
      {"no weight", [](Circuit& c) { c.tensors[0].outer_axes = 1; }},
      {"no axis besides", [](Circuit& c) { c.tensors[1].outer_axes = 2; }},
      {"bad size", [](Circuit& c) { c.tables[0].size = 0; }},
      {"bad size", [](Circuit& c) { c.tables[0].size = kMaxTableSize + 1; }},
      {"more than 4", [](Circuit& c) { c.tables[1].values.resize(5, c.tables[1].values[0]); }},
      {"keys beyond 32 bits", [](Circuit& c) { c.tables[0].first_key = INT32_MAX - 2; }},
      {"keys beyond 32 bits", [](Circuit& c) { c.tables[0].first_key = int64_t{INT32_MIN} - 1; }},
      {"wrong length", [](Circuit& c) { c.tables[1].values[0].pop_back(); }},
      {"bad index space", [](Circuit& c) { c.contractions[0].space[0] = 0; }},
      {"bad index space", [](Circuit& c) { c.contractions[0].out_rank = 9; }},
      {"tensor that does not exist", [](Circuit& c) { c.contractions[0].left.tensor = 99; }},
      {"tensor that does not exist", [](Circuit& c) { c.contractions[0].right->tensor = 99; }},
      {"wrong rank", [](Circuit& c) { c.contractions[0].right->axes.pop_back(); }},
      {"axis that does not exist", [](Circuit& c) { c.contractions[0].right->axes[0].steps[0].axis = 7; }},
      {"an axis twice", [](Circuit& c) { c.contractions[0].right->axes[0].steps[0].axis = 2; }},
      {"stride of 0", [](Circuit& c) { c.contractions[0].right->axes[0].steps[0].stride = 0; }},
      {"reaches too far",
       [](Circuit& c) {
         c.tensors[0].shape = {1, 1};
         c.contractions[0].space[0] = 1u << 12;
         c.contractions[0].right->axes[0].steps[0].stride = INT32_MIN;
       }},
      {"right operand is a weight", [](Circuit& c) { c.contractions[0].right = c.contractions[0].left; }},
      {"used by neither", [](Circuit& c) { c.contractions[0].space.push_back(2); }},
      {"not read one to one", [](Circuit& c) { c.contractions[0].left.axes[0].offset = 1; }},
      {"not read one to one", [](Circuit& c) { c.contractions[0].left.axes[0].steps[0].stride = -1; }},
      {"not read one to one", [](Circuit& c) { c.tensors[1].shape[0] = 5; }},
      {"not read one to one", [](Circuit& c) { c.contractions[0].left.axes[0].steps.clear(); }},
      {"used by the right operand",
       [](Circuit& c) {
         c.tensors[1].outer_axes = 1;
         c.contractions[0].left.axes[0].steps[0].axis = 2;
         c.contractions[0].left.axes[1].steps[0].axis = 1;
         c.tensors[1].shape = {3, 4};
       }},
      {"is summed over", [](Circuit& c) { c.contractions[0].out_rank = 1; }},
      {"not used by the right operand", [](Circuit& c) { c.tensors[1].outer_axes = 0; }},
      {"table that does not exist", [](Circuit& c) { c.lookups[0].table = 2; }},
      {"number of columns", [](Circuit& c) { c.lookups[0].columns.clear(); }},
      {"number of columns", [](Circuit& c) { c.lookups[0].columns.resize(3); }},
      {"bad index space", [](Circuit& c) { c.lookups[0].space = {0}; }},
      {"shift over 62", [](Circuit& c) { c.lookups[0].columns[0].constant.shift = 63; }},
      {"shift over 62", [](Circuit& c) { c.lookups[0].columns[0].terms[0].coefficient.shift = 63; }},
      {"shift over 62", [](Circuit& c) { c.lookups[1].columns[0].accumulators[0].coefficient.shift = 255; }},
      {"a weight outside",
       [](Circuit& c) { c.lookups[0].columns[0].terms[0].view = View{1, {{0, {{0, 1}}}, {0, {{1, 1}}}}}; }},
      {"contraction that does not exist", [](Circuit& c) { c.lookups[1].columns[0].accumulators[0].contraction = 1; }},
      {"differs from the output axes", [](Circuit& c) { c.lookups[1].space = {2, 5}; }},
      {"differs from the output axes", [](Circuit& c) { c.lookups[1].space = {2, 4, 1}; }},
  };
  for (const Rule& rule : rules) {
    Circuit c = SmallCircuit();
    rule.break_it(c);
    const Status status = ValidateCircuit(c);
    ASSERT_FALSE(status.ok()) << rule.what;
    EXPECT_EQ(status.error().code, Code::kInvalidArgument);
    EXPECT_NE(status.error().message.find(rule.what), std::string::npos)
        << status.error().ToString() << ", expected: " << rule.what;
    EXPECT_FALSE(status.error().where.empty());
    // The decoder holds what it reads to the same rules.
    EXPECT_FALSE(Decode(EncodeCircuit(c)).ok()) << rule.what;
  }
  Circuit many = SmallCircuit();
  many.tensors.resize(kMaxObjects + 1, many.tensors[0]);
  ASSERT_FALSE(ValidateCircuit(many).ok());
  EXPECT_EQ(ValidateCircuit(many).error().code, Code::kTooLarge);
}

TEST(CircuitCodecTest, RoundTrip) {
  const Circuit c = SmallCircuit();
  const Bytes bytes = EncodeCircuit(c);
  const auto back = Decode(bytes);
  ASSERT_TRUE(back.ok()) << back.error().ToString();
  EXPECT_EQ(*back, c);
  EXPECT_EQ(EncodeCircuit(*back), bytes);
}

// Straight pieces are short, and columns of any shape survive.
TEST(CircuitCodecTest, TableColumns) {
  Circuit c = SmallCircuit();
  Table wild{"wild", -3, 0, {{}, {}, {}, {}}};
  int32_t x = 1;
  for (int i = 0; i < 999; ++i) {
    x = static_cast<int32_t>(static_cast<uint32_t>(x) * 1664525u + 1013904223u);
    wild.values[0].push_back(x);
    wild.values[1].push_back(i % 2 == 0 ? INT32_MIN : INT32_MAX);
    wild.values[2].push_back(i < 500 ? 0 : 7 * i);
    wild.values[3].push_back(-5);
  }
  wild.size = 999;
  c.tables.push_back(wild);
  const auto back = Decode(EncodeCircuit(c));
  ASSERT_TRUE(back.ok()) << back.error().ToString();
  EXPECT_EQ(*back, c);

  Circuit straight = SmallCircuit();
  const size_t before = EncodeCircuit(straight).size();
  Table ramp{"ramp", 0, 1u << 16, {{}}};
  for (int i = 0; i < 1 << 16; ++i) ramp.values[0].push_back(std::max(0, 3 * (i - 1000)));
  straight.tables.push_back(ramp);
  EXPECT_LT(EncodeCircuit(straight).size(), before + 40);
}

TEST(CircuitCodecTest, EveryTruncationIsAnError) {
  const Bytes bytes = EncodeCircuit(SmallCircuit());
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(Decode(ByteSpan(bytes).first(n)).ok()) << n;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(Decode(longer).ok());
}

// Every flipped bit is an error or another circuit with its own encoding: no circuit has two.
TEST(CircuitCodecTest, EveryBitFlipIsAnErrorOrAnotherCircuit) {
  const Circuit original = SmallCircuit();
  const Bytes bytes = EncodeCircuit(original);
  size_t decoded = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes flipped = bytes;
      flipped[i] = static_cast<uint8_t>(flipped[i] ^ (1 << bit));
      const auto circuit = Decode(flipped);
      if (!circuit.ok()) continue;
      ++decoded;
      EXPECT_EQ(EncodeCircuit(*circuit), flipped) << "byte " << i << " bit " << bit;
      EXPECT_FALSE(*circuit == original) << "byte " << i << " bit " << bit;
    }
  }
  EXPECT_GT(decoded, 100u) << "names, bounds and coefficients are free to change";
}

TEST(CircuitCodecTest, HostileCountsCostNothing) {
  for (const uint64_t count : {uint64_t{kMaxObjects}, uint64_t{kMaxObjects} + 1, uint64_t{1} << 40, ~uint64_t{0}}) {
    ByteWriter w;
    w.U32(1);
    w.Varint(count);
    EXPECT_FALSE(Decode(w.bytes()).ok());
  }
  // Tables as large as they may be, again and again: a run of zeros takes a few bytes each.
  ByteWriter w;
  w.U32(1);
  w.Varint(0);
  w.Varint(1000);
  for (int i = 0; i < 1000; ++i) {
    w.String("t");
    w.SignedVarint(0);
    w.Varint(kMaxTableSize);
    w.Varint(4);
    for (int c = 0; c < 4; ++c) {
      w.SignedVarint(0);
      w.Varint(kMaxTableSize - 1);
    }
  }
  const auto circuit = Decode(w.bytes());
  ASSERT_FALSE(circuit.ok());
  EXPECT_NE(circuit.error().message.find("tables too large"), std::string::npos) << circuit.error().ToString();
}

TEST(BatchTest, EveryTensorButTheWeightsGainsAnAxis) {
  const Circuit one = SmallCircuit();
  EXPECT_EQ(WithBatch(one, 1), one);
  const Circuit three = WithBatch(one, 3);
  EXPECT_TRUE(ValidateCircuit(three).ok()) << ValidateCircuit(three).error().ToString();
  for (size_t t = 0; t < one.tensors.size(); ++t) {
    Shape expected = one.tensors[t].shape;
    if (one.tensors[t].kind != TensorKind::kWeight) expected.insert(expected.begin(), 3);
    EXPECT_EQ(three.tensors[t].shape, expected);
  }
  // Three samples side by side, and each of them still checked.
  Assignment batch = SmallAssignment();
  const Assignment sample = batch;
  for (size_t t = 0; t < one.tensors.size(); ++t) {
    if (one.tensors[t].kind == TensorKind::kWeight) continue;
    for (int copy = 0; copy < 2; ++copy) {
      batch.tensors[t].insert(batch.tensors[t].end(), sample.tensors[t].begin(), sample.tensors[t].end());
    }
  }
  EXPECT_TRUE(CheckAssignment(three, batch).ok()) << CheckAssignment(three, batch).error().ToString();
  for (size_t i = 0; i < batch.tensors[2].size(); ++i) {
    Assignment wrong = batch;
    ++wrong.tensors[2][i];
    EXPECT_FALSE(CheckAssignment(three, wrong).ok()) << i;
  }
}

TEST(CheckerTest, NamesWhatIsWrong) {
  const Circuit c = SmallCircuit();
  const auto error = [&](const Assignment& a) {
    const Status status = CheckAssignment(c, a);
    EXPECT_FALSE(status.ok());
    return status.ok() ? std::string() : status.error().ToString();
  };
  Assignment a = SmallAssignment();
  a.tensors.pop_back();
  EXPECT_NE(error(a).find("wrong number of tensors"), std::string::npos);
  a = SmallAssignment();
  a.tensors[2].push_back(0);
  EXPECT_NE(error(a).find("wrong number of elements"), std::string::npos);
  a = SmallAssignment();
  a.tensors[0][3] = 10;
  EXPECT_NE(error(a).find("a value is outside [0, 9]"), std::string::npos) << error(a);
  a = SmallAssignment();
  ++a.tensors[2][5];
  EXPECT_NE(error(a).find("at (1,1)"), std::string::npos) << error(a);
  EXPECT_NE(error(a).find("lookup y"), std::string::npos) << error(a);
  // A weight off by one shows in whatever reads it.
  for (size_t i = 0; i < 12; ++i) {
    a = SmallAssignment();
    ++a.tensors[1][i];
    EXPECT_FALSE(CheckAssignment(c, a).ok()) << i;
  }
}

}  // namespace
}  // namespace provenn
