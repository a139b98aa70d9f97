#include "layerwatt/dataset/power_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/core/local_time.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kFirst = "20241121-05:20:04.261448,5000.0,1096.0\n";
constexpr std::string_view kSecond = "20241121-05:20:04.262827,5000.0,1104.0\n";

Result<PowerLog> parse(std::string_view text, std::size_t chunk = 1000000) {
  PowerLogParser parser;
  while (!text.empty()) {
    if (auto fed = parser.feed(text.substr(0, chunk)); !fed) return std::move(fed).error();
    text.remove_prefix(std::min(chunk, text.size()));
  }
  return parser.finish();
}

std::string error_of(const std::string& text) {
  const auto log = parse(text);
  return log ? "no error" : log.error().message();
}

TEST(PowerLog, GivesTimeVoltageAndCurrent) {
  const auto log = parse(std::string(kFirst) + std::string(kSecond));
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_THAT(log->millivolts, ElementsAre(5000.0, 5000.0));
  EXPECT_THAT(log->milliamperes, ElementsAre(1096.0, 1104.0));
  EXPECT_EQ(log->microwatts(0), 5480000.0);
  EXPECT_EQ(log->time[1] - log->time[0], std::chrono::microseconds(1379));
  EXPECT_FALSE(log->last_line_cut);
}

TEST(PowerLog, LeavesOutWhatNoReadingCanBeAndCountsIt) {
  const auto log = parse(std::string(kFirst) + "20241121-05:20:04.262000,5000.0,1e300\n" +
                         "20241121-05:20:04.262100,1e300,-1e300\n" + std::string(kSecond));
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_THAT(log->milliamperes, ElementsAre(1096.0, 1104.0));
  EXPECT_EQ(log->implausible, 2);
  EXPECT_THAT(log->notes(),
              ElementsAre("2 readings of the power log are beyond any voltage or current and were "
                          "left out, the first in line 2: "
                          "'20241121-05:20:04.262000,5000.0,1e300'."));
}

TEST(PowerLog, OfNothingElseIsNone) {
  const TemporaryFolder folder;
  const auto path = folder.write("p.log", "20241121-05:20:04.262000,5000.0,1e300\n");
  const auto log = read_power_log(path);
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().message(), HasSubstr("line 1"));
}

TEST(PowerLog, InMicrovoltsIsReadSoThatItCanBeTold) {
  EXPECT_EQ(parse("20241121-05:20:04.262000,20000000,20000000\n")->implausible, 0);
}

TEST(PowerLog, ReadsTheSameInChunksOfAnySize) {
  const std::string text = std::string(kFirst) + std::string(kSecond) + std::string(kSecond);
  for (std::size_t chunk = 1; chunk < text.size(); ++chunk) {
    const auto log = parse(text, chunk);
    ASSERT_TRUE(log);
    EXPECT_THAT(log->milliamperes, ElementsAre(1096.0, 1104.0, 1104.0));
  }
}

TEST(PowerLog, TakesNegativeCurrentsEqualStampsAndWindowsLineEnds) {
  const auto log = parse(
      "20241121-05:20:04.261448,5000.0,-3.5\r\n"
      "20241121-05:20:04.261448,5000.0,8\r\n");
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_THAT(log->milliamperes, ElementsAre(-3.5, 8.0));
}

TEST(PowerLog, ALastLineThatWasCutIsLeftOutAndTold) {
  const std::string whole(kFirst);
  // Every place where the second line can be cut, also inside its last number.
  for (std::size_t cut = 1; cut + 1 < kSecond.size(); ++cut) {
    const auto log = parse(whole + std::string(kSecond.substr(0, cut)));
    ASSERT_TRUE(log) << log.error().to_string();
    const bool complete = cut + 1 == kSecond.size();
    EXPECT_EQ(log->size(), complete || cut == kSecond.size() - 1 ? 2U : 1U) << cut;
    EXPECT_EQ(log->last_line_cut, log->size() == 1) << cut;
  }
}

TEST(PowerLog, ALastLineWithoutItsNewlineIsTakenIfItIsWhole) {
  const auto log = parse(std::string(kFirst) + "20241121-05:20:04.262827,5000.0,1104.0");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->size(), 2U);
  EXPECT_FALSE(log->last_line_cut);
}

TEST(PowerLog, ACutOrInterleavedLineInsideIsNamed) {
  EXPECT_THAT(error_of(std::string(kFirst) + "20241121-05:20\n" + std::string(kSecond)),
              AllOf(HasSubstr("line 2: expected"), HasSubstr("found '20241121-05:20'")));
  EXPECT_THAT(error_of(std::string(kFirst) +
                       "20241121-05:20:04.2620241121-05:20:04.262827,5000.0,1104.0\n"),
              HasSubstr("line 2: '20241121-05:20:04.2620241121-05:20:04.262827' is not a time"));
  EXPECT_THAT(error_of("20241121-05:20:04.26,5000.0,1104.020241121-05:20:04.27,5000.0,1.0\n"),
              HasSubstr("did two recorders write this file"));
}

TEST(PowerLog, NumbersThatAreNoneAreNamed) {
  EXPECT_THAT(error_of("20241121-05:20:04.261448,nan,1096.0\n"),
              HasSubstr("line 1: 'nan' is not a number of millivolts"));
  EXPECT_THAT(error_of("20241121-05:20:04.261448,5000.0,inf\n"),
              HasSubstr("'inf' is not a number of milliamperes"));
  EXPECT_THAT(error_of("20241121-05:20:04.261448,5000.0,\n"), HasSubstr("'' is not a number"));
  EXPECT_THAT(error_of("20241331-05:20:04.261448,5000.0,1\n"), HasSubstr("is not a time"));
}

TEST(PowerLog, AStampThatGoesBackwardsIsNamedWithBothTimes) {
  EXPECT_THAT(error_of(std::string(kSecond) + std::string(kFirst)),
              AllOf(HasSubstr("line 2"), HasSubstr("20241121-05:20:04.261448 is earlier"),
                    HasSubstr("20241121-05:20:04.262827")));
}

TEST(PowerLog, BytesThatAreNoTextAreShownSafely) {
  EXPECT_THAT(error_of(std::string("\x1b[31m\x00\xff,\n", 9)), HasSubstr("'?[31m??,'"));
  EXPECT_THAT(error_of(std::string(100000, 'x')), HasSubstr("longer than any line"));
}

TEST(PowerLog, FilesAreNamedInErrors) {
  const TemporaryFolder folder;
  const auto bad = folder.write("m_power_log.log", std::string(kFirst) + "x,y\n");
  EXPECT_THAT(read_power_log(bad).error().to_string(),
              AllOf(HasSubstr("m_power_log.log: line 2"), HasSubstr("'x,y'")));
  EXPECT_THAT(read_power_log(folder.write("e.log", "")).error().message(),
              HasSubstr("has no samples"));
  EXPECT_EQ(read_power_log(folder / "none.log").error().code(), ErrorCode::kNotFound);
}

TEST(PowerLog, BecomesATraceInLocalTime) {
  const auto log = parse(kFirst);
  const PowerTrace trace = to_power_trace(*log, Rail{});
  ASSERT_TRUE(validate(trace));
  EXPECT_EQ(to_ns(trace.before[0]), to_ns(log->time[0]));
  EXPECT_DOUBLE_EQ(trace.power[0].value(), 5.48);
  EXPECT_DOUBLE_EQ(trace.voltage[0].value(), 5.0);
}

TEST(PowerLog, LinesAreWrittenAsTheyAreRead) {
  const auto time = parse_local_stamp("20241121-05:20:04.261448");
  EXPECT_EQ(format_power_log_line(*time, 5000.0, 1096.0), kFirst);
}

}  // namespace
}  // namespace layerwatt
