#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <map>
#include <sstream>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/time.h"

#include "cli/command_process.h"
#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt::cli {
namespace {

using layerwatt::testing::CommandProcess;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kExamples = LAYERWATT_TEST_DATA "/edgeprofiler/example_raw_data";

class MapCommand : public ::testing::Test {
 protected:
  Outcome map(std::vector<std::string> options) {
    options.insert(options.begin(), {"map", "--result-dir", (folder_ / "out").string()});
    return run_command(options);
  }
  TemporaryFolder folder_;
};

TEST_F(MapCommand, WritesATableForEveryModelAndPrintsIt) {
  const Outcome outcome = map({"--raw-data-dir", kExamples, "--method", "window"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("multiple_layers: method window"),
                                 HasSubstr("[MATRIX_MULTIPLY]-[fc0]"), HasSubstr("simple: ")));
  for (const char* model : {"simple", "multiple_readings", "multiple_layers"}) {
    EXPECT_TRUE(
        std::filesystem::exists(folder_ / "out" / model / "power_runtime_mapping_layerwise.csv"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "out" / model / "trt_engine_info.json"));
  }
}

TEST_F(MapCommand, PrintsJsonOfAllModels) {
  const Outcome outcome = map({"--raw-data-dir", kExamples, "--json", "--method", "nearest"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto json = parse_json(outcome.out);
  ASSERT_TRUE(json) << json.error().to_string();
  ASSERT_EQ(json->Size(), 3U);
  EXPECT_STREQ((*json)[0]["method"].GetString(), "nearest");
}

/// A dataset of a virtual board in the published files alone.
class MapOfVirtualPower : public MapCommand {
 protected:
  void SetUp() override {
    const Outcome made =
        run_command({"simulate", "--network", "lenet-like", "--published-only", "--sensor-samples",
                     "1", "--duration", "4", "--result-dir", raw()});
    ASSERT_EQ(made.code, 0) << made.err;
  }
  std::string raw() const { return (folder_ / "raw").string(); }
  std::filesystem::path mark() const { return folder_ / "out/lenet-like/virtual.json"; }
};

TEST_F(MapOfVirtualPower, MarksTheTableByAFileBesideIt) {
  for (const char* method : {"window", "nearest", "solve"}) {
    const Outcome outcome = map({"--raw-data-dir", raw(), "--method", method});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("VIRTUAL")) << method;
    EXPECT_THAT(slurp(mark()), HasSubstr("\"virtual\": true")) << method;
    std::filesystem::remove(mark());
  }
  // Of power that was measured there is no mark, and none stays from before.
  folder_.write("out/simple/virtual.json", "{}");
  EXPECT_EQ(map({"--raw-data-dir", kExamples, "--method", "window"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/simple/virtual.json"));
}

TEST_F(MapOfVirtualPower, TakesNoIdlePowerThatWasMeasured) {
  folder_.write("raw/idling_power.json", R"({"timestamp": "x", "avg_idle_power": 2000000.0})");
  const Outcome window = map({"--raw-data-dir", raw(), "--method", "window"});
  EXPECT_EQ(window.code, 1);
  EXPECT_THAT(window.err, AllOf(HasSubstr("idle power is measured and the run's power virtual"),
                                HasSubstr("--idle-power")));
  EXPECT_EQ(map({"--raw-data-dir", raw(), "--method", "window", "--idle-power", "3.6"}).code, 0);
  const Outcome solved = map({"--raw-data-dir", raw()});
  EXPECT_EQ(solved.code, 0) << solved.err;
  EXPECT_THAT(solved.out, HasSubstr("it was not used"));
}

TEST_F(MapCommand, TakesNoVirtualIdlePowerForMeasuredPower) {
  std::filesystem::copy(kExamples, folder_ / "raw", std::filesystem::copy_options::recursive);
  folder_.write("raw/idling_power.json",
                R"({"timestamp": "x", "avg_idle_power": 2000000.0, "virtual": true})");
  const Outcome outcome = map({"--raw-data-dir", (folder_ / "raw").string(), "--method", "window"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("idle power is virtual and the run's power measured"));
}

/// Path below `folder` to content, of every file.
std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[std::filesystem::relative(entry.path(), folder).string()] = slurp(entry.path());
  }
  return files;
}

/// Lines of standard error but those that say how long work takes.
std::string left_out(const std::string& err) {
  std::istringstream lines(err);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("layerwatt map:")) kept += line + '\n';
  }
  return kept;
}

/// Several recordings of virtual boards, and one that is broken in the middle.
class MapSeveral : public MapCommand {
 protected:
  void make(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string seed = std::to_string(i);
      const Outcome made =
          run_command({"simulate", "--network", "lenet-like", "--duration", i == 0 ? "4" : "2",
                       "--seed", seed, "--result-dir", (folder_ / ("made" + seed)).string()});
      ASSERT_EQ(made.code, 0) << made.err;
      std::filesystem::create_directories(raw());
      std::filesystem::rename(folder_ / ("made" + seed + "/lenet-like"), raw() / ("net" + seed));
    }
  }
  std::filesystem::path raw() const { return folder_ / "raw"; }
  Outcome map_to(const std::string& out, std::vector<std::string> options) {
    options.insert(options.begin(), {"map", "--raw-data-dir", raw().string(), "--result-dir",
                                     (folder_ / out).string()});
    Outcome outcome = run_command(options);
    // The one thing that is to differ.
    for (std::string* text : {&outcome.out, &outcome.err}) {
      for (std::size_t at; (at = text->find(folder_ / out)) != std::string::npos;) {
        text->replace(at, (folder_ / out).string().size(), "OUT");
      }
    }
    return outcome;
  }
};

TEST_F(MapSeveral, SideBySideTheBytesAndTheirOrderAreThoseOfOneJob) {
  make(6);
  folder_.write("raw/net3/power.npy", "no array");
  for (const std::vector<std::string>& how : {std::vector<std::string>{"--method", "solve"},
                                              {"--json"},
                                              {"--method", "window", "--idle-power", "2"}}) {
    std::filesystem::remove_all(folder_ / "one");
    std::filesystem::remove_all(folder_ / "many");
    const Outcome one = map_to("one", how);
    std::vector<std::string> with_jobs = how;
    with_jobs.insert(with_jobs.end(), {"--jobs", "3"});
    const Outcome many = map_to("many", with_jobs);
    EXPECT_EQ(one.code, how.front() == "--method" && how[1] == "window" ? 0 : 1) << one.err;
    EXPECT_EQ(many.code, one.code);
    EXPECT_EQ(many.out, one.out);
    EXPECT_EQ(left_out(many.err), left_out(one.err));
    EXPECT_EQ(files_of(folder_ / "many"), files_of(folder_ / "one"));
    EXPECT_THAT(files_of(folder_ / "one").size(), ::testing::Ge(15U));
  }
}

TEST_F(MapSeveral, ALimitOfMemoryChangesNoResult) {
  make(3);
  const Outcome one = map_to("one", {});
  const Outcome many = map_to("many", {"--jobs", "3", "--memory", "1"});
  EXPECT_EQ(many.code, 0) << many.err;
  EXPECT_EQ(many.out, one.out);
  EXPECT_EQ(files_of(folder_ / "many"), files_of(folder_ / "one"));
}

TEST_F(MapSeveral, CtrlCKeepsWhatIsDoneAndSaysHowMuchThatIs) {
  if (!CommandProcess::can_start()) GTEST_SKIP() << "no processes of this build";
  make(1);
  for (int i = 100; i < 300; ++i) {
    std::filesystem::copy(raw() / "net0", raw() / ("net" + std::to_string(i)));
    std::filesystem::copy(raw() / "net0/trt_profiling",
                          raw() / ("net" + std::to_string(i)) / "trt_profiling");
  }
  CommandProcess process({"map", "--raw-data-dir", raw().string(), "--result-dir",
                          (folder_ / "out").string(), "--jobs", "2"});
  const Instant until = MonotonicClock::now() + std::chrono::seconds(20);
  while (!std::filesystem::exists(folder_ / "out/net101/layer_profile.json") &&
         MonotonicClock::now() < until) {
    ::usleep(2'000);
  }
  process.signal_group(SIGINT);
  const auto ending = process.wait();
  ASSERT_TRUE(ending.in_time);
  EXPECT_EQ(ending.code, 1) << ending.err;
  EXPECT_THAT(ending.err, ::testing::ContainsRegex("stopped: [0-9]+ of 201 models were mapped"));
  std::size_t printed = 0;
  for (std::size_t at = 0; (at = ending.out.find("Written to ", at)) != std::string::npos; ++at) {
    ++printed;
  }
  std::size_t written = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "out")) {
    ++written;
    EXPECT_TRUE(std::filesystem::exists(entry.path() / "run.json")) << entry.path();
  }
  EXPECT_EQ(printed, written);
  EXPECT_THAT(written, AllOf(::testing::Ge(2U), ::testing::Lt(201U)));
}

TEST_F(MapCommand, TakesTheFolderOfOneModel) {
  const Outcome outcome = map({"--raw-data-dir", kExamples + "/simple"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, Not(HasSubstr("multiple_layers")));
}

TEST_F(MapCommand, WhatWasNotedOfTheRunStandsUnderEachTableThatIsMadeOfIt) {
  ASSERT_EQ(run_command({"simulate", "--network", "lenet-like", "--sensor-samples", "1",
                         "--duration", "4", "--result-dir", (folder_ / "raw").string()})
                .code,
            0);
  const std::filesystem::path run = folder_ / "raw/lenet-like/run.json";
  std::string text = *read_file(run);
  const std::string_view noted = "Power and run times are simulated";
  ASSERT_NE(text.find(noted), std::string::npos) << text;
  text.replace(text.find(noted), noted.size(), "Unknown dimensions of input were taken as 1");
  folder_.write("raw/lenet-like/run.json", text);
  for (const char* method : {"solve", "window", "solve"}) {  // the last takes what the first kept
    const Outcome outcome =
        map({"--raw-data-dir", (folder_ / "raw").string(), "--method", method, "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("Unknown dimensions of input were taken as 1")) << method;
  }
}

TEST_F(MapCommand, ARecordingOfWhichNothingCanBeKnownKeepsItsRunTimesAndSaysWhy) {
  const Outcome outcome = map({"--raw-data-dir", kExamples + "/multiple_layers"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("multiple_layers: method solve"),
                                 HasSubstr("No layer's power can be known: too few readings")));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/multiple_layers/layer_profile.json"));
}

TEST_F(MapCommand, OneBadModelDoesNotCostTheOthers) {
  std::filesystem::copy(kExamples, folder_ / "raw", std::filesystem::copy_options::recursive);
  folder_.write("raw/simple/simple_power_log.log", "not a log\n");
  const Outcome outcome = map({"--raw-data-dir", (folder_ / "raw").string()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("simple left out"), HasSubstr("line 1"),
                                 HasSubstr("1 of 3 models could not be mapped")));
  EXPECT_THAT(outcome.out, HasSubstr("multiple_layers"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/simple"));
}

TEST_F(MapCommand, AReadOnlyResultFolderIsAnError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  std::filesystem::create_directory(folder_ / "out");
  std::filesystem::permissions(
      folder_ / "out", std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const Outcome outcome = map({"--raw-data-dir", kExamples});
  std::filesystem::permissions(folder_ / "out", std::filesystem::perms::owner_all);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("Permission denied"));
}

TEST_F(MapCommand, IdlePowerCanBeGiven) {
  std::filesystem::copy(kExamples, folder_ / "raw", std::filesystem::copy_options::recursive);
  std::filesystem::remove(folder_ / "raw/idling_power.json");
  const std::string raw = (folder_ / "raw").string();
  const Outcome missing = map({"--raw-data-dir", raw, "--method", "window"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("--idle-power"));
  const Outcome given = map({"--raw-data-dir", raw, "--idle-power", "5"});
  EXPECT_EQ(given.code, 0) << given.err;
  EXPECT_THAT(given.out, HasSubstr("Idle power 5.00 W"));
}

TEST_F(MapCommand, WrongWordsAreWrongUsage) {
  EXPECT_EQ(map({"--method", "guess"}).code, 2);
  EXPECT_EQ(map({"--sort", "size"}).code, 2);
  EXPECT_EQ(map({"--idle-power", "-1"}).code, 2);
  EXPECT_EQ(map({"--jobs", "0"}).code, 2);
  EXPECT_EQ(map({"--jobs", "1.5"}).code, 2);
  EXPECT_EQ(map({"--memory", "0"}).code, 2);
  EXPECT_EQ(map({"--raw-data-dir", "/nonexistent"}).code, 1);
}

TEST_F(MapCommand, TakesThePowerOfALogFromOutside) {
  std::filesystem::copy(kExamples, folder_ / "raw", std::filesystem::copy_options::recursive);
  const std::string log =
      folder_
          .write("jtop.csv",
                 "time,Power TOT\n2000-01-01 00:00:00,3000\n2000-01-01 00:00:00.5,3000\n")
          .string();
  const Outcome several = map({"--raw-data-dir", (folder_ / "raw").string(), "--power-log", log});
  EXPECT_EQ(several.code, 2);
  EXPECT_THAT(several.err, HasSubstr("has 3 models"));
  const Outcome one = map({"--raw-data-dir", (folder_ / "raw/simple").string(), "--method",
                           "nearest", "--power-log", log});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("Power is that of another log (jtop)"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/simple/simple_power_log.log"));
  EXPECT_EQ(map({"--raw-data-dir", kExamples, "--columns", "time=t:s,power=p:W"}).code, 2);
  EXPECT_EQ(
      map({"--raw-data-dir", kExamples + "/simple", "--power-log", log, "--columns", "time=t"})
          .code,
      2);
}

}  // namespace
}  // namespace layerwatt::cli
