#include "attribution/model/fast_readings.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

constexpr double kEnough = 150.0;
constexpr double kLongest = 5.0;

/// A reading each `apart` seconds for 20 s, none in the pause.
FastReadings readings_each(double apart, double pause_from, double pause_to) {
  FastReadings readings;
  for (int k = 0; k * apart < 20.0; ++k) {
    const double t = k * apart;
    if (t >= pause_from && t < pause_to) continue;
    readings.before.push_back(t);
    readings.length.push_back(0.5 * apart);
    readings.watts.push_back(5.0);
  }
  return readings;
}

TEST(HalfLengthWith, SparseReadingsGetAsLongAStretchAsTheyNeed) {
  const FastReadings readings = readings_each(0.02, 0.0, 0.0);
  const double half = half_length_with(readings, 10.0, 0.17, kEnough, kLongest);
  EXPECT_NEAR(static_cast<double>(readings.count_between(10.0 - half, 10.0 + half)), kEnough, 10.0);
}

TEST(HalfLengthWith, NoStretchIsLongerThanTheLongest) {
  const FastReadings readings = readings_each(0.1, 0.0, 0.0);
  EXPECT_EQ(half_length_with(readings, 10.0, 0.17, kEnough, kLongest), kLongest);
}

/// Three readings at the edge of a pause stood for all of a recording: the stretch became 10 s of
/// readings each millisecond, and finding a clock in them took minutes.
TEST(HalfLengthWith, APauseOfTheReadingsIsBridgedAndNoMore) {
  const FastReadings readings = readings_each(0.001, 9.8, 10.1675);
  ASSERT_EQ(readings.count_between(10.0 - 0.17, 10.0 + 0.17), 2U);
  const double half = half_length_with(readings, 10.0, 0.17, kEnough, kLongest);
  const auto count = static_cast<double>(readings.count_between(10.0 - half, 10.0 + half));
  EXPECT_GE(count, kEnough);
  EXPECT_LE(count, 1.2 * kEnough);
}

TEST(CountBetween, CountsReadsThatBeginFromTheFirstTimeToBeforeTheSecond) {
  const FastReadings readings = readings_each(1.0, 0.0, 0.0);
  EXPECT_EQ(readings.count_between(3.0, 6.0), 3U);
  EXPECT_EQ(readings.count_between(2.5, 2.9), 0U);
  EXPECT_EQ(readings.count_between(-5.0, 100.0), 20U);
  EXPECT_EQ(readings.between(3.0, 6.0).size(), 3U);
}

}  // namespace
}  // namespace layerwatt
