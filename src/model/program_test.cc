#include "relation/program.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/compile.h"
#include "model/test_graph.h"

namespace provenn {
namespace {

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    TestGraph g = SmallLeNet();
    auto model = CompileModel(g.graph(), g.Samples(4));
    EXPECT_TRUE(model.ok());
    model_ = *std::move(model);
  }
  CompiledModel model_;
};

TEST_F(ProgramTest, CodecRoundTrip) {
  const Bytes bytes = EncodeProgram(model_.program);
  ByteReader reader(bytes);
  const auto decoded = DecodeProgram(reader);
  ASSERT_TRUE(decoded.ok()) << decoded.error().ToString();
  EXPECT_EQ(*decoded, model_.program);
  EXPECT_TRUE(reader.Finish().ok());
}

// Whatever a damaged program decodes to encodes to the same bytes, and validation does not trip over it.
TEST_F(ProgramTest, DamagedBytesAreRefusedOrCanonical) {
  const Bytes bytes = EncodeProgram(model_.program);
  for (size_t n = 0; n < bytes.size(); ++n) {
    ByteReader truncated(ByteSpan(bytes).first(n));
    EXPECT_FALSE(DecodeProgram(truncated).ok()) << n;
    for (const uint8_t flip : {uint8_t{0x01}, uint8_t{0x80}, uint8_t{0xff}}) {
      Bytes damaged = bytes;
      damaged[n] ^= flip;
      ByteReader reader(damaged);
      const auto decoded = DecodeProgram(reader);
      if (decoded.ok()) {
        const Bytes again = EncodeProgram(*decoded);
        EXPECT_TRUE(std::equal(again.begin(), again.end(), damaged.begin()));
        const Status valid = ValidateProgram(model_.circuit, *decoded);
        EXPECT_TRUE(!valid.ok() || *decoded != model_.program || damaged == bytes);
      }
    }
  }
}

TEST_F(ProgramTest, ValidationObjects) {
  const auto refused = [&](auto change) {
    Program program = model_.program;
    change(program);
    return !ValidateProgram(model_.circuit, program).ok();
  };
  EXPECT_FALSE(refused([](Program&) {}));
  EXPECT_TRUE(refused([](Program& p) { p.steps.pop_back(); }));
  EXPECT_TRUE(refused([](Program& p) { p.steps.erase(p.steps.begin()); }));
  EXPECT_TRUE(refused([](Program& p) { std::swap(p.steps.front(), p.steps.back()); }));
  EXPECT_TRUE(refused([](Program& p) { p.steps.push_back(p.steps.back()); }));
  EXPECT_TRUE(refused([](Program& p) { p.steps.push_back(p.steps.front()); }));
  // The last step that divides by digits and sets an output.
  const auto rich = [](Program& p) -> Step& {
    return *std::find_if(p.steps.rbegin(), p.steps.rend(),
                         [](const Step& s) { return !s.digits.empty() && !s.outputs.empty(); });
  };
  EXPECT_TRUE(refused([&](Program& p) { rich(p).id = kMaxObjects; }));
  EXPECT_TRUE(refused([&](Program& p) { rich(p).outputs.back() = 0; }));
  EXPECT_TRUE(refused([&](Program& p) { rich(p).outputs.back() = kNoTensor; }));
  EXPECT_TRUE(refused([&](Program& p) { rich(p).outputs.push_back(kNoTensor); }));
  EXPECT_TRUE(refused([&](Program& p) { rich(p).digits.clear(); }));
  EXPECT_TRUE(refused([&](Program& p) { rich(p).digits[0].bits += 1; }));
  EXPECT_TRUE(refused([&](Program& p) { rich(p).digits[0].tensor = rich(p).outputs.back(); }));
  // The step that commits a quotient: the logits.
  const auto dividing = [](Program& p) -> Step& {
    return *std::find_if(p.steps.begin(), p.steps.end(), [](const Step& s) { return s.quotient.has_value(); });
  };
  EXPECT_TRUE(refused([&](Program& p) { dividing(p).quotient->bits += 1; }));
  EXPECT_TRUE(refused([&](Program& p) { dividing(p).quotient->tensor = 0; }));
  EXPECT_TRUE(refused([&](Program& p) { dividing(p).quotient.reset(); }));
}

TEST_F(ProgramTest, PortsRoundTripAndMustFitTheCircuit) {
  ByteWriter writer;
  EncodePorts(model_.inputs, &writer);
  const Bytes bytes = writer.Take();
  ByteReader reader(bytes);
  const auto decoded = DecodePorts(reader, model_.circuit, TensorKind::kInput);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, model_.inputs);
  ByteReader as_outputs(bytes);
  EXPECT_EQ(DecodePorts(as_outputs, model_.circuit, TensorKind::kOutput).error().code, Code::kCorrupt);
  for (size_t n = 0; n < bytes.size(); ++n) {
    ByteReader truncated(ByteSpan(bytes).first(n));
    EXPECT_FALSE(DecodePorts(truncated, model_.circuit, TensorKind::kInput).ok());
  }
}

}  // namespace
}  // namespace provenn
