// What a circuit makes a verifier expand and visit: bounded before anything is expanded, because the circuit may come
// from a key file of a few hostile bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "relation/circuit.h"

namespace provenn {

// Elements of K held at the same time (16 or 24 bytes each): weights along the axes of all views and index spaces.
inline constexpr uint64_t kMaxVerifierElements = uint64_t{1} << 25;
// Multiplications: index combinations of views, and the values or rows under every view. Some seconds.
inline constexpr uint64_t kMaxVerifierVisits = uint64_t{1} << 31;
// Rows of the weights matrix: a verifier holds a few dense vectors of this length.
inline constexpr uint64_t kMaxWeightRows = uint64_t{1} << 22;
// The fewest columns that a matrix of activations has.
inline constexpr uint32_t kMinActivationColumns = 32;

// `batched` is valid and no tensor has more elements than 64 bits count; `hidden` has one entry for each tensor. Error:
// kTooLarge, naming the contraction or lookup at which a limit is passed.
Status CheckVerifierWork(const Circuit& batched, const std::vector<uint8_t>& hidden);

}  // namespace provenn
