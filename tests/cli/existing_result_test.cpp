#include <gmock/gmock.h>

#include <filesystem>

#include "layerwatt/dataset/idle_power.h"

#include "cli/command_run.h"
#include "dataset/temporary_folder.h"
#include "engines/onnxruntime_test_engine.h"

// A finished result is never lost: what would replace it stops before it starts, and says how to go
// on.

namespace layerwatt::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const auto kWaysOut =
    AllOf(HasSubstr("--force"), HasSubstr("--new-run"), HasSubstr("--result-dir"));

class ExistingResult : public ::testing::Test {
 protected:
  std::filesystem::path raw() const { return folder_ / "raw data"; }
  Outcome idle(std::vector<std::string> options) {
    options.insert(options.begin(), {"idle", "--sensor", "virtual:orin-nano", "--duration", "0.5",
                                     "--result-dir", raw().string()});
    return run_command(options);
  }
  Outcome replay(std::vector<std::string> options) {
    const auto recorded = folder_ / "recorded";
    if (!std::filesystem::exists(recorded)) {
      (void)run_command({"simulate", "--network", "lenet-like", "--duration", "1", "--result-dir",
                         recorded.string()});
    }
    options.insert(options.begin(), {"measure", (recorded / "lenet-like").string(), "--engine",
                                     "replay", "--sensor", "virtual:orin-nano", "--runs", "3",
                                     "--schedule", "whole", "--result-dir", raw().string()});
    return run_command(options);
  }
  TemporaryFolder folder_;
};

TEST_F(ExistingResult, OfMeasureIsKeptAndEveryWayOutIsNamed) {
  ASSERT_EQ(replay({}).code, 0);
  const std::string before = slurp(raw() / "lenet-like/run.json");
  const Outcome again = replay({});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, AllOf(kWaysOut, HasSubstr("lenet-like-2"), Not(HasSubstr("recording "))));
  EXPECT_EQ(slurp(raw() / "lenet-like/run.json"), before);
  EXPECT_FALSE(std::filesystem::exists(raw() / "lenet-like.recording"));
}

TEST_F(ExistingResult, IsNumberedOnRequest) {
  ASSERT_EQ(replay({}).code, 0);
  const std::string before = slurp(raw() / "lenet-like/run.json");
  ASSERT_EQ(replay({"--new-run"}).code, 0);
  const Outcome third = replay({"--new-run"});
  ASSERT_EQ(third.code, 0) << third.err;
  EXPECT_EQ(slurp(raw() / "lenet-like/run.json"), before);
  EXPECT_TRUE(std::filesystem::exists(raw() / "lenet-like-2/lenet-like-2_power_log.log"));
  EXPECT_TRUE(std::filesystem::exists(raw() / "lenet-like-3/run.json"));
  // Each is a model of the dataset.
  const Outcome mapped = run_command({"map", "--raw-data-dir", raw().string(), "--result-dir",
                                      (folder_ / "mapped").string(), "--method", "window"});
  EXPECT_EQ(mapped.code, 0) << mapped.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "mapped/lenet-like-3"));
}

TEST_F(ExistingResult, IsReplacedByForceAlone) {
  ASSERT_EQ(replay({}).code, 0);
  folder_.write("raw data/lenet-like/mine.txt", "of the earlier run");
  ASSERT_EQ(replay({"--force"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(raw() / "lenet-like/mine.txt"));
  EXPECT_FALSE(std::filesystem::exists(raw() / "lenet-like.replaced"));
}

TEST_F(ExistingResult, ThatIsPartialMovesAside) {
  ASSERT_EQ(replay({}).code, 0);
  std::string run = slurp(raw() / "lenet-like/run.json");
  const std::string whole = "\"partial\": false";
  ASSERT_NE(run.find(whole), std::string::npos) << run;
  folder_.write("raw data/lenet-like/run.json",
                run.replace(run.find(whole), whole.size(), "\"partial\": true"));
  const Outcome again = replay({});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("lenet-like.partial"));
  EXPECT_TRUE(std::filesystem::exists(raw() / "lenet-like.partial/run.json"));
}

TEST_F(ExistingResult, OfSomebodyElseIsKeptToo) {
  folder_.write("raw data/lenet-like/notes.txt", "mine");
  EXPECT_EQ(replay({}).code, 2);
  EXPECT_EQ(slurp(raw() / "lenet-like/notes.txt"), "mine");
}

TEST_F(ExistingResult, OfIdleIsKeptReplacedOrNumbered) {
  ASSERT_EQ(idle({}).code, 0);
  folder_.write("raw data/idling_power.json",
                R"({"timestamp": "20241121-051743", "avg_idle_power": 4000000.0})");
  const Outcome again = idle({});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, kWaysOut);
  const auto kept = read_idle_power(raw() / "idling_power.json");
  ASSERT_TRUE(kept);
  EXPECT_DOUBLE_EQ(kept->microwatts, 4e6);
  EXPECT_FALSE(kept->is_virtual);
  ASSERT_EQ(idle({"--new-run"}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(raw() / "idling_power-2.json"));
  ASSERT_EQ(idle({"--force"}).code, 0);
  const auto replaced = read_idle_power(raw() / "idling_power.json");
  ASSERT_TRUE(replaced);
  EXPECT_TRUE(replaced->is_virtual);
}

TEST_F(ExistingResult, OfTheStretchBeforeARunMakesRoomForIdle) {
  ASSERT_EQ(replay({}).code, 0);
  const auto stretch = read_idle_power(raw() / "idling_power.json");
  ASSERT_TRUE(stretch);
  EXPECT_THAT(stretch->source, HasSubstr("lenet-like"));
  EXPECT_TRUE(stretch->is_virtual);
  EXPECT_EQ(idle({}).code, 0);
}

TEST_F(ExistingResult, ThatWasMeasuredIsNotReplacedBySimulation) {
  folder_.write("raw data/lenet-like/run.json", "{}");
  const Outcome simulated = run_command(
      {"simulate", "--network", "lenet-like", "--duration", "1", "--result-dir", raw().string()});
  EXPECT_EQ(simulated.code, 2);
  EXPECT_THAT(simulated.err, HasSubstr("another --result-dir"));
  std::filesystem::remove_all(raw() / "lenet-like");
  folder_.write("raw data/idling_power.json",
                R"({"timestamp": "20241121-051743", "avg_idle_power": 4000000.0})");
  EXPECT_EQ(run_command({"simulate", "--network", "lenet-like", "--duration", "1", "--result-dir",
                         raw().string()})
                .code,
            2);
}

}  // namespace
}  // namespace layerwatt::cli
