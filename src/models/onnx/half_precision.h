#pragma once

#include <cstdint>

namespace layerwatt::models {

/// Bits of the float16 nearest to a finite value, ties to even; beyond the range: infinity.
std::uint16_t to_float16(float value);
/// Bits of the bfloat16 nearest to a finite value, ties to even.
std::uint16_t to_bfloat16(float value);

inline constexpr float kLargestFloat16 = 65504.0F;
/// 0x7F7F: 255 · 2^120.
inline constexpr float kLargestBFloat16 = 0x1.FEp127F;

}  // namespace layerwatt::models
