#include "api/verify_c.h"

#include "api/test_session.h"

namespace provenn {
namespace {

TEST(VerifyC, AcceptsRejectsAndCannotRead) {
  const auto key = ReadFile(kTestData + "golden/v2/model.vk", kMaxVerifyingKeyBytes);
  const auto proof = ReadFile(kTestData + "golden/v2/p100.proof", kMaxProofFileBytes);
  ASSERT_TRUE(key.ok() && proof.ok());
  const auto model = DecodeVerifyingKey(*key);
  ASSERT_TRUE(model.ok());
  provenn_verdict verdict;
  EXPECT_EQ(provenn_verify(key->data(), key->size(), proof->data(), proof->size(), "golden", 6, model->model_id.data(),
                           &verdict),
            PROVENN_ACCEPTED);
  EXPECT_STREQ(verdict.reason, "");
  EXPECT_TRUE(std::equal(model->model_id.begin(), model->model_id.end(), verdict.model_id));
  EXPECT_EQ(provenn_verify(key->data(), key->size(), proof->data(), proof->size(), "iron", 4, nullptr, &verdict),
            PROVENN_REJECTED);
  EXPECT_STREQ(verdict.reason, "context");
  Bytes damaged = *proof;
  damaged[damaged.size() / 2] ^= 1;
  EXPECT_EQ(provenn_verify(key->data(), key->size(), damaged.data(), damaged.size(), nullptr, 0, nullptr, nullptr),
            PROVENN_REJECTED);
  EXPECT_EQ(provenn_verify(key->data(), 10, proof->data(), proof->size(), nullptr, 0, nullptr, &verdict),
            PROVENN_UNREADABLE);
  EXPECT_STREQ(verdict.reason, "unreadable");
  EXPECT_EQ(provenn_verify(nullptr, 0, nullptr, 0, nullptr, 0, nullptr, nullptr), PROVENN_UNREADABLE);
}

}  // namespace
}  // namespace provenn
