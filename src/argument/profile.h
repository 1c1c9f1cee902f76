// Security profiles: the challenge field and the number of bits that the soundness budget must reach: a prover of Q
// hash evaluations has a false statement accepted with probability at most Q * 2^-bits, collisions apart
// (docs/protocol.md, section 12.6).
#pragma once

#include <cstdint>

#include "field/extension.h"

namespace provenn {

enum class Profile : uint8_t {
  kP100 = 1,  // degree-2 extension, 100 bits
  kP128 = 2,  // degree-3 extension, 128 bits
};

template <typename K>
struct ProfileTraits;

template <>
struct ProfileTraits<Ext2> {
  static constexpr Profile kProfile = Profile::kP100;
  static constexpr int kTargetBits = 100;
  // log2 of (2^64 - 2^32 + 1)^2, rounded down: log2 p = 64 - 3.4e-10.
  static constexpr double kFieldBits = 127.99999999;
};

template <>
struct ProfileTraits<Ext3> {
  static constexpr Profile kProfile = Profile::kP128;
  static constexpr int kTargetBits = 128;
  static constexpr double kFieldBits = 191.99999999;
};

// Proof of work before every draw of positions, counted in the budget.
inline constexpr int kGrindBits = 12;

inline const char* ProfileName(Profile profile) { return profile == Profile::kP100 ? "p100" : "p128"; }

}  // namespace provenn
