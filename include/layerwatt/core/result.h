#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace layerwatt {

/// What kind of failure it was; a caller switches on this, a person reads the message.
enum class ErrorCode {
  kInvalidArgument,   ///< the caller's words are off (exit code 2 on the command line)
  kNotFound,          ///< a file, model, rail or library is not there
  kPermissionDenied,  ///< the system refuses access
  kUnsupported,       ///< well-formed, but beyond what this build, board or format can do
  kParse,             ///< foreign text or bytes are not what their format says
  kIo,                ///< reading or writing failed (full disk, broken device)
  kTryAgain,          ///< a device is busy; the same call may succeed later
  kGone,              ///< a device that was there has vanished
  kCancelled,         ///< a person asked to stop
  kUnknowable,        ///< the data cannot answer the question; the message says what could
  kInternal,          ///< a library failed in a way that it should not
};

/// A failure with its context. The message says what failed, on what, the likely cause, what to do.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::optional<std::filesystem::path>& file() const { return file_; }
  /// 1-based.
  const std::optional<long>& line() const { return line_; }

  /// Names the file (and 1-based line) that was being read; an inner location is kept.
  Error at(std::filesystem::path file, std::optional<long> line = std::nullopt) &&;
  /// Puts "context: " before the message.
  Error with_context(std::string_view context) &&;

  /// "file:line: message".
  std::string to_string() const;

 private:
  ErrorCode code_;
  std::string message_;
  std::optional<std::filesystem::path> file_;
  std::optional<long> line_;
};

/// An error made from the current `errno` value `error_number`: "cannot `what`: <reason>", with a
/// hint for EACCES, ENOSPC, EROFS.
Error error_from_errno(int error_number, std::string_view what);

/// A value or an Error. Members are named as in std::expected (absent from GCC 12's C++20).
template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_same_v<T, Error> && !std::is_reference_v<T>);

 public:
  using value_type = T;

  template <class U = T>
  requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}            // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  /// Precondition for these: has_value(). A violation aborts.
  T& value() & { return *checked(); }
  const T& value() const& { return *checked(); }
  T&& value() && { return std::move(*checked()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return checked(); }
  const T* operator->() const { return checked(); }

  /// Precondition: !has_value().
  Error& error() & { return *checked_error(); }
  const Error& error() const& { return *checked_error(); }
  Error&& error() && { return std::move(*checked_error()); }

  T value_or(T fallback) const& { return has_value() ? **this : std::move(fallback); }
  T value_or(T fallback) && { return has_value() ? *std::move(*this) : std::move(fallback); }

  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (!has_value()) return std::move(*this).error();
    return std::forward<F>(f)(*std::move(*this));
  }
  template <class F>
  auto transform(F&& f) && -> Result<std::invoke_result_t<F, T&&>> {
    if (!has_value()) return std::move(*this).error();
    return std::forward<F>(f)(*std::move(*this));
  }
  template <class F>
  Result transform_error(F&& f) && {
    if (has_value()) return std::move(*this);
    return std::forward<F>(f)(std::move(*this).error());
  }

 private:
  // The pointer itself is tested, so that optimisers see that it is never null afterwards.
  T* checked() {
    T* value = std::get_if<0>(&state_);
    if (value == nullptr) __builtin_trap();
    return value;
  }
  const T* checked() const {
    const T* value = std::get_if<0>(&state_);
    if (value == nullptr) __builtin_trap();
    return value;
  }
  Error* checked_error() {
    Error* error = std::get_if<1>(&state_);
    if (error == nullptr) __builtin_trap();
    return error;
  }
  const Error* checked_error() const {
    const Error* error = std::get_if<1>(&state_);
    if (error == nullptr) __builtin_trap();
    return error;
  }

  std::variant<T, Error> state_;
};

/// Success without a value, or an Error. Write `return {};` for success.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }

  Error& error() & { return *checked_error(); }
  const Error& error() const& { return const_cast<Result*>(this)->error(); }
  Error&& error() && { return std::move(*checked_error()); }

  template <class F>
  Result transform_error(F&& f) && {
    if (has_value()) return {};
    return std::forward<F>(f)(std::move(*this).error());
  }

 private:
  Error* checked_error() {
    if (!error_) __builtin_trap();
    return &*error_;
  }
  std::optional<Error> error_;
};

}  // namespace layerwatt
