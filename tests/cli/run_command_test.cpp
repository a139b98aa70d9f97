#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Programs of the machine, measured on a virtual board.
class RunCommand : public ::testing::Test {
 protected:
  Outcome measure(const std::vector<std::string>& options,
                  const std::vector<std::string>& command) {
    std::vector<std::string> words{"run", "--sensor", "virtual:orin-nano", "--result-dir",
                                   raw().string()};
    words.insert(words.end(), options.begin(), options.end());
    words.emplace_back("--");
    words.insert(words.end(), command.begin(), command.end());
    return run_command(words);
  }
  std::filesystem::path raw() const { return folder_ / "raw"; }

  TemporaryFolder folder_;
};

TEST_F(RunCommand, TellsTheEnergyOfEachRunAndOfAll) {
  const Outcome outcome = measure({"-r", "3", "--warmup", "1", "--json"}, {"sleep", "0.2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto begin = outcome.err.find("{\n");
  ASSERT_NE(begin, std::string::npos) << outcome.err;
  const auto json = parse_json(outcome.err.substr(begin));
  ASSERT_TRUE(json) << json.error().to_string();
  EXPECT_TRUE((*json)["virtual"].GetBool());
  EXPECT_EQ((*json)["exit_code"].GetInt(), 0);
  const auto& program = (*json)["programs"][0];
  EXPECT_STREQ(program["name"].GetString(), "sleep");
  ASSERT_EQ(program["repeats"].Size(), 3U);
  for (const auto& repeat : program["repeats"].GetArray()) {
    EXPECT_GE(repeat["time_seconds"].GetDouble(), 0.2);
    EXPECT_GT(repeat["energy_joules"].GetDouble(), 0.0);
  }
  EXPECT_GT(program["energy_joules"]["mean"].GetDouble(),
            program["energy_above_idle_joules"]["mean"].GetDouble());
  EXPECT_TRUE(std::filesystem::exists(raw() / "sleep" / "layer_profile.json"));
}

TEST_F(RunCommand, SaysVirtualAndWhereTheRunIs) {
  const Outcome outcome = measure({"-r", "2"}, {"sleep", "0.1"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("VIRTUAL"), HasSubstr("energy above idle"),
                                 HasSubstr((raw() / "sleep").string())));
}

TEST_F(RunCommand, TakesTwoProgramsInTurn) {
  const Outcome outcome = measure({"-r", "4", "--vs", "sleep 0.3"}, {"sleep", "0.1"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("B against A"));
  EXPECT_THAT(outcome.err, HasSubstr("A needs less, and this is more than chance"));
}

TEST_F(RunCommand, HandsOnTheProgramsExitStatus) {
  const Outcome failed = measure({}, {"sh", "-c", "exit 7"});
  EXPECT_THAT(failed.err, HasSubstr("7"));
  EXPECT_EQ(failed.code, 7);
  EXPECT_FALSE(std::filesystem::exists(raw() / "sh"));
  const Outcome killed = measure({}, {"sh", "-c", "kill -9 $$"});
  EXPECT_THAT(killed.err, HasSubstr("137"));
  EXPECT_EQ(killed.code, 137);
}

TEST_F(RunCommand, AProgramThatIsNotThereIsNamed) {
  const Outcome outcome = measure({}, {"no-such-program-of-layerwatt"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("run 'no-such-program-of-layerwatt'"));
  EXPECT_TRUE(!std::filesystem::exists(raw()) || std::filesystem::is_empty(raw()));
}

TEST_F(RunCommand, WritesTheSummaryWhereItIsAskedTo) {
  const std::string file = (folder_ / "summary.json").string();
  const Outcome outcome = measure({"--json", "--output", file}, {"sleep", "0.1"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, Not(HasSubstr("\"programs\"")));
  EXPECT_TRUE(read_json(file));
}

TEST_F(RunCommand, WantsAProgram) {
  EXPECT_EQ(run_command({"run"}).code, 2);
  EXPECT_EQ(run_command({"run", "-r", "0", "--", "true"}).code, 2);
  EXPECT_EQ(run_command({"run", "-r", "nan", "--", "true"}).code, 2);
}

}  // namespace
}  // namespace layerwatt::cli
