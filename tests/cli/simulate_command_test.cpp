#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/simulation/virtual_recording.h"

#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt::cli {
namespace {

using testing::HasSubstr;

class SimulateCommand : public testing::Test {
 protected:
  Outcome simulate(std::vector<std::string> options) {
    options.insert(options.begin(), {"simulate", "--network", "lenet-like", "--duration", "1",
                                     "--result-dir", (folder_ / "raw").string()});
    return run_command(options);
  }
  TemporaryFolder folder_;
};

TEST_F(SimulateCommand, WritesADatasetThatMapReadsAndCallsVirtual) {
  const Outcome simulated = simulate({"--json", "--schedule", "weighing", "--seed", "9"});
  ASSERT_EQ(simulated.code, 0) << simulated.err;
  const auto json = parse_json(simulated.out);
  ASSERT_TRUE(json) << json.error().to_string();
  EXPECT_TRUE((*json)["virtual"].GetBool());
  EXPECT_EQ((*json)["layers"].GetInt(), 7);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "raw" / "lenet-like" / kVirtualTruthFile));
  const Outcome mapped =
      run_command({"map", "--raw-data-dir", (folder_ / "raw").string(), "--result-dir",
                   (folder_ / "out").string(), "--method", "window"});
  ASSERT_EQ(mapped.code, 0) << mapped.err;
  EXPECT_THAT(mapped.out, HasSubstr("VIRTUAL"));
}

TEST_F(SimulateCommand, WritesPublishedFilesAloneWhereAsked) {
  ASSERT_EQ(simulate({"--published-only", "--stamps", "callback"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "raw" / "lenet-like" / "run.json"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "raw" / "lenet-like" / "lenet-like_power_log.log"));
}

TEST_F(SimulateCommand, RefusesWhatNoBoardOrChipHas) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--board", "orin-nanoo"},
                                             {"--sensor-samples", "3"},
                                             {"--conversion-time", "141"},
                                             {"--schedule", "all"},
                                             {"--duration", "-1"}}) {
    const Outcome outcome = simulate(wrong);
    EXPECT_EQ(outcome.code, 2) << wrong[0];
    EXPECT_FALSE(outcome.err.empty());
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "raw"));
}

TEST_F(SimulateCommand, NamesANetworkThatIsNotThere) {
  const Outcome outcome = run_command(
      {"simulate", "--network", "resnet-like", "--result-dir", (folder_ / "raw").string()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("mobilenet-like"));
}

TEST_F(SimulateCommand, ServesAVirtualBoardForAsLongAsAsked) {
  const Outcome outcome =
      run_command({"virtual-board", "--sysfs-dir", (folder_ / "board").string(), "--activity",
                   (folder_ / "activity").string(), "--layers", "3", "--duration", "0.05"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("conversion cycles"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "board" / kVirtualTruthFile));
  const Outcome again = run_command({"virtual-board", "--sysfs-dir", (folder_ / "board").string(),
                                     "--activity", (folder_ / "activity").string()});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("not empty"));
}

}  // namespace
}  // namespace layerwatt::cli
