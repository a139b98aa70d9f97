#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Tells contents apart by 128 bits (FNV-1a from two starting points). Not for secrets: nobody
/// gains from two models of the same fingerprint in their own cache.
class Fingerprint {
 public:
  void add(std::span<const std::byte> bytes);
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
  /// 32 hexadecimal digits.
  std::string text() const;

 private:
  std::uint64_t first_ = 0xcbf29ce484222325;
  std::uint64_t second_ = 0x9e3779b97f4a7c15;
};

/// Of a file's bytes.
Result<std::string> fingerprint_of_file(const std::filesystem::path& path);

/// Of one text.
inline std::string fingerprint_of(std::string_view text) {
  Fingerprint fingerprint;
  fingerprint.add(text);
  return fingerprint.text();
}

}  // namespace layerwatt
