#include "crypto/sha256.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <string>

namespace provenn {
namespace {

std::string HexOf(std::string_view message) {
  Sha256 hash;
  hash.Update(AsBytes(message));
  return ToHex(hash.Finish());
}

Digest ByLibrary(ByteSpan message) {
  Digest digest;
  unsigned size = 0;
  EXPECT_EQ(EVP_Digest(message.data(), message.size(), digest.data(), &size, EVP_sha256(), nullptr), 1);
  return digest;
}

// The examples that accompany FIPS 180-4.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(HexOf(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(HexOf("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(HexOf(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Every length around the padding boundaries, in one piece and in pieces of every size, against OpenSSL's EVP.
TEST(Sha256, EveryLengthAndSplit) {
  Bytes message(200);
  for (size_t i = 0; i < message.size(); ++i) message[i] = static_cast<uint8_t>(i * 37 + 1);
  for (size_t length = 0; length <= message.size(); ++length) {
    const ByteSpan whole = ByteSpan(message).first(length);
    const Digest expected = ByLibrary(whole);
    for (size_t piece = 1; piece <= length + 1; ++piece) {
      Sha256 hash;
      for (size_t at = 0; at < length; at += piece) hash.Update(whole.subspan(at, std::min(piece, length - at)));
      ASSERT_EQ(hash.Finish(), expected) << length << " in pieces of " << piece;
    }
  }
}

TEST(Sha256, TaggedHashIsTheDocumentedMessage) {
  const std::string a = "first", b(100, 'x');
  std::string message =
      "\x08"
      "tag.name" +
      a + b;
  EXPECT_EQ(Sha256Of("tag.name", {AsBytes(a), AsBytes(b)}), ByLibrary(AsBytes(message)));
  EXPECT_EQ(Sha256Of("", {}), ByLibrary(Bytes{0}));
  // A tag cannot swallow the beginning of the data.
  EXPECT_NE(Sha256Of("tag", {AsBytes("data")}), Sha256Of("tagd", {AsBytes("ata")}));
}

TEST(Sha256, LongestTag) {
  const std::string tag(55, 't');
  EXPECT_EQ(Sha256Of(tag, {AsBytes("ab")}), ByLibrary(AsBytes("\x37" + tag + "ab")));
  EXPECT_DEATH(Sha256Of(tag + "t", {}), "CHECK failed");
}

TEST(Hex, RoundTripsAndRejects) {
  const Bytes bytes = {0x00, 0x01, 0x7f, 0x80, 0xab, 0xff};
  EXPECT_EQ(ToHex(bytes), "00017f80abff");
  EXPECT_EQ(FromHex("00017f80abff"), bytes);
  EXPECT_EQ(FromHex("00017F80ABFF"), bytes);
  EXPECT_EQ(FromHex(""), Bytes{});
  for (const std::string_view bad : {"0", "0g", "g0", " 00", "0x00", "00 "}) {
    EXPECT_EQ(FromHex(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace provenn
