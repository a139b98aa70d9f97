#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "layerwatt/core/file_text.h"

#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kExamples = LAYERWATT_TEST_DATA "/edgeprofiler/example_raw_data";

class MapCommand : public testing::Test {
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
