#include "layerwatt/attribution/step_response.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace layerwatt {
namespace {

struct Curve {
  std::vector<double> seconds;
  std::vector<double> values;
};

Curve decay(double first, double last, double tau, double step) {
  Curve curve;
  for (int i = 0; i < 2000; ++i) {
    const double t = i * 0.0013;
    const double y = last + (first - last) * std::exp(-t / tau);
    curve.seconds.push_back(t);
    curve.values.push_back(step > 0 ? std::floor(y / step) * step : y);
  }
  return curve;
}

TEST(StepResponse, FindsTheTimeConstantOfARiseAndAFall) {
  const Curve fall = decay(8.0, 4.0, 0.43, 0.04);
  const auto fitted = fit_step_response(fall.seconds, fall.values);
  ASSERT_TRUE(fitted) << fitted.error().message();
  EXPECT_NEAR(to_seconds(fitted->time_constant), 0.43, 0.005);
  EXPECT_NEAR(fitted->first, 8.0, 0.05);
  EXPECT_NEAR(fitted->last, 4.0, 0.05);
  const Curve rise = decay(4.0, 8.0, 0.10, 0.0);
  EXPECT_NEAR(to_seconds(fit_step_response(rise.seconds, rise.values)->time_constant), 0.10, 1e-4);
}

TEST(StepResponse, RefusesWhatIsNoStep) {
  const Curve flat = decay(4.0, 4.0, 0.43, 0.0);
  EXPECT_EQ(fit_step_response(flat.seconds, flat.values).error().code(), ErrorCode::kUnknowable);
  Curve noise = flat;
  for (std::size_t i = 0; i < noise.values.size(); ++i) {
    noise.values[i] += 0.1 * static_cast<double>(i * 7919 % 13);
  }
  EXPECT_FALSE(fit_step_response(noise.seconds, noise.values));
}

TEST(StepResponse, RefusesWhatDidNotComeToRest) {
  const Curve slow = decay(8.0, 4.0, 50.0, 0.0);
  EXPECT_FALSE(fit_step_response(slow.seconds, slow.values));
}

TEST(StepResponse, GivesABoundForWhatIsFasterThanTheReadings) {
  const Curve fast = decay(8.0, 4.0, 0.0002, 0.0);
  const auto within = fit_step_response(fast.seconds, fast.values);
  ASSERT_TRUE(within) << within.error().message();
  EXPECT_TRUE(within->is_upper_bound);
  // Nothing of the step is in the readings: only what was before it tells of it.
  const std::vector<double> after(fast.seconds.size(), 4.0);
  EXPECT_FALSE(fit_step_response(fast.seconds, after));
  const auto over = fit_step_response(fast.seconds, after, 8.0);
  ASSERT_TRUE(over) << over.error().message();
  EXPECT_TRUE(over->is_upper_bound);
  EXPECT_LT(over->time_constant, std::chrono::milliseconds(2));
  EXPECT_FALSE(fit_step_response(fast.seconds, after, 4.0));
}

TEST(StepResponse, RefusesTooFewReadings) {
  const std::vector<double> few{0.0, 1.0, 2.0};
  EXPECT_FALSE(fit_step_response(few, few));
  const std::vector<double> same(30, 1.0);
  EXPECT_FALSE(fit_step_response(same, same));
}

TEST(RegisterStep, IsTheLeastDistanceOfDifferentValues) {
  EXPECT_DOUBLE_EQ(*register_step(std::vector<double>{16, 8, 8, 32}), 8.0);
  EXPECT_FALSE(register_step(std::vector<double>{8, 8, 16}));
}

TEST(RegisterStep, SeesThroughRounding) {
  // 40 µV over 3 mΩ are 13.333 mA, which the driver rounds.
  std::vector<double> values;
  for (int i = 40; i < 200; ++i) values.push_back(std::round(i * 40.0 / 3.0));
  EXPECT_NEAR(*register_step(values), 40.0 / 3.0, 0.01);
}

TEST(RegisterStep, RefusesWhatLiesOnNoGrid) {
  EXPECT_FALSE(register_step(std::vector<double>{1.0, 2.0, 3.41, 4.0, 5.0}));
}

}  // namespace
}  // namespace layerwatt
