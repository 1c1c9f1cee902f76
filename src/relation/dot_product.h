// Exact dot products of 32-bit integers in 64 bits: the inner loop of every contraction.
#pragma once

#include <cstddef>
#include <cstdint>

namespace provenn {

// Right operands that one pass over a left row serves.
inline constexpr size_t kDotTile = 4;

// out[j] = sum over i < n of left[i] * right[j][i], for j < kDotTile. Exact where no sum leaves 64 bits.
void DotTile(const int32_t* left, const int32_t* const right[kDotTile], size_t n, int64_t out[kDotTile]);

// The same for one right operand.
int64_t Dot(const int32_t* left, const int32_t* right, size_t n);

}  // namespace provenn
