// Field elements as bytes and as coefficients, without copying.
//
// Hashing rows of symbols must run at the speed of the hash. Goldilocks elements are stored canonically, so on a
// little-endian machine their memory is their canonical encoding: 8 bytes little-endian each, extension elements
// coefficient by coefficient from the lowest up.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/bytes.h"
#include "field/extension.h"
#include "field/goldilocks.h"

namespace provenn {

static_assert(std::endian::native == std::endian::little, "field memory is hashed as its little-endian encoding");
static_assert(sizeof(Goldilocks) == 8 && std::is_trivially_copyable_v<Goldilocks>);
static_assert(sizeof(Ext2) == 16 && std::is_trivially_copyable_v<Ext2> && std::is_standard_layout_v<Ext2>);
static_assert(sizeof(Ext3) == 24 && std::is_trivially_copyable_v<Ext3> && std::is_standard_layout_v<Ext3>);

// The canonical encoding of the elements, as a view of their memory.
template <class K>
ByteSpan FieldBytes(std::span<const K> values) {
  static_assert(sizeof(K) % sizeof(Goldilocks) == 0);
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

// The coefficients of extension elements, in place: an extension element is an array of its coefficients.
template <class K>
std::span<Goldilocks> Coefficients(std::span<K> values) {
  static_assert(sizeof(K) % sizeof(Goldilocks) == 0 && std::is_standard_layout_v<K>);
  return {reinterpret_cast<Goldilocks*>(values.data()), values.size_bytes() / sizeof(Goldilocks)};
}

}  // namespace provenn
