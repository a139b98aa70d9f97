#include "layerwatt/attribution/isolated_energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr double kTau = 0.43;

/// Two layers, 5 W and 9 W, each for 3 s in runs of 10 ms, seen through a filter of 0.43 s.
struct Isolated {
  Isolated() {
    timeline.schedule = Schedule::kIsolated;
    timeline.layers.resize(3);
    timeline.layers[0].name = "first";
    timeline.layers[1].name = "second";
    timeline.layers[2].name = "never";
    for (std::int32_t layer = 0; layer < 2; ++layer) {
      for (std::int32_t run = 0; run < 300; ++run) {
        const Instant start = Instant(1s) + layer * 3s + run * 10ms;
        timeline.executions.push_back({layer, layer, run, layer, start, start + 10ms});
      }
    }
    double shown = 4.0;
    for (int i = 0; i < 8000; ++i) {
      const Instant now = Instant(i * 1ms);
      const double watts = now < Instant(1s)   ? 4.0
                           : now < Instant(4s) ? 5.0
                           : now < Instant(7s) ? 9.0
                                               : 4.0;
      total.before.push_back(now);
      total.after.push_back(now);
      total.power.emplace_back(shown);
      shown = watts + (shown - watts) * std::exp(-1e-3 / kTau);
    }
  }
  Timeline timeline;
  PowerTrace total;
};

TEST(IsolatedEnergies, AreThoseOfTheLoadDespiteTheFilter) {
  const Isolated run;
  std::vector<std::string> notes;
  IsolatedOptions options;
  options.settle = 500ms;
  options.time_constant = from_seconds(kTau);
  const auto layers = isolated_energies(run.total, run.timeline, options, notes);
  ASSERT_TRUE(layers) << layers.error().to_string();
  ASSERT_EQ(layers->size(), 2U);
  EXPECT_EQ((*layers)[0].executions, 250);
  EXPECT_EQ((*layers)[0].duration(), 2500ms);
  EXPECT_NEAR((*layers)[0].mean_power.value(), 5.0, 0.005);
  EXPECT_NEAR((*layers)[1].mean_power.value(), 9.0, 0.01);
  EXPECT_NEAR((*layers)[1].energy.value(), 22.5, 0.03);
  EXPECT_NEAR(static_cast<double>((*layers)[1].samples.size()), 2500.0, 2.0);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_THAT(notes[0], HasSubstr("never"));
}

TEST(IsolatedEnergies, AsPublishedAreTheSumOfSamplesTimesTheInterval) {
  const Isolated run;
  std::vector<std::string> notes;
  IsolatedOptions options;
  options.as_published = 20ms;
  const auto layers = isolated_energies(run.total, run.timeline, options, notes);
  ASSERT_TRUE(layers);
  const IsolatedLayer& second = (*layers)[1];
  EXPECT_EQ(second.samples.size(), 150U);
  double sum = 0.0;
  for (const Watts sample : second.samples) sum += sample.value() * 0.02;
  EXPECT_DOUBLE_EQ(second.energy.value(), sum);
  // The filter has hidden a part of the step from it.
  EXPECT_LT(second.mean_power.value(), 8.6);
}

TEST(IsolatedEnergies, OfAnEnergyCounterAreItsDifferences) {
  Isolated run;
  PowerTrace counter;
  counter.rail.kind = RailKind::kEnergyCounter;
  double joules = 0.0;
  for (int i = 0; i < 8000; ++i) {
    counter.before.push_back(Instant(i * 1ms));
    counter.after.push_back(Instant(i * 1ms));
    counter.energy.emplace_back(joules);
    joules += 6e-3;
  }
  std::vector<std::string> notes;
  const auto layers = isolated_energies(counter, run.timeline, {}, notes);
  ASSERT_TRUE(layers);
  EXPECT_NEAR(layers->front().mean_power.value(), 6.0, 1e-6);
  EXPECT_NEAR(layers->front().samples.front().value(), 6.0, 1e-6);
  IsolatedOptions published;
  published.as_published = 20ms;
  EXPECT_FALSE(isolated_energies(counter, run.timeline, published, notes));
}

TEST(IsolatedEnergies, NeedTheIsolatedScheduleAndACoveringTrace) {
  Isolated run;
  std::vector<std::string> notes;
  run.total.before.resize(5000);
  run.total.after.resize(5000);
  run.total.power.resize(5000);
  const auto layers = isolated_energies(run.total, run.timeline, {}, notes);
  ASSERT_TRUE(layers);
  EXPECT_EQ(layers->size(), 1U);
  EXPECT_THAT(notes, ::testing::Contains(HasSubstr("second")));
  run.timeline.schedule = Schedule::kWhole;
  EXPECT_EQ(isolated_energies(run.total, run.timeline, {}, notes).error().code(),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace layerwatt
