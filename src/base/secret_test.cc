// Secret memory is overwritten before it is given back: this program's own allocator hands out storage that outlasts
// it.
#include "base/secret.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "base/sanitizer.h"

// ThreadSanitizer defines operator new itself, and not weakly: there memory is seen to be usable, no more.
#if !PROVENN_THREAD_SANITIZER
namespace {

constexpr size_t kWords = 8;
alignas(std::max_align_t) uint64_t arena[kWords];
bool use_arena = false;

void* Allocate(size_t size) {
  if (use_arena && size == sizeof arena) return arena;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void Release(void* memory) {
  if (memory != arena) std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void* operator new[](size_t size) { return Allocate(size); }
void operator delete(void* memory) noexcept { Release(memory); }
void operator delete[](void* memory) noexcept { Release(memory); }
void operator delete(void* memory, size_t) noexcept { Release(memory); }
void operator delete[](void* memory, size_t) noexcept { Release(memory); }
#endif

namespace provenn {
namespace {

#if !PROVENN_THREAD_SANITIZER
template <typename Container>
void FillsAndWipes() {
  use_arena = true;
  {
    Container secret(kWords);
    for (uint64_t& x : secret) x = 0x5ec2e7;
    EXPECT_EQ(arena[3], 0x5ec2e7u);
  }
  use_arena = false;
  for (const uint64_t word : arena) EXPECT_EQ(word, 0u);
}

TEST(SecretMemory, IsOverwrittenByABuffer) { FillsAndWipes<SecretBuffer<uint64_t>>(); }
TEST(SecretMemory, IsOverwrittenByAVector) { FillsAndWipes<SecretVector<uint64_t>>(); }
#endif

TEST(SecretMemory, IsInNoDump) {
  const pid_t child = fork();
  if (child == 0) {
    rlimit limit{1, 1};
    const bool forbidden = ForbidMemoryDumps() && prctl(PR_GET_DUMPABLE) == 0 && getrlimit(RLIMIT_CORE, &limit) == 0 &&
                           limit.rlim_cur == 0 && limit.rlim_max == 0;
    _exit(forbidden ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(SecretMemory, LargeMemoryIsUsable) {
  SecretVector<uint64_t> secret(size_t{1} << 20, 7);
  EXPECT_EQ(secret.front() + secret.back(), 14u);
}

}  // namespace
}  // namespace provenn
