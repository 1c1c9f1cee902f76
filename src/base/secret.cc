#include "base/secret.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <new>

#include "base/page_pool.h"
#include "base/sanitizer.h"

namespace provenn {
namespace {

// AddressSanitizer watches the blocks of operator new, not of the pool.
constexpr size_t kLarge = PROVENN_ADDRESS_SANITIZER ? SIZE_MAX : size_t{1} << 22;

}  // namespace

bool ForbidMemoryDumps() {
  const rlimit none{0, 0};
  const bool limited = setrlimit(RLIMIT_CORE, &none) == 0;
  return prctl(PR_SET_DUMPABLE, 0) == 0 && limited;
}

void* AllocateSecret(size_t bytes) {
  if (bytes < kLarge) return ::operator new(bytes);
  return AllocatePages(bytes);
}

void FreeSecret(void* memory, size_t bytes) {
  explicit_bzero(memory, bytes);
  if (bytes < kLarge) {
    ::operator delete(memory);
  } else {
    FreePages(memory, bytes);
  }
}

}  // namespace provenn
