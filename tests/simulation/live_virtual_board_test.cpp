#include "layerwatt/simulation/live_virtual_board.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "layerwatt/core/file_text.h"
#include "layerwatt/simulation/virtual_recording.h"

#include "simulation/live/virtual_sysfs.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

class LiveBoard : public testing::Test {
 protected:
  LiveBoard() { std::filesystem::remove_all(folder_); }
  ~LiveBoard() override { std::filesystem::remove_all(folder_); }
  std::string text(const std::string& path) const {
    return read_file(folder_ / "board" / path).value();
  }
  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                  ("live-board-" + std::to_string(::getpid()) + "-" +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

LayerPowers two_segments() {
  LayerPowers powers;
  powers.first = {Watts(2.0), Watts(5.0)};
  powers.repeated = {Watts(2.5), Watts(5.5)};
  powers.gap = Watts(0.5);
  return powers;
}

TEST(ActivityLoad, GivesSegmentsTheirPowers) {
  ActivityLoad load(two_segments());
  const Instant t = instant_from_ns(1000);
  EXPECT_EQ(load.step({t, 1, 0}).watts, 5.0);
  EXPECT_EQ(load.step({t, 1, 3}).watts, 5.5);
  EXPECT_EQ(load.step({t, kActivityGap, 0}).watts, 0.5);
  EXPECT_EQ(load.step({t, kActivityIdle, 0}).watts, 0.0);
  EXPECT_EQ(load.step({t, 9, 0}).watts, 0.5);
}

TEST(ActivityLoad, TakesALongGapForIdle) {
  ActivityLoad load(two_segments());
  const Instant t = instant_from_ns(1000);
  load.step({t, kActivityGap, 0});
  EXPECT_FALSE(load.end_of_long_gap(t + kLongestGap));
  const auto idle = load.end_of_long_gap(t + kLongestGap + 1ms);
  ASSERT_TRUE(idle);
  EXPECT_EQ(idle->at, t + kLongestGap);
  EXPECT_EQ(idle->watts, 0.0);
  EXPECT_FALSE(load.end_of_long_gap(t + 1s));
}

TEST_F(LiveBoard, ShowsRegistersAsADriverPrintsThem) {
  const auto board = find_virtual_board("orin-nano").value();
  auto tree = VirtualSysfs::create(board, folder_ / "board");
  ASSERT_TRUE(tree) << tree.error().to_string();
  tree->show(0, 0, {5032, 736, 0});
  tree->show(0, 2, {5032, -8, 0});
  const std::string chip = "sys/class/hwmon/hwmon1/";
  EXPECT_EQ(text(chip + "name"), "ina3221\n");
  EXPECT_EQ(text(chip + "samples"), "512\n");
  EXPECT_EQ(text(chip + "update_interval"), "1\n");
  EXPECT_EQ(text(chip + "in1_label"), "VDD_IN\n");
  EXPECT_EQ(text(chip + "in1_input"), "0005032\n");
  EXPECT_EQ(text(chip + "curr1_input"), "0000736\n");
  EXPECT_EQ(text(chip + "curr3_input"), "-000008\n");
  EXPECT_EQ(text("proc/device-tree/model"), std::string("virtual Jetson Orin Nano\0", 25));
}

TEST_F(LiveBoard, MakesATreeForEveryBoard) {
  for (const VirtualBoard& board : virtual_boards()) {
    const auto root = folder_ / board.name;
    EXPECT_TRUE(VirtualSysfs::create(board, root)) << board.name;
    EXPECT_FALSE(VirtualSysfs::create(board, root)) << "not empty any more";
  }
}

TEST_F(LiveBoard, ShowsWhatTheMeasuringProcessDoes) {
  LiveBoardOptions options;
  options.board =
      with_sensor_settings(find_virtual_board("orin-nano").value(), 1, std::nullopt).value();
  options.sysfs = folder_ / "board";
  options.activity = folder_ / "activity";
  options.powers = two_segments();
  Cancellation stop;
  std::atomic<bool> is_ready{false};
  Result<LiveBoardSummary> summary = LiveBoardSummary{};
  std::filesystem::create_directories(folder_);
  std::thread server([&] {
    summary = serve_virtual_board(options, stop, [&] { is_ready = true; });
    is_ready = true;
  });
  while (!is_ready) std::this_thread::sleep_for(1ms);
  auto writer = ActivityWriter::open(options.activity);
  ASSERT_TRUE(writer);
  writer->begin(MonotonicClock::now(), 1, 0);
  // 3.6 W idle and 5 W at 5 V are 1720 mA, give or take noise; the board's low-pass gets there.
  constexpr double kExpected = 1720.0;
  constexpr double kTolerance = 60.0;
  long milliamperes = 0;
  for (int i = 0; i < 2000 && static_cast<double>(milliamperes) < kExpected - kTolerance; ++i) {
    std::this_thread::sleep_for(1ms);
    milliamperes = std::stol(text("sys/class/hwmon/hwmon1/curr1_input"));
  }
  writer->idle(MonotonicClock::now());
  stop.request();
  server.join();
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_NEAR(static_cast<double>(milliamperes), kExpected, kTolerance);
  EXPECT_GT(summary->cycles, 0);
  EXPECT_EQ(summary->lost_events, 0U);
  const auto truth = read_virtual_truth(options.sysfs / kVirtualTruthFile);
  ASSERT_TRUE(truth) << truth.error().to_string();
  EXPECT_EQ(truth->powers.first, options.powers.first);
}

}  // namespace
}  // namespace layerwatt
