#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "layerwatt/core/result.h"
#include "layerwatt/dataset/image.h"

namespace layerwatt {

/// kUnsupported where a header claims more than `most_pixels`.
Result<void> check_image_size(std::int64_t width, std::int64_t height, std::int64_t most_pixels);

/// The adapters, one library each. Precondition: `bytes` begin as the format begins.
Result<Image> decode_jpeg(std::span<const std::byte> bytes, std::int64_t most_pixels);
Result<Image> decode_png(std::span<const std::byte> bytes, std::int64_t most_pixels);

}  // namespace layerwatt
