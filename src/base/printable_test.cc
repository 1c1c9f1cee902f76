#include "base/printable.h"

#include <gtest/gtest.h>

namespace provenn {
namespace {

TEST(Printable, PlainTextStays) {
  EXPECT_EQ(Printable("risk [0], Größe, 模型"), "risk [0], Größe, 模型");
  EXPECT_EQ(Printable(""), "");
}

TEST(Printable, WhatCouldDeceiveIsEscapedByteByByte) {
  EXPECT_EQ(Printable("a\x1b[2Kb"), "a\\x1b[2Kb");
  EXPECT_EQ(Printable("a\nb\r"), "a\\x0ab\\x0d");
  EXPECT_EQ(Printable("\u202e"), "\\xe2\\x80\\xae");        // turns the direction of reading
  EXPECT_EQ(Printable("\u200b"), "\\xe2\\x80\\x8b");        // no width
  EXPECT_EQ(Printable("\xc2\x9b"), "\\xc2\\x9b");           // a control of eight bits
  EXPECT_EQ(Printable("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");  // no UTF-8, and an overlong form
  EXPECT_EQ(Printable("\xe2\x80"), "\\xe2\\x80");           // cut short
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(Printable(std::string("a\0b", 3)), "a\\x00b");
}

TEST(Quoted, NothingInsideEndsTheQuotation) {
  EXPECT_EQ(Quoted("x"), "\"x\"");
  EXPECT_EQ(Quoted("a\" \\ b"), "\"a\\\" \\\\ b\"");
  EXPECT_EQ(Quoted("\x1b"), "\"\\x1b\"");
}

}  // namespace
}  // namespace provenn
