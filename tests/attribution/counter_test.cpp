#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/core/random.h"
#include "layerwatt/simulation/virtual_load.h"

#include "attribution/made_recording.h"
#include "attribution/model/counter_windows.h"
#include "attribution/profile_score.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using testing::MadeRecording;
using testing::MadeRecordingPlan;
using testing::make_recording;
using testing::ProfileScore;
using testing::score_of;
using testing::true_layer_energy;

constexpr double kLag = 0.3e-3;
constexpr double kStep = 61e-6;

struct CounterPlan {
  /// Of the counter's renewals and of reads.
  double renewal = 0.98e-3;
  double renewal_jitter = 0.1e-3;
  double read_period = 1e-3;
  /// A renewal shows the energy up to this long before it.
  double lag = kLag;
  double drift_watts_per_second = 0.01;
  /// Part of the load that it counts.
  double share = 1.0;
  std::string name = "package-0";
};

/// The energy of a load, above that at the first instant; instants that never fall.
class LoadEnergy {
 public:
  LoadEnergy(std::vector<LoadStep> load, Instant start) : load_(std::move(load)), last_(start) {}
  double until(Instant t) {
    while (next_ < load_.size() && load_[next_].at <= t) {
      add(load_[next_].at);
      watts_ = load_[next_++].watts;
    }
    add(t);
    return joules_;
  }

 private:
  void add(Instant t) {
    if (t <= last_) return;
    joules_ += watts_ * to_seconds(t - last_);
    last_ = t;
  }
  std::vector<LoadStep> load_;
  std::size_t next_ = 0;
  Instant last_;
  double watts_ = 0.0;
  double joules_ = 0.0;
};

/// What a counter that is renewed now and then would have shown of a made recording.
PowerTrace count_energy(const MadeRecording& made, const CounterPlan& plan, std::uint64_t seed) {
  const auto load = load_of_timeline(made.timeline, made.truth.powers);
  EXPECT_TRUE(load);
  const Instant start = made.trace.before.front();
  const double length = to_seconds(made.trace.after.back() - start);
  LoadEnergy energy(*load, start);
  Random random(seed, "counter");
  Random renewals(seed, plan.name);
  PowerTrace trace;
  trace.rail.name = plan.name;
  trace.rail.kind = RailKind::kEnergyCounter;
  trace.rail.is_virtual = true;
  trace.rail.model.period = std::chrono::milliseconds(1);
  double shown = 0.0;
  double first = 0.0;
  double next_renewal = plan.renewal * renewals.uniform();
  double number = 0.0;
  // Paced by absolute deadlines, some of which are missed.
  for (double deadline = 0.01; deadline < length; deadline += plan.read_period) {
    const double t = deadline + 20e-6 * random.uniform() +
                     (random.uniform() < 0.01 ? 0.8 * plan.read_period : 0.0);
    for (; next_renewal <= t; number += 1.0) {
      const double end = std::max(0.0, next_renewal - plan.lag);
      const double all = energy.until(start + from_seconds(end)) + made.truth.idle.value() * end;
      const double joules = plan.share * all + 0.5 * plan.drift_watts_per_second * end * end;
      shown = std::floor(joules / kStep) * kStep;
      next_renewal =
          plan.renewal * (number + 1.0) + plan.renewal_jitter * (2.0 * renewals.uniform() - 1.0);
    }
    if (trace.energy.empty()) first = shown;
    const double read = random.uniform() < 0.005 ? 0.15e-3 : 5e-6;
    trace.before.push_back(start + from_seconds(t));
    trace.after.push_back(start + from_seconds(t + read));
    trace.energy.push_back(Joules(shown - first));
  }
  return trace;
}

MadeRecordingPlan long_layers(Schedule schedule, std::uint64_t seed) {
  MadeRecordingPlan plan;
  plan.schedule = schedule;
  plan.samples = 1;
  plan.layers = 10;
  plan.shortest_layer = 1e-3;
  plan.longest_layer = 8e-3;
  plan.longest_pause = 5e-3;
  plan.layer_gap = 20e-6;
  plan.seconds = 40.0;
  plan.seed = seed;
  return plan;
}

struct Outcome {
  ProfileScore layers;
  double total_error = 0.0;
  double lag = 0.0;
  double sum_check = 0.0;
  LayerProfile profile;
};

Outcome solve_counters(const MadeRecordingPlan& plan, const MadeRecording& made,
                       const PowerTrace& total) {
  auto profile = solve(total, made.timeline);
  EXPECT_TRUE(profile) << profile.error().to_string();
  Outcome outcome;
  if (!profile) return outcome;
  outcome.layers = score_of(*profile, made);
  // A pass has its gaps; of a weighing run, each execution its share of them.
  double gap_time = to_seconds(profile->gap_time.value_or(Duration(0)));
  if (plan.schedule == Schedule::kWeighing) {
    gap_time *= static_cast<double>(pass_count(made.timeline)) * plan.layers /
                static_cast<double>(made.timeline.executions.size());
  }
  const double gap = made.truth.powers.gap.value() * gap_time;
  const double pass = profile->pass_energy ? profile->pass_energy->value.value() : 0.0;
  outcome.total_error = pass / (true_layer_energy(made) + gap) - 1.0;
  outcome.lag = to_seconds(profile->sensor->lag.value_or(Duration(0)));
  outcome.sum_check = profile->sum_check.value_or(1.0);
  outcome.profile = *std::move(profile);
  return outcome;
}

Outcome solve_counter(const MadeRecordingPlan& plan) {
  const MadeRecording made = make_recording(plan);
  return solve_counters(plan, made, count_energy(made, {}, plan.seed));
}

TEST(Counter, TellsLayersOfMillisecondsApartInWholePasses) {
  ProfileScore all;
  for (const std::uint64_t seed : {1U, 4U, 6U}) {
    MadeRecordingPlan plan = long_layers(Schedule::kWhole, seed);
    plan.seconds = 90.0;
    const Outcome outcome = solve_counter(plan);
    EXPECT_LT(outcome.layers.error, 0.03);
    EXPECT_LT(std::abs(outcome.total_error), 0.01);
    EXPECT_NEAR(outcome.lag, 0.8e-3, 0.2e-3);
    all += outcome.layers;
  }
  EXPECT_GE(all.resolved, 15);
  EXPECT_GE(all.covered, 0.8 * all.resolved);
}

TEST(Counter, TellsLayersApartByWeighing) {
  ProfileScore all;
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    const Outcome outcome = solve_counter(long_layers(Schedule::kWeighing, seed));
    EXPECT_LT(outcome.layers.error, 0.03);
    EXPECT_LT(std::abs(outcome.total_error), 0.01);
    EXPECT_LT(std::abs(outcome.sum_check), 0.005);
    all += outcome.layers;
  }
  EXPECT_EQ(all.resolved, 40);
  EXPECT_GE(all.covered, 32);
}

TEST(Counter, OfAPackageAndOfItsMemoryTellLayersApartTogether) {
  ProfileScore all;
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    const MadeRecordingPlan plan = long_layers(Schedule::kWeighing, seed);
    const MadeRecording made = make_recording(plan);
    CounterPlan package;
    package.share = 0.8;
    CounterPlan memory;
    memory.name = "dram";
    memory.share = 0.2;
    Rail rail;
    rail.name = "package-0 + dram";
    rail.model.period = std::chrono::milliseconds(1);
    const auto total =
        sum_rails({count_energy(made, package, seed), count_energy(made, memory, seed)}, rail);
    ASSERT_TRUE(total) << total.error().to_string();
    const Outcome outcome = solve_counters(plan, made, *total);
    EXPECT_LT(outcome.layers.error, 0.03);
    EXPECT_LT(std::abs(outcome.total_error), 0.01);
    EXPECT_LT(std::abs(outcome.sum_check), 0.005);
    EXPECT_EQ(outcome.profile.rail, "package-0 + dram");
    all += outcome.layers;
  }
  EXPECT_EQ(all.resolved, 40);
  EXPECT_GE(all.covered, 32);
}

TEST(Counter, TellsTheTotalWhereLayersAreShortAgainstRenewals) {
  MadeRecordingPlan plan = long_layers(Schedule::kWhole, 3);
  plan.shortest_layer = 20e-6;
  plan.longest_layer = 60e-6;
  plan.longest_pause = 100e-6;
  plan.layer_gap = 3e-6;
  plan.seconds = 15.0;
  const Outcome outcome = solve_counter(plan);
  for (const LayerProfileRow& row : outcome.profile.rows) {
    EXPECT_NE(row.status, LayerStatus::kResolved);
    EXPECT_FALSE(row.reason.empty());
  }
  EXPECT_LT(std::abs(outcome.total_error), 0.01);
  ASSERT_TRUE(outcome.profile.identifiability);
  ASSERT_FALSE(outcome.profile.identifiability->advice.empty());
  EXPECT_THAT(outcome.profile.identifiability->advice.front(), HasSubstr("renewed"));
  EXPECT_THAT(outcome.profile.notes, ::testing::Contains(HasSubstr("counts energy")));
}

TEST(Counter, SaysThatTooFewWindowsTellNothing) {
  MadeRecordingPlan plan = long_layers(Schedule::kWhole, 1);
  plan.seconds = 1.0;
  const MadeRecording made = make_recording(plan);
  PowerTrace stuck = count_energy(made, {}, 1);
  std::fill(stuck.energy.begin(), stuck.energy.end(), Joules(0.0));
  const auto profile = solve(stuck, made.timeline);
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code(), ErrorCode::kUnknowable);
  EXPECT_THAT(profile.error().message(), HasSubstr("too seldom"));
}

TEST(Counter, CutsWindowsAtReadsThatSawTheCounterMove) {
  PowerTrace trace;
  trace.rail.kind = RailKind::kEnergyCounter;
  // Read every millisecond, renewed every second read; the seventh read took long.
  const std::vector<double> joules = {0.0, 0.0, 2.0, 2.0, 4.0, 4.0, 7.0, 7.0, 9.0};
  for (std::size_t k = 0; k < joules.size(); ++k) {
    trace.before.push_back(instant_from_ns(1'000'000 * static_cast<std::int64_t>(k)));
    trace.after.push_back(trace.before[k] + std::chrono::microseconds(k == 6 ? 900 : 10));
    trace.energy.push_back(Joules(joules[k]));
  }
  const PowerTrace means = counter_windows(trace, Duration(0));
  ASSERT_EQ(means.size(), 2U);
  EXPECT_EQ(means.rail.kind, RailKind::kPower);
  EXPECT_NEAR(means.power[0].value(), 2.0 / 2e-3, 1e-6);
  EXPECT_NEAR(means.power[1].value(), 5.0 / 4e-3, 1e-6);
  EXPECT_EQ(means.before[1], means.after[0]);
  EXPECT_NEAR(renewal_period(trace, std::nullopt), 2e-3, 1e-6 + 0.5e-3);
  EXPECT_EQ(counter_windows(trace, std::chrono::milliseconds(3)).size(), 1U);
}

}  // namespace
}  // namespace layerwatt
