#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>

#include <new>

namespace provenn {
namespace {

constexpr size_t kLargePage = size_t{1} << 21;
constexpr size_t kLarge = 2 * kLargePage;

}  // namespace

void* AllocateSecret(size_t bytes) {
  if (bytes < kLarge) return ::operator new(bytes);
  void* memory = ::operator new(bytes, std::align_val_t{kLargePage});
  // Advice only: without it the memory is as good, with it a gigabyte costs 500 page faults and not 250000.
  madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void FreeSecret(void* memory, size_t bytes) {
  explicit_bzero(memory, bytes);
  if (bytes < kLarge) {
    ::operator delete(memory);
  } else {
    ::operator delete(memory, std::align_val_t{kLargePage});
  }
}

}  // namespace provenn
