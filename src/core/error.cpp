#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "layerwatt/core/result.h"

namespace layerwatt {
namespace {

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EAGAIN:
    case EINTR:
    case EBUSY:
    case ETIMEDOUT:
      return ErrorCode::kTryAgain;
    case ENODEV:
    case ENXIO:
      return ErrorCode::kGone;
    default:
      return ErrorCode::kIo;
  }
}

std::string_view hint_of(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
      return "; check the owner and mode of the file, or run with sudo";
    case EROFS:
      return "; choose a folder on a writable file system";
    case ENOSPC:
      return "; free some space or choose another folder";
    case EMFILE:
      return "; raise the limit with 'ulimit -n'";
    default:
      return "";
  }
}

}  // namespace

Error Error::at(std::filesystem::path file, std::optional<long> line) && {
  if (!file_) {
    file_ = std::move(file);
    line_ = line;
  }
  return std::move(*this);
}

Error Error::with_context(std::string_view context) && {
  message_ = fmt::format("{}: {}", context, message_);
  return std::move(*this);
}

std::string Error::to_string() const {
  if (file_ && line_) return fmt::format("{}:{}: {}", file_->string(), *line_, message_);
  if (file_) return fmt::format("{}: {}", file_->string(), message_);
  return message_;
}

Error error_from_errno(int error_number, std::string_view what) {
  // generic_category() is thread-safe, unlike strerror().
  return Error(code_of(error_number),
               fmt::format("cannot {}: {}{}", what, std::generic_category().message(error_number),
                           hint_of(error_number)));
}

}  // namespace layerwatt
