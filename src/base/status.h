// The whole error vocabulary. A function that can fail on its input returns Result<T> (or Status);
// no exception and no abort can be reached from input bytes.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace provenn {

enum class Code {
  kInvalidArgument,  // the caller asked for something that makes no sense
  kCorrupt,          // bytes that are not a well-formed file of ours, or of the format they claim
  kUnsupported,      // well-formed, but something we do not implement
  kOutOfRange,       // a value outside the declared range
  kTooLarge,         // a declared size over the limit
  kIo,               // the operating system said no
  kRejected,         // a proof that does not verify
  kRefusedKey,       // a public key that does not determine what its model answers
};

const char* CodeName(Code code);

// What went wrong (`message`: names what, and what to do), and `where` (file, node, message label; may be empty).
struct Error {
  Code code;
  std::string message;
  std::string where;

  std::string ToString() const;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & {
    PROVENN_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    PROVENN_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    PROVENN_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const {
    PROVENN_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    PROVENN_CHECK(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

inline Status Ok() { return Status(); }

}  // namespace provenn

#define PROVENN_CONCAT_(a, b) a##b
#define PROVENN_CONCAT(a, b) PROVENN_CONCAT_(a, b)

// RETURN_IF_ERROR(expr): returns the error of a Status or Result expression to the caller.
#define RETURN_IF_ERROR(expr)                                \
  do {                                                       \
    auto provenn_status = (expr);                            \
    if (!provenn_status.ok()) return provenn_status.error(); \
  } while (false)

// ASSIGN_OR_RETURN(auto x, expr): unwraps a Result or returns its error to the caller.
#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_(PROVENN_CONCAT(provenn_result_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_(tmp, lhs, expr) \
  auto tmp = (expr);                      \
  if (!tmp.ok()) return tmp.error();      \
  lhs = std::move(tmp).value()
