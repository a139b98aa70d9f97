#include "sensors/attributes/attribute_file.h"

#include <cerrno>
#include <utility>

#include "layerwatt/core/numbers.h"

#include "sensors/attributes/attribute_text.h"
#include "sensors/file_calls.h"

namespace layerwatt {

ReadStatus status_from_errno(int error_number) noexcept {
  switch (error_number) {
    case EAGAIN:
    case EINTR:
    case EBUSY:
    case ETIMEDOUT:
    // An I2C address that did not answer once (i2c-tegra: no acknowledge).
    case EREMOTEIO:
      return ReadStatus::kTryAgain;
    case ENODATA:
      return ReadStatus::kDisabled;
    default:
      return ReadStatus::kGone;
  }
}

Result<AttributeFile> AttributeFile::open(const SystemRoot& root,
                                          const std::filesystem::path& path) {
  const FileCalls& calls = root.calls != nullptr ? *root.calls : FileCalls::system();
  const std::filesystem::path whole = root.path / path;
  const int descriptor = calls.open(whole.c_str());
  if (descriptor < 0) return error_from_errno(-descriptor, "open the attribute").at(whole);
  return AttributeFile(calls, descriptor);
}

AttributeFile::AttributeFile(AttributeFile&& other) noexcept
    : calls_(other.calls_), descriptor_(std::exchange(other.descriptor_, -1)) {}

AttributeFile& AttributeFile::operator=(AttributeFile&& other) noexcept {
  std::swap(calls_, other.calls_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

AttributeFile::~AttributeFile() {
  if (descriptor_ >= 0) calls_->close(descriptor_);
}

ReadStatus AttributeFile::read_text(std::string_view& text) noexcept {
  const long got = calls_->read(descriptor_, buffer_.data(), buffer_.size());
  if (got < 0) return status_from_errno(static_cast<int>(-got));
  const auto length = static_cast<std::size_t>(got);
  if (length >= buffer_.size()) return ReadStatus::kGarbage;
  text = trimmed_attribute({buffer_.data(), length});
  return ReadStatus::kOk;
}

ReadStatus AttributeFile::read_number(std::int64_t& number) noexcept {
  std::string_view text;
  if (const ReadStatus status = read_text(text); status != ReadStatus::kOk) return status;
  const auto parsed = parse_attribute_number(text);
  if (!parsed) return ReadStatus::kGarbage;
  number = *parsed;
  return ReadStatus::kOk;
}

}  // namespace layerwatt
