#include "layerwatt/analysis/map_dataset.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/dataset/power_runtime_csv.h"

#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::filesystem::path kData = std::filesystem::path(LAYERWATT_TEST_DATA) / "edgeprofiler";

class PublishedExample : public testing::TestWithParam<const char*> {};

TEST_P(PublishedExample, GivesTheExpectedMetrics) {
  const TemporaryFolder out;
  const auto dataset = find_raw_dataset(kData / "example_raw_data");
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  const auto idle = idle_microwatts_of(*dataset, dataset->models.front());
  ASSERT_TRUE(idle) << idle.error().to_string();
  for (const RawModel& model : dataset->models) {
    if (model.name != GetParam()) continue;
    const auto profile = map_model(model, MapMethod::kWindow, *idle, out.path());
    ASSERT_TRUE(profile) << profile.error().to_string();
    EXPECT_EQ(profile->model, model.name);
  }
  const auto folder = out.path() / GetParam();
  std::vector<PowerRuntimeRow> rows;
  const auto read = read_power_runtime_csv(
      folder / kPowerRuntimeFileName, [&](const PowerRuntimeRow& row) { rows.push_back(row); });
  ASSERT_TRUE(read) << read.error().to_string();
  const auto expected =
      read_json(kData / "example_raw_data" / GetParam() / "expected_metrics_by_cycle.json");
  ASSERT_TRUE(expected);
  ASSERT_EQ(rows.size(), expected->Size());
  for (rapidjson::SizeType i = 0; i < expected->Size(); ++i) {
    const auto& want = (*expected)[i];
    const PowerRuntimeRow& got = rows[i];
    EXPECT_EQ(got.cycle, want["cycle"].GetInt64());
    EXPECT_EQ(got.layer_name, want["layer_name"].GetString());
    EXPECT_EQ(got.layer_type, want["layer_type"].GetString());
    EXPECT_EQ(got.including_idle_microwatts,
              want["layer_power_including_idle_power_micro_watt"].GetDouble());
    EXPECT_EQ(got.excluding_idle_microwatts,
              want["layer_power_excluding_idle_power_micro_watt"].GetDouble());
    EXPECT_EQ(got.run_time_milliseconds, want["layer_run_time"].GetDouble());
  }
  EXPECT_EQ(slurp(folder / "trt_engine_info.json"),
            slurp(kData / "example_raw_data" / GetParam() / "trt_profiling/trt_engine_info.json"));
}

INSTANTIATE_TEST_SUITE_P(Examples, PublishedExample,
                         testing::Values("simple", "multiple_readings", "multiple_layers"),
                         [](const auto& test) { return std::string(test.param); });

/// A raw dataset of one model, each file of which a test may replace.
class MapDataset : public testing::Test {
 protected:
  MapDataset() {
    folder_.write("raw/idling_power.json", R"({"timestamp": "x", "avg_idle_power": 1000000.0})");
    log("20241121-00:00:01.00,5000.0,1000.0\n20241121-00:00:02.00,5000.0,2000.0\n");
    latency(R"({"a": [[1000.0, "20241121-00:00:01.50"]], "b": [[400.0, "20241121-00:00:02.20"]]})");
    info(R"({"Layers": [{"Name": "a", "LayerType": "Conv"}, {"Name": "b", "LayerType": "Pool"}]})");
  }
  void log(std::string_view text) { folder_.write("raw/m/m_power_log.log", text); }
  void latency(std::string_view text) {
    folder_.write("raw/m/trt_profiling/trt_layer_latency.json", text);
  }
  void info(std::string_view text) {
    folder_.write("raw/m/trt_profiling/trt_engine_info.json", text);
  }
  Result<LayerProfile> map(MapMethod method = MapMethod::kWindow) {
    const auto dataset = find_raw_dataset(folder_ / "raw");
    if (!dataset) return dataset.error();
    const auto idle = idle_microwatts_of(*dataset, dataset->models.front());
    if (!idle) return idle.error();
    return map_model(dataset->models.at(0), method, *idle, folder_ / "out");
  }
  std::string error() {
    const auto mapped = map();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out/m/power_runtime_mapping_layerwise.csv"));
    return mapped ? "no error" : mapped.error().to_string();
  }
  TemporaryFolder folder_;
};

TEST_F(MapDataset, GivesAProfileAboveIdle) {
  const auto profile = map();
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_DOUBLE_EQ(profile->rows[0].power->value.value(), 4.0);
  EXPECT_DOUBLE_EQ(profile->rows[1].power->value.value(), 9.0);
}

TEST_F(MapDataset, EqualNamesGetTheirOwnLayers) {
  latency(R"({"a": [[1.0, "20241121-00:00:01.50"]], "a": [[1.0, "20241121-00:00:02.20"]]})");
  info(R"({"Layers": [{"Name": "a", "LayerType": "Conv"}, {"Name": "a", "LayerType": "Pool"}]})");
  const auto profile = map();
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_EQ(profile->rows[0].layer.type, "Conv");
  EXPECT_EQ(profile->rows[1].layer.type, "Pool");
}

TEST_F(MapDataset, ALayerWithoutInformationIsNamed) {
  latency(R"({"conv_a": [[1.0, "20241121-00:00:01.50"]]})");
  info(R"({"Layers": [{"Name": "conv-a", "LayerType": "Conv"}]})");
  EXPECT_THAT(error(), AllOf(HasSubstr("trt_layer_latency.json: layer 'conv_a'"),
                             HasSubstr("nearest there: 'conv-a'"), HasSubstr("same engine")));
}

TEST_F(MapDataset, ALayerThatNeverRanDoesNoHarm) {
  info(R"({"Layers": ["const", "a", "b"]})");
  const auto profile = map();
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_EQ(profile->rows.size(), 2U);
}

TEST_F(MapDataset, BadInputIsNamedAndLeavesNoResult) {
  log("20241121-00:00:02.00,5000.0,1000.0\n20241121-00:00:01.00,5000.0,2000.0\n");
  EXPECT_THAT(error(), AllOf(HasSubstr("m_power_log.log: line 2"), HasSubstr("earlier")));
  log("");
  EXPECT_THAT(error(), HasSubstr("has no samples"));
  latency(R"({"a": [[1000.0, "20241121-00:0)");
  EXPECT_THAT(error(), AllOf(HasSubstr("trt_layer_latency.json: line 1"), HasSubstr("ends early")));
  latency(R"({"a": [1.0]})");
  EXPECT_THAT(error(), HasSubstr("older form"));
  info("{}");
  latency(R"({"a": [[1000.0, "20241121-00:00:01.50"]]})");
  EXPECT_THAT(error(), AllOf(HasSubstr("trt_engine_info.json"), HasSubstr("'Layers'")));
}

TEST_F(MapDataset, MissingFilesAreNamed) {
  std::filesystem::remove(folder_ / "raw/m/m_power_log.log");
  std::filesystem::remove(folder_ / "raw/m/trt_profiling/trt_engine_info.json");
  EXPECT_THAT(error(), AllOf(HasSubstr("missing: m_power_log.log, trt_profiling/trt_engine_info"),
                             HasSubstr("layerwatt measure m")));
  std::filesystem::remove(folder_ / "raw/idling_power.json");
  EXPECT_THAT(error(),
              AllOf(HasSubstr("idling_power.json is missing"), HasSubstr("layerwatt idle")));
}

TEST_F(MapDataset, AResultFolderThatCannotBeMadeIsNamed) {
  folder_.write("out", "a file is in the way");
  const auto mapped = map();
  ASSERT_FALSE(mapped);
  EXPECT_THAT(mapped.error().to_string(), HasSubstr("out"));
}

TEST_F(MapDataset, PassesOfSeveralStreamsAreRefused) {
  // Three at once, each of 0.9 s, one every 0.3 s.
  std::string a = "{\"a\": [";
  std::string b = "], \"b\": [";
  for (int i = 0; i < 30; ++i) {
    const int end = 1000 + 300 * i;
    const auto stamp = [](int ms) {
      return fmt::format("\"20241121-00:00:{:02}.{:03}\"", ms / 1000, ms % 1000);
    };
    a += fmt::format("{}[300.0, {}]", i > 0 ? ", " : "", stamp(end + 300));
    b += fmt::format("{}[600.0, {}]", i > 0 ? ", " : "", stamp(end + 900));
  }
  latency(a + b + "]}");
  EXPECT_THAT(error(), AllOf(HasSubstr("passes overlap"), HasSubstr("--method solve")));
}

TEST_F(MapDataset, TheOlderFormForPyTorchIsReadAsItIs) {
  std::filesystem::remove_all(folder_ / "raw/m/trt_profiling");
  std::string passes = "[";
  for (int i = 0; i < 3; ++i) {
    passes += fmt::format(
        R"({}{{"conv1": {{"elapsed_time": 100.0, "start_time": {}.0}},
            "fc1": {{"elapsed_time": 200.0, "start_time": {}.5}}}})",
        i > 0 ? ", " : "", 1738071506 + i, 1738071506 + i);
  }
  folder_.write("raw/m/m_layerwise_latency.json", passes + R"(, {"conv1": {}}])");
  folder_.write(
      "raw/m/model_summary.json",
      R"({"conv1": {"type": "Conv2d", "kernel_size": [3, 3], "output_shape": [1, 8, 30, 30]},
                    "fc1": {"type": "Linear"}})");
  const auto profile = map();
  ASSERT_TRUE(profile) << profile.error().to_string();
  ASSERT_EQ(profile->rows.size(), 2U);
  EXPECT_EQ(profile->rows[0].layer.type, "Conv2d");
  EXPECT_EQ(profile->rows[0].layer.out_maps, 8);
  EXPECT_EQ(profile->rows[0].run_time.count, 3);
  EXPECT_EQ(profile->rows[1].run_time.median, std::chrono::milliseconds(200));
}

}  // namespace
}  // namespace layerwatt
