#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "layerwatt/dataset/image_file.h"

// A picture comes back whole or not at all, whatever a header claims.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t kMostPixels = 1 << 16;
  const auto image = layerwatt::decode_image(std::as_bytes(std::span(data, size)), kMostPixels);
  if (!image) return 0;
  const std::int64_t pixels = image->width * image->height;
  if (pixels < 1 || pixels > kMostPixels) std::abort();
  if (image->rgb.size() != static_cast<std::size_t>(3 * pixels)) std::abort();
  return 0;
}
