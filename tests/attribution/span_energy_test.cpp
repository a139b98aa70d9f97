#include "layerwatt/attribution/span_energy.h"

#include <gmock/gmock.h>

#include <cmath>
#include <vector>

#include "attribution/inference/student_t.h"

namespace layerwatt {
namespace {

constexpr double kTau = 0.43;

/// A load that draws 2 W, and 10 W from 5 s to 8 s, as an exponential filter of 0.43 s shows it.
PowerTrace filtered_step() {
  PowerTrace trace;
  trace.rail.model.averaging = Averaging::kExponential;
  trace.rail.model.period = std::chrono::microseconds(840);
  trace.rail.model.average_count = 512;
  for (int ms = 0; ms <= 12'000; ++ms) {
    const double t = ms * 1e-3;
    double shown = 2.0;
    if (t > 5.0) shown += 8.0 * (1.0 - std::exp(-(t - 5.0) / kTau));
    if (t > 8.0) shown -= 8.0 * (1.0 - std::exp(-(t - 8.0) / kTau));
    const Instant at = instant_from_ns(std::int64_t{ms} * 1'000'000);
    trace.before.push_back(at);
    trace.after.push_back(at);
    trace.power.emplace_back(shown);
  }
  return trace;
}

Instant at(double seconds) { return instant_from_ns(static_cast<std::int64_t>(seconds * 1e9)); }

TEST(SpanEnergy, SeesWhatFlowedBehindASlowFilter) {
  const PowerTrace trace = filtered_step();
  const auto energy = energy_between(trace, at(5.0), at(8.0));
  ASSERT_TRUE(energy) << energy.error().to_string();
  // 3 s at 10 W; the readings alone add up to 26.6 J.
  EXPECT_NEAR(energy->value(), 30.0, 0.15);
  EXPECT_NEAR(integrate(trace, at(5.0), at(8.0))->value(), 26.6, 0.1);
  // A second in the middle of the rise counts for itself.
  EXPECT_NEAR(energy_between(trace, at(5.0), at(6.0))->value(), 10.0, 0.15);
  EXPECT_NEAR(energy_between(trace, at(8.0), at(9.0))->value(), 2.0, 0.15);
}

TEST(SpanEnergy, OfASensorWithoutAFilterIsTheIntegral) {
  PowerTrace trace = filtered_step();
  trace.rail.model.averaging = Averaging::kNone;
  EXPECT_DOUBLE_EQ(energy_between(trace, at(5.0), at(8.0))->value(),
                   integrate(trace, at(5.0), at(8.0))->value());
}

TEST(SpanEnergy, BeyondTheTraceNothingIsKnown) {
  EXPECT_FALSE(energy_between(filtered_step(), at(11.0), at(13.0)));
  EXPECT_EQ(peak_between(filtered_step(), at(13.0), at(14.0)), std::nullopt);
  EXPECT_NEAR(peak_between(filtered_step(), at(5.0), at(8.0))->value(), 10.0, 0.01);
}

TEST(MeanOfRepeats, HasAnIntervalFromTwoOn) {
  EXPECT_FALSE(mean_of_repeats(std::vector<double>{3.0}).half_width);
  const RepeatedMean mean = mean_of_repeats(std::vector<double>{1.0, 2.0, 3.0, 4.0, 5.0});
  EXPECT_DOUBLE_EQ(mean.mean, 3.0);
  // t(4) = 2.776, s = 1.5811, n = 5.
  EXPECT_NEAR(*mean.half_width, 1.963, 0.001);
}

TEST(StudentT, IsThatOfTheTables) {
  EXPECT_DOUBLE_EQ(student_t975(1), 12.706);
  EXPECT_NEAR(student_t975(5), 2.571, 0.005);
  EXPECT_NEAR(student_t975(10), 2.228, 0.001);
  EXPECT_NEAR(student_t975(1e6), 1.96, 0.001);
}

}  // namespace
}  // namespace layerwatt
