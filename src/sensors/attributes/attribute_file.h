#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "layerwatt/core/result.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// What a failed read means for a recording.
ReadStatus status_from_errno(int error_number) noexcept;

/// A sysfs attribute that is read again and again: the descriptor stays open, each read starts at
/// offset 0. Reading neither allocates nor throws.
class AttributeFile {
 public:
  /// `path` is below `root`.
  static Result<AttributeFile> open(const SystemRoot& root, const std::filesystem::path& path);

  AttributeFile(AttributeFile&& other) noexcept;
  AttributeFile& operator=(AttributeFile&& other) noexcept;
  ~AttributeFile();

  /// The text without trailing newline, blanks and NULs, valid until the next read. An attribute
  /// that fills the buffer is kGarbage: it is not one of ours.
  ReadStatus read_text(std::string_view& text) noexcept;
  /// The integer that the text begins with ("-8", "430 ms"), signed.
  ReadStatus read_number(std::int64_t& number) noexcept;

 private:
  AttributeFile(const FileCalls& calls, int descriptor) : calls_(&calls), descriptor_(descriptor) {}

  const FileCalls* calls_;
  int descriptor_;
  std::array<char, 64> buffer_{};
};

}  // namespace layerwatt
