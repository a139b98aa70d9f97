#include <fmt/format.h>
#include <png.h>

#include "dataset/images/image_codecs.h"

namespace layerwatt {
namespace {

/// libpng's own record of one picture, freed on every way out.
struct Reading {
  Reading() { image.version = PNG_IMAGE_VERSION; }
  ~Reading() { png_image_free(&image); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  Error damaged() const {
    return Error(ErrorCode::kParse,
                 fmt::format("the PNG is damaged or cut short ({})", image.message));
  }
  png_image image{};
};

}  // namespace

Result<Image> decode_png(std::span<const std::byte> bytes, std::int64_t most_pixels) {
  Reading reading;
  if (png_image_begin_read_from_memory(&reading.image, bytes.data(), bytes.size()) == 0) {
    return reading.damaged();
  }
  const std::int64_t width = reading.image.width;
  const std::int64_t height = reading.image.height;
  if (auto ok = check_image_size(width, height, most_pixels); !ok) return std::move(ok).error();
  // With transparency, because asking for RGB alone would blend; 16 bits are sRGB like 8.
  reading.image.format = PNG_FORMAT_RGBA;
  reading.image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  std::vector<std::uint8_t> rgba(static_cast<std::size_t>(4 * width * height));
  if (png_image_finish_read(&reading.image, nullptr, rgba.data(), 0, nullptr) == 0) {
    return reading.damaged();
  }
  Image image{width, height, {}};
  image.rgb.resize(rgba.size() / 4 * 3);
  for (std::size_t i = 0; i < rgba.size() / 4; ++i) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      image.rgb[3 * i + channel] = rgba[4 * i + channel];
    }
  }
  return image;
}

}  // namespace layerwatt
