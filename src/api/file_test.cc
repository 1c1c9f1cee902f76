// Key and proof files: round trips, and what damaged bytes do: an error or a rejection, never anything else.
#include <gmock/gmock.h>

#include "api/inspect.h"
#include "api/test_session.h"

namespace provenn {
namespace {

TEST_F(TinySession, VerifyingKeyRoundTripsAndNoDamageGoesUnnoticed) {
  const auto bytes = ReadFile(folder_ + "/model.vk", kMaxVerifyingKeyBytes);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(EncodeVerifyingKey(model_), *bytes);
  for (size_t size = 0; size < bytes->size(); ++size) {
    EXPECT_FALSE(DecodeVerifyingKey(ByteSpan(*bytes).first(size)).ok()) << size;
  }
  for (size_t i = 0; i < bytes->size(); ++i) {
    for (const uint8_t flip : {uint8_t{1}, uint8_t{0x80}}) {
      Bytes damaged = *bytes;
      damaged[i] = static_cast<uint8_t>(damaged[i] ^ flip);
      const auto model = DecodeVerifyingKey(damaged);
      if (!model.ok()) continue;
      // A program that is still evidence for the same circuit says the same.
      EXPECT_TRUE(model->model_id != report_.model_id || model->program != model_.program) << i;
      EXPECT_EQ(EncodeVerifyingKey(*model), damaged) << i;
    }
  }
}

TEST_F(TinySession, ProofFileRoundTripsAndNoDamageIsAccepted) {
  ProveOptions options;
  options.context = "damage";
  const ProveReport proved = Prove(options);
  const Bytes bytes = EncodeProofFile(proved.file);
  const auto decoded = DecodeProofFile(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, proved.file);
  for (size_t size = 0; size < bytes.size(); size += size < 256 ? 1 : 997) {
    EXPECT_FALSE(DecodeProofFile(ByteSpan(bytes).first(size)).ok()) << size;
  }
  const size_t head = bytes.size() - proved.file.proof.size();
  size_t rejected = 0;
  for (size_t i = 0; i < bytes.size(); i += i < head ? 1 : 1499) {
    Bytes damaged = bytes;
    damaged[i] ^= 1;
    const auto file = DecodeProofFile(damaged);
    EXPECT_TRUE(file.ok() || i < head) << i;
    if (!file.ok()) continue;
    EXPECT_EQ(EncodeProofFile(*file), damaged);
    EXPECT_FALSE(Verify(*file).accepted) << i;
    ++rejected;
  }
  EXPECT_GT(rejected, 50u);
}

class KeyBytes {
 public:
  // A copy aligned as a mapped file is.
  explicit KeyBytes(ByteSpan bytes) : storage_(bytes.size() + 64), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), begin());
  }
  uint8_t* begin() { return storage_.data() + (64 - reinterpret_cast<uintptr_t>(storage_.data()) % 64) % 64; }
  ByteSpan bytes() { return {begin(), size_}; }

 private:
  Bytes storage_;
  size_t size_;
};

TEST_F(TinySession, ProvingKeyIsPrivateAndDamageIsAnError) {
  const std::string path = folder_ + "/model.pk";
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto file = ReadFile(path, uint64_t{1} << 30);
  ASSERT_TRUE(file.ok());
  KeyBytes key(*file);
  const auto opened = ProvingKey::FromBytes(key.bytes());
  ASSERT_TRUE(opened.ok()) << opened.error().ToString();
  EXPECT_EQ(opened->model().model_id, report_.model_id);
  const ProvingKeySections& s = opened->sections();
  const size_t small = 172 + s.circuit + s.ports + s.program + s.weights;
  for (size_t i = 0; i < small; ++i) {
    key.begin()[i] ^= 4;
    EXPECT_FALSE(ProvingKey::FromBytes(key.bytes()).ok()) << i;
    key.begin()[i] ^= 4;
  }
  for (size_t size = 0; size < file->size(); size += size < small ? 1 : 1009) {
    EXPECT_FALSE(ProvingKey::FromBytes(key.bytes().first(size)).ok()) << size;
  }
}

TEST_F(TinySession, ADamagedArrayNeverGivesAProofThatIsReturned) {
  const auto file = ReadFile(folder_ + "/model.pk", uint64_t{1} << 30);
  ASSERT_TRUE(file.ok());
  KeyBytes key(*file);
  const auto opened = ProvingKey::FromBytes(key.bytes());
  ASSERT_TRUE(opened.ok());
  // All rows, so that the queries meet the damage wherever they fall.
  const auto* codeword = reinterpret_cast<const uint8_t*>(opened->oracle().codeword.data());
  const size_t first = static_cast<size_t>(codeword - key.begin());
  for (size_t i = 0; i < opened->sections().codeword; i += 8) key.begin()[first + i] ^= 1;
  const auto proved = ProveAnswer(*opened, {{"", TestTensor("tiny/input.npy")}}, {}, nullptr);
  ASSERT_FALSE(proved.ok());
  EXPECT_THAT(proved.error().message, testing::HasSubstr("damaged"));
}

TEST_F(TinySession, InspectShowsEachKindOfFile) {
  const std::string proof = folder_ + "/answer.proof";
  ASSERT_TRUE(WriteFileAtomically(proof, EncodeProofFile(Prove().file)).ok());
  for (const auto& [path, kind] :
       {std::pair{folder_ + "/model.pk", "proving key"}, std::pair{folder_ + "/model.vk", "verifying key"},
        std::pair{proof, "proof"}, std::pair{kTestData + "tiny/model.onnx", "ONNX model"}}) {
    const auto inspection = InspectFile(path);
    ASSERT_TRUE(inspection.ok()) << path << ": " << inspection.error().ToString();
    EXPECT_EQ(inspection->kind, kind);
    EXPECT_FALSE(inspection->tables.empty());
  }
  EXPECT_FALSE(InspectFile(kTestData + "tiny/seed.txt").ok());
}

TEST(GoldenProof, StillVerifies) {
  const std::string folder = kTestData + "golden/v2/";
  const auto model = ReadVerifyingKey(folder + "model.vk");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  for (const std::string name : {"p100", "p128", "hidden"}) {
    const auto bytes = ReadFile(folder + name + ".proof", kMaxProofFileBytes);
    ASSERT_TRUE(bytes.ok()) << bytes.error().ToString();
    const auto file = DecodeProofFile(*bytes);
    ASSERT_TRUE(file.ok()) << file.error().ToString();
    Expectations expect;
    expect.context = "golden";
    if (name != "hidden") {
      expect.inputs = {{"x", TestTensor("tiny/input.npy")}};
      expect.outputs = {{"y", TestTensor("golden/v2/output.npy")}};
    }
    const auto verdict = VerifyAnswer(*model, *file, expect);
    ASSERT_TRUE(verdict.ok()) << verdict.error().ToString();
    EXPECT_TRUE(verdict->accepted) << name << ": " << ReasonName(verdict->reason) << " " << verdict->where;
  }
  const auto certificate = ReadFile(folder + "model.cert", kMaxCertificateBytes);
  ASSERT_TRUE(certificate.ok()) << certificate.error().ToString();
  const auto decoded = DecodeCertificate(*certificate);
  ASSERT_TRUE(decoded.ok()) << decoded.error().ToString();
  const KeyVerdict verdict = VerifyCertificate(*model, *decoded);
  EXPECT_TRUE(verdict.accepted) << ReasonName(verdict.reason) << " " << verdict.where;
}

}  // namespace
}  // namespace provenn
