// A recorded run, run again without the engine that ran it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "layerwatt/dataset/layer_latency.h"

#include "cli/command_run.h"
#include "dataset/temporary_folder.h"

namespace layerwatt::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class MeasureReplay : public testing::Test {
 protected:
  std::filesystem::path recorded() const { return folder_ / "recorded" / "lenet-like"; }
  std::filesystem::path raw() const { return folder_ / "raw"; }
  Outcome record(std::vector<std::string> options) {
    if (std::ranges::find(options, "--duration") == options.end()) {
      options.insert(options.end(), {"--duration", "1"});
    }
    options.insert(options.begin(), {"simulate", "--network", "lenet-like", "--result-dir",
                                     (folder_ / "recorded").string()});
    return run_command(options);
  }
  Outcome replay(std::vector<std::string> options) {
    options.insert(options.begin(),
                   {"measure", "--engine", "replay", "--sensor", "virtual:orin-nano", "--runs", "5",
                    "--warmup", "1", "--result-dir", raw().string()});
    return run_command(options);
  }
  TemporaryFolder folder_;
};

TEST_F(MeasureReplay, RepeatsRecordedRunTimes) {
  ASSERT_EQ(record({}).code, 0);
  const Outcome outcome = replay({recorded().string()});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("lenet-like"), HasSubstr("VIRTUAL")));
  const std::filesystem::path file = "trt_profiling/trt_layer_latency.json";
  const auto before = read_layer_latencies(recorded() / file);
  const auto after = read_layer_latencies(raw() / "lenet-like" / file);
  ASSERT_TRUE(before) << before.error().to_string();
  ASSERT_TRUE(after) << after.error().to_string();
  ASSERT_EQ(after->layers.size(), before->layers.size());
  ASSERT_EQ(after->passes, 5);
  // The first passes of a session are not reported.
  constexpr std::size_t kNotReported = 3;
  for (std::size_t i = 0; i < before->layers.size(); ++i) {
    EXPECT_EQ(after->layers[i].name, before->layers[i].name);
    for (std::size_t pass = 0; pass < 5; ++pass) {
      EXPECT_NEAR(after->layers[i].milliseconds[pass],
                  before->layers[i].milliseconds[pass + kNotReported], 1e-5);
    }
  }
}

TEST_F(MeasureReplay, TakesDatasetsOfOthers) {
  ASSERT_EQ(record({"--published-only"}).code, 0);
  const Outcome outcome = replay({(folder_ / "recorded").string()});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("lenet-like"));
}

TEST_F(MeasureReplay, RefusesWhatIsNoRecordedRun) {
  const Outcome outcome = replay({"alexnet"});
  EXPECT_NE(outcome.code, 0);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("alexnet"), HasSubstr("folder of a recorded model")));
  EXPECT_FALSE(std::filesystem::exists(raw()));
}

TEST_F(MeasureReplay, TakesTheRunTimesInPlaceOfARunOfAnotherSchedule) {
  ASSERT_EQ(record({"--schedule", "weighing", "--duration", "4"}).code, 0);
  const std::filesystem::path file = "trt_profiling/trt_layer_latency.json";
  ASSERT_TRUE(std::filesystem::exists(recorded() / file));
  const Outcome outcome = replay({recorded().string()});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto before = read_layer_latencies(recorded() / file);
  const auto after = read_layer_latencies(raw() / "lenet-like" / file);
  ASSERT_TRUE(before && after);
  ASSERT_EQ(after->layers.size(), before->layers.size());
  EXPECT_THAT(slurp(raw() / "lenet-like/run.json"), HasSubstr("run times in place"));
  std::filesystem::remove(recorded() / file);
  const Outcome without = replay({recorded().string(), "--force"});
  EXPECT_EQ(without.code, 1);
  EXPECT_THAT(without.err, HasSubstr("--schedule weighing"));
}

TEST_F(MeasureReplay, RefusesPassesThatAreNotTheNetworks) {
  ASSERT_EQ(record({}).code, 0);
  const Outcome asked_so = replay({recorded().string(), "--schedule", "weighing"});
  EXPECT_EQ(asked_so.code, 2);
  EXPECT_THAT(asked_so.err, HasSubstr("--schedule whole"));
}

}  // namespace
}  // namespace layerwatt::cli
