#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "layerwatt/dataset/npy_array.h"

namespace layerwatt {
namespace {

std::size_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

Error not_npz(std::string_view why) {
  return Error(ErrorCode::kParse, fmt::format("not a file of NumPy's arrays (.npz): {}", why));
}

/// Where the central directory of a ZIP file begins, and how many entries it has.
struct Directory {
  std::size_t begin = 0;
  std::size_t entries = 0;
};

constexpr std::string_view kEndMark("PK\x05\x06", 4);
constexpr std::string_view kEntryMark("PK\x01\x02", 4);
constexpr std::string_view kFileMark("PK\x03\x04", 4);
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kEntrySize = 46;
constexpr std::size_t kFileSize = 30;

std::optional<Directory> find_directory(std::string_view zip) {
  const std::size_t end = zip.rfind(kEndMark);
  if (end == std::string_view::npos || zip.size() - end < kEndSize) return std::nullopt;
  return Directory{little_endian(zip, end + 16, 4), little_endian(zip, end + 10, 2)};
}

}  // namespace

Result<std::vector<std::pair<std::string, NpyArray>>> parse_npz(std::span<const std::byte> bytes) {
  // APPNOTE.TXT of the ZIP format, sections 4.3.7, 4.3.12 and 4.3.16.
  const std::string_view zip(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto directory = find_directory(zip);
  if (!directory) return not_npz("it is no ZIP file, or cut off");
  std::vector<std::pair<std::string, NpyArray>> arrays;
  std::size_t at = directory->begin;
  for (std::size_t i = 0; i < directory->entries; ++i) {
    if (at > zip.size() || zip.size() - at < kEntrySize || zip.substr(at, 4) != kEntryMark) {
      return not_npz("its directory is damaged");
    }
    const std::size_t method = little_endian(zip, at + 10, 2);
    const std::size_t size = little_endian(zip, at + 20, 4);
    const std::size_t name_size = little_endian(zip, at + 28, 2);
    const std::size_t file = little_endian(zip, at + 42, 4);
    const std::size_t next =
        kEntrySize + name_size + little_endian(zip, at + 30, 2) + little_endian(zip, at + 32, 2);
    if (zip.size() - at < next) return not_npz("its directory is damaged");
    std::string name(zip.substr(at + kEntrySize, name_size));
    at += next;
    if (method != 0) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("'{}' in it is compressed: save it with numpy.savez() instead of "
                               "numpy.savez_compressed()",
                               name));
    }
    if (file > zip.size() || zip.size() - file < kFileSize || zip.substr(file, 4) != kFileMark) {
      return not_npz("its directory is damaged");
    }
    const std::size_t begin =
        file + kFileSize + little_endian(zip, file + 26, 2) + little_endian(zip, file + 28, 2);
    if (begin > zip.size() || zip.size() - begin < size) return not_npz("it is cut off");
    auto array = parse_npy_array(bytes.subspan(begin, size));
    if (!array) return std::move(array).error().with_context(fmt::format("'{}' in it", name));
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    arrays.emplace_back(std::move(name), *std::move(array));
  }
  return arrays;
}

}  // namespace layerwatt
