#include "layerwatt/simulation/virtual_chip.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <vector>

#include "layerwatt/simulation/virtual_board.h"
#include "layerwatt/simulation/virtual_recording.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

VirtualSpecimen perfect() {
  VirtualSpecimen specimen;
  specimen.noise_scale = 0.0;
  return specimen;
}

VirtualBoard orin_nano(int samples, Duration conversion = 140us) {
  return with_sensor_settings(find_virtual_board("orin-nano").value(), samples, conversion).value();
}

Instant at(Duration since_start) { return Instant(std::chrono::hours(5)) + since_start; }

VirtualReader only(std::string name) {
  VirtualReader reader;
  reader.rails = {std::move(name)};
  return reader;
}

double mean_power(const std::vector<Reading>& readings, const Rail& rail, Instant from) {
  const PowerTrace trace = trace_of(rail, readings);
  double sum = 0.0;
  int count = 0;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    if (trace.before[i] < from) continue;
    sum += trace.power[i].value();
    ++count;
  }
  return sum / count;
}

TEST(FilteredLoad, KeepsTheEnergyOfALoad) {
  FilteredLoad load(100us, 0.0);
  load.advance(1'000.0);
  load.set_level(5.0);
  load.advance(300'000.0);
  load.set_level(0.0);
  // After 100 time constants nothing is left in the filter.
  load.advance(10'300'000.0);
  EXPECT_NEAR(load.take_energy(), 5.0 * 299'000.0, 1e-6);
}

TEST(FilteredLoad, GivesTheSameWhetherItMovesInOneStepOrMany) {
  FilteredLoad once(70us, 0.0);
  FilteredLoad often(70us, 0.0);
  once.set_level(3.0);
  often.set_level(3.0);
  once.advance(100'000.0);
  for (int i = 1; i <= 1000; ++i) often.advance(100.0 * i);
  EXPECT_NEAR(once.take_energy(), often.take_energy(), 1e-4);
}

TEST(VirtualChip, ShowsAConstantLoadAsItsPower) {
  for (const int samples : {1, 16, 512}) {
    VirtualSpecimen specimen;  // with noise, which dithers the quantisation
    specimen.board_low_pass = 100us;
    const std::vector<LoadStep> load = {{at(0s), 2.0}};
    const auto recording =
        record_load(orin_nano(samples), specimen, only("VDD_IN"), load, at(0s), at(20s), 7);
    ASSERT_TRUE(recording);
    // 3.6 W idle + 2 W. Half a step of current and of voltage is the worst case without dither.
    const double tolerance = samples == 1 ? 0.004 : 0.021;
    EXPECT_NEAR(mean_power(recording->readings[0], recording->rails[0], at(10s)), 5.6, tolerance);
  }
}

TEST(VirtualChip, FollowsAStepWithTheTimeConstantOfItsFilter) {
  const VirtualBoard board = orin_nano(512);
  VirtualChipSetup setup = board.chips[0];
  setup.rails[0].shunt = Ohms(1.0);  // fine steps of current, to see the filter itself
  const Instant start = at(0s);
  VirtualChip chip(setup, perfect(), 3, start);
  const std::vector<LoadStep> load = {{at(100ms), 5.0}};
  chip.run_until(at(100ms), load);
  const double idle_ma = chip.registers(0).milliamperes;
  const double risen_ma = idle_ma + 1000.0;  // 5 W at 5 V
  std::optional<Instant> crossed;
  for (Instant t = at(100ms); t < at(3s); t += 10us) {
    chip.run_until(t, {});
    if (chip.registers(0).milliamperes >= idle_ma + (risen_ma - idle_ma) * (1.0 - std::exp(-1.0))) {
      crossed = t;
      break;
    }
  }
  ASSERT_TRUE(crossed);
  const double expected = -0.84e-3 / std::log(1.0 - 1.0 / 512.0);
  // One cycle of uncertainty in when the first conversion after the step ended.
  EXPECT_NEAR(to_seconds(*crossed - at(100ms)), expected, 0.84e-3 + 0.001 * expected);
}

TEST(VirtualChip, DecaysByTheRatioOfItsAveragingEachCycle) {
  VirtualChipSetup setup = orin_nano(64).chips[0];
  setup.rails = {setup.rails[0]};
  setup.rails[0].shunt = Ohms(2.0);  // steps of 20 µA; the driver rounds to 1 mA
  VirtualChip chip(setup, perfect(), 3, at(0s));
  const std::vector<LoadStep> load = {{at(0s), 400.0}, {at(10s), 0.0}};
  chip.run_until(at(10s), load);
  chip.run_until(at(10s) + 300us, {});
  const std::int64_t first_cycle = chip.cycles();
  const double idle = 3600.0 / 5.0;
  const double first = chip.registers(0).milliamperes - idle;
  chip.run_until(at(10s) + 40ms, {});
  const double later = chip.registers(0).milliamperes - idle;
  const auto cycles = static_cast<double>(chip.cycles() - first_cycle);
  const double per_cycle = std::pow(later / first, 1.0 / cycles);
  EXPECT_NEAR(1.0 / (1.0 - per_cycle), 64.0, 0.064);
}

TEST(VirtualChip, KeepsTheEnergyOfShortLayers) {
  // Runs of 100 µs, too short for any one sample: their energy is in the samples all the same.
  std::vector<LoadStep> load;
  for (int i = 0; i < 40'000; ++i) {
    load.push_back({at(1s + i * 250us), 8.0});
    load.push_back({at(1s + i * 250us + 100us), 0.0});
  }
  VirtualSpecimen specimen;
  specimen.board_low_pass = 200us;
  specimen.oscillator_error = 0.043;
  VirtualReader reader = only("VDD_IN");
  reader.shortest_read = 100us;
  reader.longest_read = 120us;
  const auto recording = record_load(orin_nano(1), specimen, reader, load, at(0s), at(12s), 11);
  ASSERT_TRUE(recording);
  const PowerTrace trace = trace_of(recording->rails[0], recording->readings[0]);
  const auto energy = integrate(trace, at(500ms), at(11500ms));
  ASSERT_TRUE(energy);
  EXPECT_NEAR(energy->value(), 11.0 * 3.6 + 40'000 * 100e-6 * 8.0, 0.1);
}

TEST(VirtualChip, ShowsCurrentsInStepsOfItsShunt) {
  const std::vector<LoadStep> load = {{at(0s), 1.7}, {at(2s), 3.1}};
  const auto recording =
      record_load(orin_nano(512), VirtualSpecimen{}, {}, load, at(0s), at(4s), 5);
  ASSERT_TRUE(recording);
  ASSERT_EQ(recording->rails.size(), 3U);
  for (const auto& readings : recording->readings) {
    for (const Reading& r : readings) {
      EXPECT_EQ(r.current_ua % 8'000, 0);  // 40 µV / 5 mΩ
      EXPECT_EQ(r.voltage_uv % 8'000, 0);
      EXPECT_EQ(r.power_uw, kNoValue64);
    }
  }
}

TEST(VirtualChip, ShowsNegativeCurrentsWhereTheShuntIsOff) {
  VirtualSpecimen specimen;
  specimen.shunt_offset = microvolts(-45);
  const auto recording = record_load(find_virtual_board("thor").value(), specimen, only("VDD_GPU"),
                                     {}, at(0s), at(1s), 5);
  ASSERT_TRUE(recording);
  EXPECT_LT(recording->readings[0].back().current_ua, 0);
}

TEST(VirtualChip, AveragesInBlocksOnAnIna238) {
  const std::vector<LoadStep> load = {{at(500ms), 20.0}};
  VirtualReader reader = only("VIN");
  reader.period = 1ms;
  const auto recording =
      record_load(find_virtual_board("thor").value(), perfect(), reader, load, at(0s), at(1s), 5);
  ASSERT_TRUE(recording);
  std::vector<Instant> changes;
  const auto& readings = recording->readings[0];
  for (std::size_t i = 1; i < readings.size(); ++i) {
    if (readings[i].power_uw != readings[i - 1].power_uw) changes.push_back(readings[i].before);
  }
  // The block in which the load rose, and the next; after that all is constant.
  ASSERT_LE(changes.size(), 2U);
  ASSERT_GE(changes.size(), 1U);
  if (changes.size() == 2) {
    EXPECT_NEAR(to_seconds(changes[1] - changes[0]), 16 * 3 * 1052e-6, 2e-3);
  }
  EXPECT_NEAR(static_cast<double>(readings.back().power_uw), 47e6, 50e3);
}

TEST(VirtualChip, RunsByItsOwnClock) {
  VirtualSpecimen specimen = perfect();
  specimen.oscillator_error = -0.06;
  VirtualChip chip(orin_nano(1).chips[0], specimen, 1, at(0s));
  chip.run_until(at(10s), {});
  EXPECT_NEAR(static_cast<double>(chip.cycles()), 10.0 / (0.84e-3 * 0.94), 1.0);
}

TEST(RecordLoad, GivesTheSameForTheSameSeed) {
  const std::vector<LoadStep> load = {{at(0s), 1.7}, {at(1s), 3.1}};
  VirtualReader reader;
  reader.stall_share = 0.01;
  reader.period = 4ms;
  const auto first = record_load(orin_nano(1), VirtualSpecimen{}, reader, load, at(0s), at(2s), 5);
  const auto again = record_load(orin_nano(1), VirtualSpecimen{}, reader, load, at(0s), at(2s), 5);
  const auto other = record_load(orin_nano(1), VirtualSpecimen{}, reader, load, at(0s), at(2s), 6);
  ASSERT_TRUE(first && again && other);
  const auto currents = [](const VirtualRecording& recording) {
    std::vector<std::int64_t> all;
    for (const Reading& r : recording.readings[0]) {
      all.push_back(r.current_ua);
      all.push_back(to_ns(r.after));
    }
    return all;
  };
  EXPECT_EQ(currents(*first), currents(*again));
  EXPECT_NE(currents(*first), currents(*other));
  EXPECT_GT(first->late_ticks, 0);
}

TEST(RecordLoad, NamesTheRailThatABoardDoesNotHave) {
  const auto recording =
      record_load(orin_nano(1), VirtualSpecimen{}, only("VDD_CPU"), {}, at(0s), at(1s), 5);
  ASSERT_FALSE(recording);
  EXPECT_EQ(recording.error().code(), ErrorCode::kNotFound);
}

TEST(VirtualBoards, HaveTotalsWhoseRailsCarryTheWholeLoad) {
  for (const VirtualBoard& board : virtual_boards()) {
    double share = 0.0;
    std::size_t found = 0;
    for (const VirtualChipSetup& chip : board.chips) {
      EXPECT_LE(chip.rails.size(), 3U);
      for (const VirtualRail& rail : chip.rails) {
        for (const std::string_view name : board.total) {
          if (rail.name != name) continue;
          share += rail.load_share;
          ++found;
        }
      }
    }
    EXPECT_NEAR(share, 1.0, 1e-12) << board.name;
    EXPECT_EQ(found, board.total.size()) << board.name;
    EXPECT_GT(idle_power(board).value(), 0.0);
  }
}

TEST(VirtualBoards, RefuseSettingsThatTheChipDoesNotKnow) {
  const VirtualBoard board = find_virtual_board("orin-nx").value();
  EXPECT_FALSE(with_sensor_settings(board, 3, std::nullopt));
  EXPECT_FALSE(with_sensor_settings(board, std::nullopt, 150us));
  const auto unknown = find_virtual_board("orin_nanoo");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message().find("did you mean 'orin-nano'"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
