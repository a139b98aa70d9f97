#include "monitor/energy/energy_integrator.h"

#include <gtest/gtest.h>

#include <cmath>

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kGap = milliseconds(500);
constexpr Duration kTimeConstant = milliseconds(430);

Instant at(double s) { return instant_from_ns(0) + from_seconds(s); }

/// What a filter of kTimeConstant shows of a load of 5 W that is 13 W in [1 s, 1.25 s).
double filtered(double t) {
  const double tau = to_seconds(kTimeConstant);
  if (t < 1.0) return 5.0;
  const double at_end = 13.0 - 8.0 * std::exp(-0.25 / tau);
  if (t < 1.25) return 13.0 - 8.0 * std::exp(-(t - 1.0) / tau);
  return 5.0 + (at_end - 5.0) * std::exp(-(t - 1.25) / tau);
}

TEST(EnergyIntegrator, AddsUpConstantPower) {
  EnergyIntegrator energy({std::nullopt, kGap});
  for (int i = 0; i <= 100; ++i) energy.add(at(0.1 * i), Watts(5.0));
  EXPECT_NEAR(energy.energy().value(), 50.0, 1e-9);
  EXPECT_EQ(energy.unmeasured(), Duration(0));
}

TEST(EnergyIntegrator, KnowsWhatFlowedBeforeTheFilterShowsIt) {
  EnergyIntegrator corrected({kTimeConstant, kGap});
  EnergyIntegrator as_read({std::nullopt, kGap});
  // Up to the end of the burst, of which the filter has shown less than half.
  for (int i = 0; i <= 125; ++i) {
    corrected.add(at(0.01 * i), Watts(filtered(0.01 * i)));
    as_read.add(at(0.01 * i), Watts(filtered(0.01 * i)));
  }
  EXPECT_NEAR(corrected.energy().value(), 5.0 * 1.25 + 8.0 * 0.25, 0.002);
  EXPECT_LT(as_read.energy().value(), 5.0 * 1.25 + 8.0 * 0.25 - 1.0);
}

TEST(EnergyIntegrator, NeverFallsWhereTheFilterIsFasterThanDeclared) {
  EnergyIntegrator energy({kTimeConstant * 2, kGap});
  Joules before;
  for (int i = 0; i <= 500; ++i) {
    energy.add(at(0.01 * i), Watts(filtered(0.01 * i)));
    EXPECT_GE(energy.energy(), before);
    before = energy.energy();
  }
  // The error is that of the ends, which a steady power does not have.
  EXPECT_NEAR(energy.energy().value(), 5.0 * 5.0 + 8.0 * 0.25, 0.02);
}

TEST(EnergyIntegrator, CountsAGapAndDoesNotGuessIt) {
  EnergyIntegrator energy({kTimeConstant, kGap});
  for (int i = 0; i <= 10; ++i) energy.add(at(0.1 * i), Watts(5.0));
  for (int i = 0; i <= 10; ++i) energy.add(at(31.0 + 0.1 * i), Watts(50.0));
  EXPECT_NEAR(energy.energy().value(), 5.0 + 50.0, 1e-9);
  EXPECT_NEAR(to_seconds(energy.unmeasured()), 30.0, 1e-9);
}

TEST(EnergyIntegrator, DoesNotIntegrateAcrossASleepThatItsClockDoesNotShow) {
  EnergyIntegrator energy({std::nullopt, kGap});
  energy.add(at(0.0), Watts(5.0));
  energy.add(at(0.1), Watts(5.0));
  energy.interrupt();
  energy.add_unmeasured(seconds(3600));
  energy.add(at(0.2), Watts(5.0));
  energy.add(at(0.3), Watts(5.0));
  EXPECT_NEAR(energy.energy().value(), 1.0, 1e-9);
  EXPECT_NEAR(to_seconds(energy.unmeasured()), 3600.1, 1e-9);
}

TEST(EnergyIntegrator, IgnoresReadingsThatAreNotLater) {
  EnergyIntegrator energy({std::nullopt, kGap});
  energy.add(at(1.0), Watts(5.0));
  energy.add(at(1.0), Watts(500.0));
  energy.add(at(0.5), Watts(500.0));
  energy.add(at(1.1), Watts(5.0));
  EXPECT_NEAR(energy.energy().value(), 0.5, 1e-9);
}

TEST(EnergyIntegrator, ForgetsWhatARailWhoseZeroIsOffOwes) {
  EnergyIntegrator energy({std::nullopt, kGap});
  // An hour a step below zero, then five watts for ten seconds.
  for (int i = 0; i <= 36000; ++i) energy.add(at(0.1 * i), Watts(-0.4));
  EXPECT_EQ(energy.energy(), Joules(0.0));
  for (int i = 1; i <= 100; ++i) energy.add(at(3600.0 + 0.1 * i), Watts(5.0));
  EXPECT_GT(energy.energy().value(), 47.0);
}

}  // namespace
}  // namespace layerwatt
