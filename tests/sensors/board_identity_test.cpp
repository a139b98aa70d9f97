#include "sensors/boards/board_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sensors/attributes/attribute_folder.h"
#include "sensors/attributes/attribute_text.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::string_view_literals;

TEST(BoardIdentity, SplitsCompatibleAtItsNuls) {
  EXPECT_THAT(parse_compatible("nvidia,p3701-0000\0nvidia,tegra234\0"sv),
              ElementsAre("nvidia,p3701-0000", "nvidia,tegra234"));
  EXPECT_THAT(parse_compatible("a\0\0b\n"sv), ElementsAre("a", "b"));
  EXPECT_THAT(parse_compatible(""), IsEmpty());
}

TEST(BoardIdentity, MatchesTheModuleNotTheCarrier) {
  EXPECT_EQ(module_of({"nvidia,p3737-0000+p3701-0000", "nvidia,p3701-0000"}), "p3701-0000");
  EXPECT_EQ(module_of({"nvidia,p3449-0000-b00+p3448-0000-b00", "nvidia,jetson-nano"}),
            "p3448-0000-b00");
  EXPECT_EQ(module_of({"nvidia,p2972-0000", "nvidia,tegra194"}), "p2972-0000");
  EXPECT_EQ(module_of({"acme,p3701-0000"}), "");
  EXPECT_EQ(module_of({"nvidia,jetson-nano", "nvidia,+", "nvidia,p12"}), "");
}

TEST(BoardIdentity, ReadsTheReleaseFile) {
  EXPECT_EQ(parse_tegra_release("# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic"),
            "36.4.3");
  EXPECT_EQ(parse_tegra_release("# R32 (release), REVISION: 7.1\n# R1"), "32.7.1");
  for (const auto* text : {"", "R36", "# R36 (release)", "# R36 REVISION: 4", "# R REVISION: 4.3",
                           "# R36 REVISION: -4.3"}) {
    EXPECT_FALSE(parse_tegra_release(text)) << text;
  }
}

TEST(BoardIdentity, KnowsTheJetPackOfARelease) {
  EXPECT_EQ(jetpack_of("36.4.7"), "6.2.1");
  EXPECT_EQ(jetpack_of("38.2.1"), "7.0");
  EXPECT_EQ(jetpack_of("39.2.0"), "7.2");
  // A release after the table was written: its series is sure.
  EXPECT_EQ(jetpack_of("36.9.9"), "6");
  EXPECT_EQ(jetpack_of("99.1.0"), "");
  EXPECT_EQ(jetpack_of(""), "");
}

TEST(BoardIdentity, ReadsTheKernelsVersion) {
  EXPECT_EQ(parse_kernel_release("5.15.148-tegra"), std::pair(5, 15));
  EXPECT_EQ(parse_kernel_release("6.8-rc1"), std::pair(6, 8));
  EXPECT_FALSE(parse_kernel_release("linux"));
  EXPECT_FALSE(parse_kernel_release("6"));
}

TEST(AttributeText, ReadsNumbersWithAndWithoutUnits) {
  EXPECT_EQ(parse_attribute_number("5080\n"), 5080);
  EXPECT_EQ(parse_attribute_number("-1\n"), -1);
  EXPECT_EQ(parse_attribute_number("430 ms"), 430);
  for (const auto* text : {"", " ", "ms", "1.5", "0x10", "12a", "-", "+-3"}) {
    EXPECT_FALSE(parse_attribute_number(text)) << text;
  }
  EXPECT_EQ(parse_rail_name("(null)\n"), std::nullopt);
  EXPECT_EQ(parse_rail_name("VDD_IN\n"), "VDD_IN");
}

TEST(NaturalOrder, CountsNumbersAsNumbers) {
  EXPECT_TRUE(natural_less("hwmon2", "hwmon10"));
  EXPECT_FALSE(natural_less("hwmon10", "hwmon2"));
  EXPECT_TRUE(natural_less("intel-rapl:0", "intel-rapl:0:1"));
  EXPECT_FALSE(natural_less("a", "a"));
  EXPECT_NE(natural_less("a01", "a1"), natural_less("a1", "a01"));
}

}  // namespace
}  // namespace layerwatt
