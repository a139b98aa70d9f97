#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/dataset/layer_stats.h"
#include "layerwatt/experiment/isolate.h"

#include "core/json.h"
#include "dataset/temporary_folder.h"
#include "dataset/text/csv.h"
#include "engines/onnxruntime_test_engine.h"
#include "experiment/isolate/isolate_stats.h"
#include "sensors/fake_tegrastats.h"

// The published way from end to end: tegrastats, played back by a script, is the sensor.

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using testing::FakeTegrastats;
using ::testing::HasSubstr;

constexpr const char* kTx2Line =
    "RAM 1500/7854MB (lfb 1x4MB) SWAP 5/1982MB (cached 0MB) CPU [10%@2035,off,30%@2035] "
    "EMC_FREQ 4%@1600 MCPU@41.5C GPU@40C BCPU@42C VDD_SYS_GPU 152/150 VDD_SYS_SOC 608/600 "
    "VDD_IN 4000/3900 VDD_SYS_CPU 380/370 VDD_SYS_DDR 614/600";

class IsolateWithTegrastats : public ::testing::Test {
 protected:
  IsolateWithTegrastats() : engine_(testing::onnxruntime_or_null()) {
    MeasureOptions& measure = options_.measure;
    measure.network.model = "lenet";
    measure.network.threads = 1;
    measure.power.recorder.sensor = "tegrastats";
    measure.power.recorder.rails = {"VDD_IN"};
    measure.power.recorder.root.path = folder_.path();
    measure.power.recorder_command = LAYERWATT_TEST_RECORDER;
    measure.power.idle_lead = 100ms;
    measure.output.result_dir = folder_ / "raw";
    measure.plan.run.warmup = 1;
    options_.stats_dir = folder_ / "stats";
    options_.mode = "0";
    options_.boundary = 50ms;
    options_.sample_duration = 150ms;
  }
  Result<Isolation> isolate(const FakeTegrastats& tegrastats) {
    options_.measure.power.recorder.root.options["tegrastats"] = tegrastats.program();
    Cancellation cancellation;
    return isolate_network(*engine_, options_, cancellation, observer_);
  }
  TemporaryFolder folder_;
  std::unique_ptr<Engine> engine_;
  IsolateOptions options_;
  MeasureObserver observer_;
};

TEST_F(IsolateWithTegrastats, GivesThePublishedTreeAndJson) {
  if (!engine_) GTEST_SKIP() << "no ONNX Runtime on this machine";
  const FakeTegrastats tegrastats(std::string("while echo '") + kTx2Line +
                                  "'; do sleep 0.02; done");
  const auto isolation = isolate(tegrastats);
  ASSERT_TRUE(isolation) << isolation.error().to_string();
  EXPECT_EQ(isolation->measurement.partial_reason, "");
  for (const IsolatedLayer& layer : isolation->layers) {
    EXPECT_NEAR(layer.mean_power.value(), 4.0, 1e-9);
  }
  const auto place = options_.stats_dir / "0" / "cpu";
  EXPECT_TRUE(std::filesystem::exists(place / "power" / "lenet" / "0.csv"));
  EXPECT_TRUE(std::filesystem::exists(place / "latency" / "lenet" / "0.csv"));
  ASSERT_TRUE(process_layer_stats(options_.stats_dir, "0", false));
  const auto json = read_json(options_.stats_dir / "0.json");
  ASSERT_TRUE(json) << json.error().to_string();
  const auto& first = (*json)["lenet"]["cpu"]["power"]["0"];
  for (const std::string& name : published_rails()) {
    EXPECT_TRUE(first.HasMember(name.c_str())) << name;
  }
  EXPECT_NEAR(first["VDD_SYS_GPU"].GetDouble(), 152.0, 1e-6);
  EXPECT_NEAR(first["RAM"].GetDouble(), 1500.0, 1e-6);
  EXPECT_NEAR(first["CPU"].GetDouble(), 20.0, 1e-6);
  EXPECT_NEAR(first["MCPU"].GetDouble(), 41.5, 1e-6);
  const RunFile& run = *isolation->measurement.recording.run;
  EXPECT_EQ(run.state_before->temperatures_celsius.at("BCPU"), 42.0);
  EXPECT_THAT(run.environment.at("ram_used"), HasSubstr("1500 of 7854 MB"));
}

TEST_F(IsolateWithTegrastats, KilledHalfWayItKeepsWhatWasRecordedAndSaysWhy) {
  if (!engine_) GTEST_SKIP() << "no ONNX Runtime on this machine";
  // Enough for those that look at the rails first, and for the recorder's beginning.
  const FakeTegrastats tegrastats(std::string("for i in $(seq 40); do echo '") + kTx2Line +
                                  "'; sleep 0.02; done");
  options_.sample_duration = 5s;
  const auto isolation = isolate(tegrastats);
  ASSERT_TRUE(isolation) << isolation.error().to_string();
  EXPECT_THAT(isolation->measurement.partial_reason, HasSubstr("tegrastats ended"));
  EXPECT_FALSE(is_isolated_already(options_, "lenet"));
  EXPECT_THAT(isolation->notes, Contains(HasSubstr("did not run alone")));
}

}  // namespace
}  // namespace layerwatt
