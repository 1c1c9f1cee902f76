#include "base/page_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <new>

namespace provenn {
namespace {

constexpr size_t kPage = size_t{1} << 21;

size_t RoundUp(size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

// Maps `bytes`, a multiple of kPage, aligned to it; null where there is no memory.
char* Map(size_t bytes) {
  void* raw = mmap(nullptr, bytes + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(raw);
  const size_t before = (kPage - reinterpret_cast<size_t>(begin) % kPage) % kPage;
  if (before > 0) munmap(begin, before);
  if (before < kPage) munmap(begin + before + bytes, kPage - before);
  madvise(begin + before, bytes, MADV_HUGEPAGE);  // advice only
  return begin + before;
}

class Pool {
 public:
  void Enter() {
    const std::lock_guard lock(mutex_);
    ++scopes_;
  }

  void Leave() {
    const std::lock_guard lock(mutex_);
    if (--scopes_ == 0) GiveBack(kept_);
  }

  void* Allocate(size_t bytes) {
    const std::lock_guard lock(mutex_);
    // The smallest stretch that is large enough; its rest stays.
    auto best = free_.end();
    for (auto it = free_.begin(); it != free_.end(); ++it) {
      if (it->second >= bytes && (best == free_.end() || it->second < best->second)) best = it;
    }
    if (best != free_.end()) {
      char* const begin = best->first;
      const size_t rest = best->second - bytes;
      free_.erase(best);
      if (rest > 0) free_.emplace(begin + bytes, rest);
      kept_ -= bytes;
      return begin;
    }
    GiveBack(std::min(kept_, bytes));
    char* mapped = Map(bytes);
    if (mapped == nullptr && kept_ > 0) {
      GiveBack(kept_);
      mapped = Map(bytes);
    }
    if (mapped == nullptr) throw std::bad_alloc();
    return mapped;
  }

  void Free(char* begin, size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (scopes_ == 0) {
      munmap(begin, bytes);
      return;
    }
    kept_ += bytes;
    // Stretches that touch become one, whether or not they were mapped together.
    const auto after = free_.lower_bound(begin);
    if (after != free_.end() && after->first == begin + bytes) {
      bytes += after->second;
      free_.erase(after);
    }
    const auto next = free_.lower_bound(begin);
    if (next != free_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == begin) {
        before->second += bytes;
        return;
      }
    }
    free_.emplace(begin, bytes);
  }

  size_t Kept() {
    const std::lock_guard lock(mutex_);
    return kept_;
  }

 private:
  // Unmaps `bytes` of what is kept, at the highest addresses.
  void GiveBack(size_t bytes) {
    while (bytes > 0) {
      const auto last = std::prev(free_.end());
      const size_t part = std::min(bytes, last->second);
      munmap(last->first + (last->second - part), part);
      last->second -= part;
      if (last->second == 0) free_.erase(last);
      bytes -= part;
      kept_ -= part;
    }
  }

  std::mutex mutex_;
  std::map<char*, size_t> free_;  // stretches by address
  size_t kept_ = 0;               // their sum
  size_t scopes_ = 0;
};

// Never destroyed: memory is freed by static objects too.
Pool& ThePool() {
  static Pool* const pool = new Pool;
  return *pool;
}

}  // namespace

PagePoolScope::PagePoolScope() { ThePool().Enter(); }
PagePoolScope::~PagePoolScope() { ThePool().Leave(); }

void* AllocatePages(size_t bytes) { return ThePool().Allocate(RoundUp(bytes)); }
void FreePages(void* memory, size_t bytes) { ThePool().Free(static_cast<char*>(memory), RoundUp(bytes)); }
size_t KeptPages() { return ThePool().Kept(); }

}  // namespace provenn
