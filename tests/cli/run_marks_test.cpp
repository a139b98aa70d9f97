#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "cli/command_process.h"
#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Programs that say what they do, measured on a virtual board.
class RunMarks : public ::testing::Test {
 protected:
  std::vector<std::string> words(const std::vector<std::string>& options,
                                 const std::vector<std::string>& command) {
    std::vector<std::string> all{"run", "--sensor", "virtual:orin-nano", "--result-dir",
                                 raw().string()};
    all.insert(all.end(), options.begin(), options.end());
    all.emplace_back("--");
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }
  Outcome measure(const std::vector<std::string>& options,
                  const std::vector<std::string>& command) {
    return run_command(words(options, command));
  }
  /// A shell's script, whose lines `mark` marks.
  Outcome shell(const std::string& mark, const std::string& script,
                std::vector<std::string> options = {}) {
    options.insert(options.end(), {"--mark", mark});
    return measure(options, {"sh", "-c", script});
  }
  Outcome marks(const std::string& how) {
    return measure({"--markers"}, {LAYERWATT_MARKER_PROGRAM, how});
  }
  /// Names of the layers that the run's folder has.
  std::vector<std::string> layers(const std::string& run) {
    const auto profile = read_json(raw() / run / "layer_profile.json");
    std::vector<std::string> names;
    if (!profile) return {profile.error().to_string()};
    for (const auto& layer : (*profile)["layers"].GetArray()) {
      names.emplace_back(layer["layer_name"].GetString());
    }
    return names;
  }
  std::filesystem::path raw() const { return folder_ / "raw"; }

  TemporaryFolder folder_;
};

constexpr const char* kPhases = "(?<load>^load)|(?<infer>^infer)|(?<save>^save)";

TEST_F(RunMarks, LinesPartAProgram) {
  const Outcome outcome = shell(kPhases, "for p in load infer save; do echo $p; sleep 0.1; done",
                                {"-r", "2", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = parse_json(outcome.err.substr(outcome.err.find("{\n")));
  ASSERT_TRUE(json) << json.error().to_string();
  const auto regions = (*json)["regions"].GetArray();
  ASSERT_EQ(regions.Size(), 3U);
  EXPECT_STREQ(regions[0]["name"].GetString(), "load");
  for (const auto& region : regions) {
    EXPECT_EQ(region["count"].GetInt(), 2);
    EXPECT_GE(region["time_seconds"].GetDouble(), 0.1);
    // Known, with an interval, or the reason why not.
    const bool is_known = region["energy_above_idle_joules"].IsObject();
    EXPECT_TRUE(is_known || *region["reason"].GetString() != '\0');
  }
  EXPECT_THAT(layers("sh"), ::testing::IsSupersetOf({"load", "infer", "save"}));
}

TEST_F(RunMarks, TheTableNamesRegions) {
  const Outcome outcome = shell(kPhases, "echo load; sleep 0.1; echo infer; sleep 0.1");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("VIRTUAL"), HasSubstr("Region"), HasSubstr("infer")));
  const Outcome report = run_command({"report", (raw() / "sh").string()});
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(report.out, AllOf(HasSubstr("load"), HasSubstr("infer")));
}

TEST_F(RunMarks, TwoProgramsHaveRegionsOfTheirOwn) {
  const Outcome outcome =
      shell(kPhases, "echo load; sleep 0.1", {"--vs", "sh -c 'echo load; sleep 0.1'"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(layers("A"), ::testing::IsSupersetOf({"A: load", "B: load"}));
}

TEST_F(RunMarks, WhatAProgramPrintsPassesUntouched) {
  if (!testing::CommandProcess::can_start()) GTEST_SKIP() << "no processes here";
  std::string bytes;
  for (int i = 0; i < 300'000; ++i)
    bytes += static_cast<char>((static_cast<unsigned>(i) * 2654435761U) >> 13);
  const auto file = folder_ / "bytes";
  std::ofstream(file, std::ios::binary) << bytes;
  testing::CommandProcess command(
      words({"--mark", "load", "--output", (folder_ / "summary").string()},
            {"sh", "-c", "cat '" + file.string() + "'; echo to-error >&2"}));
  const auto ending = command.wait();
  EXPECT_EQ(ending.code, 0) << ending.err;
  EXPECT_TRUE(ending.out == bytes) << ending.out.size();
  EXPECT_THAT(ending.err, HasSubstr("to-error\n"));
}

TEST_F(RunMarks, AProgramThatDiesByASignalHandsItOn) {
  const Outcome outcome = shell(kPhases, "echo load; kill -9 $$");
  EXPECT_EQ(outcome.code, 137);
  EXPECT_THAT(outcome.err, HasSubstr("137"));
}

TEST_F(RunMarks, WhatForksAndLeavesGoesOnPrinting) {
  const auto file = folder_ / "printed";
  const Outcome outcome =
      shell(kPhases, "echo load; (sleep 0.3; echo late && touch '" + file.string() + "') &");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (int i = 0; i < 1000 && !std::filesystem::exists(file); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(RunMarks, AProgramShorterThanTheIdleLeadIsMeasured) {
  const Outcome outcome = shell(kPhases, "echo load", {"--idle-lead", "5s"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("load"));
}

TEST_F(RunMarks, AMarkThatNeverEndsIsTold) {
  const Outcome outcome = shell("(?<begin>load)", "echo load; sleep 0.1");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("No end was marked of 'load'"));
}

TEST_F(RunMarks, RegionsThatCrossAreTold) {
  const Outcome outcome = shell(R"(\+(?<begin>\w+)|-(?<end>\w+))",
                                "for m in +a +b -a -b; do echo \" $m\"; sleep 0.06; done");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("Regions cross: 'a'"));
}

TEST_F(RunMarks, LinesThatComeAtOnceAreTold) {
  const Outcome outcome = shell(kPhases, "sleep 0.1; printf 'load\\ninfer\\nsave\\n'");
  EXPECT_THAT(outcome.err, HasSubstr("stdbuf -oL"));
}

TEST_F(RunMarks, NoMatchAtAllIsTold) {
  const Outcome outcome = shell("nothing like it", "echo load; sleep 0.1");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("No line that the program printed matched"));
}

TEST_F(RunMarks, AnExpressionThatIsNoneIsAMistakeOfUsage) {
  const Outcome outcome = shell("(?<load", "true");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--mark '(?<load'"));
}

TEST_F(RunMarks, MarksOfACProgramPartIt) {
  const Outcome outcome = marks("nested");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("with those inside"), HasSubstr("backbone")));
  EXPECT_THAT(layers("layerwatt_marker_program"), ::testing::IsSupersetOf({"backbone", "head"}));
}

TEST_F(RunMarks, TimeOutsideOfRegionsThatCountsIsARow) {
  const Outcome outcome = shell(kPhases, "sleep 0.1; echo load; sleep 0.1");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(layers("sh"), ElementsAre("sh", "load"));
}

TEST_F(RunMarks, ThreadsAtOnceAreASegmentOfTheirOwn) {
  const Outcome outcome = marks("threads");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(layers("layerwatt_marker_program"), ::testing::Contains(HasSubstr(" + ")));
}

TEST_F(RunMarks, MarksThatCrossOrNeverEndAreTold) {
  EXPECT_THAT(marks("cross").err, HasSubstr("Regions cross: 'pass'"));
  EXPECT_THAT(measure({"--markers", "--new-run"}, {LAYERWATT_MARKER_PROGRAM, "open"}).err,
              HasSubstr("No end was marked of 'pass'"));
}

TEST_F(RunMarks, AProgramThatForksAndLeavesIsPartedToItsEnd) {
  const Outcome outcome = marks("leave");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("pass"));
}

TEST_F(RunMarks, AProgramThatMarksNothingIsTold) {
  const Outcome outcome = measure({"--markers"}, {"sleep", "0.1"});
  EXPECT_THAT(outcome.err, HasSubstr("layerwatt/markers.h"));
}

}  // namespace
}  // namespace layerwatt::cli
