#include "layerwatt/attribution/window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

Instant at_ms(double ms) { return Instant(from_seconds(ms * 1e-3)); }

struct Log {
  std::vector<Instant> when;
  std::vector<double> microwatts;
  SampleColumns columns() const { return {when, microwatts}; }
};

struct Runs {
  std::vector<double> milliseconds;
  std::vector<Instant> end;
  ExecutionColumns columns() const { return {milliseconds, end}; }
};

Log log_every(double ms, int count) {
  Log log;
  for (int i = 0; i < count; ++i) {
    log.when.push_back(at_ms(ms * i));
    log.microwatts.push_back(100.0 * i);
  }
  return log;
}

using Method = Result<void> (*)(const SampleColumns&, std::span<const ExecutionColumns>,
                                const MappedExecutionSink&);

std::vector<MappedExecution> map(Method method, const Log& log, const std::vector<Runs>& layers) {
  std::vector<ExecutionColumns> columns;
  for (const Runs& runs : layers) columns.push_back(runs.columns());
  std::vector<MappedExecution> rows;
  const auto mapped = method(log.columns(), columns,
                             [&](const MappedExecution& execution) { rows.push_back(execution); });
  EXPECT_TRUE(mapped) << mapped.error().to_string();
  return rows;
}

std::vector<std::optional<double>> powers(const std::vector<MappedExecution>& rows) {
  std::vector<std::optional<double>> all;
  for (const MappedExecution& row : rows) all.push_back(row.microwatts);
  return all;
}

TEST(Window, IsTheMeanOfTheSamplesFromStartToEndInclusive) {
  const Log log = log_every(1.0, 10);
  const auto rows = map(map_window, log, {{{2.0}, {at_ms(5.0)}}});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].samples, 3);  // at 3, 4 and 5 ms
  EXPECT_THAT(rows[0].microwatts, Optional(400.0));
}

TEST(Window, GoesPassByPassAndWithinAPassInTheOrderOfLayers) {
  const Log log = log_every(1.0, 10);
  const auto rows =
      map(map_window, log,
          {{{1.0, 1.0}, {at_ms(1.0), at_ms(5.0)}}, {{1.0, 1.0}, {at_ms(3.0), at_ms(7.0)}}});
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[1].pass, 0);
  EXPECT_EQ(rows[1].layer, 1U);
  EXPECT_EQ(rows[2].pass, 1);
  EXPECT_EQ(rows[2].layer, 0U);
  EXPECT_THAT(powers(rows),
              ElementsAre(Optional(50.0), Optional(250.0), Optional(450.0), Optional(650.0)));
}

TEST(Window, LooksAtNoSampleTwice) {
  const Log log = log_every(1.0, 10);
  // The second layer overlaps the first and gets only what is left.
  const auto rows = map(map_window, log, {{{3.0}, {at_ms(5.0)}}, {{4.0}, {at_ms(6.0)}}});
  EXPECT_THAT(powers(rows), ElementsAre(Optional(350.0), Optional(600.0)));
}

TEST(Window, ALayerWithoutASampleHasNoPower) {
  const Log log = log_every(1.0, 10);
  const auto rows = map(map_window, log, {{{0.2}, {at_ms(5.5)}}, {{0.0}, {at_ms(6.0)}}});
  EXPECT_EQ(rows[0].microwatts, std::nullopt);
  EXPECT_THAT(rows[1].microwatts, Optional(600.0));  // an instant that is a sample's
}

TEST(Window, RowsAfterTheEndOfTheLogAreKeptWithoutPower) {
  const Log log = log_every(1.0, 3);
  const auto rows = map(map_window, log, {{{1.0, 1.0, 1.0}, {at_ms(2.0), at_ms(4.0), at_ms(6.0)}}});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_THAT(powers(rows), ElementsAre(Optional(150.0), std::nullopt, std::nullopt));
}

TEST(Window, RoundsRunTimesToMicrosecondsHalfToEven) {
  // 0.0005 ms is half a microsecond, which Python makes 0; 0.0015 ms becomes 2 µs.
  const Log log{{at_ms(0.998), at_ms(0.999), at_ms(1.0)}, {1.0, 2.0, 3.0}};
  EXPECT_THAT(powers(map(map_window, log, {{{0.0005}, {at_ms(1.0)}}})), ElementsAre(Optional(3.0)));
  EXPECT_THAT(powers(map(map_window, log, {{{0.0015}, {at_ms(1.0)}}})), ElementsAre(Optional(2.0)));
}

TEST(Window, ColumnsOfUnequalLengthAreRefused) {
  const Log log{{at_ms(1.0)}, {}};
  EXPECT_FALSE(map_window(log.columns(), {}, [](const MappedExecution&) {}));
  const Runs runs{{1.0, 2.0}, {at_ms(1.0)}};
  const ExecutionColumns columns = runs.columns();
  EXPECT_FALSE(map_window({}, {&columns, 1}, [](const MappedExecution&) {}));
}

TEST(Nearest, TakesTheSampleNearestToTheEnd) {
  const Log log = log_every(1.0, 10);
  EXPECT_THAT(
      powers(map(map_nearest, log, {{{1.0, 1.0, 1.0}, {at_ms(3.4), at_ms(3.6), at_ms(4.0)}}})),
      ElementsAre(Optional(300.0), Optional(400.0), Optional(400.0)));
}

TEST(Nearest, TakesTheEarlierOfTwoEquallyNear) {
  const Log log = log_every(1.0, 10);
  EXPECT_THAT(powers(map(map_nearest, log, {{{1.0}, {at_ms(3.5)}}})), ElementsAre(Optional(300.0)));
}

TEST(Nearest, TakesTheFirstOfEqualStamps) {
  const Log log{{at_ms(1.0), at_ms(1.0), at_ms(3.0), at_ms(3.0)}, {1.0, 2.0, 3.0, 4.0}};
  EXPECT_THAT(
      powers(map(map_nearest, log, {{{1.0, 1.0, 1.0}, {at_ms(1.0), at_ms(1.5), at_ms(3.0)}}})),
      ElementsAre(Optional(1.0), Optional(1.0), Optional(3.0)));
}

TEST(Nearest, OutsideTheLogTakesItsFirstOrLastSample) {
  const Log log{{at_ms(10.0), at_ms(11.0)}, {1.0, 2.0}};
  EXPECT_THAT(powers(map(map_nearest, log, {{{1.0, 1.0}, {at_ms(1.0), at_ms(100.0)}}})),
              ElementsAre(Optional(1.0), Optional(2.0)));
  EXPECT_THAT(powers(map(map_nearest, Log{}, {{{1.0}, {at_ms(1.0)}}})), ElementsAre(std::nullopt));
}

/// Reads of 1 ms, each begun `ms` after the other, of 1, 2, 3 … W.
PowerTrace reads_every(double ms, int count) {
  PowerTrace trace;
  for (int i = 0; i < count; ++i) {
    trace.before.push_back(at_ms(ms * i));
    trace.after.push_back(at_ms(ms * i + 1.0));
    trace.power.push_back(watts(i + 1.0));
  }
  return trace;
}

Timeline timeline_of(Schedule schedule, std::vector<Execution> executions) {
  Timeline timeline;
  timeline.schedule = schedule;
  timeline.layers.resize(2);
  timeline.executions = std::move(executions);
  return timeline;
}

TEST(WindowPowers, CountReadsWhoseMiddleLiesInTheLayer) {
  // The second read, 2 to 3 ms, ends within the second layer and has its middle in the first.
  const PowerTrace trace = reads_every(2.0, 3);
  const std::vector<Execution> executions{{0, 0, 0, 0, at_ms(0.4), at_ms(2.6)},
                                          {1, 0, 0, 0, at_ms(2.6), at_ms(5.0)}};
  for (const Schedule schedule : {Schedule::kWhole, Schedule::kWeighing}) {
    const auto powers = window_powers(trace, timeline_of(schedule, executions), watts(0.5));
    ASSERT_EQ(powers.size(), 2U);
    EXPECT_DOUBLE_EQ(powers[0]->value(), 1.0);
    EXPECT_DOUBLE_EQ(powers[1]->value(), 2.5);
  }
}

TEST(WindowPowers, AreAbsentWithoutASampleAndForCounters) {
  const std::vector<Execution> executions{{0, 0, 0, 0, at_ms(0.0), at_ms(1.0)},
                                          {1, 0, 0, 0, at_ms(1.0), at_ms(1.2)}};
  const auto powers =
      window_powers(reads_every(2.0, 1), timeline_of(Schedule::kWhole, executions), watts(0));
  EXPECT_TRUE(powers[0]);
  EXPECT_FALSE(powers[1]);
  PowerTrace counter = reads_every(2.0, 2);
  counter.power.clear();
  counter.energy = {joules(0), joules(1)};
  const auto of_counter =
      window_powers(counter, timeline_of(Schedule::kWhole, executions), watts(0));
  EXPECT_THAT(of_counter, ElementsAre(std::nullopt, std::nullopt));
}

TEST(MappedProfile, GivesMeanPowerAboveIdleEnergyAndShare) {
  MappedProfile mapped("window", std::vector<Layer>(3), 1e6);
  mapped.add({0, 0, 2.0, 3e6, 1});
  mapped.add({0, 1, 1.0, 5e6, 2});
  mapped.add({0, 2, 1.0, std::nullopt, 0});
  mapped.add({1, 0, 4.0, 5e6, 3});
  mapped.add({1, 1, 1.0, std::nullopt, 0});
  mapped.add({1, 2, 1.0, std::nullopt, 0});
  const LayerProfile profile = std::move(mapped).finish();
  EXPECT_EQ(profile.passes, 2);
  EXPECT_EQ(profile.samples, 6);
  ASSERT_EQ(profile.rows.size(), 3U);
  EXPECT_DOUBLE_EQ(profile.rows[0].power->value.value(), 3.0);
  EXPECT_EQ(profile.rows[0].run_time.mean, std::chrono::milliseconds(3));
  EXPECT_DOUBLE_EQ(profile.rows[0].energy->value.value(), 9e-3);
  EXPECT_DOUBLE_EQ(profile.rows[1].power->value.value(), 4.0);
  EXPECT_DOUBLE_EQ(*profile.rows[0].share, 9.0 / 13.0);
  EXPECT_FALSE(profile.rows[0].power->low);
  EXPECT_EQ(profile.rows[2].status, LayerStatus::kUnresolved);
  EXPECT_FALSE(profile.rows[2].power);
  EXPECT_THAT(profile.rows[2].reason, HasSubstr("no sample"));
  EXPECT_THAT(profile.notes, testing::Contains(HasSubstr("1 of 3 layers have no power")));
}

}  // namespace
}  // namespace layerwatt
