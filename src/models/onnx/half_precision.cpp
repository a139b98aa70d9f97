#include "models/onnx/half_precision.h"

#include <bit>

namespace layerwatt::models {
namespace {

/// Drops the lowest `count` bits, rounding to the nearest and ties to even.
std::uint32_t round_off(std::uint32_t bits, int count) {
  const std::uint32_t half = 1U << (count - 1);
  const std::uint32_t odd = (bits >> count) & 1U;
  return (bits + half - 1U + odd) >> count;
}

}  // namespace

std::uint16_t to_float16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  // From 65520 on, the nearest is infinity.
  if (magnitude >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);
  if (magnitude < 0x38800000U) {
    // Below 2^-14: a multiple of 2^-24. Adding 0.5, whose last bit is worth 2^-24, rounds.
    const float sum = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(sum) - 0x3F000000U));
  }
  return static_cast<std::uint16_t>(sign | round_off(magnitude - 0x38000000U, 13));
}

std::uint16_t to_bfloat16(float value) {
  return static_cast<std::uint16_t>(round_off(std::bit_cast<std::uint32_t>(value), 16));
}

}  // namespace layerwatt::models
