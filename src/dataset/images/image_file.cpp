#include "layerwatt/dataset/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "layerwatt/core/file_text.h"

#include "dataset/images/image_codecs.h"

namespace layerwatt {
namespace {

constexpr std::array<unsigned char, 3> kJpeg = {0xFF, 0xD8, 0xFF};
constexpr std::array<unsigned char, 8> kPng = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

template <std::size_t N>
bool begins_with(std::span<const std::byte> bytes, const std::array<unsigned char, N>& magic) {
  return bytes.size() >= N &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](unsigned char a, std::byte b) { return std::byte{a} == b; });
}

}  // namespace

Result<void> check_image_size(std::int64_t width, std::int64_t height, std::int64_t most_pixels) {
  if (width < 1 || height < 1) return Error(ErrorCode::kParse, "the picture has no pixels");
  if (height <= most_pixels / width) return {};
  return Error(ErrorCode::kUnsupported,
               fmt::format("the picture says that it has {} x {} pixels, more than the {} million "
                           "that are decoded; make it smaller",
                           width, height, most_pixels / 1'000'000));
}

Result<Image> decode_image(std::span<const std::byte> bytes, std::int64_t most_pixels) {
  if (begins_with(bytes, kJpeg)) return decode_jpeg(bytes, most_pixels);
  if (begins_with(bytes, kPng)) return decode_png(bytes, most_pixels);
  return Error(ErrorCode::kParse,
               bytes.empty() ? "an empty file is no picture" : "this is no JPEG or PNG picture");
}

Result<Image> read_image(const std::filesystem::path& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  auto image = decode_image(std::as_bytes(std::span(*text)));
  if (!image) return std::move(image).error().at(path);
  return image;
}

}  // namespace layerwatt
