#include "attribution/checks/units_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/checks/made_readings.h"

namespace layerwatt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::made_readings;

CheckedReadings scaled(double volts, double amperes) {
  CheckedReadings readings = made_readings();
  for (double& v : readings.volts) v *= volts;
  for (double& i : readings.amperes) i *= amperes;
  for (double& w : readings.watts) w *= volts * amperes;
  readings.step *= volts * amperes;
  return readings;
}

TEST(UnitsCheck, SoundReadingsOfAnyBoardPass) {
  EXPECT_FALSE(check_units(made_readings()));
  EXPECT_FALSE(check_units(scaled(0.2, 1.0))) << "a rail of 1 V";
  EXPECT_FALSE(check_units(scaled(4.0, 8.0))) << "an AGX on 20 V";
  CheckedReadings of_watts = made_readings();
  of_watts.volts.clear();
  of_watts.amperes.clear();
  EXPECT_FALSE(check_units(of_watts));
}

TEST(UnitsCheck, OtherUnitsAreRefusedWithWhatTheReadingsWouldMean) {
  for (const auto& [volts, amperes] :
       {std::pair(1e3, 1e3), std::pair(1e-3, 1e-3), std::pair(1e3, 1.0)}) {
    const auto verdict = check_units(scaled(volts, amperes));
    ASSERT_TRUE(verdict) << volts << " " << amperes;
    EXPECT_TRUE(verdict->is_refusal);
    EXPECT_EQ(verdict->finding.check, RecordingCheck::kUnits);
    EXPECT_THAT(verdict->finding.sentence,
                AllOf(HasSubstr("another unit"), HasSubstr("convert the power log")));
  }
}

TEST(UnitsCheck, TheCurrentAloneShowsToo) {
  EXPECT_TRUE(check_units(scaled(1.0, 1e3))) << "720 A at 5 V";
  CheckedReadings readings = scaled(1.0, 40.0);
  EXPECT_FALSE(check_units(readings)) << "144 W might be";
  readings.idle_apart = 3.6;
  const auto verdict = check_units(readings);
  ASSERT_TRUE(verdict);
  EXPECT_THAT(verdict->finding.sentence, HasSubstr("3.60 W was measured apart"));
}

}  // namespace
}  // namespace layerwatt
