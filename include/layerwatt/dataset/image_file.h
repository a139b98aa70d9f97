#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "layerwatt/core/result.h"
#include "layerwatt/dataset/image.h"

namespace layerwatt {

/// Pictures with more pixels are refused before anything is allocated for them: their decoded form
/// would fill the memory of a small board, and a header may claim any size.
inline constexpr std::int64_t kMostImagePixels = 100'000'000;

/// Decodes a JPEG or PNG, told by its first bytes. As usual for networks, nothing is rotated by
/// Exif, and transparency is dropped, not blended. kParse: neither format, damaged or cut short;
/// kUnsupported: CMYK, more than `most_pixels`, or a build without the libraries.
Result<Image> decode_image(std::span<const std::byte> bytes,
                           std::int64_t most_pixels = kMostImagePixels);

/// decode_image() of a file; errors name it.
Result<Image> read_image(const std::filesystem::path& path);

}  // namespace layerwatt
