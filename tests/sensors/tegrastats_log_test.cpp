#include "layerwatt/sensors/tegrastats_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

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

std::string stamped(const std::string& time, int milliwatts) {
  return "04-28-2025 " + time + " RAM 1/2MB VDD_IN " + std::to_string(milliwatts) + "mW/1mW\n";
}

/// Begin of each line of the first rail, seconds from the log's begin.
std::vector<double> begins_of(const TegrastatsLog& log) {
  std::vector<double> begins;
  for (const Instant t : log.traces.at(0).before) begins.push_back(to_seconds(t - Instant()));
  return begins;
}

bool tells(const TegrastatsLog& log, const std::string& words) {
  return std::ranges::any_of(
      log.notes, [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

TEST(TegrastatsLog, LinesOfSecondsThatBeganOrEndedWithinTheLogStandAsCloseAsTheOthers) {
  std::string text;
  for (const auto& [second, count] : {std::pair{5, 10}, {6, 50}, {7, 50}, {8, 10}}) {
    for (int i = 0; i < count; ++i) text += stamped("08:28:0" + std::to_string(second), 1);
  }
  const auto log = read_text(text);
  ASSERT_TRUE(log) << log.error().to_string();
  ASSERT_TRUE(log->begin);
  EXPECT_EQ(format_local_stamp(*log->begin), "20250428-08:28:05.800000");
  const std::vector<double> begins = begins_of(*log);
  for (std::size_t i = 0; i < begins.size(); ++i) {
    EXPECT_NEAR(begins[i], 0.02 * static_cast<double>(i), 1e-9) << i;
  }
  EXPECT_NEAR(to_seconds(log->traces[0].after.back() - Instant()), 2.4, 1e-9);
}

TEST(TegrastatsLog, ALogWithinTwoSecondsStandsAsCloseAsTheFullerOneOrTheIntervalSays) {
  std::string text;
  for (int i = 0; i < 4; ++i) text += stamped("08:28:05", 1);
  for (int i = 0; i < 10; ++i) text += stamped("08:28:06", 1);
  const auto log = read_text(text);
  ASSERT_TRUE(log);
  EXPECT_NEAR(begins_of(*log)[1], 0.1, 1e-9);
  EXPECT_EQ(format_local_stamp(*log->begin), "20250428-08:28:05.600000");
}

TEST(TegrastatsLog, AClockThatWasSetBackIsToldAndTimeGoesOn) {
  std::string text;
  for (const char* second : {"05", "05", "06", "06", "05", "05", "06", "06", "07"}) {
    text += stamped("08:28:" + std::string(second), 1);
  }
  const auto log = read_text(text);
  ASSERT_TRUE(log);
  EXPECT_TRUE(validate(log->traces[0]));
  const std::vector<double> begins = begins_of(*log);
  for (std::size_t i = 0; i < begins.size(); ++i) {
    EXPECT_NEAR(begins[i], 0.5 * static_cast<double>(i), 1e-9) << i;
  }
  // On the clock of the five lines after it.
  EXPECT_EQ(format_local_stamp(*log->begin), "20250428-08:28:03.000000");
  EXPECT_TRUE(tells(*log, "set back by 2.0 s before line 5"));
  EXPECT_TRUE(tells(*log, "lines 5 to 9"));
}

TEST(TegrastatsLog, SummerTimeAndABoardThatLearnsTheDateMakeNoGap) {
  const auto winter = read_text(stamped("02:59:58", 1) + stamped("02:59:59", 1) +
                                stamped("02:00:00", 1) + stamped("02:00:01", 1));
  ASSERT_TRUE(winter);
  EXPECT_NEAR(begins_of(*winter).back(), 3.0, 1e-9);
  EXPECT_TRUE(tells(*winter, "summer time"));
  const auto summer = read_text(stamped("01:59:58", 1) + stamped("01:59:59", 1) +
                                stamped("03:00:00", 1) + stamped("03:00:01", 1));
  ASSERT_TRUE(summer);
  EXPECT_NEAR(begins_of(*summer).back(), 3.0, 1e-9);
  EXPECT_TRUE(tells(*summer, "forward by 1.00 h (summer time)"));
  const auto boot = read_text("01-01-1970 00:00:10 RAM 1/2MB A 1/1\n" + stamped("08:00:00", 1) +
                              stamped("08:00:01", 1));
  ASSERT_TRUE(boot);
  EXPECT_EQ(format_local_stamp(*boot->begin), "20250428-07:59:59.000000");
  const auto prefix = read_text(
      "1700000000.0::RAM 1/2MB A 1/1\n1700000000.5::RAM 1/2MB A 1/1\n"
      "1699999000.0::RAM 1/2MB A 1/1\n1699999000.5::RAM 1/2MB A 1/1\n");
  ASSERT_TRUE(prefix);
  EXPECT_NEAR(to_seconds(prefix->traces[0].after.back() - Instant()), 1.5, 1e-6);
  EXPECT_TRUE(tells(*prefix, "set back"));
}

TEST(TegrastatsLog, APauseStaysAPauseAndIsTold) {
  const auto log = read_text(stamped("08:00:00", 1) + stamped("08:00:01", 1) +
                             stamped("08:01:02", 1) + stamped("08:01:03", 1));
  ASSERT_TRUE(log);
  EXPECT_NEAR(begins_of(*log).back(), 63.0, 1e-9);
  EXPECT_TRUE(tells(*log, "No line for 61.0 s before line 3"));
}

const std::string kTx2 =
    "RAM 1404/7860MB (lfb 236x4MB) SWAP 0/3930MB (cached 0MB) CPU "
    "[0%@345,0%@960,0%@960,0%@345,0%@345,0%@345] EMC_FREQ 0% GR3D_FREQ 0% PLL@35.5C MCPU@35.5C "
    "PMIC@100C Tboard@30C GPU@32C BCPU@35.5C thermal@34.1C Tdiode@31.5C VDD_SYS_GPU 153/153 "
    "VDD_SYS_SOC 306/306 VDD_4V0_WIFI 0/0 VDD_IN 1649/1649 VDD_SYS_CPU 306/306 VDD_SYS_DDR "
    "173/173";

TEST(TegrastatsLog, LinesThatWereWrappedAtBlanksOrAnywhereAreJoined) {
  const auto whole = read_text(kTx2 + "\n" + kTx2 + "\n", std::chrono::milliseconds(1000));
  ASSERT_TRUE(whole);
  ASSERT_EQ(whole->traces.size(), 6U);
  for (std::size_t width = 30; width < 130; ++width) {
    SCOPED_TRACE(width);
    std::string text;
    for (int repeat = 0; repeat < 2; ++repeat) {
      for (std::size_t at = 0; at < kTx2.size(); at += width) {
        text += kTx2.substr(at, width) + "\n";
      }
    }
    const auto log = read_text(text, std::chrono::milliseconds(1000));
    ASSERT_TRUE(log) << log.error().to_string();
    EXPECT_EQ(log->lines, 2);
    EXPECT_EQ(log->dropped_lines, 0);
    ASSERT_EQ(log->traces.size(), 6U);
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(log->traces[i].rail.name, whole->traces[i].rail.name);
      EXPECT_EQ(log->traces[i].power, whole->traces[i].power);
    }
    EXPECT_TRUE(tells(*log, "were joined to it"));
  }
}

TEST(TegrastatsLog, ADateWrappedOffItsLineStillIsItsDate) {
  const auto log = read_text(
      "04-28-2025 08:28:05\nRAM 1/2MB VDD_IN 1mW/1mW\n04-28-2025\n08:28:06 RAM 1/2MB\n"
      "VDD_IN 2mW/1mW\n");
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ(log->times, TegrastatsTimes::kStamp);
  EXPECT_EQ(log->lines, 2);
  EXPECT_EQ(log->traces[0].size(), 2U);
}

TEST(TegrastatsLog, LinesThatStandInOneAreTakenApart) {
  for (const char* between : {"", " ", "\r"}) {
    std::string text = stamped("08:28:05", 1);
    text.back() = 'X';
    text.pop_back();
    text += between + stamped("08:28:06", 2) + stamped("08:28:07", 3);
    const auto log = read_text(text);
    ASSERT_TRUE(log) << log.error().to_string();
    ASSERT_EQ(log->traces.size(), 1U) << log->traces.back().rail.name;
    EXPECT_EQ(log->traces[0].size(), 3U);
    EXPECT_TRUE(tells(*log, "1 line stood without a line break"));
  }
  const auto no_unit = read_text("RAM 1/2MB A 10/10RAM 3/4MB A 20/15\n", std::chrono::seconds(1));
  ASSERT_TRUE(no_unit);
  EXPECT_EQ(no_unit->traces.at(0).size(), 2U);
}

TEST(TegrastatsLog, WhatALoggerPutsInFrontOfLinesIsPassedOver) {
  const auto log = read_text(
      "Apr 28 08:28:05 orin tegrastats[88]: RAM 1/2MB A 1/1\n"
      "Apr 28 08:28:06 orin tegrastats[88]: RAM 1/2MB A 2/1\n",
      std::chrono::seconds(1));
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ(log->lines, 2);
  EXPECT_EQ(log->dropped_lines, 0);
  EXPECT_TRUE(log->notes.empty());
}

TEST(TegrastatsLog, WhatWasDroppedIsToldWithItsLine) {
  const auto log =
      read_text("1.0::RAM 1/2MB A 1/1\nkernel: something else happened\n1.1::RAM 1/2MB A 2/1\n");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->dropped_lines, 1);
  EXPECT_TRUE(tells(*log, "line 2: 'kernel: something else happened'"));
  const std::string nul(5, '\0');
  const auto cut = read_text("1.0::RAM 1/2MB A 1/1\n1.1::RAM" + nul + "1.2::RAM 1/2MB A 2/1\n");
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->dropped_lines, 1);
  EXPECT_EQ(cut->traces[0].size(), 2U);
}

TEST(TegrastatsLog, DecimalsAreKeptAndFieldsThatCannotBeReadAreNamed) {
  const auto log = read_text("1.0::RAM 1/2MB VIN 125.5mW/500mW B 1,5/2\n1.1::RAM 1/2MB VIN 1/2\n");
  ASSERT_TRUE(log);
  EXPECT_DOUBLE_EQ(log->traces[0].power[0].value(), 0.1255);
  EXPECT_DOUBLE_EQ(log->traces[0].rail.model.lsb->value(), 1e-4);
  EXPECT_TRUE(tells(*log, "The field B has the form of a rail"));
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
