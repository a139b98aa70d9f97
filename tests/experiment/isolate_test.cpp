#include "layerwatt/experiment/isolate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/layer_stats.h"
#include "layerwatt/dataset/run_file.h"
#include "layerwatt/simulation/virtual_recording.h"

#include "core/json.h"
#include "dataset/temporary_folder.h"
#include "dataset/text/csv.h"
#include "engines/onnxruntime_test_engine.h"
#include "recording/sensor_tree.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// LeNet on a virtual board whose sensor does not average, so that layers need not run for long.
class Isolate : public ::testing::Test {
 protected:
  Isolate() : engine_(testing::onnxruntime_or_null()) {
    options_.measure.network.model = "lenet";
    options_.measure.network.threads = 1;
    options_.measure.power.virtual_board = "orin-nano";
    options_.measure.power.sensor_samples = 1;
    options_.measure.power.idle_lead = 100ms;
    options_.measure.output.result_dir = folder_ / "raw";
    options_.measure.plan.run.warmup = 1;
    options_.stats_dir = folder_ / "stats";
    options_.boundary = 20ms;
    options_.sample_duration = 60ms;
  }
  Result<Isolation> isolate() {
    return isolate_network(*engine_, options_, cancellation_, observer_);
  }
  TemporaryFolder folder_;
  std::unique_ptr<Engine> engine_;
  IsolateOptions options_;
  Cancellation cancellation_;
  MeasureObserver observer_;
};

TEST_F(Isolate, WritesTheTableTheStatisticsAndTheRawDataset) {
  if (!engine_) GTEST_SKIP() << "no ONNX Runtime on this machine";
  options_.mode = "MAXN";
  EXPECT_FALSE(is_isolated_already(options_, "lenet"));
  const auto isolation = isolate();
  ASSERT_TRUE(isolation) << isolation.error().to_string();
  EXPECT_TRUE(is_isolated_already(options_, "lenet"));
  // A run that was stopped is measured anew.
  const auto run_file = isolation->measurement.folder / "run.json";
  RunFile run = read_run_file(run_file).value();
  run.is_partial = true;
  ASSERT_TRUE(write_run_file(run_file, run));
  EXPECT_FALSE(is_isolated_already(options_, "lenet"));
  const std::size_t layers = isolation->measurement.recording.timeline.layers.size();
  ASSERT_EQ(isolation->layers.size(), layers);
  for (const IsolatedLayer& layer : isolation->layers) {
    EXPECT_GE(layer.duration(), 30ms);
    EXPECT_GT(layer.samples.size(), 10U);
    // 3.6 W when idle, and a shunt offset of at most two steps of 40 mW.
    EXPECT_GT(layer.mean_power.value(), 3.5);
  }
  const auto table = CsvTable::parse(read_file(isolation->table).value());
  ASSERT_TRUE(table);
  EXPECT_EQ(table->rows().size(), layers);
  EXPECT_TRUE(table->column("Virtual")) << "the power is virtual";
  ASSERT_TRUE(process_layer_stats(options_.stats_dir, std::nullopt, false));
  const auto json = read_json(options_.stats_dir / "MAXN.json");
  ASSERT_TRUE(json) << json.error().to_string();
  const auto& cpu = (*json)["lenet"]["cpu"];
  EXPECT_TRUE(cpu["virtual"].GetBool());
  EXPECT_EQ(cpu["latency"].MemberCount(), layers);
  EXPECT_NEAR(cpu["power"]["0"]["VDD_IN"].GetDouble() / 1000.0,
              isolation->layers.front().mean_power.value(), 0.3);
  const LayerProfile profile = profile_of(*isolation);
  EXPECT_TRUE(profile.is_virtual);
  EXPECT_EQ(profile.rows.size(), layers);
}

TEST_F(Isolate, RunsEachLayerAsOftenAsAsked) {
  if (!engine_) GTEST_SKIP() << "no ONNX Runtime on this machine";
  options_.repeats = 7;
  options_.boundary = 5ms;
  options_.as_published = 20ms;
  const auto isolation = isolate();
  ASSERT_TRUE(isolation) << isolation.error().to_string();
  for (const IsolatedLayer& layer : isolation->layers) EXPECT_EQ(layer.executions, 7);
  EXPECT_FALSE(std::filesystem::exists(options_.stats_dir)) << "no mode, no statistics";
}

TEST_F(Isolate, RunTimesAloneNeedNoSensor) {
  if (!engine_) GTEST_SKIP() << "no ONNX Runtime on this machine";
  options_.measure.power.virtual_board.clear();
  options_.measure.power.recorder.root.path = folder_.path();
  options_.mode = "MAXN";
  options_.eval_power = false;
  options_.sample_count = 30;
  options_.boundary = 1ms;
  EXPECT_FALSE(is_isolated_already(options_, "lenet"));
  const auto times = isolate_run_times(*engine_, options_, cancellation_, observer_);
  ASSERT_TRUE(times) << times.error().to_string();
  EXPECT_TRUE(is_isolated_already(options_, "lenet"));
  ASSERT_EQ(times->run_times.size(), times->layers.size());
  for (const auto& of_layer : times->run_times) EXPECT_EQ(of_layer.size(), 30U);
  EXPECT_THAT(times->notes, ::testing::Contains(HasSubstr("alone sum up to")));
  ASSERT_TRUE(process_layer_stats(options_.stats_dir, std::nullopt, false));
  const auto json = read_json(options_.stats_dir / "MAXN.json");
  ASSERT_TRUE(json) << json.error().to_string();
  EXPECT_EQ((*json)["lenet"]["cpu"]["latency"].MemberCount(), times->layers.size());
  EXPECT_FALSE((*json)["lenet"]["cpu"].HasMember("power"));
}

TEST_F(Isolate, SaysWhereTheSettlingTimeIsShort) {
  if (!engine_) GTEST_SKIP() << "no ONNX Runtime on this machine";
  options_.boundary = 1ms;
  const auto isolation = isolate();
  ASSERT_TRUE(isolation) << isolation.error().to_string();
  EXPECT_THAT(isolation->notes, ::testing::Contains(HasSubstr("settling time of 1.00 ms")));
}

TEST_F(Isolate, RefusesAModeThatTheMachineIsNotIn) {
  if (!engine_) GTEST_SKIP() << "no ONNX Runtime on this machine";
  const testing::SensorTree tree;
  for (const auto& [file, text] :
       {std::pair("var/lib/nvpmodel/status", "pmode:0002"),
        std::pair("etc/nvpmodel.conf", "< POWER_MODEL ID=2 NAME=15W >")}) {
    const auto path = tree.root() / file;
    std::filesystem::create_directories(path.parent_path());
    ASSERT_TRUE(write_file_atomically(path, text));
  }
  options_.measure.power.virtual_board.clear();
  options_.measure.power.recorder.root.path = tree.root();
  for (const char* wrong : {"1", "MAXN", "2 (15W)x"}) {
    options_.mode = wrong;
    const auto isolation = isolate();
    ASSERT_FALSE(isolation);
    EXPECT_EQ(isolation.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(isolation.error().message(), HasSubstr("power mode 2 (15W)"));
  }
}

TEST_F(Isolate, RefusesLabelsThatAreNoNamesAndRailsThatDoNotExist) {
  if (!engine_) GTEST_SKIP() << "no ONNX Runtime on this machine";
  options_.mode = "../elsewhere";
  EXPECT_EQ(isolate().error().code(), ErrorCode::kInvalidArgument);
  options_.mode = "1";
  options_.rails = {"VDD_OUT"};
  const auto isolation = isolate();
  ASSERT_FALSE(isolation);
  EXPECT_THAT(isolation.error().message(), HasSubstr("VDD_CPU_GPU_CV"));
}

}  // namespace
}  // namespace layerwatt
