// SHA-256 of many messages of one form at once: the leaves and nodes of a Merkle tree, candidates of a proof of work.
//
// The compression of one message is a chain of dependent steps; a processor works on several chains in the time of one.
// Where it has instructions for SHA-256, four messages are interleaved; else, where vectors are wide, one message a
// lane; else one message after the other. The digests are those of Sha256Of, byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "crypto/sha256.h"

namespace provenn {

// A part of each message: message i has `bytes` bytes from first + i * stride. Stride 0: the same in all.
struct MessagePart {
  const uint8_t* first = nullptr;
  size_t bytes = 0;
  size_t stride = 0;
};

inline constexpr size_t kMaxMessageParts = 3;

// digests[i] = Sha256Of(tag, {parts of message i}). CHECK: a tag of at most 55 bytes, at most kMaxMessageParts parts.
// The blocks that it copies of the messages are wiped; what the compiler keeps of them in registers and their spills
// is not, as in Sha256Of.
void Sha256Many(std::string_view tag, std::initializer_list<MessagePart> parts, std::span<Digest> digests);

// "sha-ni", "lanes" or "single": what Sha256Many uses on this processor.
const char* Sha256ManyKernel();

namespace sha256_internal {

enum class Kernel { kShaNi, kLanes, kSingle };
// False if this processor cannot: for tests, which then leave the kernel as it is. nullptr: the best one again.
bool ForceKernel(const Kernel* kernel);

// One block for each of several chains: state[lane][8 words], data[lane][64 bytes].
inline constexpr size_t kMaxLanes = 16;
struct alignas(64) LaneBlocks {
  uint32_t state[kMaxLanes][8];
  uint8_t data[kMaxLanes][64];
};

}  // namespace sha256_internal
}  // namespace provenn
