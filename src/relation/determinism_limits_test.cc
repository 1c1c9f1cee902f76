// The limits of what the key check expands and of what a program may say: each is reached, and passed by one.
#include <gmock/gmock.h>

#include "relation/determinism.h"
#include "relation/test_division.h"

namespace provenn {
namespace {

using testing::HasSubstr;

std::string Refusal(const Circuit& circuit, const Program& program) {
  EXPECT_TRUE(ValidateCircuit(circuit).ok());
  const Status status = CheckDeterminism(circuit, program);
  if (status.ok()) return "";
  EXPECT_EQ(status.error().code, Code::kRefusedKey);
  return status.error().where + ": " + status.error().message;
}

// A few bytes can declare long axes, so what a check would mark is counted before it is marked: 2^25 indices of axes in
// all. A division sets four tensors: three digits and its output.
TEST(DeterminismLimits, Marks) {
  const auto [circuit, program] = WideDivision(15);
  EXPECT_EQ(Refusal(Stretched(circuit, 1u << 23), program), "");
  EXPECT_EQ(Refusal(Stretched(circuit, (1u << 23) + 1), program), "lookup y: its axes are too long for a verifier");
}

// y [parts], each cell set by a lookup of its own.
std::pair<Circuit, Program> OutputInParts(uint32_t parts) {
  const auto tensor = [](const char* name, TensorKind kind, const Shape& shape) {
    Tensor t;
    t.name = name;
    t.kind = kind;
    t.shape = shape;
    t.max = 3;
    return t;
  };
  Circuit c;
  c.tensors = {tensor("x", TensorKind::kInput, {}), tensor("y", TensorKind::kOutput, {parts})};
  c.tables = {{"range", 0, 4, {}}, {"copy", 0, 4, {{0, 1, 2, 3}}}};
  const Expression x{{0, 0}, {{{1, 0}, View{0, {}}}}, {}};
  c.lookups.push_back({"x range", {}, 0, {x}});
  Program program;
  for (uint32_t i = 0; i < parts; ++i) {
    const Expression cell{{0, 0}, {{{1, 0}, View{1, {AxisMap{static_cast<int32_t>(i), {}}}}}}, {}};
    c.lookups.push_back({"part", {}, 1, {x, cell}});
    Step step;
    step.kind = Step::Kind::kLookup;
    step.id = 1 + i;
    step.outputs = {1};
    program.steps.push_back(step);
  }
  return {c, program};
}

// Parts of one tensor are compared pair by pair: 256 of them.
TEST(DeterminismLimits, PartsOfATensor) {
  {
    const auto [circuit, program] = OutputInParts(256);
    EXPECT_EQ(Refusal(circuit, program), "");
  }
  {
    const auto [circuit, program] = OutputInParts(257);
    EXPECT_EQ(Refusal(circuit, program), "tensor y: is set in too many parts");
  }
  // As many parts as the tensor has cells, but two of them set one and none sets another.
  auto [circuit, program] = OutputInParts(256);
  circuit.lookups.back().columns[1].terms[0].view.axes[0].offset = 17;
  EXPECT_EQ(Refusal(circuit, program), "tensor y: two lookups set one cell");
}

TEST(ProgramLimits, WidthsOfDigits) {
  const auto [circuit, program] = WideDivision(15);
  for (const uint8_t bits : {uint8_t{0}, uint8_t{31}, uint8_t{255}}) {
    Program wrong = program;
    wrong.steps[0].digits[1].bits = bits;
    EXPECT_EQ(Refusal(circuit, wrong), "program step 0 (y): bad digit width") << int{bits};
  }
  // 30 bits is a width, if the remainder is the digits' sum.
  Program wide = program;
  wide.steps[0].digits[1].bits = 30;
  EXPECT_EQ(Refusal(circuit, wide), "program step 0 (y): digits do not cover the remainder");
}

TEST(ProgramLimits, WidthsOfClampsAndQuotients) {
  auto [circuit, program] = WideDivision(15);
  Tensor cell = circuit.tensors[1];
  const auto top = static_cast<uint32_t>(circuit.tensors.size());
  circuit.tensors.insert(circuit.tensors.end(), {cell, cell});
  circuit.tables.push_back({"clamp", 0, 4, {{0, 0, 1, 1}}});
  program.steps[0].clamp = CoarseClamp{top, top + 1, 3, 31};
  EXPECT_EQ(Refusal(circuit, program), "program step 0 (y): bad clamp width");
  program.steps[0].clamp->bits = 30;
  EXPECT_THAT(Refusal(circuit, program), HasSubstr("the coarse position"));  // past the program's own rules
  program.steps[0].clamp.reset();
  program.steps[0].quotient = CommittedQuotient{top, 49};
  EXPECT_EQ(Refusal(circuit, program), "program step 0 (y): bad quotient width");
  program.steps[0].quotient->bits = 48;
  EXPECT_EQ(Refusal(circuit, program), "program step 0 (y): a quotient that is not a term of the key");
}

TEST(ProgramLimits, CountsOfTheCodec) {
  const auto refusal = [](const Program& program) {
    const Bytes bytes = EncodeProgram(program);
    ByteReader reader(bytes);
    const auto decoded = DecodeProgram(reader);
    return decoded.ok() ? std::string() : decoded.error().message;
  };
  Program program = WideDivision(15).second;
  Step& step = program.steps[0];
  step.digits.assign(8, {1, 20});
  step.outputs.assign(8, 4);
  EXPECT_EQ(refusal(program), "");
  step.digits.push_back({1, 20});
  EXPECT_THAT(refusal(program), HasSubstr("remainder digits"));
  step.digits.pop_back();
  step.outputs.push_back(4);
  EXPECT_THAT(refusal(program), HasSubstr("output columns"));
  program.steps.assign(2 * size_t{kMaxObjects}, Step{});
  EXPECT_EQ(refusal(program), "");
  program.steps.emplace_back();
  EXPECT_THAT(refusal(program), HasSubstr("program steps"));
}

}  // namespace
}  // namespace provenn
