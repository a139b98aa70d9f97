#pragma once

#include <cstdint>
#include <vector>

namespace layerwatt {

/// A decoded picture: 8 bits a channel, rows from the top, pixels from the left, red, green, blue.
struct Image {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::vector<std::uint8_t> rgb;
};

}  // namespace layerwatt
