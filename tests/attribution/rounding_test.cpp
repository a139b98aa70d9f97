#include "attribution/model/rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "layerwatt/attribution/step_response.h"
#include "layerwatt/core/random.h"

#include "attribution/made_recording.h"

namespace layerwatt {
namespace {

std::vector<double> rounded_noise(double noise, double step, int count) {
  Random random(1, "rounding");
  std::vector<double> values;
  for (int i = 0; i < count; ++i) {
    // A level that wanders over the step, as a drift makes it do.
    const double level = step * i / 1000.0;
    const double value = std::round((level + noise * random.gaussian()) / step) * step;
    values.push_back(value - level);
  }
  return values;
}

TEST(Rounding, FindsTheNoiseBeneathIt) {
  for (const double noise : {0.1, 0.2, 0.5}) {
    const double found = noise_before_rounding(rounded_noise(noise, 1.0, 20000), 1.0);
    EXPECT_NEAR(found / noise, 1.0, 0.2) << noise;
  }
}

TEST(Rounding, LeavesAnErrorOnlyWhereNoiseIsSmallAgainstTheStep) {
  EXPECT_NEAR(rounding_error(0.0, 1.0), 1.0 / std::sqrt(12.0), 0.002);
  EXPECT_NEAR(rounding_error(0.3, 1.0), 0.225 * std::exp(-2.0 * 0.888), 0.001);
  EXPECT_LT(rounding_error(0.5, 1.0), 0.002);
  EXPECT_EQ(rounding_error(0.1, 0.0), 0.0);
}

TEST(Rounding, StepOfASimulatedRegisterIsExact) {
  testing::MadeRecordingPlan plan;
  plan.seconds = 10.0;
  const testing::MadeRecording made = testing::make_recording(plan);
  std::vector<double> amperes;
  for (const Amperes i : made.trace.current) amperes.push_back(i.value());
  const auto step = register_step(amperes);
  ASSERT_TRUE(step);
  EXPECT_NEAR(*step, 40e-6 / made.trace.rail.shunt->value(), 1e-12);
}

}  // namespace
}  // namespace layerwatt
