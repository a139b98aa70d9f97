#include "monitor/board/board_monitor.h"

#include <gtest/gtest.h>

#include "monitor/fake_board.h"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using testing::FakeBoard;
using testing::wait_until;

BoardMonitorOptions quick() {
  BoardMonitorOptions options;
  options.period = milliseconds(1);
  options.reopen_every = milliseconds(5);
  return options;
}

TEST(BoardMonitor, ReadsEveryRail) {
  FakeBoard board({"VDD_IN", "VDD_SOC"});
  auto monitor = BoardMonitor::start(board.open(), quick());
  ASSERT_TRUE(monitor) << monitor.error().message();
  ASSERT_TRUE(wait_until([&] { return (*monitor)->read().rails[1].readings > 3; }));
  const BoardReading reading = (*monitor)->read();
  ASSERT_EQ(reading.rails.size(), 2U);
  ASSERT_TRUE(reading.energy.has_value());
  EXPECT_NEAR(reading.energy->value(), reading.rails[0].energy.value(), 1e-12);
  EXPECT_EQ((*monitor)->total().size(), 1U);
}

TEST(BoardMonitor, SaysWhyItCannotBegin) {
  FakeBoard board({"VDD_IN"});
  board.gone = true;
  const auto monitor = BoardMonitor::start(board.open(), quick());
  ASSERT_FALSE(monitor);
  EXPECT_EQ(monitor.error().message(), "this machine has no power sensor");
}

TEST(BoardMonitor, GoesOnWhereASensorThatVanishedReturns) {
  FakeBoard board({"VDD_IN", "VDD_SOC"});
  auto monitor = BoardMonitor::start(board.open(), quick());
  ASSERT_TRUE(monitor);
  ASSERT_TRUE(wait_until([&] { return (*monitor)->read().rails[0].readings > 3; }));
  board.gone = true;
  ASSERT_TRUE(wait_until([&] { return (*monitor)->read().rails[0].gone == 1; }));
  const BoardReading lost = (*monitor)->read();
  EXPECT_FALSE(lost.rails[0].power.has_value());
  EXPECT_FALSE(lost.power.has_value());
  // While it is away, the time without it rises, and no energy does.
  ASSERT_TRUE(
      wait_until([&] { return (*monitor)->read().rails[0].unmeasured > milliseconds(50); }));
  EXPECT_EQ((*monitor)->read().rails[0].energy, lost.rails[0].energy);
  board.gone = false;
  ASSERT_TRUE(wait_until(
      [&] { return (*monitor)->read().rails[0].readings > lost.rails[0].readings + 3; }));
  const BoardReading back = (*monitor)->read();
  EXPECT_GE(back.rails[0].energy, lost.rails[0].energy);
  EXPECT_GE(back.rails[0].unmeasured, milliseconds(50));
  EXPECT_EQ(back.rails[0].gone, 1);
}

Rail filtered_rail(Averaging averaging, std::optional<int> count, std::optional<Duration> period) {
  Rail rail;
  rail.model.averaging = averaging;
  rail.model.average_count = count;
  rail.model.period = period;
  return rail;
}

TEST(MonitorPeriod, IsWhatTheSensorsFilterAsksFor) {
  const auto period_of = [](const Rail& rail) {
    return choose_monitor_period(std::span(&rail, 1));
  };
  const Duration cycle = std::chrono::microseconds(840);
  EXPECT_EQ(period_of(filtered_rail(Averaging::kExponential, 512, cycle)), milliseconds(50));
  EXPECT_EQ(period_of(filtered_rail(Averaging::kNone, 1, cycle)), milliseconds(1));
  EXPECT_EQ(period_of(filtered_rail(Averaging::kNone, std::nullopt, std::nullopt)),
            milliseconds(50));
  EXPECT_EQ(period_of(filtered_rail(Averaging::kBlock, 16, cycle)), 16 * cycle);
  const Duration behind_four = period_of(filtered_rail(Averaging::kExponential, 64, cycle));
  EXPECT_GT(behind_four, milliseconds(5));
  EXPECT_LT(behind_four, milliseconds(15));
}

}  // namespace
}  // namespace layerwatt
