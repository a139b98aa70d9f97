#include "layerwatt/running/image_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "running/inputs/image_crop.h"

namespace layerwatt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string picture(const std::string& name) {
  return std::string(LAYERWATT_TEST_DATA) + "/images/" + name;
}

/// A picture of one colour.
ImageInput plain(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  ImageInput input{"plain.png", {20, 10, {}}};
  for (int i = 0; i < 200; ++i) input.image.rgb.insert(input.image.rgb.end(), {red, green, blue});
  return input;
}

std::vector<float> floats_of(const Tensor& tensor) {
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

TEST(ImageCrop, EqualsPillowBitForBit) {
  for (const auto& [name, width, height] :
       {std::tuple("scene", 32, 32), std::tuple("scene", 40, 24), std::tuple("tall", 32, 32)}) {
    const auto image = read_image(picture(std::string(name) + ".png"));
    if (!image && image.error().code() == ErrorCode::kUnsupported) GTEST_SKIP() << "no libpng";
    ASSERT_TRUE(image) << image.error().to_string();
    const auto expected = read_image(picture(std::string(name) + "_" + std::to_string(width) + "x" +
                                             std::to_string(height) + ".png"));
    ASSERT_TRUE(expected) << expected.error().to_string();
    const Image cropped = resize_and_crop(*image, width, height);
    EXPECT_EQ(cropped.width, width);
    EXPECT_EQ(cropped.height, height);
    EXPECT_EQ(cropped.rgb, expected->rgb) << name;
  }
}

TEST(ImageCrop, EnlargesAsPillowDoes) {
  const auto image = read_image(picture("scene.png"));
  if (!image && image.error().code() == ErrorCode::kUnsupported) GTEST_SKIP() << "no libpng";
  const Image cropped = resize_and_crop(*image, 224, 224);
  EXPECT_EQ(std::accumulate(cropped.rgb.begin(), cropped.rgb.end(), std::int64_t{0}), 18578674);
  const std::size_t middle = 3 * (111 * 224 + 57);
  EXPECT_EQ(cropped.rgb[middle], 214);
  EXPECT_EQ(cropped.rgb[middle + 1], 38);
  EXPECT_EQ(cropped.rgb[middle + 2], 31);
}

TEST(ImageCrop, APictureOneThousandTimesAsHighAsWideFitsIntoMemory) {
  Image line{1, 100'000, std::vector<std::uint8_t>(300'000, 128)};
  const Image cropped = resize_and_crop(line, 224, 224);
  EXPECT_EQ(cropped.rgb, std::vector<std::uint8_t>(224 * 224 * 3, 128));
  std::swap(line.width, line.height);
  EXPECT_EQ(resize_and_crop(line, 224, 224).rgb, cropped.rgb);
}

TEST(ImageInput, IsNormalisedChannelByChannel) {
  const std::vector<ImageInput> images{plain(255, 0, 102)};
  const auto tensor = image_tensor({"x", DataType::kFloat32, {1, 3, 4, 6}}, images);
  ASSERT_TRUE(tensor) << tensor.error().to_string();
  EXPECT_EQ(tensor->name, "x");
  const auto values = floats_of(*tensor);
  ASSERT_EQ(values.size(), 72U);
  EXPECT_NEAR(values[0], (1.0 - 0.485) / 0.229, 1e-6);
  EXPECT_NEAR(values[24], (0.0 - 0.456) / 0.224, 1e-6);
  EXPECT_NEAR(values[71], (0.4 - 0.406) / 0.225, 1e-6);
}

TEST(ImageInput, PicturesFillTheBatchInTurn) {
  const std::vector<ImageInput> images{plain(0, 0, 0), plain(255, 255, 255)};
  const auto tensor = image_tensor({"x", DataType::kFloat32, {3, 3, 2, 2}}, images);
  ASSERT_TRUE(tensor);
  const auto values = floats_of(*tensor);
  EXPECT_LT(values[0], 0.0F);
  EXPECT_GT(values[12], 0.0F);
  EXPECT_EQ(values[24], values[0]);
}

TEST(ImageInput, ANetworkOfOneChannelSeesTheLuma) {
  const std::vector<ImageInput> images{plain(0, 0, 0)};
  const auto tensor = image_tensor({"x", DataType::kFloat32, {1, 1, 2, 2}}, images);
  ASSERT_TRUE(tensor);
  EXPECT_NEAR(floats_of(*tensor)[0],
              -0.299 * 0.485 / 0.229 - 0.587 * 0.456 / 0.224 - 0.114 * 0.406 / 0.225, 1e-5);
}

TEST(ImageInput, HasTheElementsOfTheNetworksType) {
  const std::vector<ImageInput> images{plain(255, 255, 255)};
  for (const DataType type : {DataType::kFloat16, DataType::kBFloat16, DataType::kFloat64}) {
    const auto tensor = image_tensor({"x", type, {1, 3, 2, 2}}, images);
    ASSERT_TRUE(tensor);
    EXPECT_EQ(tensor->data.size(), 12 * size_of(type));
    EXPECT_EQ(tensor->type, type);
  }
  // 2.2489 is 0x407F in binary16.
  const auto half = image_tensor({"x", DataType::kFloat16, {1, 3, 2, 2}}, images).value();
  EXPECT_EQ(half.data[0], std::byte{0x7F});
  EXPECT_EQ(half.data[1], std::byte{0x40});
}

TEST(ImageInput, MorePicturesThanTheBatchAreRefused) {
  const std::vector<ImageInput> images(3, plain(1, 2, 3));
  const auto tensor = image_tensor({"x", DataType::kFloat32, {2, 3, 2, 2}}, images);
  ASSERT_FALSE(tensor);
  EXPECT_EQ(tensor.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(tensor.error().message(), AllOf(HasSubstr("3 pictures"), HasSubstr("batch is 2")));
}

TEST(ImageInput, GoesToTheInputOfThreeChannels) {
  const std::vector<TensorSpec> specs{{"mask", DataType::kFloat32, {1, 1, 8, 8}},
                                      {"ids", DataType::kInt64, {1, 3, 8, 8}},
                                      {"image", DataType::kFloat16, {1, 3, 8, 8}}};
  EXPECT_EQ(find_image_input(specs).value(), 2U);
  EXPECT_EQ(find_image_input(std::span(specs).first(2)).value(), 0U);
}

TEST(ImageInput, ANetworkWithoutSuchAnInputIsToldWhatItHas) {
  const std::vector<TensorSpec> specs{{"x", DataType::kFloat32, {1, 224, 224, 3}},
                                      {"y", DataType::kUint8, {1, 3, 8, 8}}};
  const auto found = find_image_input(specs);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(found.error().message(),
              AllOf(HasSubstr("'x' float32 1 x 224 x 224 x 3"), HasSubstr("without --imgs")));
}

TEST(ImageInput, TheFirstFileThatIsNoPictureIsNamed) {
  const auto images = read_image_inputs({picture("small.png"), picture("../README.md")});
  ASSERT_FALSE(images);
  if (images.error().code() == ErrorCode::kUnsupported) GTEST_SKIP() << "no libpng";
  EXPECT_THAT(images.error().to_string(), HasSubstr("README.md"));
}

}  // namespace
}  // namespace layerwatt
