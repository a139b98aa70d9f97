#include "report/html/base64.h"

#include <gtest/gtest.h>

#include <string_view>

namespace layerwatt {
namespace {

std::string encode(std::string_view text) { return to_base64(std::as_bytes(std::span(text))); }

TEST(Base64, TheExamplesOfRfc4648Hold) {
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, NumbersAreTheirLittleEndianBytes) {
  EXPECT_EQ(to_base64(std::vector<std::uint16_t>{1, 0xFFFF}), "AQD//w==");
}

}  // namespace
}  // namespace layerwatt
