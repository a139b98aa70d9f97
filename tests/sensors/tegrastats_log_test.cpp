#include "layerwatt/sensors/tegrastats_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "layerwatt/core/local_time.h"

namespace layerwatt {
namespace {

const std::filesystem::path kLogs = std::filesystem::path(LAYERWATT_TEST_DATA) / "tegrastats/logs";

Result<TegrastatsLog> read_text(const std::string& text,
                                std::optional<std::chrono::milliseconds> interval = std::nullopt) {
  std::istringstream in(text);
  return read_tegrastats_log(in, interval);
}

TEST(TegrastatsLog, ARealOrinNxLogGivesThreeRailsInOneSecond) {
  std::ifstream in(kLogs / "orinnx_16gb_basic.tegrastats");
  const auto log = read_tegrastats_log(in, std::nullopt);
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ(log->times, TegrastatsTimes::kPrefix);
  EXPECT_EQ(log->lines, 91);
  ASSERT_TRUE(log->begin);
  EXPECT_EQ(format_local_stamp(*log->begin), "20250625-09:43:11.917512");
  EXPECT_EQ(log->dropped_lines, 0);
  ASSERT_EQ(log->traces.size(), 3U);
  for (const PowerTrace& trace : log->traces) {
    EXPECT_TRUE(validate(trace)) << trace.rail.name;
    EXPECT_EQ(trace.size(), 91U);
  }
  EXPECT_EQ(log->traces[0].rail.name, "VDD_IN");
  EXPECT_NEAR(to_seconds(log->traces[0].after.back() - log->traces[0].after.front()), 1.0, 0.05);
}

TEST(TegrastatsLog, StampsOfASecondAreSpreadOverIt) {
  const auto log = read_text(
      "06-25-2025 09:41:10 RAM 1/2MB A 1/1\n06-25-2025 09:41:10 RAM 1/2MB A 2/1\n"
      "06-25-2025 09:41:11 RAM 1/2MB A 3/1\n");
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ(log->times, TegrastatsTimes::kStamp);
  const PowerTrace& trace = log->traces[0];
  EXPECT_EQ(trace.before[0], Instant(Duration(0)));
  EXPECT_EQ(trace.before[1], Instant(std::chrono::milliseconds(500)));
  EXPECT_EQ(trace.after[1], Instant(std::chrono::seconds(1)));
  EXPECT_EQ(trace.before[2], Instant(std::chrono::seconds(1)));
}

TEST(TegrastatsLog, LinesWithoutTimesNeedAnInterval) {
  const std::string text = "RAM 1/2MB A 1/1\nRAM 1/2MB A 2/1\n";
  const auto without = read_text(text);
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().message().find("interval"), std::string::npos);
  const auto log = read_text(text, std::chrono::milliseconds(20));
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ(log->traces[0].before[1], Instant(std::chrono::milliseconds(20)));
}

TEST(TegrastatsLog, DamagedLinesAreCountedAndTheRestIsKept) {
  const auto log = read_text("1.0::RAM 1/2MB A 1/1\n1.1::RAM 1/\n1.2::RAM 1/2MB A 3/2\n");
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ(log->dropped_lines, 1);
  ASSERT_EQ(log->traces[0].size(), 2U);
  EXPECT_DOUBLE_EQ(log->traces[0].power[1].value(), 0.003);
}

TEST(TegrastatsLog, AClockSetBackDoesNotTurnTimeAround) {
  const auto log = read_text("5.0::RAM 1/2MB A 1/1\n4.0::RAM 1/2MB A 2/1\n6.0::RAM 1/2MB A 3/1\n");
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_TRUE(validate(log->traces[0]));
}

TEST(TegrastatsLog, NoLineNoRailsAreErrorsThatSayWhy) {
  const auto foreign = read_text("hello\nworld\n");
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code(), ErrorCode::kParse);
  const auto no_rails = read_text("RAM 1/2MB CPU@40C\n");
  ASSERT_FALSE(no_rails);
  EXPECT_NE(no_rails.error().message().find("root"), std::string::npos);
}

TEST(TegrastatsLog, PeakTemperaturesAreKept) {
  const auto log = read_text(
      "1::RAM 1/2MB gpu@40C A 1/1\n2::RAM 1/2MB gpu@42.5C A 1/1\n3::RAM 1/2MB gpu@41C A 1/1\n");
  ASSERT_TRUE(log);
  ASSERT_EQ(log->peak_celsius.size(), 1U);
  EXPECT_EQ(log->peak_celsius[0].second, 42.5);
}

}  // namespace
}  // namespace layerwatt
