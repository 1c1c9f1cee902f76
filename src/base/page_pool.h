// Large blocks of memory from the operating system, kept between uses while somebody says that there will be another.
//
// A fresh page costs a fault and a pass of zeros, under virtualisation often several times that; a prover allocates and
// frees several times its peak. Blocks are multiples of 2 MiB, aligned to it, and ask for huge pages.
#pragma once

#include <cstddef>

namespace provenn {

// While one is alive, freed blocks stay mapped for the next allocation; with the last they go back. What is kept never
// raises the peak: before new memory is mapped, as much of what is kept is given back. May be nested, and alive in
// several threads.
class PagePoolScope {
 public:
  PagePoolScope();
  ~PagePoolScope();
  PagePoolScope(const PagePoolScope&) = delete;
  PagePoolScope& operator=(const PagePoolScope&) = delete;
};

// Content unspecified. Throws std::bad_alloc.
void* AllocatePages(size_t bytes);
// `bytes` as allocated.
void FreePages(void* memory, size_t bytes);

// Bytes that are kept for reuse now.
size_t KeptPages();

}  // namespace provenn
