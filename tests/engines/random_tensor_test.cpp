#include "layerwatt/engines/random_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "layerwatt/core/half_float.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;

TEST(RandomTensor, IsTheSameForTheSameSeedAndNameAndAnotherForOthers) {
  const TensorSpec x{"x", DataType::kFloat32, {3, 5}};
  const TensorSpec y{"y", DataType::kFloat32, {3, 5}};
  EXPECT_EQ(random_tensor(x, 1).value().data, random_tensor(x, 1).value().data);
  EXPECT_NE(random_tensor(x, 1).value().data, random_tensor(x, 2).value().data);
  EXPECT_NE(random_tensor(x, 1).value().data, random_tensor(y, 1).value().data);
}

TEST(RandomTensor, HasMeanZeroAndDeviationOneInEveryFloatingPointType) {
  for (const DataType type : {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16}) {
    const Tensor tensor = random_tensor({"x", type, {10'000}}, 3).value();
    ASSERT_EQ(tensor.data.size(), 10'000 * size_of(type));
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < 10'000; ++i) {
      float value = 0;
      if (type == DataType::kFloat32) {
        std::memcpy(&value, tensor.data.data() + 4 * i, 4);
      } else {
        std::uint16_t bits = 0;
        std::memcpy(&bits, tensor.data.data() + 2 * i, 2);
        value = type == DataType::kFloat16 ? float_of_float16(bits) : float_of_bfloat16(bits);
      }
      sum += static_cast<double>(value);
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    EXPECT_NEAR(sum / 10'000, 0.0, 0.05);
    EXPECT_NEAR(squares / 10'000, 1.0, 0.06);
  }
}

TEST(RandomTensor, KeepsIntegersSmallEnoughForIndices) {
  const Tensor tensor = random_tensor({"ids", DataType::kInt64, {1000}}, 3).value();
  for (std::size_t i = 0; i < 1000; ++i) {
    std::int64_t value = 0;
    std::memcpy(&value, tensor.data.data() + 8 * i, 8);
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 10);
  }
}

TEST(RandomTensor, RefusesFreeDimensionsAndAbsurdSizes) {
  const auto is_free = random_tensor({"x", DataType::kFloat32, {-1, 3}}, 1);
  ASSERT_FALSE(is_free);
  EXPECT_THAT(is_free.error().message(), HasSubstr("'--input-shape'"));
  EXPECT_FALSE(random_tensor({"x", DataType::kInt8, {1 << 20, 1 << 20, 1 << 20, 1 << 20}}, 1));
}

}  // namespace
}  // namespace layerwatt
