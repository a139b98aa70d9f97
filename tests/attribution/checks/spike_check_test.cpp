#include "attribution/checks/spike_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/checks/made_readings.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::made_readings;
using testing::set_watts;

TEST(SpikeCheck, SingleReadingsFarFromAllOthersAreLeftOut) {
  CheckedReadings readings = made_readings();
  EXPECT_FALSE(check_spikes(readings));
  set_watts(readings, 100, 300.0);
  set_watts(readings, 3001, 90.0);
  set_watts(readings, 5555, 40.0);
  const auto verdict = check_spikes(readings);
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->is_refusal);
  EXPECT_THAT(verdict->left_out, ElementsAre(100, 3001, 5555));
  EXPECT_THAT(verdict->finding.sentence, HasSubstr("up to 300 W"));
}

TEST(SpikeCheck, AShortRunInALongLogIsNoSpike) {
  CheckedReadings readings = made_readings({.seconds = 400.0});
  EXPECT_FALSE(check_spikes(readings)) << "four seconds of 400";
  // Nor where the stamps say that it ran at another time.
  for (Stretch& s : readings.busy) s = {s.begin + 50.0, s.end + 50.0};
  EXPECT_FALSE(check_spikes(readings));
}

TEST(SpikeCheck, ALayerThatDrawsMuchInEachPassIsNoSpike) {
  CheckedReadings readings = made_readings();
  for (std::size_t k = 2000; k < 6000; ++k) {
    // 0.2 ms of 10 ms: a reading in five passes.
    if (k % 50 == 3) set_watts(readings, k, 40.0);
  }
  EXPECT_FALSE(check_spikes(readings));
}

TEST(SpikeCheck, SlowLoggersHaveFewReadingsOfTheRun) {
  CheckedReadings readings = made_readings({.seconds = 60.0});
  std::vector<std::size_t> others;
  CheckedReadings slow = readings;
  slow.seconds.clear();
  slow.watts.clear();
  slow.volts.clear();
  slow.amperes.clear();
  for (std::size_t k = 0; k < readings.size(); k += 500) {
    slow.seconds.push_back(readings.seconds[k]);
    slow.watts.push_back(readings.watts[k]);
    slow.volts.push_back(readings.volts[k]);
    slow.amperes.push_back(readings.amperes[k]);
  }
  EXPECT_FALSE(check_spikes(slow));
}

}  // namespace
}  // namespace layerwatt
