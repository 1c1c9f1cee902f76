// The tiny model of testdata/, committed into a temporary folder: for tests of the façade.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "api/provenn.h"
#include "base/file.h"

namespace provenn {

inline const std::string kTestData = "src/api/testdata/";

inline FloatTensor TestTensor(const std::string& name) {
  auto tensor = ReadFloatTensorFile(kTestData + name);
  EXPECT_TRUE(tensor.ok()) << (tensor.ok() ? "" : tensor.error().ToString());
  return tensor.ok() ? *tensor : FloatTensor{};
}

class TinySession : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "provenn-api-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    const auto report = Commit(folder_, 1);
    ASSERT_TRUE(report.ok()) << report.error().ToString();
    report_ = *report;
    auto model = ReadVerifyingKey(folder_ + "/model.vk");
    ASSERT_TRUE(model.ok()) << model.error().ToString();
    model_ = *model;
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static Result<CommitReport> Commit(const std::string& folder, uint8_t seed, int bits = 12) {
    CommitOptions options;
    options.seed = WeightsSeed{seed};
    options.bits = bits;
    options.overwrite = true;
    return CommitModelFile(kTestData + "tiny/model.onnx", {{"", TestTensor("tiny/calibration.npy")}}, options, folder,
                           nullptr);
  }

  ProveReport Prove(const ProveOptions& options = {}, const std::string& input = "tiny/input.npy") {
    const auto key = ProvingKey::Open(folder_ + "/model.pk");
    EXPECT_TRUE(key.ok()) << (key.ok() ? "" : key.error().ToString());
    if (!key.ok()) return {};
    auto report = ProveAnswer(*key, {{"", TestTensor(input)}}, options, nullptr);
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().ToString());
    return report.ok() ? *report : ProveReport{};
  }

  VerifyReport Verify(const ProofFile& file, const Expectations& expect = {}) {
    const auto report = VerifyAnswer(model_, file, expect);
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().ToString());
    return report.ok() ? *report : VerifyReport{};
  }

  std::string folder_;
  CommitReport report_;
  PublicModel model_;
};

}  // namespace provenn
