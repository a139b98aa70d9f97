#pragma once

#include <cstdint>

namespace layerwatt {

/// IEEE 754 binary16 of `value`, rounded to nearest, ties to even; too large becomes infinity.
std::uint16_t float16_bits(float value);
/// The upper half of binary32, rounded to nearest, ties to even.
std::uint16_t bfloat16_bits(float value);
/// Exact.
float float_of_float16(std::uint16_t bits);
float float_of_bfloat16(std::uint16_t bits);

inline constexpr float kLargestFloat16 = 65504.0F;
/// 0x7F7F: 255 · 2^120.
inline constexpr float kLargestBFloat16 = 0x1.FEp127F;

}  // namespace layerwatt
