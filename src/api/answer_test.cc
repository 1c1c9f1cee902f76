// Commit, prove and verify through the façade: what is accepted, and the reason of each rejection.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "api/test_session.h"

namespace provenn {
namespace {

Expectations ExpectInput(const FloatTensor& tensor, const std::string& name = "") {
  Expectations expect;
  expect.inputs.push_back({name, tensor});
  return expect;
}

Expectations ExpectOutput(const FloatTensor& tensor) {
  Expectations expect;
  expect.outputs.push_back({"", tensor});
  return expect;
}

TEST_F(TinySession, AcceptsEveryVisibilityAndProfile) {
  for (const Profile profile : {Profile::kP100, Profile::kP128}) {
    for (int mode = 0; mode < 4; ++mode) {
      ProveOptions options;
      options.profile = profile;
      options.private_input = (mode & 1) != 0;
      options.private_output = (mode & 2) != 0;
      const ProveReport proved = Prove(options);
      const VerifyReport verdict = Verify(proved.file);
      EXPECT_TRUE(verdict.accepted) << ReasonName(verdict.reason) << " " << verdict.where;
      ASSERT_EQ(verdict.inputs.size(), 1u);
      ASSERT_EQ(verdict.outputs.size(), 1u);
      EXPECT_EQ(verdict.inputs[0].hidden, options.private_input);
      EXPECT_EQ(verdict.outputs[0].hidden, options.private_output);
      EXPECT_EQ(verdict.inputs[0].values.data.empty(), options.private_input);
      if (!options.private_output) {
        EXPECT_EQ(verdict.outputs[0].values.data, proved.outputs[0].values.data);
      }
    }
  }
}

TEST_F(TinySession, ProvesABatchAndShowsEachSample) {
  const ProveReport proved = Prove({}, "tiny/batch.npy");
  const VerifyReport verdict = Verify(proved.file, ExpectInput(TestTensor("tiny/batch.npy"), "x"));
  EXPECT_TRUE(verdict.accepted) << ReasonName(verdict.reason) << " " << verdict.where;
  EXPECT_EQ(verdict.batch, 3u);
  EXPECT_EQ(verdict.outputs[0].values.shape, (Dims{3, 2}));
}

TEST_F(TinySession, ExpectationsThatAreNotMetHaveTheirReason) {
  ProveOptions options;
  options.context = "one";
  const ProveReport proved = Prove(options);
  const auto reason = [&](const Expectations& expect) {
    const VerifyReport verdict = Verify(proved.file, expect);
    EXPECT_FALSE(verdict.accepted);
    return verdict.reason;
  };
  Expectations other_context;
  other_context.context = "two";
  EXPECT_EQ(reason(other_context), Reason::kContext);
  Expectations more_bits;
  more_bits.profile = Profile::kP128;
  EXPECT_EQ(reason(more_bits), Reason::kParameters);
  Expectations other_model;
  other_model.model_id = Digest{1};
  EXPECT_EQ(reason(other_model), Reason::kModelId);
  FloatTensor input = TestTensor("tiny/input.npy");
  input.data[2] += 0.01f;
  EXPECT_EQ(reason(ExpectInput(input)), Reason::kInputMismatch);
  input.data[2] = 1e9f;
  EXPECT_EQ(reason(ExpectInput(input)), Reason::kInputMismatch);
  FloatTensor output = proved.outputs[0].values;
  output.data[1] = std::nextafter(output.data[1], 100.0f);
  EXPECT_EQ(reason(ExpectOutput(output)), Reason::kOutputMismatch);
  EXPECT_EQ(reason(ExpectInput(TestTensor("tiny/batch.npy"))), Reason::kInputMismatch);
}

TEST_F(TinySession, WhatIsHiddenMatchesNoExpectation) {
  ProveOptions options;
  options.private_input = true;
  options.private_output = true;
  const ProveReport proved = Prove(options);
  EXPECT_EQ(Verify(proved.file, ExpectInput(TestTensor("tiny/input.npy"))).reason, Reason::kInputMismatch);
  EXPECT_EQ(Verify(proved.file, ExpectOutput(proved.outputs[0].values)).reason, Reason::kOutputMismatch);
}

TEST_F(TinySession, EveryPartOfTheStatementIsBound) {
  const ProveReport proved = Prove();
  const auto rejected = [&](auto change) {
    ProofFile file = proved.file;
    change(file);
    const VerifyReport verdict = Verify(file);
    EXPECT_FALSE(verdict.accepted);
    return verdict.reason;
  };
  EXPECT_EQ(rejected([](ProofFile& f) { f.model_id[0] ^= 1; }), Reason::kModelId);
  // The statement is absorbed before anything else, so that a change shows at the first proof of work or opening.
  rejected([](ProofFile& f) { f.context = "other"; });
  rejected([](ProofFile& f) { ++f.tensors[0].values[0]; });
  rejected([](ProofFile& f) { --f.tensors[1].values[1]; });
  rejected([](ProofFile& f) { f.profile = Profile::kP128; });
  EXPECT_EQ(rejected([](ProofFile& f) { f.batch = 2; }), Reason::kPublicValue);
  EXPECT_EQ(rejected([](ProofFile& f) { f.tensors[0].values[0] = 1 << 30; }), Reason::kPublicValue);
  EXPECT_EQ(rejected([](ProofFile& f) { f.tensors.pop_back(); }), Reason::kPublicValue);
  EXPECT_EQ(rejected([](ProofFile& f) { f.tensors[0].values.pop_back(); }), Reason::kPublicValue);
  EXPECT_EQ(rejected([](ProofFile& f) { f.proof.clear(); }), Reason::kMalformed);
}

TEST_F(TinySession, ModelIdFollowsFromModelSeedAndOptions) {
  const auto id = [&](uint8_t seed, int bits) {
    const auto report = Commit(folder_ + "/again", seed, bits);
    EXPECT_TRUE(report.ok());
    return report->model_id;
  };
  EXPECT_EQ(id(1, 12), report_.model_id);
  EXPECT_NE(id(2, 12), report_.model_id);
  EXPECT_NE(id(1, 11), report_.model_id);
  PublicModel renamed = model_;
  renamed.outputs[0].name = "z";
  renamed.Seal();
  EXPECT_NE(renamed.model_id, report_.model_id);
}

TEST_F(TinySession, RefusesInputsThatMakeNoSense) {
  const auto key = ProvingKey::Open(folder_ + "/model.pk");
  ASSERT_TRUE(key.ok());
  const auto error = [&](const std::vector<NamedTensor>& inputs) {
    const auto outputs = RunModel(*key, inputs);
    EXPECT_FALSE(outputs.ok());
    const auto proved = ProveAnswer(*key, inputs, {}, nullptr);
    EXPECT_FALSE(proved.ok());
    return outputs.ok() ? std::string() : outputs.error().ToString();
  };
  FloatTensor input = TestTensor("tiny/input.npy");
  input.data[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(error({{"", input}}), testing::AllOf(testing::HasSubstr("not a finite"), testing::HasSubstr("[0, 2]")));
  input.data[2] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(error({{"", input}}), testing::HasSubstr("not a finite"));
  input.data[2] = -1234;  // the range is named, the value is not
  EXPECT_THAT(error({{"", input}}),
              testing::AllOf(testing::HasSubstr("declared range"), testing::Not(testing::HasSubstr("1234"))));
  EXPECT_THAT(error({{"", {{1, 3}, {0, 0, 0}}}}), testing::HasSubstr("1x3"));
  EXPECT_THAT(error({{"nobody", TestTensor("tiny/input.npy")}}), testing::HasSubstr("nobody"));
  EXPECT_THAT(error({}), testing::HasSubstr("x"));
}

}  // namespace
}  // namespace provenn
