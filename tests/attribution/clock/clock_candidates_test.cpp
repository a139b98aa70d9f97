#include "attribution/clock/clock_candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "layerwatt/core/random.h"

#include "attribution/clock/load_clock.h"

namespace layerwatt {
namespace {

constexpr double kNominal = 1.1e-3;
constexpr double kPeriod = 1.103e-3;
constexpr double kFirstEnd = 0.4e-3;
constexpr double kIdle = 4.0;
constexpr std::array kWatts = {2.0, 9.0, 5.0};
constexpr std::array kRunTimes = {1.3e-3, 2.1e-3, 0.9e-3};

/// Three layers in turn for some seconds, with pauses of random length between passes.
LoadPieces three_layers(double seconds) {
  Random random(2, "passes");
  LoadPieces load;
  load.layers = 3;
  load.idle_gap = 0.05;
  load.on_time.assign(static_cast<std::size_t>(load.columns()), 0.0);
  const auto add = [&](double begin, double length, int column) {
    load.pieces.push_back({begin, begin + length, column});
    load.on_time[static_cast<std::size_t>(column)] += length;
    return begin + length;
  };
  for (double t = 0.0; t < seconds;) {
    load.pass_begins.push_back(t);
    for (int layer = 0; layer < 3; ++layer) {
      t = add(t, kRunTimes[static_cast<std::size_t>(layer)], layer);
    }
    t = add(t, 1e-3 * random.uniform(), load.gap_column());
  }
  return load;
}

/// What the load draws above idle, by column.
std::vector<double> watts_of(const LoadPieces& load) {
  std::vector<double> watts(static_cast<std::size_t>(load.columns()), 0.0);
  std::ranges::copy(kWatts, watts.begin());
  std::ranges::copy(kWatts, watts.begin() + 3);
  return watts;
}

const ConversionClock& true_clock() {
  static const ConversionClock clock(Instant(), {{0.0, kFirstEnd}, {1.0, kFirstEnd + kPeriod}});
  return clock;
}

/// Reads of 0.4 ms, slower than conversions, that latch in their middle and show the conversion
/// that ended last, with a little noise.
FastReadings slow_reads(const LoadPieces& load, const PredictedLoad& shown) {
  Random random(3, "reads");
  FastReadings readings;
  readings.usual_length = 0.4e-3;
  for (double t = load.begin() + 0.01; t < load.end() - 0.01; t += random.uniform(1.2e-3, 1.5e-3)) {
    readings.before.push_back(t);
    readings.length.push_back(0.4e-3);
    const double ended = std::floor(true_clock().conversion_at(t + 0.45 * 0.4e-3));
    readings.watts.push_back(shown.at(true_clock().time_of(ended)) + 0.02 * random.gaussian());
  }
  return readings;
}

/// A recording of known powers and a known clock.
struct Recording {
  explicit Recording(double seconds)
      : load(three_layers(seconds)),
        sensor{.period = kNominal, .window = kNominal, .block_count = 1},
        shown(load, sensor.kernel(kPeriod, kUsualBoardLowPass), watts_of(load), kIdle, 0.0,
              load.end()),
        readings(slow_reads(load, shown)) {}

  LoadPieces load;
  TimingFit::Sensor sensor;
  PredictedLoad shown;
  FastReadings readings;
};

/// From the true ends of conversions to the nearest of `clock`, the greatest over a stretch.
double greatest_distance(const ConversionClock& clock, double from, double to) {
  double greatest = 0.0;
  for (double end = from; end < to; end += 100.0 * kPeriod) {
    const double truth = true_clock().time_of(std::round(true_clock().conversion_at(end)));
    const double found = clock.time_of(std::round(clock.conversion_at(truth)));
    greatest = std::max(greatest, std::abs(found - truth));
  }
  return greatest;
}

TEST(LoadClockSearch, FindsTheClockOfReadingsThatKnownPowersExplain) {
  const Recording recording(1.0);
  LatchedReadings latched;
  latched.watts = recording.readings.watts;
  for (const double before : recording.readings.before) {
    latched.time.push_back(before + 0.45 * 0.4e-3);
  }
  const LoadClockSearch search(recording.shown, latched, 0.1);
  const auto locks = search.acquire(0, latched.time.size(), 1.09e-3, 1.11e-3, 5);
  ASSERT_FALSE(locks.empty());
  EXPECT_TRUE(std::ranges::is_sorted(locks, {}, &LoadClockSearch::Lock::loss));
  EXPECT_NEAR(locks.front().period / kPeriod, 1.0, 1e-5);
  const double end = true_clock().conversion_at(locks.front().end);
  EXPECT_LT(std::abs(end - std::round(end)) * kPeriod, 5e-6);
  // Others, of which none is the same clock again, explain much less.
  for (std::size_t i = 1; i < locks.size(); ++i) {
    EXPECT_GT(locks[i].loss, 3.0 * locks.front().loss);
  }
}

TEST(ClockCandidates, FindTheClockAndThePowersOfSlowReads) {
  Recording recording(8.0);
  ClockCandidatesInput input;
  input.readings = &recording.readings;
  input.load = &recording.load;
  input.sensor = recording.sensor;
  input.tolerance = 0.01;
  input.rough = rough_powers(recording.readings, recording.load, kNominal, kNominal, kIdle);
  ASSERT_EQ(input.rough.idle, kIdle);
  const auto candidates = clock_candidates(input, 0.5);
  ASSERT_FALSE(candidates.empty());
  const ClockCandidate& best = candidates.front();
  EXPECT_LT(best.from, best.to);
  EXPECT_LT(greatest_distance(best.start.clock, best.from, best.to), 40e-6);
  // No more than the noise is left: the rough powers leave very much more.
  EXPECT_LT(best.start.powers.mean_square, 4.0 * 0.02 * 0.02);
  EXPECT_GT(input.rough.mean_square, 0.1);
  for (std::size_t layer = 0; layer < kWatts.size(); ++layer) {
    EXPECT_NEAR(best.start.powers.watts[layer], kWatts[layer], 0.1) << layer;
  }
}

TEST(ClockCandidates, AreNoneWhereReadingsAreFew) {
  Recording recording(0.05);
  ClockCandidatesInput input;
  input.readings = &recording.readings;
  input.load = &recording.load;
  input.sensor = recording.sensor;
  EXPECT_TRUE(clock_candidates(input, 0.5).empty());
}

}  // namespace
}  // namespace layerwatt
