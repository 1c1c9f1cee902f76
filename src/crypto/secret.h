// Memory for secrets: pads, masks, salts, witnesses.
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace provenn {

// A fixed-size array that can be moved but not copied, and is overwritten before its memory is given back. Moving
// leaves the source empty. There is no operator<< and no serialisation, so that a secret is not written by accident.
template <class T>
class SecretBuffer {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>,
                "wiping overwrites the bytes, so the element must be plain data");

 public:
  SecretBuffer() = default;
  // `size` value-initialised elements.
  explicit SecretBuffer(size_t size) : data_(size == 0 ? nullptr : new T[size]()), size_(size) {}
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;
  SecretBuffer(SecretBuffer&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  SecretBuffer& operator=(SecretBuffer&& other) noexcept {
    if (this != &other) {
      Wipe();
      data_ = std::move(other.data_);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  ~SecretBuffer() { Wipe(); }

  // Overwrites and frees the content now.
  void Wipe() {
    if (data_ != nullptr) OPENSSL_cleanse(data_.get(), size_ * sizeof(T));
    data_.reset();
    size_ = 0;
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
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
  std::unique_ptr<T[]> data_;
  size_t size_ = 0;
};

// Overwrites memory before it gives it back.
template <class T>
struct CleansingAllocator {
  using value_type = T;
  CleansingAllocator() = default;
  template <class U>
  CleansingAllocator(const CleansingAllocator<U>&) {}  // NOLINT: implicit by the allocator requirements
  T* allocate(size_t n) { return std::allocator<T>().allocate(n); }
  void deallocate(T* p, size_t n) {
    OPENSSL_cleanse(p, n * sizeof(T));
    std::allocator<T>().deallocate(p, n);
  }
  bool operator==(const CleansingAllocator&) const { return true; }
};

// A vector for a prover's intermediate values, which are functions of its secrets.
template <class T>
using SecretVector = std::vector<T, CleansingAllocator<T>>;

}  // namespace provenn
