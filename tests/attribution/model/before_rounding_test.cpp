#include "attribution/model/before_rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

constexpr double kStep = 0.04;

struct Readings {
  std::vector<double> shown;
  std::vector<double> expected;
  double mean = 0.0;
};

/// Of a power that rises by `rise`, about which all but a constant is known.
Readings readings(double begin, double rise, double scatter, Random& random) {
  constexpr int kReadings = 25;
  Readings made;
  for (int k = 0; k < kReadings; ++k) {
    const double power = begin + rise * k / kReadings + scatter * random.gaussian();
    made.mean += power / kReadings;
    made.shown.push_back(std::round(power / kStep) * kStep);
    made.expected.push_back(17.0 + rise * k / kReadings);
  }
  return made;
}

TEST(BeforeRounding, IsWithinTheStepOfARegisterThatStandsStill) {
  const std::vector<double> shown(10, 5.0);
  const std::vector<double> expected(10, 3.0);
  const BeforeRounding found = before_rounding(shown, expected, kStep, 0.0);
  EXPECT_DOUBLE_EQ(found.power, 5.0);
  EXPECT_NEAR(found.variance, kStep * kStep / 12.0, 1e-12);
  EXPECT_TRUE(found.stands_still);
}

TEST(BeforeRounding, KnowsThePowerWhereTheRegisterChanges) {
  Random random(3, "before rounding");
  for (int i = 0; i < 200; ++i) {
    const Readings made = readings(5.0 + kStep * random.uniform(), 1.2 * kStep, 0.0, random);
    const BeforeRounding found = before_rounding(made.shown, made.expected, kStep, 0.0);
    EXPECT_FALSE(found.stands_still);
    EXPECT_NEAR(found.power, made.mean, 0.03 * kStep);
    EXPECT_LT(std::sqrt(found.variance), 0.02 * kStep);
  }
}

TEST(BeforeRounding, SaysHowFarItMayBeOff) {
  Random random(4, "before rounding");
  for (const double scatter : {0.0, 0.05 * kStep, 0.15 * kStep}) {
    double squares = 0.0;
    constexpr int kTimes = 3000;
    for (int i = 0; i < kTimes; ++i) {
      const Readings made = readings(5.0 + kStep * random.uniform(),
                                     kStep * random.uniform(-1.5, 1.5), scatter, random);
      const BeforeRounding found = before_rounding(made.shown, made.expected, kStep, scatter);
      squares += (found.power - made.mean) * (found.power - made.mean) / found.variance / kTimes;
    }
    // Scatter is drawn anew for each reading here, and evens out in their mean.
    EXPECT_LT(squares, 1.3) << scatter;
    EXPECT_GT(squares, 0.1) << scatter;
  }
}

TEST(BeforeRounding, TakesTheMeanOfReadingsThatNoiseKeepsApart) {
  Random random(5, "before rounding");
  const Readings made = readings(5.0, 0.0, 2.0 * kStep, random);
  const BeforeRounding found = before_rounding(made.shown, made.expected, kStep, 0.0);
  EXPECT_NEAR(found.power, made.mean, 0.2 * kStep);
  EXPECT_FALSE(found.stands_still);
}

}  // namespace
}  // namespace layerwatt
