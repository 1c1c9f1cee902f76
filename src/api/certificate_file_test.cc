// model.cert: made by commit, read back, and what damage, another model or another profile do to it.
#include <gmock/gmock.h>

#include "api/test_session.h"

namespace provenn {
namespace {

class CertificateFile : public TinySession {
 protected:
  void SetUp() override {
    TinySession::SetUp();
    const auto bytes = ReadFile(folder_ + "/model.cert", kMaxCertificateBytes);
    ASSERT_TRUE(bytes.ok()) << bytes.error().ToString();
    bytes_ = *bytes;
    auto certificate = DecodeCertificate(bytes_);
    ASSERT_TRUE(certificate.ok()) << certificate.error().ToString();
    certificate_ = *certificate;
  }
  Reason ReasonOf(const Certificate& certificate, Profile at_least = Profile::kP100) {
    const KeyVerdict verdict = VerifyCertificate(model_, certificate, at_least);
    EXPECT_FALSE(verdict.accepted);
    return verdict.reason;
  }

  Bytes bytes_;
  Certificate certificate_;
};

TEST_F(CertificateFile, IsMadeByCommitAndAccepted) {
  EXPECT_EQ(EncodeCertificate(certificate_), bytes_);
  EXPECT_EQ(report_.certificate_path, folder_ + "/model.cert");
  EXPECT_EQ(report_.certificate_bytes, bytes_.size());
  const KeyVerdict verdict = VerifyCertificate(model_, certificate_);
  EXPECT_TRUE(verdict.accepted) << ReasonName(verdict.reason) << " " << verdict.where;
}

TEST_F(CertificateFile, EachDemandHasItsReason) {
  EXPECT_EQ(ReasonOf(certificate_, Profile::kP128), Reason::kParameters);
  Certificate other = certificate_;
  other.model_id[0] ^= 1;
  EXPECT_EQ(ReasonOf(other), Reason::kModelId);
  other = certificate_;
  other.profile = Profile::kP128;  // another field: the proof's first element cannot be read as three
  EXPECT_EQ(ReasonOf(other), Reason::kGrinding);
  other = certificate_;
  other.proof.clear();
  EXPECT_EQ(ReasonOf(other), Reason::kMalformed);
  other = certificate_;
  other.proof.push_back(0);
  EXPECT_EQ(ReasonOf(other), Reason::kMalformed);
}

TEST_F(CertificateFile, OfAnotherSeedIsOfAnotherModel) {
  const std::string folder = folder_ + "/other";
  ASSERT_TRUE(Commit(folder, 2).ok());
  const auto bytes = ReadFile(folder + "/model.cert", kMaxCertificateBytes);
  ASSERT_TRUE(bytes.ok());
  auto other = DecodeCertificate(*bytes);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(ReasonOf(*other), Reason::kModelId);
  // Its proof under this model's id.
  other->model_id = certificate_.model_id;
  EXPECT_EQ(ReasonOf(*other), Reason::kGrinding);
}

TEST_F(CertificateFile, NoDamageIsAccepted) {
  for (size_t size = 0; size < bytes_.size(); size += size < 256 ? 1 : 1999) {
    EXPECT_FALSE(DecodeCertificate(ByteSpan(bytes_).first(size)).ok()) << size;
  }
  size_t rejected = 0;
  const size_t head = bytes_.size() - certificate_.proof.size();
  for (size_t i = 0; i < bytes_.size(); i += i < head ? 1 : 2999) {
    Bytes damaged = bytes_;
    damaged[i] ^= 1;
    const auto certificate = DecodeCertificate(damaged);
    EXPECT_TRUE(certificate.ok() || i < head) << i;
    if (!certificate.ok()) continue;
    EXPECT_EQ(EncodeCertificate(*certificate), damaged);
    EXPECT_FALSE(VerifyCertificate(model_, *certificate).accepted) << i;
    ++rejected;
  }
  EXPECT_GT(rejected, 40u);
}

TEST_F(CertificateFile, ProofsOfTheModelAreNoCertificates) {
  const ProveReport proved = Prove();
  Certificate other = certificate_;
  other.proof = proved.file.proof;
  EXPECT_FALSE(VerifyCertificate(model_, other).accepted);
}

TEST_F(CertificateFile, CommitMakesNoneWhereNoneIsWanted) {
  CommitOptions options;
  options.certificate.reset();
  const std::string folder = folder_ + "/none";
  const auto report = CommitModelFile(kTestData + "tiny/model.onnx", {{"", TestTensor("tiny/calibration.npy")}},
                                      options, folder, nullptr);
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(report->certificate_path, "");
  EXPECT_FALSE(std::filesystem::exists(folder + "/model.cert"));
  // An old one does not stay beside new keys.
  options.overwrite = true;
  ASSERT_TRUE(CommitModelFile(kTestData + "tiny/model.onnx", {{"", TestTensor("tiny/calibration.npy")}}, options,
                              folder_, nullptr)
                  .ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/model.cert"));
}

}  // namespace
}  // namespace provenn
