#include "layerwatt/analysis/training_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/layer_table.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

const fs::path kData = fs::path(LAYERWATT_TEST_DATA) / "prediction";

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// Equal text, or numbers that agree within 1e-12. No field holds a comma.
void expect_same_table(const fs::path& got_path, const fs::path& want_path) {
  SCOPED_TRACE(want_path.string());
  const auto got = split(slurp(got_path), '\n');
  const auto want = split(slurp(want_path), '\n');
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t line = 0; line < got.size(); ++line) {
    const auto a = split(got[line], ',');
    const auto b = split(want[line], ',');
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto x = parse_double(a[i]);
      const auto y = parse_double(b[i]);
      if (x && y) {
        EXPECT_LE(std::fabs(*x - *y), 1e-12 * std::fabs(*y)) << a[i] << " for " << b[i];
        EXPECT_EQ(a[i].find('.') == std::string::npos, b[i].find('.') == std::string::npos);
      } else {
        EXPECT_EQ(a[i], b[i]);
      }
    }
  }
}

class TrainingData : public testing::Test {
 protected:
  void copy(const fs::path& preprocessed) {
    fs::copy(preprocessed, in(), fs::copy_options::recursive);
    for (const auto& entry : fs::recursive_directory_iterator(in())) {
      if (entry.path().string().ends_with("_stats.csv")) fs::remove(entry.path());
    }
  }
  NetworkTrainingData make(const std::string& network, std::int64_t minimum) {
    return make_network_training_data(in() / network, {out(), minimum});
  }
  fs::path in() const { return folder_.path() / "preprocessed_data"; }
  fs::path out() const { return folder_.path() / "training_data"; }
  TemporaryFolder folder_;
};

TEST_F(TrainingData, EqualsThePublishedTables) {
  copy(kData / "preprocessed_data");
  for (const std::string network : {"mobilenet_v2", "resnet18"}) {
    const NetworkTrainingData made = make(network, 6);
    EXPECT_EQ(made.left_out, "");
    for (const std::string table : {"convolutional.csv", "pooling.csv", "dense.csv"}) {
      expect_same_table(out() / network / table, kData / "training_data_min6" / network / table);
    }
    for (const std::string what : {"power", "run_time"}) {
      const std::string file = network + "_average_" + what + "_stats.csv";
      expect_same_table(in() / network / file, kData / "preprocessed_data" / network / file);
    }
  }
}

TEST_F(TrainingData, LeavesANetworkWithTooFewPowersOutWhole) {
  copy(kData / "preprocessed_data");
  const NetworkTrainingData made = make("mobilenet_v2", 8);
  EXPECT_THAT(made.left_out, HasSubstr("7 powers"));
  EXPECT_FALSE(made.failed);
  EXPECT_FALSE(fs::exists(out() / "mobilenet_v2"));
  EXPECT_EQ(make("resnet18", 8).left_out, "");
}

TEST_F(TrainingData, KeepsLayersWithoutAnyPowerIfNoneIsAskedFor) {
  copy(kData / "edge_cases/pre");
  EXPECT_EQ(make("allnan", 0).left_out, "");
  EXPECT_EQ(make("none", 0).left_out, "");
  for (const std::string table : {"convolutional.csv", "pooling.csv"}) {
    expect_same_table(out() / "allnan" / table, kData / "edge_cases/t0/allnan" / table);
  }
  EXPECT_FALSE(fs::exists(out() / "none/convolutional.csv"));
  EXPECT_TRUE(fs::exists(out() / "none"));
  for (const std::string network : {"allnan", "none"}) {
    for (const std::string what : {"power", "run_time"}) {
      const std::string file = network + "_average_" + what + "_stats.csv";
      expect_same_table(in() / network / file, kData / "edge_cases/pre" / network / file);
    }
  }
}

TEST_F(TrainingData, HoldsEveryLayerWithItsTrueWindowInItsOwnTable) {
  copy(kData / "preprocessed_data");
  const NetworkTrainingData made = make("resnet18", 6);
  const auto rows = read_layer_table(out() / "resnet18" / kLayerTableFileName);
  ASSERT_TRUE(rows) << rows.error().to_string();
  EXPECT_EQ(rows->size(), made.layers);
  std::map<WorkKind, int> kinds;
  for (const LayerTableRow& row : *rows) {
    ++kinds[row.work.kind];
    if (row.work.kind == WorkKind::kPooling && row.work.stride[0] == 2) {
      EXPECT_THAT(row.work.kernel, ElementsAre(3, 3));
      EXPECT_EQ(row.work.precision, "float16");
    }
  }
  EXPECT_EQ(kinds[WorkKind::kConvolution], 21);
  EXPECT_EQ(kinds[WorkKind::kPooling], 2);
  EXPECT_GE(kinds[WorkKind::kElementwise], 1);
}

TEST_F(TrainingData, SaysWhatIsWrongWithAnEngineWithoutDetails) {
  copy(kData / "edge_cases/pre");
  folder_.write("preprocessed_data/allnan/trt_engine_info.json",
                R"({"Layers": ["conv_relu_layer", "maxpool_layer"]})");
  const NetworkTrainingData made = make("allnan", 0);
  EXPECT_TRUE(made.failed);
  EXPECT_THAT(made.left_out, HasSubstr("detailed"));
}

TEST_F(TrainingData, SaysWhichLayerThePublishedCodeWouldEndAt) {
  copy(kData / "edge_cases/pre");
  folder_.write("preprocessed_data/allnan/trt_engine_info.json",
                R"({"Layers": [
    {"Name": "maxpool_layer", "LayerType": "CaskPooling", "WindowSize": [3, 3],
     "Inputs": [{"Dimensions": [1, 64, 55, 55]}], "Outputs": [{"Dimensions": [1, 64, 27, 27]}]}]})");
  const NetworkTrainingData made = make("allnan", 0);
  EXPECT_EQ(made.left_out, "");
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("'conv_relu_layer' was measured but is not in"),
                                      HasSubstr("'maxpool_layer' has no 'Stride'"),
                                      HasSubstr("measured but is not in")));
  EXPECT_EQ(made.layers, 1u);
}

}  // namespace
}  // namespace layerwatt
