// Entropy of the system, from sources that fail for different reasons.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/secret.h"

namespace provenn {

inline constexpr size_t kEntropyBytes = 120;

// 32 bytes each of OpenSSL's private generator (state in this process, seeded by the system), of the kernel's generator
// (getrandom, asked now) and of the processor's (RDRAND; zeros where there is none); then 8 bytes each of the
// calendar clock, the monotonic clock and the process id, which count for nothing but differ when a virtual machine or
// a process goes on twice from one snapshot. No bytes from OpenSSL or the kernel is a CHECK failure, because nothing
// secret may be built without them.
SecretBuffer<uint8_t> SystemEntropy();

}  // namespace provenn
