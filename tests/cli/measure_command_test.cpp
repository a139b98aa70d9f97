#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "cli/command_process.h"
#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"
#include "engines/onnxruntime_test_engine.h"
#include "engines/tiny_onnx.h"
#include "recording/sensor_tree.h"

namespace layerwatt::cli {
namespace {

using layerwatt::testing::CommandProcess;
using layerwatt::testing::SensorTree;
using layerwatt::testing::serialise;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class MeasureCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!layerwatt::testing::onnxruntime_or_null()) GTEST_SKIP() << "no ONNX Runtime";
  }
  std::filesystem::path raw() const { return folder_ / "raw"; }
  Outcome measure(std::vector<std::string> options) {
    const std::vector<std::pair<std::string, std::string>> usual{
        {"--sensor", "virtual:orin-nano"}, {"--runs", "20"}, {"--warmup", "1"}};
    for (const auto& [name, value] : usual) {
      // An option that is given twice would be what is refused.
      if (std::find(options.begin(), options.end(), name) != options.end()) continue;
      options.insert(options.end(), {name, value});
    }
    options.insert(options.begin(), {"measure", "--result-dir", raw().string()});
    return run_command(options);
  }
  bool wrote_something() const {
    std::error_code absent;
    return std::filesystem::exists(raw(), absent) && !std::filesystem::is_empty(raw(), absent);
  }
  std::string model(const std::string& name, const layerwatt::testing::TinyModel& tiny) {
    const auto bytes = serialise(tiny);
    return folder_
        .write(name, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()))
        .string();
  }
  TemporaryFolder folder_;
};

TEST_F(MeasureCommand, WritesARawDatasetAndPrintsItsLayers) {
  const Outcome outcome = measure({"lenet"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("lenet: method solve"), HasSubstr("VIRTUAL"),
                                 HasSubstr("Convolution"), HasSubstr("layerwatt map")));
  for (const char* file :
       {"idling_power.json", "lenet/lenet_power_log.log", "lenet/lenet_onnxruntime.json",
        "lenet/run.json", "lenet/power.npy", "lenet/timeline.npy",
        "lenet/trt_profiling/trt_engine_info.json", "lenet/trt_profiling/trt_layer_latency.json"}) {
    EXPECT_TRUE(std::filesystem::exists(raw() / file)) << file;
  }
  EXPECT_FALSE(std::filesystem::exists(raw() / "lenet.recording"));
  const auto run = parse_json(slurp(raw() / "lenet/run.json"));
  ASSERT_TRUE(run) << run.error().to_string();
  EXPECT_TRUE((*run)["virtual"].GetBool());
  EXPECT_TRUE((*run)["finished"].GetBool());
  EXPECT_FALSE((*run)["partial"].GetBool());
}

TEST_F(MeasureCommand, WhatItWroteIsMappedByEveryMethod) {
  ASSERT_EQ(measure({"lenet"}).code, 0);
  for (const char* method : {"window", "nearest", "solve"}) {
    const Outcome mapped = run_command({"map", "--raw-data-dir", raw().string(), "--result-dir",
                                        (folder_ / method).string(), "--method", method});
    EXPECT_EQ(mapped.code, 0) << mapped.err;
    EXPECT_THAT(mapped.out, HasSubstr("VIRTUAL"));
    EXPECT_TRUE(
        std::filesystem::exists(folder_ / method / "lenet/power_runtime_mapping_layerwise.csv"));
  }
}

TEST_F(MeasureCommand, PrintsTheLayerProfileAsJson) {
  const Outcome outcome = measure({"lenet", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = parse_json(outcome.out);
  ASSERT_TRUE(json) << json.error().to_string();
  EXPECT_STREQ((*json)["model"].GetString(), "lenet");
  EXPECT_TRUE((*json)["virtual"].GetBool());
}

TEST_F(MeasureCommand, ReplacesAnEarlierRunOfTheSameModelByForceAlone) {
  ASSERT_EQ(measure({"lenet"}).code, 0);
  folder_.write("raw/lenet/mine.txt", "of the earlier run");
  EXPECT_EQ(measure({"lenet"}).code, 2);
  EXPECT_TRUE(std::filesystem::exists(raw() / "lenet/mine.txt"));
  ASSERT_EQ(measure({"lenet", "--force"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(raw() / "lenet/mine.txt"));
  EXPECT_FALSE(std::filesystem::exists(raw() / "lenet.replaced"));
}

TEST_F(MeasureCommand, RefusesWrongWordsAndWritesNothing) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{},
                                             {"lenet", "--runs", "0"},
                                             {"lenet", "--runs", "-5"},
                                             {"lenet", "--runs", "99999999999999999999"},
                                             {"lenet", "--duration", "0"},
                                             {"lenet", "--warmup", "-1"},
                                             {"lenet", "--profiled-runs", "-1"},
                                             {"lenet", "--runs", "1e5"},
                                             {"lenet", "--duration", "soon"},
                                             {"lenet", "--dtype", "float8"},
                                             {"lenet", "--schedule", "all"},
                                             {"lenet", "--engine", "caffe"},
                                             {"lenet", "--threads", "-1"},
                                             {"lenet", "--sensor", "ina3222"},
                                             {"lenet", "--sensor", "virtual:orin"},
                                             {"lenet", "--sysfs-root", "/nonexistent"},
                                             {"lenet", "--input-shape", "1", "x"},
                                             {"lenet", "--input-shape", "1", "3", "224", "224"},
                                             {"lenet", "--input-shape", "1", "0", "32", "32"},
                                             {"lenet", "--sort", "size"}}) {
    const Outcome outcome = measure(wrong);
    SCOPED_TRACE(::testing::PrintToString(wrong));
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("layerwatt measure: "));
    EXPECT_THAT(outcome.err, Not(HasSubstr("recorded")));
    EXPECT_FALSE(wrote_something());
    std::filesystem::remove_all(raw());
  }
}

TEST_F(MeasureCommand, SuggestsTheBuiltInModelThatAPersonMeant) {
  const Outcome outcome = measure({"lennet"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("'lenet'"));
  EXPECT_FALSE(wrote_something());
}

TEST_F(MeasureCommand, AFileThatIsNoOnnxModelIsNamed) {
  const std::string path = folder_.write("notes.onnx", "These are notes.\n").string();
  const Outcome outcome = measure({path});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(path), HasSubstr("not an ONNX model")));
  EXPECT_FALSE(wrote_something());
}

TEST_F(MeasureCommand, AnOnnxModelThatWasCutOffIsNamed) {
  ASSERT_EQ(run_command({"models", "lenet", "--output", (folder_ / "cut.onnx").string()}).code, 0);
  std::filesystem::resize_file(folder_ / "cut.onnx", 200'000);
  const Outcome outcome = measure({(folder_ / "cut.onnx").string()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("cut.onnx"));
  EXPECT_FALSE(wrote_something());
}

TEST_F(MeasureCommand, AnOperatorThatNobodyKnowsIsNamed) {
  const std::string path =
      model("odd.onnx",
            {{{"Frobnicate", "odd", {"x"}, {"y"}, {}, ""}}, {}, {{"x", {1, 4}}}, {{"y", {1, 4}}}});
  const Outcome outcome = measure({path});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("Frobnicate"));
  EXPECT_FALSE(wrote_something());
}

TEST_F(MeasureCommand, AResultFolderThatCannotBeMadeIsNamedBeforeAnythingRuns) {
  folder_.write("raw", "a file is in the way");
  const Outcome outcome = measure({"lenet"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr(raw().string()));
  EXPECT_EQ(slurp(raw()), "a file is in the way");
}

TEST_F(MeasureCommand, AModelWithoutReadPermissionIsNamed) {
  const std::string path = folder_.write("locked.onnx", "x").string();
  std::filesystem::permissions(path, std::filesystem::perms::none);
  if (std::ifstream(path)) GTEST_SKIP() << "root may read everything";
  const Outcome outcome = measure({path});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(path), HasSubstr("Permission denied")));
}

/// The command and its recorder as processes, on a tree of files.
class MeasureProcess : public MeasureCommand {
 protected:
  void SetUp() override {
    MeasureCommand::SetUp();
    if (IsSkipped()) return;
    if (!CommandProcess::can_start()) GTEST_SKIP() << "no processes of this build here";
  }
  std::vector<std::string> words(std::vector<std::string> options) const {
    options.insert(options.begin(),
                   {"measure", "lenet", "--result-dir", raw().string(), "--sysfs-root",
                    tree_.root().string(), "--idle-lead", "50ms", "--warmup", "1"});
    return options;
  }
  Outcome map(const std::filesystem::path& recording) const {
    return run_command({"map", "--raw-data-dir", recording.string(), "--result-dir",
                        (folder_ / "mapped").string()});
  }
  SensorTree tree_;
};

TEST_F(MeasureProcess, RecordsTheSensorWhileTheNetworkRuns) {
  CommandProcess process(words({"--runs", "200"}));
  const CommandProcess::Ending ending = process.wait();
  ASSERT_EQ(ending.code, 0) << ending.err;
  EXPECT_THAT(ending.out, AllOf(HasSubstr("VDD_IN"), HasSubstr("Recorder: "), HasSubstr(" lost"),
                                Not(HasSubstr("VIRTUAL"))));
  EXPECT_TRUE(process.group_ends());
  EXPECT_THAT(slurp(raw() / "lenet/lenet_power_log.log"), HasSubstr(",5000.0,1000.0\n"));
  const auto run = parse_json(slurp(raw() / "lenet/run.json"));
  ASSERT_TRUE(run);
  EXPECT_FALSE((*run)["virtual"].GetBool());
  EXPECT_EQ(map(raw() / "lenet").code, 0);
}

TEST_F(MeasureProcess, AMissingEngineLibraryIsNamedWithHowToGetIt) {
  CommandProcess::Setup setup;
  setup.environment = {"LAYERWATT_ONNXRUNTIME=" + (folder_ / "none").string()};
  CommandProcess process(words({"--runs", "3"}), setup);
  const CommandProcess::Ending ending = process.wait();
  EXPECT_EQ(ending.code, 1);
  EXPECT_THAT(ending.err, AllOf(HasSubstr("ONNX Runtime"), HasSubstr("LAYERWATT_ONNXRUNTIME"),
                                HasSubstr((folder_ / "none").string())));
  EXPECT_FALSE(wrote_something());
}

TEST_F(MeasureProcess, AFullDiskKeepsWhatWasRecorded) {
  CommandProcess::Setup setup;
  // Room for the model as the engine rewrites it, not for power read as fast as can be.
  setup.largest_file = 1'000'000;
  CommandProcess process(words({"--runs", "1000000000", "--period", "0"}), setup);
  const CommandProcess::Ending ending = process.wait();
  ASSERT_TRUE(ending.in_time);
  EXPECT_EQ(ending.code, 1) << ending.err;
  EXPECT_THAT(ending.err, AllOf(AnyOf(HasSubstr("File too large"), HasSubstr("No space left")),
                                HasSubstr("kept in")));
  EXPECT_TRUE(process.group_ends());
  std::filesystem::path kept = raw() / "lenet";
  if (!std::filesystem::exists(kept)) kept = raw() / "lenet.recording";
  const Outcome mapped = map(kept);
  EXPECT_EQ(mapped.code, 0) << mapped.err;
}

TEST_F(MeasureProcess, TwoRunsIntoOneFolderDoNotMix) {
  CommandProcess first(words({"--runs", "1000000000"}));
  ASSERT_TRUE(first.wait_for_recorder());
  CommandProcess second(words({"--runs", "3"}));
  const CommandProcess::Ending ending = second.wait();
  EXPECT_EQ(ending.code, 1);
  EXPECT_THAT(ending.err, HasSubstr("another layerwatt is recording into this folder"));
  first.signal_group(SIGINT);
  EXPECT_EQ(first.wait().code, 1);
}

/// A sensor that fails from a moment on, as errno says.
class VanishingSensor : public MeasureProcess, public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    MeasureProcess::SetUp();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer must be loaded first";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "a sanitizer must be loaded first";
#endif
#endif
  }
};

TEST_P(VanishingSensor, InMidRunEndsItAndKeepsWhatWasRecorded) {
  const std::string switch_file = (folder_ / "errno").string();
  CommandProcess::Setup setup;
  setup.environment = {std::string("LD_PRELOAD=") + LAYERWATT_VANISHING_SENSOR,
                       "LAYERWATT_TEST_ERRNO=" + switch_file};
  CommandProcess process(words({"--runs", "1000000000"}), setup);
  ASSERT_TRUE(process.wait_for_recorder());
  const auto power = raw() / "lenet.recording/power.npy";
  const Instant until = MonotonicClock::now() + std::chrono::seconds(10);
  std::error_code absent;
  while (MonotonicClock::now() < until &&
         !(std::filesystem::file_size(power, absent) > 8'000 && !absent)) {
    ::usleep(2'000);
  }
  folder_.write("errno", std::to_string(GetParam()));
  const CommandProcess::Ending ending = process.wait();
  ASSERT_TRUE(ending.in_time);
  EXPECT_EQ(ending.code, 1) << ending.err;
  EXPECT_THAT(ending.err, AllOf(HasSubstr("partial: "), HasSubstr("every sensor vanished"),
                                HasSubstr("kept in " + (raw() / "lenet").string())));
  EXPECT_TRUE(process.group_ends());
  const auto run = parse_json(slurp(raw() / "lenet/run.json"));
  ASSERT_TRUE(run);
  EXPECT_TRUE((*run)["partial"].GetBool());
  const Outcome mapped = map(raw() / "lenet");
  EXPECT_EQ(mapped.code, 0) << mapped.err;
  EXPECT_THAT(mapped.out, HasSubstr("partial"));
}

INSTANTIATE_TEST_SUITE_P(Errors, VanishingSensor, ::testing::Values(EIO, ENODEV),
                         [](const auto& test) {
                           return test.param == EIO ? "WithEio" : "WithEnodev";
                         });

class SwitchedOffSensor : public VanishingSensor {};

// ENODATA is a channel that someone switched off, and may switch on again: the run goes on.
TEST_P(SwitchedOffSensor, InMidRunLosesReadingsAndNotTheRun) {
  CommandProcess::Setup setup;
  setup.environment = {std::string("LD_PRELOAD=") + LAYERWATT_VANISHING_SENSOR,
                       "LAYERWATT_TEST_ERRNO=" + (folder_ / "errno").string()};
  CommandProcess process(words({"--duration", "1"}), setup);
  ASSERT_TRUE(process.wait_for_recorder());
  const auto power = raw() / "lenet.recording/power.npy";
  const Instant until = MonotonicClock::now() + std::chrono::seconds(10);
  std::error_code absent;
  while (MonotonicClock::now() < until &&
         !(std::filesystem::file_size(power, absent) > 8'000 && !absent)) {
    ::usleep(2'000);
  }
  folder_.write("errno", std::to_string(GetParam()));
  const CommandProcess::Ending ending = process.wait();
  ASSERT_TRUE(ending.in_time);
  EXPECT_EQ(ending.code, 0) << ending.err;
  EXPECT_EQ(map(raw() / "lenet").code, 0);
}

INSTANTIATE_TEST_SUITE_P(Errors, SwitchedOffSensor, ::testing::Values(ENODATA),
                         [](const auto&) { return "WithEnodata"; });

}  // namespace
}  // namespace layerwatt::cli
