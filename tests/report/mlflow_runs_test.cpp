#include "layerwatt/report/mlflow_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using testing::AllOf;
using testing::HasSubstr;

namespace fs = std::filesystem;

MlflowRun a_run() {
  MlflowRun run;
  run.name = "pooling_power_model";
  run.parameters["alpha"] = "0.5";
  run.metrics["testing_r2_score"] = 0.25;
  run.tags["note"] = "it's so";
  run.artifacts["model/model.json"] = "{}\n";
  return run;
}

class MlflowRuns : public testing::Test {
 protected:
  std::vector<fs::path> write(const std::string& experiment = "layerwatt") {
    const auto written = write_mlflow_runs(store_, experiment, {a_run()}, {1000, 2500});
    EXPECT_TRUE(written) << written.error().to_string();
    return written ? *written : std::vector<fs::path>();
  }
  TemporaryFolder folder_;
  fs::path store_ = folder_ / "ml runs";
};

TEST_F(MlflowRuns, StandWhereMlflowLooksForThem) {
  const auto written = write();
  ASSERT_EQ(written.size(), 1U);
  const fs::path& run = written.front();
  EXPECT_EQ(slurp(run / "metrics/testing_r2_score"), "2500 0.25 0\n");
  EXPECT_EQ(slurp(run / "params/alpha"), "0.5");
  EXPECT_EQ(slurp(run / "tags/mlflow.runName"), "pooling_power_model");
  EXPECT_EQ(slurp(run / "artifacts/model/model.json"), "{}\n");
  const std::string id = run.filename().string();
  EXPECT_EQ(id.size(), 32U);
  EXPECT_THAT(
      slurp(run / "meta.yaml"),
      AllOf(HasSubstr("run_id: '" + id + "'\n"), HasSubstr("start_time: 1000\n"),
            HasSubstr("end_time: 2500\n"), HasSubstr("status: 3\n"), HasSubstr("/ml%20runs/")));
  EXPECT_THAT(slurp(run.parent_path() / "meta.yaml"),
              AllOf(HasSubstr("name: 'layerwatt'\n"),
                    HasSubstr("experiment_id: '" + run.parent_path().filename().string() + "'\n")));
}

TEST_F(MlflowRuns, JoinTheExperimentOfTheirName) {
  const fs::path first = write().front();
  const fs::path second = write().front();
  EXPECT_EQ(first.parent_path(), second.parent_path());
  EXPECT_NE(first, second);
  EXPECT_NE(write("another").front().parent_path(), first.parent_path());
  // One that MLflow made itself.
  folder_.write("ml runs/7/meta.yaml", "experiment_id: '7'\nname: theirs\n");
  EXPECT_EQ(write("theirs").front().parent_path(), store_ / "7");
}

TEST_F(MlflowRuns, RefuseAFileAndNamesThatLeaveTheFolder) {
  const fs::path file = folder_.write("file", "x");
  EXPECT_FALSE(write_mlflow_runs(file, "layerwatt", {a_run()}, {}));
  MlflowRun run = a_run();
  run.parameters["../alpha"] = "1";
  const auto written = write_mlflow_runs(store_, "layerwatt", {run}, {});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(MlflowRuns, AreCalledAsThePublishedTrainingCallsThem) {
  PublishedTraining training;
  training.model.method = "published";
  training.model.networks = {{"alexnet", 5, "f"}};
  training.model.test_networks = {{"lenet", 2, "f"}};
  training.model.published.emplace_back();
  training.model.published.back().alpha = 0.125;
  training.training_rmspe = {12.5};
  training.test_rows = {
      {"lenet", "conv1", PublishedTable::kConvolutional, PublishedTarget::kPower, 2.0, 1.0},
      {"lenet", "conv2", PublishedTable::kConvolutional, PublishedTarget::kPower, 4.0, 4.0}};
  const auto runs = mlflow_runs_of(training);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].name, "convolutional_power_model");
  EXPECT_EQ(runs[0].parameters.at("alpha"), "0.125");
  EXPECT_EQ(runs[0].metrics.at("train_num_cnn_models"), 1.0);
  EXPECT_EQ(runs[0].metrics.at("test_num_cnn_models"), 1.0);
  EXPECT_EQ(runs[0].metrics.at("training_root_mean_squared_percentage_error"), 12.5);
  EXPECT_DOUBLE_EQ(runs[0].metrics.at("testing_mean_absolute_error"), 0.5);
  EXPECT_DOUBLE_EQ(runs[0].metrics.at("testing_mean_absolute_percentage_error"), 0.25);
  EXPECT_THAT(runs[0].artifacts.at("lenet_convolutional_power_prediction.csv"),
              HasSubstr("layer_name,target,target_pred\nconv1,2"));
}

}  // namespace
}  // namespace layerwatt
