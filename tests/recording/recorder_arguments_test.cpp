#include "layerwatt/recording/recorder_arguments.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "layerwatt/recording/record_for_parent.h"

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

TEST(RecorderOrder, IsWhatTheOtherProcessWasTold) {
  RecorderOptions options;
  options.output = "power.npy";
  options.rails = {"VDD_IN"};
  options.root.options["tegrastats-interval"] = "100ms";
  options.period = 5ms;
  std::vector<std::string> arguments = recorder_arguments(options);
  arguments.insert(arguments.begin(), "record");
  arguments.insert(arguments.end(), {"--control-fd", "3"});
  const auto order = parse_recorder_order(arguments);
  ASSERT_TRUE(order) << order.error().to_string();
  EXPECT_EQ(order->control_fd, 3);
  EXPECT_EQ(recorder_arguments(order->options), recorder_arguments(options));
}

TEST(RecorderOrder, RefusesWhatNobodyTold) {
  const auto refused = [](std::vector<std::string> arguments) {
    return !parse_recorder_order(arguments);
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({"record"}));
  EXPECT_TRUE(refused({"measure", "--control-fd", "3"}));
  EXPECT_TRUE(refused({"record", "--control-fd"}));
  EXPECT_TRUE(refused({"record", "--control-fd", "-1"}));
  EXPECT_TRUE(refused({"record", "control-fd", "3"}));
  EXPECT_TRUE(refused({"record", "--period", "often", "--control-fd", "3"}));
  EXPECT_TRUE(refused({"record", "--colour", "red", "--control-fd", "3"}));
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
    EXPECT_THAT(option.row.refuse(""), Not(IsEmpty())) << option.row.name;
    // Any name will do for a file to write.
    if (option.row.name == "output") continue;
    EXPECT_THAT(option.row.refuse("no such thing"), Not(IsEmpty())) << option.row.name;
  }
}

}  // namespace
}  // namespace layerwatt
