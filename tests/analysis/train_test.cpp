#include "layerwatt/analysis/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/temporary_folder.h"
#include "prediction/made_samples.h"

namespace layerwatt {
namespace {

using testing::HasSubstr;

const TrainProgress kSilent = [](std::int64_t, std::int64_t, const std::string&) {};

class Train : public testing::Test {
 protected:
  void write_networks(int networks) {
    for (const LayerSample& sample : made_samples(networks, 16)) {
      LayerTableRow row;
      row.layer_name = "layer";
      row.work = sample.work;
      row.run_time_milliseconds = sample.seconds * 1e3;
      row.power_microwatts = *sample.watts * 1e6;
      row.power_status = LayerStatus::kResolved;
      tables_[sample.network].push_back(row);
    }
    for (const auto& [name, rows] : tables_) {
      std::filesystem::create_directories(folder_ / name);
      ASSERT_TRUE(write_layer_table(folder_ / name / kLayerTableFileName, rows));
    }
  }
  Result<TrainedModel> train() {
    TrainOptions options;
    options.training_data_dir = folder_.path();
    return train_physical(options, kSilent);
  }
  std::string error() {
    const auto model = train();
    return model ? std::string("no error") : model.error().to_string();
  }
  TemporaryFolder folder_;
  std::map<std::string, std::vector<LayerTableRow>> tables_;
};

TEST_F(Train, GivesAModelThatReadsBackTheSame) {
  write_networks(2);
  const auto model = train();
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->networks.size(), 2u);
  const std::string text = trained_model_json(*model);
  const auto again = parse_trained_model(text);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(trained_model_json(*again), text);
  const LayerWork& work = tables_.begin()->second.front().work;
  EXPECT_EQ(predict_layer(again->model, work).seconds, predict_layer(model->model, work).seconds);
  const auto same = train();
  ASSERT_TRUE(same);
  EXPECT_EQ(trained_model_json(*same), text);
}

TEST_F(Train, RefusesAModelFileThatWasCutOrChanged) {
  write_networks(2);
  const auto model = train();
  ASSERT_TRUE(model) << model.error().to_string();
  const std::string text = trained_model_json(*model);
  const auto fault = [](const std::string& bad) {
    const auto read = parse_trained_model(bad);
    return read ? std::string("no error") : read.error().message();
  };
  EXPECT_THAT(fault(text.substr(0, text.size() / 2)), HasSubstr("cut"));
  std::string changed = text;
  changed[changed.find("\"seed\":42") + 7] = '5';
  EXPECT_THAT(fault(changed), HasSubstr("changed"));
  std::string newer = text;
  newer[newer.find("\"schema_version\":3") + 17] = '9';
  EXPECT_THAT(fault(newer), HasSubstr("of version 9"));
  EXPECT_THAT(fault("{}"), HasSubstr("schema_version"));
}

TEST_F(Train, RefusesOneNetworkAlone) {
  write_networks(1);
  EXPECT_THAT(error(), HasSubstr("'neta' is the only network"));
}

TEST_F(Train, RefusesATableWithoutRows) {
  write_networks(2);
  folder_.write(
      "netb/layers.csv",
      "layer_name,kind,batch_size,input_channels,input_height,input_width,output_channels,"
      "output_height,output_width,kernel_height,kernel_width,stride_height,stride_width,"
      "run_time_millisecond\n");
  EXPECT_THAT(error(), HasSubstr("no rows"));
}

TEST_F(Train, NamesLineAndColumnOfABadValue) {
  const std::string header =
      "kind,layer_name,batch_size,input_channels,input_height,input_width,output_channels,"
      "output_height,output_width,kernel_height,kernel_width,stride_height,stride_width,"
      "run_time_millisecond,power_microwatt\n";
  write_networks(2);
  folder_.write("netb/layers.csv", header + "convolution,a,1,3,8,8,4,8,8,3,3,1,1,nan,5\n");
  EXPECT_THAT(error(), HasSubstr("line 2: 'nan' in column 'run_time_millisecond'"));
  folder_.write("netb/layers.csv", header + "convolution,a,1,3,8,8,4,8,8,3,3,1,1,0.5,-5\n");
  EXPECT_THAT(error(), HasSubstr("'-5' in column 'power_microwatt'"));
  folder_.write("netb/layers.csv", "kind,layer_name,batch_size\nconvolution,a,1\n");
  EXPECT_THAT(error(), HasSubstr("no column 'input_channels'"));
  // Another order of columns does no harm.
  folder_.write("netb/layers.csv", header + "convolution,a,1,3,8,8,4,8,8,3,3,1,1,0.5,5\n");
  const auto rows = read_layer_table(folder_.path() / "netb" / kLayerTableFileName);
  ASSERT_TRUE(rows) << rows.error().to_string();
  EXPECT_EQ(rows->front().layer_name, "a");
}

TEST_F(Train, RefusesTwoBoardsInOneModel) {
  write_networks(2);
  auto rows = tables_["netb"];
  for (auto& row : rows) row.conditions.board = "another";
  ASSERT_TRUE(write_layer_table(folder_.path() / "netb" / kLayerTableFileName, rows));
  EXPECT_THAT(error(), HasSubstr("measured on 'another'"));
}

TEST_F(Train, SaysThatAFolderHoldsNoTables) {
  EXPECT_THAT(error(), HasSubstr("no dataset found for training"));
}

TEST_F(Train, NamesThePublishedTableThatHasTooFewRows) {
  const std::filesystem::path from =
      std::filesystem::path(LAYERWATT_TEST_DATA) / "prediction/training_data_min6/resnet18";
  std::filesystem::create_directories(folder_ / "resnet18");
  std::filesystem::copy(from / "pooling.csv", folder_ / "resnet18/pooling.csv");
  TrainOptions options;
  options.training_data_dir = folder_.path();
  options.test_models = {};
  const auto training = train_published(options, kSilent);
  ASSERT_FALSE(training);
  EXPECT_THAT(training.error().message(), HasSubstr("pooling: the published pipeline needs"));
}

}  // namespace
}  // namespace layerwatt
