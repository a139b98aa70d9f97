#include "layerwatt/recording/recorder_arguments.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

/// As the command line of `layerwatt record` takes them.
RecorderOptions taken(const std::vector<std::string>& arguments) {
  RecorderOptions options;
  for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
    const std::string name = arguments[i].substr(2);
    bool known = false;
    for (const RecorderOption& option : recorder_options()) {
      if (option.row.name != name) continue;
      EXPECT_TRUE(option.row.refuse == nullptr || option.row.refuse(arguments[i + 1]).empty());
      option.take(arguments[i + 1], options);
      known = true;
    }
    if (!known) options.root.options[name] = arguments[i + 1];
  }
  return options;
}

TEST(RecorderArguments, ComeBackFromTheWayToTheProcess) {
  RecorderOptions options;
  options.output = "a folder/power.npy";
  options.root.path = "/";
  options.rails = {"VDD_IN", "VDD_SOC"};
  options.sensor = "tegrastats";
  options.root.options["tegrastats-interval"] = "100ms";
  options.period = 1234567ns;
  options.duration = 2s;
  options.pin = 3;
  options.realtime_priority = 50;
  const std::vector<std::string> arguments = recorder_arguments(options);
  const RecorderOptions back = taken(arguments);
  EXPECT_EQ(back.output, options.output);
  EXPECT_EQ(back.rails, options.rails);
  EXPECT_EQ(back.sensor, options.sensor);
  EXPECT_EQ(back.root.options, options.root.options);
  EXPECT_EQ(back.period, options.period);
  EXPECT_EQ(back.duration, options.duration);
  EXPECT_EQ(back.pin, options.pin);
  EXPECT_EQ(back.realtime_priority, options.realtime_priority);
  EXPECT_EQ(recorder_arguments(back), arguments);
}

TEST(RecorderArguments, LeaveOutWhatIsNotSet) {
  const auto arguments = recorder_arguments(RecorderOptions());
  EXPECT_THAT(arguments, Not(Contains("--rail")));
  EXPECT_THAT(arguments, Not(Contains("--sensor")));
  EXPECT_THAT(arguments, Not(Contains("--period")));
}

TEST(RecorderArguments, CarryTheRunThatIsReplayed) {
  const RecorderOptions options = taken({"--sensor", "replay:raw_data/alex:net"});
  EXPECT_EQ(options.sensor, "replay");
  EXPECT_EQ(options.root.options.at("replay"), "raw_data/alex:net");
  EXPECT_NE(options.root.read_recording, nullptr);
  EXPECT_THAT(recorder_arguments(options), Contains("replay:raw_data/alex:net"));
}

TEST(RecorderArguments, RefuseWhatIsNone) {
  for (const RecorderOption& option : recorder_options()) {
    if (option.row.refuse == nullptr) continue;
    EXPECT_THAT(option.row.refuse("no such thing"), Not(IsEmpty())) << option.row.name;
  }
}

}  // namespace
}  // namespace layerwatt
