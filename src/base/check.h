// CHECK: programmer errors only. Stays on in every build; never reachable from input bytes.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace provenn::internal {
[[noreturn]] inline void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}
}  // namespace provenn::internal

#define PROVENN_CHECK(condition)                                        \
  do {                                                                  \
    if (!(condition)) [[unlikely]]                                      \
      ::provenn::internal::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)
