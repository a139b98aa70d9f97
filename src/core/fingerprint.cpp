#include "core/fingerprint.h"

#include <fmt/format.h>

namespace layerwatt {

void Fingerprint::add(std::span<const std::byte> bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  for (const std::byte byte : bytes) {
    first_ = (first_ ^ std::to_integer<std::uint64_t>(byte)) * kPrime;
    // Turned, so that the two do not move in step.
    second_ = (second_ ^ std::to_integer<std::uint64_t>(byte)) * kPrime;
    second_ = second_ << 13 | second_ >> 51;
  }
}

std::string Fingerprint::text() const { return fmt::format("{:016x}{:016x}", first_, second_); }

}  // namespace layerwatt
