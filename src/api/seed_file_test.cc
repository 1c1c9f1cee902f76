// Seeds and the folder of keys: nothing that cannot be made again is lost.
#include "api/seed_file.h"

#include <gmock/gmock.h>

#include "api/key_folder.h"
#include "api/test_session.h"

namespace provenn {
namespace {

TEST_F(TinySession, AnExportedSeedGivesTheSameModelId) {
  const auto key = ProvingKey::Open(folder_ + "/model.pk");
  ASSERT_TRUE(key.ok());
  const std::string path = folder_ + "/seed";
  ASSERT_TRUE(WriteSeedFile(path, key->oracle().seed).ok());
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(WriteSeedFile(path, WeightsSeed{2}).ok());
  const auto seed = ReadSeedFile(path);
  ASSERT_TRUE(seed.ok()) << seed.error().ToString();
  EXPECT_EQ(*seed, WeightsSeed{1});
  CommitOptions options;
  options.seed = *seed;
  const auto again = CommitModelFile(kTestData + "tiny/model.onnx", {{"", TestTensor("tiny/calibration.npy")}}, options,
                                     folder_ + "/again", nullptr);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->model_id, report_.model_id);
}

TEST(SeedFile, RefusesWhatIsNoSeed) {
  EXPECT_FALSE(SeedFromBytes(Bytes(31, 'a')).ok());
  const auto hashed = SeedFromBytes(Bytes(32, 'a'));
  ASSERT_TRUE(hashed.ok());
  EXPECT_NE(*hashed, *SeedFromBytes(Bytes(33, 'a')));
  Bytes damaged = {'P', 'R', 'V', 'N', 'S', 'E', 'E', 'D', 1, 0, 0, 0};
  damaged.resize(44, 7);
  EXPECT_TRUE(SeedFromBytes(damaged).ok());
  EXPECT_FALSE(SeedFromBytes(ByteSpan(damaged).first(43)).ok());
  damaged[8] = 2;
  EXPECT_FALSE(SeedFromBytes(damaged).ok());
  const auto key = ReadSeedFile(kTestData + "golden/v2/model.vk");
  ASSERT_FALSE(key.ok());
  EXPECT_THAT(key.error().message, testing::HasSubstr("is a public key (model.vk)"));
}

TEST_F(TinySession, ACommitKeepsTheKeysThatAreThere) {
  CommitOptions options;
  const auto pk = ReadFile(folder_ + "/model.pk", uint64_t{1} << 30);
  const auto refused = CommitModelFile(kTestData + "tiny/model.onnx", {{"", TestTensor("tiny/calibration.npy")}},
                                       options, folder_, nullptr);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().ToString(), testing::HasSubstr("model.pk"));
  EXPECT_EQ(*ReadFile(folder_ + "/model.pk", uint64_t{1} << 30), *pk);
  EXPECT_EQ(ReadVerifyingKey(folder_ + "/model.vk")->model_id, report_.model_id);
}

TEST_F(TinySession, AFailedWriteLeavesThePairOrNone) {
  const Bytes old = *ReadFile(folder_ + "/model.vk", kMaxVerifyingKeyBytes);
  const Error full{Code::kIo, "full", ""};
  EXPECT_FALSE(WriteKeyFolder(folder_, true, [&](const KeyPaths& paths, Existing, bool*) -> Status {
                 EXPECT_FALSE(std::filesystem::exists(paths.vk));
                 return full;
               }).ok());
  EXPECT_EQ(*ReadFile(folder_ + "/model.vk", kMaxVerifyingKeyBytes), old);
  EXPECT_FALSE(WriteKeyFolder(folder_, true, [&](const KeyPaths&, Existing, bool* written) -> Status {
                 *written = true;
                 return full;
               }).ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace provenn
