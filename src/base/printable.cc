#include "base/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace provenn {
namespace {

// Length of the UTF-8 character at the start of the text, and the character; length 0 if it is none.
size_t DecodeUtf8(std::string_view text, uint32_t* character) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const uint32_t first = byte(0);
  *character = first;
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  *character = first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    *character = *character << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::array<uint32_t, 5> kFirst = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = *character >= 0xd800 && *character < 0xe000;
  return *character >= kFirst[length] && *character < 0x110000 && !surrogate ? length : 0;
}

std::string Escaped(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

bool Deceives(uint32_t c) {
  const auto within = [&](uint32_t from, uint32_t to) { return c >= from && c <= to; };
  return c < 0x20 || within(0x7f, 0x9f) || c == 0xad || c == 0x61c || c == 0x180e || within(0x200b, 0x200f) ||
         within(0x2028, 0x202e) || within(0x2060, 0x206f) || c == 0xfeff || within(0xfff9, 0xfffb) ||
         within(0xe0000, 0xe007f);
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    uint32_t character = 0;
    const size_t length = DecodeUtf8(text, &character);
    const bool plain = length > 0 && !Deceives(character);
    const std::string_view bytes = text.substr(0, std::max<size_t>(length, 1));
    for (const char c : bytes) out += plain ? std::string(1, c) : Escaped(c);
    text.remove_prefix(bytes.size());
  }
  return out;
}

std::string Quoted(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return '"' + Printable(escaped) + '"';
}

std::string Number(double value, int digits) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.*g", digits, value);
  return text.data();
}

}  // namespace provenn
