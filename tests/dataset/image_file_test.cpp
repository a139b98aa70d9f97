#include "layerwatt/dataset/image_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "layerwatt/core/file_text.h"

namespace layerwatt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::filesystem::path picture(const std::string& name) {
  return std::filesystem::path(LAYERWATT_TEST_DATA) / "images" / name;
}

Result<Image> decode(const std::string& text, std::int64_t most = kMostImagePixels) {
  return decode_image(std::as_bytes(std::span(text)), most);
}

/// A build without the libraries reads no pictures, and says so.
class ImageFile : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"small.png", "grey.jpg"}) {
      const auto image = read_image(picture(name));
      if (!image && image.error().code() == ErrorCode::kUnsupported) {
        GTEST_SKIP() << image.error().message();
      }
    }
  }
};

int largest_difference(const Image& a, const Image& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) {
    largest = std::max(largest, std::abs(int{a.rgb[i]} - int{b.rgb[i]}));
  }
  return largest;
}

TEST_F(ImageFile, AJpegIsItsPngButForWhatJpegLoses) {
  const auto png = read_image(picture("scene.png"));
  const auto jpeg = read_image(picture("scene.jpg"));
  ASSERT_TRUE(png) << png.error().to_string();
  ASSERT_TRUE(jpeg) << jpeg.error().to_string();
  EXPECT_EQ(png->width, 160);
  EXPECT_EQ(png->height, 120);
  ASSERT_EQ(png->rgb.size(), 160U * 120U * 3U);
  ASSERT_EQ(jpeg->rgb.size(), png->rgb.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < png->rgb.size(); ++i) {
    sum += std::abs(int{png->rgb[i]} - int{jpeg->rgb[i]});
  }
  EXPECT_LT(sum / static_cast<double>(png->rgb.size()), 8.0);
}

TEST_F(ImageFile, TransparencyIsDroppedAndNotBlended) {
  const Image opaque = read_image(picture("small.png")).value();
  const Image transparent = read_image(picture("transparent.png")).value();
  EXPECT_EQ(opaque.rgb, transparent.rgb);
}

TEST_F(ImageFile, GreyPaletteAndSixteenBitsBecomeThreeChannels) {
  const Image small = read_image(picture("small.png")).value();
  for (const char* name : {"grey.jpg", "grey16.png", "palette.png"}) {
    const auto image = read_image(picture(name));
    ASSERT_TRUE(image) << image.error().to_string();
    ASSERT_EQ(image->rgb.size(), small.rgb.size()) << name;
  }
  const Image grey8 = read_image(picture("grey.jpg")).value();
  const Image grey16 = read_image(picture("grey16.png")).value();
  for (std::size_t i = 0; i < grey16.rgb.size(); i += 3) {
    EXPECT_EQ(grey16.rgb[i], grey16.rgb[i + 2]);
  }
  // 16 bits are as bright as 8: what is left is the JPEG's loss.
  EXPECT_LT(largest_difference(grey8, grey16), 60);
}

TEST_F(ImageFile, AFileThatIsCutAnywhereIsAnErrorThatNamesIt) {
  for (const char* name : {"scene.jpg", "scene.png"}) {
    const std::string whole = read_file(picture(name)).value();
    for (const double part : {0.001, 0.01, 0.1, 0.5, 0.9, 0.99}) {
      const auto cut = decode(
          whole.substr(0, static_cast<std::size_t>(part * static_cast<double>(whole.size()))));
      ASSERT_FALSE(cut) << name << " at " << part;
      EXPECT_EQ(cut.error().code(), ErrorCode::kParse);
    }
  }
}

TEST_F(ImageFile, OtherFilesAreNoPictures) {
  for (const char* text : {"", "RAM 1/2MB", "GIF89a", "\xFF\xD8", "BM\x10"}) {
    const auto image = decode(text);
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code(), ErrorCode::kParse) << image.error().message();
  }
  const auto named = read_image(std::filesystem::path(LAYERWATT_TEST_DATA) / "README.md");
  ASSERT_FALSE(named);
  EXPECT_THAT(named.error().to_string(),
              AllOf(HasSubstr("README.md"), HasSubstr("no JPEG or PNG")));
  EXPECT_EQ(read_image(picture("absent.jpg")).error().code(), ErrorCode::kNotFound);
}

TEST_F(ImageFile, AHeaderThatClaimsAHugePictureIsRefusedBeforeAnythingIsAllocated) {
  std::string png = read_file(picture("small.png")).value();
  // Width and height stand behind the signature and the chunk's length and name.
  png.replace(16, 8, std::string("\x00\x0F\x42\x40\x00\x0F\x42\x40", 8));
  std::string jpeg = read_file(picture("scene.jpg")).value();
  const std::size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xFF\xDC\xFF\xDC");
  for (const std::string& text : {png, jpeg}) {
    const auto image = decode(text);
    ASSERT_FALSE(image);
    // libpng finds the checksum wrong first, or sets a limit of its own.
    EXPECT_THAT(image.error().code(), ::testing::AnyOf(ErrorCode::kUnsupported, ErrorCode::kParse));
  }
  const auto small = decode(read_file(picture("scene.jpg")).value(), 1000);
  ASSERT_FALSE(small);
  EXPECT_EQ(small.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(small.error().message(), HasSubstr("160 x 120"));
}

TEST_F(ImageFile, PicturesForPrintingAreRefusedWithAdvice) {
  const auto image = read_image(picture("cmyk.jpg"));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(image.error().message(), HasSubstr("convert it to RGB"));
}

}  // namespace
}  // namespace layerwatt
