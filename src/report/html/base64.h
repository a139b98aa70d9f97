#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace layerwatt {

/// RFC 4648, with padding.
std::string to_base64(std::span<const std::byte> bytes);

/// The values' bytes, little-endian on every machine that layerwatt runs on.
template <class T>
std::string to_base64(const std::vector<T>& values) {
  return to_base64(std::as_bytes(std::span(values)));
}

}  // namespace layerwatt
