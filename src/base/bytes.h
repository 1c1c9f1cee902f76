// Bounded little-endian byte reader and writer: the one codec under every file, key and proof of ours.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace provenn {

using Bytes = std::vector<uint8_t>;
using ByteSpan = std::span<const uint8_t>;

inline ByteSpan AsBytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

// Appends little-endian values to a buffer.
class ByteWriter {
 public:
  void U8(uint8_t v) { bytes_.push_back(v); }
  void U16(uint16_t v) { Little(v, 2); }
  void U32(uint32_t v) { Little(v, 4); }
  void U64(uint64_t v) { Little(v, 8); }
  void I64(int64_t v) { Little(static_cast<uint64_t>(v), 8); }
  // LEB128, canonical (shortest) form.
  void Varint(uint64_t v);
  // Zig-zag LEB128.
  void SignedVarint(int64_t v);
  void Raw(ByteSpan bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  // Varint length, then the bytes.
  void String(std::string_view text);

  const Bytes& bytes() const { return bytes_; }
  Bytes Take() { return std::move(bytes_); }

 private:
  void Little(uint64_t v, int width) {
    for (int i = 0; i < width; ++i) bytes_.push_back(static_cast<uint8_t>(v >> (8 * i)));
  }
  Bytes bytes_;
};

// Reads from a span it does not own. The first failure sticks: every later read returns zero, and status() tells
// what failed and at which offset. So a parser reads straight on and checks once before it uses what it read for a
// size or an index.
class ByteReader {
 public:
  explicit ByteReader(ByteSpan bytes) : bytes_(bytes) {}

  uint8_t U8() { return static_cast<uint8_t>(Little(1)); }
  uint16_t U16() { return static_cast<uint16_t>(Little(2)); }
  uint32_t U32() { return static_cast<uint32_t>(Little(4)); }
  uint64_t U64() { return Little(8); }
  int64_t I64() { return static_cast<int64_t>(Little(8)); }
  uint64_t Varint();  // rejects a form that is not the shortest
  int64_t SignedVarint();
  // A view of the next n bytes; empty on failure.
  ByteSpan Raw(size_t n);
  // A varint length of at most max_size, then the bytes.
  std::string String(size_t max_size);
  // Varint that must be <= max: for counts, before anything is allocated.
  uint64_t Count(uint64_t max, const char* what);

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }
  bool ok() const { return !failed_; }
  void Fail(std::string message);
  // ok, or kCorrupt with the first failure and its offset.
  Status status() const;
  // status(), and kCorrupt if bytes remain: files end where their content ends.
  Status Finish() const;

 private:
  uint64_t Little(size_t width);

  ByteSpan bytes_;
  size_t position_ = 0;
  bool failed_ = false;
  std::string message_;
};

}  // namespace provenn
