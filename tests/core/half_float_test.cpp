#include "layerwatt/core/half_float.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace layerwatt {
namespace {

TEST(HalfFloat, ReadsBackEveryFloat16) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = float_of_float16(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(float_of_float16(float16_bits(value))));
    } else {
      ASSERT_EQ(float16_bits(value), half);
    }
  }
}

TEST(HalfFloat, RoundsToNearestAndTiesToEven) {
  EXPECT_EQ(float_of_float16(float16_bits(1.0F + 0x1p-11F)), 1.0F);
  EXPECT_EQ(float_of_float16(float16_bits(1.0F + 3 * 0x1p-11F)), 1.0F + 0x1p-9F);
  EXPECT_EQ(float_of_float16(float16_bits(65519.0F)), 65504.0F);
  EXPECT_TRUE(std::isinf(float_of_float16(float16_bits(65520.0F))));
  EXPECT_EQ(float_of_float16(float16_bits(0x1p-25F)), 0.0F);
  EXPECT_EQ(float_of_float16(float16_bits(0x1.8p-25F)), 0x1p-24F);
  EXPECT_EQ(float_of_bfloat16(bfloat16_bits(1.0F + 0x1p-8F)), 1.0F);
  EXPECT_EQ(float_of_bfloat16(bfloat16_bits(1.0F + 3 * 0x1p-8F)), 1.0F + 0x1p-6F);
  EXPECT_TRUE(
      std::isnan(float_of_bfloat16(bfloat16_bits(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(HalfFloat, RoundsToTheNearestFloat16) {
  EXPECT_EQ(float16_bits(1.0F), 0x3C00);
  EXPECT_EQ(float16_bits(-2.0F), 0xC000);
  EXPECT_EQ(float16_bits(0.1F), 0x2E66);
  EXPECT_EQ(float16_bits(65504.0F), 0x7BFF);
  EXPECT_EQ(float16_bits(65519.9F), 0x7BFF);
  EXPECT_EQ(float16_bits(65520.0F), 0x7C00);
  EXPECT_EQ(float16_bits(0x1p-24F), 0x0001);
  EXPECT_EQ(float16_bits(0x1p-25F), 0x0000);
  EXPECT_EQ(float16_bits(0x1.8p-24F), 0x0002);
  EXPECT_EQ(float16_bits(0x1p-14F), 0x0400);
  EXPECT_EQ(float16_bits(0x1.FFEp-15F), 0x0400);
  EXPECT_EQ(float16_bits(1.0F + 0x1p-11F), 0x3C00);
  EXPECT_EQ(float16_bits(1.0F + 0x3p-11F), 0x3C02);
}

TEST(HalfFloat, RoundsToTheNearestBFloat16) {
  EXPECT_EQ(bfloat16_bits(1.0F), 0x3F80);
  EXPECT_EQ(bfloat16_bits(1.0F + 0x1p-8F), 0x3F80);
  EXPECT_EQ(bfloat16_bits(1.0F + 0x3p-8F), 0x3F82);
  EXPECT_EQ(bfloat16_bits(-3.0F), 0xC040);
}

}  // namespace
}  // namespace layerwatt
