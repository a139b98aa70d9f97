#include "layerwatt/core/number_range.h"

#include <gmock/gmock.h>

namespace layerwatt {
namespace {

using ::testing::HasSubstr;

TEST(NumberRange, HoldsBothOfItsLimits) {
  EXPECT_EQ(refuse_number("0", ranges::kPart), "");
  EXPECT_EQ(refuse_number("1", ranges::kPart), "");
  EXPECT_EQ(refuse_number("1", ranges::kPriority), "");
  EXPECT_EQ(refuse_number("99", ranges::kPriority), "");
}

TEST(NumberRange, RefusesWhatIsNoNumberAndSaysWhatIsOne) {
  for (const char* bad : {"nan", "inf", "-inf", "1e308", "1e400", "-0.1", "0x1", "", " 1", "1 W"}) {
    EXPECT_EQ(refuse_number(bad, ranges::kWatts),
              std::string("'") + bad + "' is not a number from 0 to 100000");
  }
}

TEST(NumberRange, OfCountsTakesWholeNumbersAlone) {
  EXPECT_THAT(refuse_number("1.5", ranges::kCount), HasSubstr("not a whole number from 1 to"));
  EXPECT_THAT(refuse_number("99999999999999999999", ranges::kCount), HasSubstr("'999999"));
  EXPECT_EQ(refuse_number("1000000000", ranges::kCount), "");
}

TEST(NumberRange, OfDurationsIsInSecondsWhateverTheirUnit) {
  EXPECT_EQ(refuse_duration("1ms", ranges::kInterval), "");
  EXPECT_THAT(refuse_duration("0.9ms", ranges::kInterval), HasSubstr("0.001 to 3600 s"));
  EXPECT_THAT(refuse_duration("2h", ranges::kInterval), HasSubstr("'2h'"));
  for (const char* bad : {"nan", "inf", "1e308", "1e308h", "soon", "-1s", ""}) {
    EXPECT_THAT(refuse_duration(bad), HasSubstr("is not a duration")) << bad;
  }
}

TEST(NumberRange, OfSeedsHasAllSixtyFourBits) {
  EXPECT_EQ(refuse_seed("0"), "");
  EXPECT_EQ(refuse_seed("18446744073709551615"), "");
  for (const char* bad : {"-1", "18446744073709551616", "nan", "1.5", ""}) {
    EXPECT_NE(refuse_seed(bad), "") << bad;
  }
}

TEST(NumberRange, IsDescribedByItsLimits) {
  EXPECT_EQ(describe(ranges::kPhase), "0.1 to 600");
  EXPECT_EQ(describe(ranges::kOscillatorError), "-0.3 to 0.3");
  EXPECT_EQ(describe(ranges::kPrecisionPercent), "0.0001 to 99.99");
}

}  // namespace
}  // namespace layerwatt
