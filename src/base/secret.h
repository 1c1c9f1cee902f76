// Memory for secrets: pads, masks, salts, witnesses.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace provenn {

// From here on this process leaves no core dump, and no other process of its user may read its memory. For programs
// that hold secrets; false if the system refuses.
bool ForbidMemoryDumps();

// Memory from the page pool where it is large. FreeSecret overwrites it first.
void* AllocateSecret(size_t bytes);
void FreeSecret(void* memory, size_t bytes);

// A fixed-size array that can be moved but not copied, and is overwritten before its memory is given back. Moving
// leaves the source empty. There is no operator<< and no serialisation, so that a secret is not written by accident.
template <class T>
class SecretBuffer {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>,
                "wiping overwrites the bytes, so the element must be plain data");

 public:
  SecretBuffer() = default;
  // `size` value-initialised elements.
  explicit SecretBuffer(size_t size)
      : data_(size == 0 ? nullptr : static_cast<T*>(AllocateSecret(size * sizeof(T)))), size_(size) {
    std::uninitialized_value_construct_n(data_, size);
  }
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;
  SecretBuffer(SecretBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecretBuffer& operator=(SecretBuffer&& other) noexcept {
    if (this != &other) {
      Wipe();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  ~SecretBuffer() { Wipe(); }

  // Overwrites and frees the content now.
  void Wipe() {
    if (data_ != nullptr) FreeSecret(data_, size_ * sizeof(T));
    data_ = nullptr;
    size_ = 0;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  std::span<T> span() { return {data(), size_}; }
  std::span<const T> span() const { return {data(), size_}; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

// Overwrites memory before it gives it back. Elements that a container adds without a value are left as they come: a
// prover fills its buffers, and a pass of zeros over gigabytes is felt.
template <class T>
struct CleansingAllocator {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);
  using value_type = T;
  CleansingAllocator() = default;
  template <class U>
  CleansingAllocator(const CleansingAllocator<U>&) {}  // NOLINT: implicit by the allocator requirements
  T* allocate(size_t n) { return static_cast<T*>(AllocateSecret(n * sizeof(T))); }
  void deallocate(T* p, size_t n) { FreeSecret(p, n * sizeof(T)); }
  template <class U>
  void construct(U*) {}
  template <class U, class... Args>
    requires(sizeof...(Args) > 0)
  void construct(U* p, Args&&... args) {
    ::new (static_cast<void*>(p)) U(std::forward<Args>(args)...);
  }
  bool operator==(const CleansingAllocator&) const { return true; }
};

// A vector for a prover's intermediate values, which are functions of its secrets. `SecretVector<T> v(n)` and
// `v.resize(n)` leave new elements unspecified; `assign` and `SecretVector<T>(n, value)` set them.
template <class T>
using SecretVector = std::vector<T, CleansingAllocator<T>>;

}  // namespace provenn
