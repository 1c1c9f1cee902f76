#include "model/lower_rescale.h"

#include <gtest/gtest.h>

#include "model/interpreter.h"
#include "relation/checker.h"

namespace provenn {
namespace {

// One input tensor [n], one request out = f(floor(factor * x / 2^shift)).
struct OneRequest {
  OneRequest(FunctionTable f, int64_t times, int bits) : function(std::move(f)), factor(times), shift(bits) {}

  Circuit circuit;
  Program program;
  std::vector<NodeCost> costs = std::vector<NodeCost>(1);
  FunctionTable function;
  int64_t factor;
  int shift;
  bool is_exact = false;

  Status Build(uint32_t n, int64_t min, int64_t max, bool exact = false) {
    is_exact = exact;
    Tensor x;
    x.name = "x";
    x.kind = TensorKind::kInput;
    x.shape = {n};
    x.min = min;
    x.max = max;
    Tensor out;
    out.name = "out";
    out.kind = TensorKind::kOutput;
    out.shape = {n};
    out.min = function.Min();
    out.max = function.Max();
    circuit.tensors = {x, out};
    RescaleRequest r;
    r.name = "r";
    r.space = {n};
    r.sum.terms.push_back({{factor, 0}, View{0, {AxisMap{0, {AxisStep{0, 1}}}}}});
    r.shift = shift;
    r.min = min * factor;
    r.max = max * factor;
    r.function = function;
    r.out = 1;
    r.out_view = View{1, {AxisMap{0, {AxisStep{0, 1}}}}};
    r.exact = exact;
    RETURN_IF_ERROR(EmitRequests({r}, {}, &circuit, &program, &costs));
    RETURN_IF_ERROR(ValidateCircuit(circuit));
    return ValidateProgram(circuit, program);
  }

  // Over inputs that cover the range evenly, ends included.
  void ExpectComputesTheFunction() {
    const Tensor& x = circuit.tensors[0];
    const uint32_t n = x.shape[0];
    IntegerTensors inputs(circuit.tensors.size());
    for (uint32_t i = 0; i < n; ++i) {
      inputs[0].push_back(static_cast<int32_t>(x.min + (x.max - x.min) * i / std::max<int64_t>(n - 1, 1)));
    }
    const auto witness = RunProgram(circuit, program, {}, inputs);
    ASSERT_TRUE(witness.ok()) << witness.error().ToString();
    for (uint32_t i = 0; i < n; ++i) {
      const int64_t quotient = (factor * inputs[0][i]) >> shift;
      EXPECT_EQ(witness->assignment.tensors[1][i], is_exact ? quotient : function.At(quotient)) << inputs[0][i];
    }
    const Status status = CheckAssignment(circuit, witness->assignment);
    EXPECT_TRUE(status.ok()) << status.error().ToString();
  }
};

TEST(LowerRescale, ManyValuesGetATableOverTheirWholeRange) {
  OneRequest one(IdentityTable(0, 100), 3, 5);
  ASSERT_TRUE(one.Build(5000, -9000, 9000).ok());
  EXPECT_EQ(one.circuit.lookups.size(), 2u);
  EXPECT_EQ(one.costs[0].lookups, 10000u);
  one.ExpectComputesTheFunction();
}

TEST(LowerRescale, FewValuesOfWideRangeSaturate) {
  for (const FunctionTable& f : {IdentityTable(0, 100), IdentityTable(-50, 77), FunctionTable{-3, {5, -1, 0, 9}}}) {
    OneRequest one(f, 1001, 9);
    ASSERT_TRUE(one.Build(600, -2000000, 1500000).ok());
    EXPECT_EQ(one.circuit.lookups.size(), 3u + (one.program.steps.back().digits.size() - 1));
    EXPECT_TRUE(one.program.steps.back().clamp.has_value());
    uint64_t rows = 0;
    for (const Table& t : one.circuit.tables) rows += t.size;
    EXPECT_LT(rows, 20000u);  // the quotients span 7 million
    one.ExpectComputesTheFunction();
  }
}

TEST(LowerRescale, ConstantFunctionAndNoShift) {
  OneRequest constant(FunctionTable{0, {7}}, 1, 0);
  ASSERT_TRUE(constant.Build(10, -300, 200).ok());
  constant.ExpectComputesTheFunction();
}

TEST(LowerRescale, ExactOutputsNeedNoTableOfTheirOwn) {
  OneRequest one(IdentityTable(-100, 100), 12345, 10);
  ASSERT_TRUE(one.Build(10, -50000, 40000, true).ok());
  for (const Table& t : one.circuit.tables) EXPECT_TRUE(t.values.empty()) << t.name;
  one.ExpectComputesTheFunction();
}

// The coarse position cannot be chosen: every other pair (top, clamped) fails the second lookup, even one that the
// clamp table allows.
TEST(LowerRescale, CoarsePositionIsForced) {
  OneRequest one(IdentityTable(0, 30), 1, 0);
  ASSERT_TRUE(one.Build(3, -5000, 5000).ok());
  const Step& step = one.program.steps.back();
  ASSERT_TRUE(step.clamp.has_value());
  const Table& tops = one.circuit.tables[step.clamp->table];
  IntegerTensors inputs(one.circuit.tensors.size());
  inputs[0] = {-4000, 17, 4000};
  auto witness = RunProgram(one.circuit, one.program, {}, inputs);
  ASSERT_TRUE(witness.ok());
  Assignment& a = witness->assignment;
  const Assignment honest = a;
  for (size_t i = 0; i < 3; ++i) {
    for (uint32_t row = 0; row < tops.size; ++row) {
      const int32_t top = static_cast<int32_t>(tops.first_key + row);
      if (top == honest.tensors[step.clamp->top][i]) continue;
      a.tensors[step.clamp->top][i] = top;
      a.tensors[step.clamp->clamped][i] = tops.values[0][row];
      for (int32_t out = 0; out <= 30; ++out) {
        a.tensors[1][i] = out;
        EXPECT_FALSE(CheckAssignment(one.circuit, a).ok()) << "index " << i << " top " << top << " out " << out;
      }
    }
    a = honest;
  }
}

TEST(LowerRescale, TablesAreShared) {
  OneRequest one(IdentityTable(0, 100), 3, 5);
  ASSERT_TRUE(one.Build(5000, -9000, 9000).ok());
  Circuit circuit;
  circuit.tensors = one.circuit.tensors;
  circuit.tensors.resize(2);
  RescaleRequest r;
  r.name = "a";
  r.space = {5000};
  r.sum.terms.push_back({{3, 0}, View{0, {AxisMap{0, {AxisStep{0, 1}}}}}});
  r.shift = 5;
  r.min = -27000;
  r.max = 27000;
  r.function = one.function;
  r.out = 1;
  r.out_view = View{1, {AxisMap{0, {AxisStep{0, 1}}}}};
  RescaleRequest again = r;
  circuit.tensors.push_back(circuit.tensors[1]);
  again.out = 2;
  again.out_view.tensor = 2;
  again.min = -20000;
  Program program;
  std::vector<NodeCost> costs(1);
  ASSERT_TRUE(EmitRequests({r, again}, {}, &circuit, &program, &costs).ok());
  EXPECT_EQ(circuit.tables.size(), one.circuit.tables.size());
}

}  // namespace
}  // namespace provenn
