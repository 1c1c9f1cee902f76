// Multilinear extensions over K: tables and evaluations of eq(a, b) = prod_i (a_i b_i + (1 - a_i)(1 - b_i)).
// The first variable is the least significant bit of a table index, everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "field/extension.h"
#include "field/goldilocks.h"

namespace provenn {

// The 2^|z| values eq(z, bits of i). Precondition: |z| < 48.
template <class K>
std::vector<K> EqTable(std::span<const K> z);

// One more variable: EqTable(z) becomes EqTable(z, next).
template <class K>
void ExtendEqTable(std::vector<K>& table, K next);

// Sum of the first `count` entries of EqTable(z), in O(|z|). Precondition: count <= 2^|z|, |z| < 64.
template <class K>
K EqPrefixSum(std::span<const K> z, uint64_t count);

// eq(a, b). Precondition: |a| = |b|.
template <class K>
K EqEval(std::span<const K> a, std::span<const K> b);

// 1/x of every element, 0 for 0: one inversion in all.
template <class K>
std::vector<K> InverseOfEach(std::span<const K> xs);

// 1, x, ..., x^(n-1).
template <class K>
std::vector<K> Powers(K x, size_t n);

}  // namespace provenn
