#include "api/card.h"

#include <gmock/gmock.h>

#include "api/card_signature.h"

namespace provenn {
namespace {

ModelCard Full() {
  ModelCard card;
  card.model_id = Digest{1, 2, 3};
  card.name = "risk \"A\" [1]";
  card.version = "2.1";
  card.date = "2026-01-31";
  card.program = "provenn 0.1.0";
  card.options = ModelOptions{10, true};
  card.model = {{"model.onnx", Digest{4}}, {"weights.bin", Digest{5}}};
  card.calibration = {{"x=x.npy", Digest{6}}};
  return card;
}

std::string Text(const ModelCard& card) {
  const auto bytes = EncodeCard(card);
  EXPECT_TRUE(bytes.ok());
  return bytes.ok() ? std::string(bytes->begin(), bytes->end()) : std::string();
}

std::string Refused(const std::string& text) {
  const auto card = DecodeCard(AsBytes(text));
  return card.ok() ? "read" : card.error().message;
}

std::string With(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Card, RoundTripsWithEveryFieldAndWithNone) {
  for (const ModelCard& card : {Full(), ModelCard{}}) {
    const auto bytes = EncodeCard(card);
    ASSERT_TRUE(bytes.ok());
    const auto again = DecodeCard(*bytes);
    ASSERT_TRUE(again.ok()) << again.error().ToString();
    EXPECT_EQ(*again, card);
  }
  EXPECT_EQ(CardLines(Full()).size(), 8u);
  EXPECT_TRUE(CardLines(ModelCard{}).empty());
  EXPECT_EQ(CardLines(Full())[4].second, "bits 10, tight");
}

TEST(Card, ItsBytesArePinned) {
  ModelCard card;
  card.name = "a\x01é";
  card.options = ModelOptions{12};
  EXPECT_EQ(Text(card), "{\n  \"format\": \"provenn.card 1\",\n  \"model_id\": \"" + std::string(64, '0') +
                            "\",\n  \"name\": \"a\\u0001é\",\n  \"options\": {\n    \"bits\": 12\n  }\n}\n");
}

TEST(Card, OneFormOnly) {
  const std::string text = Text(Full());
  EXPECT_EQ(Refused(text), "read");
  EXPECT_THAT(Refused(text + " "), testing::HasSubstr("another form"));
  EXPECT_THAT(Refused(With(text, "  \"version\"", "\"version\"")), testing::HasSubstr("another form"));
  EXPECT_THAT(Refused(With(text, "risk", "\\u0072isk")), testing::HasSubstr("another form"));
  EXPECT_THAT(Refused(With(text, "\"version\": \"2.1\"", "\"version\": \"2.1\",\n  \"version\": \"2.2\"")),
              testing::HasSubstr("another form"));
  EXPECT_THAT(Refused(With(text, "\"date\"", "\"when\"")), testing::HasSubstr("does not know"));
  EXPECT_THAT(Refused(With(text, "\"tight\": true", "\"tight\": true,\n    \"fast\": true")),
              testing::HasSubstr("does not know"));
  EXPECT_THAT(Refused(With(text, "\"bits\": 10", "\"bits\": -1")), testing::HasSubstr("bits"));
  EXPECT_THAT(Refused(With(text, "\"bits\": 10", "\"bits\": 1000000000000")), testing::HasSubstr("bits"));
  EXPECT_THAT(Refused(With(text, "\"tight\": true", "\"tight\": false")), testing::HasSubstr("tight"));
  EXPECT_THAT(Refused(With(text, "2026-01-31", "2026-1-31")), testing::HasSubstr("date"));
  EXPECT_THAT(Refused(With(text, "card 1", "card 2")), testing::HasSubstr("format"));
  EXPECT_THAT(Refused(With(text, "\"2.1\"", "2.1")), testing::HasSubstr("not text"));
  EXPECT_THAT(Refused(With(text, "0102", "01")), testing::HasSubstr("64 hexadecimal"));
  for (const char* text_of_no_card : {"", "{}", "[]", "{", "null", "[[[[[[", "\xff", "{\"format\": []}"}) {
    EXPECT_NE(Refused(text_of_no_card), "read") << text_of_no_card;
  }
  EXPECT_NE(Refused(std::string(100000, '[')), "read");
}

TEST(Card, TextThatCannotBeReadBackIsNotWritten) {
  ModelCard card;
  card.name = "\xff";
  EXPECT_FALSE(EncodeCard(card).ok());
  card.name = std::string(kMaxCardText + 1, 'a');
  EXPECT_FALSE(EncodeCard(card).ok());
  card.name = "";
  card.date = "yesterday";
  EXPECT_FALSE(EncodeCard(card).ok());
}

TEST(Card, DigestIsPlainSha256) {
  EXPECT_EQ(ToHex(CardDigest(AsBytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// RFC 8032, section 7.1, test 2: the message 0x72.
constexpr const char* kPrivate =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* kPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kSignature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

TEST(CardSignature, KnownAnswer) {
  const Bytes message = {0x72};
  const auto signature = Sign(message, AsBytes(kPrivate));
  ASSERT_TRUE(signature.ok()) << signature.error().ToString();
  EXPECT_EQ(ToHex(*signature), kSignature);
}

TEST(CardSignature, HoldsForThisMessageSignatureAndKeyOnly) {
  const auto holds = [](ByteSpan message, ByteSpan signature, const std::string& key) {
    const auto result = SignatureHolds(message, signature, AsBytes(key));
    EXPECT_TRUE(result.ok());
    return result.ok() && *result;
  };
  const Bytes message = {0x72};
  Bytes signature = *FromHex(kSignature);
  EXPECT_TRUE(holds(message, signature, kPublic));
  EXPECT_FALSE(holds(Bytes{0x73}, signature, kPublic));
  EXPECT_FALSE(holds({}, signature, kPublic));
  EXPECT_FALSE(holds(message, {}, kPublic));
  EXPECT_FALSE(holds(message, ByteSpan(signature).first(63), kPublic));
  // The public key of RFC 8032, section 7.1, test 1.
  EXPECT_FALSE(holds(message, signature,
                     "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                     "-----END PUBLIC KEY-----\n"));
  for (size_t i = 0; i < signature.size(); ++i) {
    signature[i] ^= 4;
    EXPECT_FALSE(holds(message, signature, kPublic)) << i;
    signature[i] ^= 4;
  }
}

TEST(CardSignature, OtherKeysAreRefused) {
  const Bytes message = {0x72};
  for (const char* key : {"", "no key", kPublic}) {
    EXPECT_THAT(Sign(message, AsBytes(key)).error().message, testing::HasSubstr("private key")) << key;
  }
  for (const char* key : {"", "no key", kPrivate}) {
    EXPECT_THAT(SignatureHolds(message, {}, AsBytes(key)).error().message, testing::HasSubstr("public key")) << key;
  }
  // X25519: another kind of key in the same form.
  EXPECT_FALSE(SignatureHolds(message, {},
                              AsBytes("-----BEGIN PUBLIC KEY-----\n"
                                      "MCowBQYDK2VuAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
                                      "-----END PUBLIC KEY-----\n"))
                   .ok());
}

}  // namespace
}  // namespace provenn
