#include "base/bytes.h"

namespace provenn {

void ByteWriter::Varint(uint64_t v) {
  while (v >= 0x80) {
    bytes_.push_back(static_cast<uint8_t>(v | 0x80));
    v >>= 7;
  }
  bytes_.push_back(static_cast<uint8_t>(v));
}

void ByteWriter::SignedVarint(int64_t v) { Varint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63)); }

void ByteWriter::String(std::string_view text) {
  Varint(text.size());
  Raw(AsBytes(text));
}

uint64_t ByteReader::Little(size_t width) {
  ByteSpan raw = Raw(width);
  uint64_t v = 0;
  for (size_t i = 0; i < raw.size(); ++i) v |= static_cast<uint64_t>(raw[i]) << (8 * i);
  return v;
}

uint64_t ByteReader::Varint() {
  uint64_t v = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = U8();
    if (failed_) return 0;
    const uint64_t part = byte & 0x7f;
    if (shift == 63 && part > 1) break;
    v |= part << shift;
    if ((byte & 0x80) == 0) {
      if (byte == 0 && shift != 0) break;
      return v;
    }
  }
  Fail("a variable-length integer is not in its shortest form");
  return 0;
}

int64_t ByteReader::SignedVarint() {
  const uint64_t v = Varint();
  return static_cast<int64_t>((v >> 1) ^ (~(v & 1) + 1));
}

ByteSpan ByteReader::Raw(size_t n) {
  if (failed_) return {};
  if (n > remaining()) {
    Fail("ends early: " + std::to_string(n) + " bytes wanted, " + std::to_string(remaining()) + " left");
    return {};
  }
  ByteSpan view = bytes_.subspan(position_, n);
  position_ += n;
  return view;
}

std::string ByteReader::String(size_t max_size) {
  const uint64_t n = Count(max_size, "string length");
  ByteSpan raw = Raw(static_cast<size_t>(n));
  return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

uint64_t ByteReader::Count(uint64_t max, const char* what) {
  const uint64_t n = Varint();
  if (!failed_ && n > max) {
    Fail(std::string(what) + " " + std::to_string(n) + " is over the limit of " + std::to_string(max));
    return 0;
  }
  return n;
}

void ByteReader::Fail(std::string message) {
  if (failed_) return;
  failed_ = true;
  message_ = std::move(message) + " (at byte " + std::to_string(position_) + ")";
}

Status ByteReader::status() const {
  if (failed_) return Error{Code::kCorrupt, message_, ""};
  return Ok();
}

Status ByteReader::Finish() const {
  if (failed_) return status();
  if (remaining() != 0) return Error{Code::kCorrupt, std::to_string(remaining()) + " bytes after the end", ""};
  return Ok();
}

}  // namespace provenn
