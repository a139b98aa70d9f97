#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"
#include "engines/onnxruntime_test_engine.h"
#include "engines/tiny_onnx.h"

namespace layerwatt::cli {
namespace {

using layerwatt::testing::TinyModel;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int32_t kInt64 = 7;

/// A branch on a scalar between two other inputs, as in networks that detect speech.
TinyModel scalar_between() {
  TinyModel model;
  model.nodes = {{"Cast", "cast", {"sr"}, {"is"}, {{"to", {9}}}, ""},
                 {"If",
                  "gate",
                  {"is"},
                  {"z"},
                  {{"then_branch", {}, {{"MatMul", "then", {"x", "w"}, {"t"}, {}, ""}}},
                   {"else_branch", {}, {{"Relu", "else", {"x"}, {"e"}, {}, ""}}}},
                  ""},
                 {"Add", "add", {"z", "state"}, {"y"}, {}, ""}};
  model.weights = {{"w", {64, 64}, std::vector<float>(64 * 64, 0.01F)}};
  model.inputs = {{"x", {-1, 64}}, {"sr", {}, kInt64}, {"state", {-1, 64}}};
  model.outputs = {{"y", {-1, 64}}};
  return model;
}

class InputsOfMeasure : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!layerwatt::testing::onnxruntime_or_null()) GTEST_SKIP() << "no ONNX Runtime";
  }
  std::string model(const TinyModel& tiny) {
    const auto bytes = serialise(tiny);
    return folder_
        .write("net.onnx",
               std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()))
        .string();
  }
  Outcome run(std::vector<std::string> words, const std::string& place = "raw data") {
    words.insert(words.end(),
                 {"--sensor", "virtual:orin-nano", "--result-dir", (folder_ / place).string()});
    if (words.front() == "measure") words.insert(words.end(), {"--runs", "20", "--warmup", "1"});
    return run_command(words);
  }
  std::string run_json(const std::string& place = "raw data") const {
    return slurp(folder_ / place / "net/run.json");
  }
  TemporaryFolder folder_;
};

TEST_F(InputsOfMeasure, AScalarBetweenOthersHasAWordOrIsLeftOut) {
  const std::string path = model(scalar_between());
  const std::vector<std::vector<std::string>> spellings = {
      {"--input-shape", "4x64", "4x64"},
      {"--input-shape", "4x64", "scalar", "4x64"},
      {"--input", "x=4x64"},
      {"--input", "state=4x64", "--input", "sr=scalar"}};
  for (std::size_t i = 0; i < spellings.size(); ++i) {
    std::vector<std::string> words{"measure", path};
    words.insert(words.end(), spellings[i].begin(), spellings[i].end());
    const std::string place = "raw" + std::to_string(i);
    const Outcome outcome = run(words, place);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(slurp(folder_ / place / "net/net_onnxruntime.json"), HasSubstr("64"));
    const auto summary = parse_json(slurp(folder_ / place / "net/net_onnxruntime.json"));
    ASSERT_TRUE(summary);
    EXPECT_EQ((*summary)["config"]["input_shape"][0].GetInt(), 4);
  }
  const Outcome wrong = run({"measure", path, "--input-shape", "4x64", "1", "4x64"}, "none");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("'sr' is a scalar"), HasSubstr("--input x=")));
}

TEST_F(InputsOfMeasure, ARandomValueThatDecidesABranchIsToldInTableAndRunFile) {
  const std::string path = model(scalar_between());
  const Outcome random = run({"measure", path}, "random");
  ASSERT_EQ(random.code, 0) << random.err;
  EXPECT_THAT(random.out, AllOf(HasSubstr("decides which branch"), HasSubstr("--input-data sr=")));
  EXPECT_THAT(run_json("random"), HasSubstr("decides which branch"));
  const Outcome given = run({"measure", path, "--input-data", "sr=16000"}, "given");
  ASSERT_EQ(given.code, 0) << given.err;
  EXPECT_THAT(given.out, Not(HasSubstr("decides which branch")));
  EXPECT_THAT(run_json("given"), HasSubstr("sr=16000"));
}

TEST_F(InputsOfMeasure, AnOpenHeightAndWidthAreAskedFor) {
  TinyModel tiny;
  tiny.nodes = {{"GlobalAveragePool", "pool", {"x"}, {"y"}, {}, ""}};
  tiny.inputs = {{"x", {-1, 3, -1, -1}, 1, {"batch", "height", "width"}}};
  tiny.outputs = {{"y", {-1, 3, 1, 1}}};
  const Outcome outcome = run({"measure", model(tiny)});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("batch × 3 × height × width"),
                                 HasSubstr("--input-shape 1 3 224 224")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "raw data" / "net"));
}

TEST_F(InputsOfMeasure, HintsQuotePathsThatAShellWouldCut) {
  const Outcome outcome = run({"measure", "lenet"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("--raw-data-dir '" + (folder_ / "raw data").string() + "' "));
}

TEST_F(InputsOfMeasure, OptionsOfAnotherEngineAreRefused) {
  const Outcome outcome = run({"measure", "lenet", "--dla-core", "0"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--dla-core means nothing to --engine onnxruntime"),
                                 HasSubstr("tensorrt")));
  // What the published program took, whatever ran.
  EXPECT_EQ(run({"measure", "lenet", "--optimization-level", "3", "--min-block-size", "5"}).code,
            0);
}

TEST_F(InputsOfMeasure, HalfPrecisionIsComparedLayerByLayerByOrigin) {
  ASSERT_EQ(run({"measure", "lenet", "--profiled-runs", "20"}, "single").code, 0);
  ASSERT_EQ(run({"measure", "lenet", "--dtype", "float16", "--profiled-runs", "20"}, "half").code,
            0);
  const std::string half = slurp(folder_ / "half/lenet/layer_profile.json");
  EXPECT_THAT(half, Not(HasSubstr("InsertedPrecisionFreeCast")));
  const Outcome compared = run_command({"compare", (folder_ / "single/lenet").string(),
                                        (folder_ / "half/lenet").string(), "--json"});
  ASSERT_EQ(compared.code, 0) << compared.err;
  const auto json = parse_json(compared.out);
  ASSERT_TRUE(json) << json.error().to_string();
  int matched = 0;
  for (const auto& layer : (*json)["layers"].GetArray()) {
    if (layer["before"].IsNull()) continue;
    const std::string before = layer["before"].GetString();
    if (before.starts_with("Reorder")) continue;  // of this processor's layouts, not the model's
    EXPECT_FALSE(layer["after"].IsNull()) << before;
    EXPECT_NE(layer["matched_by"].GetString(), std::string("position")) << before;
    ++matched;
  }
  EXPECT_GE(matched, 7);
}

TEST_F(InputsOfMeasure, EarlierPublishedFilesAreWrittenAndReadAgain) {
  const Outcome measured = run({"measure", "lenet", "--as-published"}, "raw");
  ASSERT_EQ(measured.code, 0) << measured.err;
  const Outcome idle =
      run_command({"idle", "--duration", "2s", "--sensor", "virtual:orin-nano", "--result-dir",
                   (folder_ / "raw").string(), "--as-published", "--force"});
  ASSERT_EQ(idle.code, 0) << idle.err;
  // A folder as an earlier version left it: all files in one place.
  const auto old = folder_ / "old";
  std::filesystem::create_directories(old);
  int found = 0;
  for (const char* place : {"raw", "raw/lenet"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / place)) {
      const std::string name = entry.path().filename().string();
      const bool is_log = name.starts_with("20_cycles_power_log_") ||
                          name.starts_with("2_seconds_idling_power_log_");
      if (!is_log && name != "lenet_layerwise_latency.json") continue;
      std::filesystem::copy_file(entry.path(), old / name);
      ++found;
    }
  }
  ASSERT_EQ(found, 3);
  std::filesystem::copy_file(folder_ / "raw/lenet/trt_profiling/trt_engine_info.json",
                             old / "trt_engine_info.json");
  const Outcome mapped = run_command({"map", "--raw-data-dir", old.string(), "--method", "nearest",
                                      "--result-dir", (folder_ / "mapped").string()});
  EXPECT_EQ(mapped.code, 0) << mapped.err;
  EXPECT_THAT(mapped.out, HasSubstr("Convolution"));
}

TEST_F(InputsOfMeasure, UnfusedLayersAreNamedAsThePublishedProfilerDoes) {
  const Outcome isolated =
      run({"isolate", "lenet", "--unfused", "--repeats", "3", "--tgr_smpl_boundary", "0.1",
           "--lt_smpl_count", "2", "--warmup", "1"},
          "isolated");
  ASSERT_EQ(isolated.code, 0) << isolated.err;
  const std::string table = slurp(folder_ / "isolated/lenet/lenet_layerwise_energy_full.csv");
  EXPECT_THAT(table, AllOf(HasSubstr("\nConv2d_0,"), HasSubstr("_1,"), HasSubstr("Linear_")));
}

TEST_F(InputsOfMeasure, PublishedSpellingsOfTheDatasetGeneratorAreTaken) {
  const Outcome refused =
      run({"isolate", "no-such-net", "--mode", "1", "--device", "cpu", "--eval_tgr",
           "--eval_latency", "--tgr_interval", "20", "--tgr_smpl_duration", "5",
           "--tgr_smpl_boundary", "1", "--lt_smpl_count", "100", "--tgr_params", "VDD_IN"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("'no-such-net' is neither a file nor a built-in model"));
}

TEST_F(InputsOfMeasure, TheMappingIsExplainedInPicturesOfOnesOwnData) {
  ASSERT_EQ(run({"measure", "lenet"}, "raw").code, 0);
  const auto steps = folder_ / "steps";
  const Outcome report = run_command(
      {"report", (folder_ / "raw/lenet").string(), "--explain-mapping", steps.string()});
  if (report.err.find("libcairo2-dev") != std::string::npos) GTEST_SKIP() << "no cairo";
  ASSERT_EQ(report.code, 0) << report.err;
  for (const char* name : {"step0.png", "step1.png", "step2.png"}) {
    EXPECT_EQ(slurp(steps / name).substr(1, 3), "PNG") << name;
  }
}

}  // namespace
}  // namespace layerwatt::cli
