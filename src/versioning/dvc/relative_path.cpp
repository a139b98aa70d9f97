#include "versioning/dvc/relative_path.h"

#include <fmt/format.h>

#include <cstdint>

namespace layerwatt::versioning {
namespace {

/// Length of the character at the front by its first byte; 0 where it cannot begin one.
std::size_t utf8_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  if (first >= 0xF0 && first < 0xF5) return 4;
  return 0;
}

/// Surrogates, what is written longer than it need be, and what is beyond U+10FFFF.
bool is_bad_second(unsigned char first, unsigned char second) {
  return (first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ||
         (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90);
}

Error refused(std::string_view path, std::string_view why) {
  return Error(ErrorCode::kParse,
               fmt::format("the path '{}' is refused: {}; whoever made this list is not to be "
                           "trusted, or it is damaged",
                           path, why));
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(first);
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80 || (k == 1 && is_bad_second(first, next))) return false;
    }
    i += length;
  }
  return true;
}

Result<void> check_relative_path(std::string_view path) {
  if (path.empty()) return refused(path, "it is empty");
  if (path.front() == '/') return refused(path, "it is absolute");
  if (path.find('\0') != std::string_view::npos) return refused(path, "it holds a NUL");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part == "..") return refused(path, "'..' leads out of its folder");
    if (part.empty() || part == ".") return refused(path, "it has an empty part or '.'");
    if (part == ".git" || part == ".hg" || part == ".dvc") {
      return refused(path, fmt::format("'{}' belongs to a program, not to data", part));
    }
    begin = end + 1;
  }
  return {};
}

Result<void> check_no_link_on_the_way(const std::filesystem::path& root, std::string_view path) {
  std::filesystem::path folder = root;
  const std::filesystem::path relative(path);
  for (const auto& part : relative.parent_path()) {
    folder /= part;
    std::error_code error;
    const auto status = std::filesystem::symlink_status(folder, error);
    if (std::filesystem::is_symlink(status)) {
      return Error(
          ErrorCode::kPermissionDenied,
          fmt::format("'{}' would be written through the symbolic link '{}', which may lead "
                      "out of '{}'; remove the link first",
                      path, folder.string(), root.string()));
    }
  }
  return {};
}

}  // namespace layerwatt::versioning
