#include <gmock/gmock.h>

#include <fstream>

#include "cli/command_run.h"
#include "cli/made_training_data.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"
#include "engines/tiny_onnx.h"

namespace layerwatt::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class PredictCommand : public ::testing::Test {
 protected:
  /// One model for all tests: training is the slow part.
  static void SetUpTestSuite() {
    trained_ = new TemporaryFolder;
    write_training_data(*trained_ / "data", {"alexnet", "resnet18", "squeezenet1_0", "vgg11"});
    const Outcome outcome =
        run_command({"train", "--training-data-dir", (*trained_ / "data").string(), "--model-dir",
                     model_folder(), "--test-models", "none"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  static void TearDownTestSuite() {
    delete trained_;
    trained_ = nullptr;
  }
  static std::string model_folder() { return (*trained_ / "model").string(); }

  static Outcome predict(std::vector<std::string> words) {
    words.insert(words.begin(), {"predict", "--model-dir", model_folder()});
    return run_command(words);
  }
  std::string written(const std::string& name, std::string_view text) const {
    return folder_.write(name, text).string();
  }
  std::string onnx(const testing::TinyModel& model) const {
    const auto bytes = testing::serialise(model);
    return written("network.onnx", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  /// What it says where the model's file is `text`.
  std::string says_of_model(const std::string& text) const {
    folder_.write("bad/model.json", text);
    const Outcome outcome =
        run_command({"predict", "resnet34", "--model-dir", (folder_ / "bad").string()});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, HasSubstr("bad/model.json"));
    return outcome.err;
  }

  TemporaryFolder folder_;
  static TemporaryFolder* trained_;
};
TemporaryFolder* PredictCommand::trained_ = nullptr;

TEST_F(PredictCommand, PrintsLayersWithIntervalsAndSaysThatNothingWasMeasured) {
  const Outcome outcome = predict({"resnet34"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(StartsWith("resnet34: predicted, not measured"), HasSubstr("±"),
                                 HasSubstr("Network"), HasSubstr("guess")));
  EXPECT_THAT(predict({"resnet34", "--markdown"}).out, HasSubstr("| **network** |"));
}

TEST_F(PredictCommand, IsNearTheMachineThatItLearntFrom) {
  const Outcome outcome = predict({"resnet34", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto json = parse_json(outcome.out);
  ASSERT_TRUE(json) << json.error().to_string();
  // 7.3 Gflop, 43 fused layers of 8 µs and what they move.
  double seconds = 0.0;
  for (const auto& layer : (*json)["layers"].GetArray()) {
    seconds += 8e-6 + layer["flops"].GetDouble() / 2e12 + layer["bytes"].GetDouble() / 60e9;
  }
  EXPECT_NEAR((*json)["run_time_second"].GetDouble(), seconds, 0.1 * seconds);
  EXPECT_STREQ((*json)["method"].GetString(), "predicted");
  EXPECT_LT((*json)["energy_joule_low"].GetDouble(), (*json)["energy_joule"].GetDouble());
}

TEST_F(PredictCommand, WritesThePublishedColumnsFirst) {
  const std::string path = (folder_ / "result.csv").string();
  ASSERT_EQ(predict({"resnet34", "--result-csv-path", path}).code, 0);
  EXPECT_THAT(slurp(path),
              StartsWith("power_prediction,runtime_prediction,layer_name,layer_type,"));
}

TEST_F(PredictCommand, TakesAnEngineAndPrintsThePublishedTotals) {
  const std::string path =
      LAYERWATT_TEST_DATA "/prediction/preprocessed_data/resnet18/trt_engine_info.json";
  const Outcome outcome = predict({"--trt-engine-path", path, "--dtype", "float32"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("Total runtime : "), HasSubstr(" seconds\n"),
                                 HasSubstr("Average power consumed : "),
                                 HasSubstr("Total energy spent: "), Not(HasSubstr("guess"))));
}

TEST_F(PredictCommand, SweepsWhatWasAskedFor) {
  const Outcome outcome =
      predict({"resnet34", "--what-if", "batch=1..4", "--what-if", "input=192"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("batch=2"), HasSubstr("batch=4"), HasSubstr("input=192"),
                                 HasSubstr("Energy an image")));
}

TEST_F(PredictCommand, RefusesLayersThatItWasNeverTaughtAndTellsNoTotal) {
  const Outcome outcome = predict({"resnet34", "--dtype", "int8"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("No total: 100 % of the operations"), HasSubstr("int8")));
  // Depthwise convolutions sum up fewer inputs than any that was measured.
  EXPECT_THAT(predict({"mobilenet_v2", "--json"}).out, HasSubstr("\"refused\": "));
}

TEST_F(PredictCommand, WrongWordsAreWrongUsage) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{},
                                             {"resnet43"},
                                             {"resnet34", "--trt-engine-path", "engine.json"},
                                             {"resnet34", "--result-csv-path", "table.txt"},
                                             {"resnet34", "--dtype", "float8"},
                                             {"resnet34", "--batch", "0"},
                                             {"resnet34", "--what-if", "batch"},
                                             {"resnet34", "--what-if", "batch=4..1"},
                                             {"resnet34", "--what-if", "colour=red"},
                                             {"resnet34", "--what-if", "dtype=float17"},
                                             {"resnet34", "--input-shape", "1", "3"}}) {
    const Outcome outcome = predict(wrong);
    EXPECT_EQ(outcome.code, 2) << ::testing::PrintToString(wrong) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("layerwatt predict: "));
  }
  EXPECT_THAT(predict({"resnet43"}).err, HasSubstr("did you mean 'resnet"));
}

TEST_F(PredictCommand, NamesAModelFileThatIsMissingCutChangedOrOfAnotherVersion) {
  const Outcome missing =
      run_command({"predict", "resnet34", "--model-dir", (folder_ / "none").string()});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, AllOf(HasSubstr("none/model.json"), HasSubstr("layerwatt train")));
  const std::string good = slurp(*trained_ / "model/model.json");
  for (const std::size_t parts : {100U, 50U, 10U, 2U}) {
    EXPECT_THAT(says_of_model(good.substr(0, good.size() - good.size() / parts)), HasSubstr("cut"));
  }
  std::string changed = good;
  const std::size_t digit = changed.find_first_of("123456789", changed.size() / 2);
  changed[digit] = changed[digit] == '9' ? '8' : '9';
  EXPECT_THAT(says_of_model(changed), HasSubstr("changed after it was written"));
  const std::string version = "\"schema_version\":";
  std::string other = good;
  other.insert(other.find(version) + version.size(), "9");
  EXPECT_THAT(says_of_model(other), HasSubstr("of version 9"));
  EXPECT_THAT(says_of_model("{}"), HasSubstr("schema_version"));
  EXPECT_THAT(says_of_model(""), HasSubstr("no model of layerwatt"));
}

TEST_F(PredictCommand, NamesOperatorsThatNobodyDefines) {
  testing::TinyModel model;
  model.inputs = {{"x", {1, 3, 8, 8}}};
  model.outputs = {{"y", {1, 3, 8, 8}}};
  model.nodes = {{"Frobnicate", "a", {"x"}, {"y"}, {}, ""}};
  const Outcome outcome = predict({onnx(model)});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("network.onnx"), HasSubstr("Frobnicate")));
}

TEST_F(PredictCommand, AsksForShapesThatAreOpen) {
  testing::TinyModel model;
  model.inputs = {{"x", {-1, 64, -1, -1}}};
  model.outputs = {{"y", {-1, 64, -1, -1}}};
  model.nodes = {{"Relu", "a", {"x"}, {"y"}, {}, ""}};
  const std::string path = onnx(model);
  const Outcome outcome = predict({path});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("'x' is open"), HasSubstr("--input-shape")));
  EXPECT_EQ(predict({path, "--input-shape", "1", "64", "56", "56"}).code, 0);
}

TEST_F(PredictCommand, NamesAnOnnxFileThatIsNoneOrMissing) {
  const Outcome text = predict({written("text.onnx", "what?\n")});
  EXPECT_EQ(text.code, 1);
  EXPECT_THAT(text.err, HasSubstr("text.onnx"));
  const Outcome missing = predict({(folder_ / "none.onnx").string()});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("none.onnx"));
}

TEST_F(PredictCommand, SaysWhatAnEngineLacks) {
  const auto says = [&](const std::string& text) {
    const Outcome outcome = predict({"--trt-engine-path", written("engine.json", text)});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("engine.json"));
    return outcome.err;
  };
  EXPECT_THAT(says(R"({"Layers": ["conv1", "fc"]})"), HasSubstr("profilingVerbosity=detailed"));
  EXPECT_THAT(says(R"({"Layers": []})"), HasSubstr("no layers"));
  EXPECT_THAT(says(R"({"Bindings": []})"), HasSubstr("'Layers'"));
  EXPECT_THAT(says(R"({"Layers": [{"Name")"), HasSubstr("engine.json"));
  const Outcome fixed = predict(
      {"--trt-engine-path", written("engine.json", R"({"Layers": ["a"]})"), "--batch", "2"});
  EXPECT_EQ(fixed.code, 2);
  EXPECT_THAT(fixed.err, HasSubstr("shapes are fixed"));
}

}  // namespace
}  // namespace layerwatt::cli
