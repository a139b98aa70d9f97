#include <gmock/gmock.h>

#include "layerwatt/dataset/idle_power.h"

#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"
#include "recording/sensor_tree.h"

namespace layerwatt::cli {
namespace {

using layerwatt::testing::SensorTree;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class IdleCommand : public ::testing::Test {
 protected:
  Outcome idle(std::vector<std::string> options) {
    options.insert(options.begin(), {"idle", "--result-dir", (folder_ / "raw").string()});
    return run_command(options);
  }
  /// Of a tree of files, as briefly as the machine lets it: on a busy one the recorder may not get
  /// to run within a fifth of a second.
  Outcome idle_on(const SensorTree& tree, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"--sysfs-root", tree.root().string(), "--duration"});
    for (const char* seconds : {"0.2", "2", "10"}) {
      std::vector<std::string> with = options;
      with.insert(with.begin() + 3, seconds);
      Outcome outcome = idle(with);
      if (outcome.err.find("no reading of the sensor could be taken") == std::string::npos) {
        return outcome;
      }
    }
    return {1, "", "the recorder took no reading within ten seconds"};
  }
  std::vector<std::string> written() const {
    std::vector<std::string> names;
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "raw", absent)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  TemporaryFolder folder_;
};

TEST_F(IdleCommand, WritesTheMeanPowerOfTheTotal) {
  SensorTree tree;
  // Without averaging the sensor settles at once, and so does the test.
  tree.write("samples", "1");
  tree.write("update_interval", "1");
  const Outcome outcome = idle_on(tree);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("Idle power of VDD_IN: 5.00 W"), HasSubstr("samples in"),
                                 Not(HasSubstr("VIRTUAL"))));
  EXPECT_THAT(written(), ::testing::ElementsAre("idling_power.json"));
  const auto power = read_idle_power(folder_ / "raw/idling_power.json");
  ASSERT_TRUE(power) << power.error().to_string();
  EXPECT_NEAR(power->microwatts, 5e6, 1e-3);
}

TEST_F(IdleCommand, RefusesReadingsThatAreAllExactlyZero) {
  SensorTree tree;
  tree.write("samples", "1");
  tree.write("update_interval", "1");
  tree.write("curr1_input", "0");
  const Outcome outcome = idle_on(tree);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("readings of VDD_IN are exactly 0 W"), HasSubstr("all ")));
  EXPECT_THAT(written(), ::testing::IsEmpty());
  // A rail that somebody names may be switched off, which is told.
  const Outcome named = idle_on(tree, {"--rail", "VDD_IN"});
  EXPECT_EQ(named.code, 0) << named.err;
  EXPECT_THAT(named.err, HasSubstr("are exactly 0 W"));
}

TEST_F(IdleCommand, TakesNoReadingBeyondAllForOne) {
  SensorTree tree;
  tree.write("samples", "1");
  tree.write("update_interval", "1");
  for (const char* beyond : {"100000000", "-100000000", "9223372036854775807"}) {
    tree.write("curr1_input", beyond);
    const Outcome outcome = idle_on(tree);
    EXPECT_EQ(outcome.code, 1) << beyond;
    EXPECT_THAT(written(), ::testing::IsEmpty()) << beyond;
  }
}

TEST_F(IdleCommand, CallsTheIdlePowerOfAVirtualBoardVirtual) {
  const Outcome outcome = idle({"--sensor", "virtual:orin-nano", "--duration", "1"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("VIRTUAL"), HasSubstr("Idle power of VDD_IN: 3.6")));
  EXPECT_THAT(written(), ::testing::ElementsAre("idling_power.json"));
}

TEST_F(IdleCommand, PrintsJson) {
  const Outcome outcome = idle({"--sensor", "virtual:orin-nano", "--duration", "1", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = parse_json(outcome.out);
  ASSERT_TRUE(json) << json.error().to_string();
  EXPECT_NEAR((*json)["idle_power_watts"].GetDouble(), 3.6, 0.1);
  EXPECT_TRUE((*json)["virtual"].GetBool());
  EXPECT_FALSE((*json)["partial"].GetBool());
}

TEST_F(IdleCommand, RefusesWrongWordsAndWritesNothing) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--duration", "0"},
                                             {"--duration", "-3"},
                                             {"--duration", "long"},
                                             {"--sensor", "ina3222"},
                                             {"--sensor", "virtual:orin"},
                                             {"--sysfs-root", "/nonexistent"}}) {
    const Outcome outcome = idle(wrong);
    EXPECT_EQ(outcome.code, 2) << wrong[1] << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("layerwatt idle: "));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "raw"));
}

TEST_F(IdleCommand, SaysThatThereIsNoSensorAndWritesNothing) {
  const TemporaryFolder empty;
  const Outcome outcome = idle({"--sysfs-root", empty.path().string(), "--duration", "1"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no power sensor"));
  EXPECT_THAT(written(), ::testing::IsEmpty());
}

TEST_F(IdleCommand, NamesAResultFolderThatCannotBeMade) {
  folder_.write("raw", "a file is in the way");
  const Outcome outcome = idle({"--sensor", "virtual:orin-nano", "--duration", "1"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr((folder_ / "raw").string()));
}

}  // namespace
}  // namespace layerwatt::cli
