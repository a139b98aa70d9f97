#include <gmock/gmock.h>

#include <sstream>

#include "layerwatt/recording/recorder.h"

#include "recording/recorder/recorder_message.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;

RecorderSummary example() {
  RecorderSummary summary;
  summary.complete = true;
  summary.end = "every sensor vanished";
  summary.failure = "every sensor vanished 3.0 s after \"begin\"";
  summary.period = std::chrono::milliseconds(1);
  summary.ticks = 2990;
  summary.late_ticks = 7;
  summary.lost_ticks = 10;
  summary.lateness = {Duration(4'000), Duration(52'000), Duration(900'000)};
  summary.cpu_share = 0.0075;
  summary.scheduler = "SCHED_FIFO 50";
  summary.pinned_cpu = 3;
  summary.begin.monotonic = instant_from_ns(123);
  summary.begin.local = local_time_from_ns(1'700'000'000'000'000'000);
  summary.rails.push_back({"VDD_IN", 2900, 80, 0, 10, true});
  summary.warnings = {"no real-time priority"};
  return summary;
}

std::string text_of(const RecorderSummary& summary) {
  std::ostringstream text;
  write_recorder_summary(summary, text);
  return text.str();
}

TEST(RecorderSummary, ReadsWhatItWrites) {
  const auto read = parse_recorder_summary(text_of(example()));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(text_of(*read), text_of(example()));
  EXPECT_EQ(read->rails, example().rails);
  EXPECT_EQ(read->pinned_cpu, 3);
}

TEST(RecorderSummary, TellsThePaceAsAPersonWouldSayIt) {
  RecorderSummary summary = example();
  EXPECT_EQ(describe_pace(summary), "every 1.00 ms");
  summary.period = Duration(0);
  EXPECT_EQ(describe_pace(summary), "as fast as the bus allows");
  summary.own_pace = std::chrono::microseconds(20100);
  EXPECT_EQ(describe_pace(summary), "at the sensor's own pace, every 20.1 ms or so");
  EXPECT_EQ(parse_recorder_summary(text_of(summary))->own_pace, summary.own_pace);
}

TEST(RecorderSummary, SaysThatPowerIsVirtualAndNothingWhereItIsMeasured) {
  RecorderSummary summary = example();
  EXPECT_THAT(text_of(summary), ::testing::Not(HasSubstr("virtual")));
  summary.is_virtual = true;
  EXPECT_THAT(text_of(summary), HasSubstr("\"virtual\": true"));
  EXPECT_TRUE(parse_recorder_summary(text_of(summary))->is_virtual);
}

TEST(RecorderSummary, NamesTheRailsWithoutAReadingAndWhatCameInstead) {
  RecorderSummary summary = example();
  const std::vector<std::string> rails = {"VDD_IN", "VDD_SOC"};
  EXPECT_EQ(unread_rails(summary, rails), "");
  summary.rails.push_back({"VDD_SOC", 0, 2, 0, 2988, false});
  summary.rails.push_back({"VDD_X", 0, 0, 5, 0, false});
  const std::string unread = unread_rails(summary, rails);
  EXPECT_THAT(unread, HasSubstr("not one reading could be taken of VDD_SOC (2,988 held no number"));
  EXPECT_THAT(unread, HasSubstr("2 found the device busy"));
  EXPECT_THAT(unread, ::testing::Not(HasSubstr("VDD_X")));
}

TEST(RecorderSummary, NamesTheMemberThatIsMissing) {
  std::string text = text_of(example());
  text.replace(text.find("late_ticks"), 4, "LATE");
  const auto read = parse_recorder_summary(text);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), HasSubstr("'late_ticks'"));
}

TEST(RecorderSummary, RefusesAFileCutInHalf) {
  const std::string text = text_of(example());
  EXPECT_FALSE(parse_recorder_summary(text.substr(0, text.size() / 2)));
  EXPECT_FALSE(parse_recorder_summary("[]"));
}

TEST(RecorderMessage, SurvivesChunksOfAnySize) {
  const std::string stream =
      format_message({example(), std::nullopt}) +
      format_message({std::nullopt, Error(ErrorCode::kNotFound, "no sensor").at("/sys")});
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
    MessageReader reader;
    std::vector<RecorderMessage> messages;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      reader.feed(std::string_view(stream).substr(at, size));
      while (auto message = reader.next()) messages.push_back(std::move(*message));
    }
    ASSERT_EQ(messages.size(), 2U);
    ASSERT_TRUE(messages[0].summary);
    EXPECT_EQ(messages[0].summary->ticks, 2990);
    ASSERT_TRUE(messages[1].error);
    EXPECT_EQ(messages[1].error->code(), ErrorCode::kNotFound);
    EXPECT_EQ(messages[1].error->message(), "/sys: no sensor");
  }
}

}  // namespace
}  // namespace layerwatt
