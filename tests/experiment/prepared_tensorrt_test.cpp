#include "experiment/prepared_tensorrt.h"

#include <gmock/gmock.h>

#include <fstream>

#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/experiment/measure.h"

#include "dataset/temporary_folder.h"
#include "engines/fake_tensorrt.h"
#include "engines/tensorrt_engine.h"

// TensorRT in process, with a fake in place of the vendor's calls.

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using trt::testing::FakeApi;
using trt::testing::Script;

class WithTensorRt : public ::testing::Test {
 protected:
  WithTensorRt() {
    options_.network.model = "lenet";
    options_.network.type = DataType::kFloat16;
    options_.virtual_board = "orin-nano";
    options_.idle_lead = 50ms;
    options_.result_dir = folder_ / "raw";
    options_.runs = 20;
    script_.real_clock = true;
    options_.plan.warmup = 2;
  }
  Result<Measurement> measure() {
    auto engine = trt::TensorRtEngine::open(std::make_unique<FakeApi>(script_), {});
    if (!engine) return std::move(engine).error();
    return measure_network(**engine, options_, cancellation_, observer_);
  }
  TemporaryFolder folder_;
  Script script_;
  MeasureOptions options_;
  Cancellation cancellation_;
  MeasureObserver observer_;
};

TEST_F(WithTensorRt, LayersComeFromInspectorAndProfiler) {
  script_.layers = {{"fc", 0.0002F}, {"conv", 0.0001F}, {"conv", 0.0003F}};
  script_.inspector =
      R"({"Layers": [{"Name": "conv", "LayerType": "A"}, {"Name": "conv", "LayerType": "B"},
                     {"Name": "fc", "LayerType": "gemm"}], "Bindings": ["in", "out"]})";
  auto engine = trt::TensorRtEngine::open(std::make_unique<FakeApi>(script_), {}).value();
  PreparedNetwork network;
  network.engine = engine->name();
  const auto prepared = prepare_inspected(*engine, options_.network, std::move(network));
  ASSERT_TRUE(prepared) << prepared.error().to_string();
  EXPECT_EQ(prepared->name, "lenet");
  ASSERT_EQ(prepared->layers.size(), 3U);
  EXPECT_EQ(prepared->layers[0].type, "gemm") << "in the order in which they ran";
  EXPECT_EQ(prepared->layers[1].type, "A");
  EXPECT_EQ(prepared->layers[2].type, "B");
  ASSERT_EQ(prepared->inputs.size(), 1U);
  EXPECT_EQ(prepared->inputs[0].dimensions, (std::vector<std::int64_t>{1, 4}));
  EXPECT_EQ(script_.count("build"), 1);
}

TEST_F(WithTensorRt, AMeasurementWritesThePublishedFiles) {
  const auto measured = measure();
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_EQ(measured->recording.run->engine, "tensorrt");
  EXPECT_EQ(measured->recording.run->stamps, StampSource::kPlacedByDuration);
  EXPECT_THAT(measured->recording.run->notes, Contains(HasSubstr("anchored")));
  EXPECT_TRUE(std::filesystem::exists(measured->folder / "lenet_tensorrt.json"));
  EXPECT_TRUE(std::filesystem::exists(measured->folder / "trt_profiling/trt_layer_latency.json"));
  const auto info = read_engine_info(measured->folder / "trt_profiling/trt_engine_info.json");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->layers.at(0).name, "conv");
  EXPECT_EQ(script_.count("build"), 1) << "both sessions run the same engine";
  EXPECT_TRUE(script_.memory.empty());
}

TEST_F(WithTensorRt, LayersThatOverlapAreNotPlaced) {
  script_.aux_streams = 1;
  const auto measured = measure();
  ASSERT_TRUE(measured) << measured.error().to_string();
  for (const Execution& e : measured->recording.timeline.executions) {
    EXPECT_EQ(e.segment, kWholePass);
  }
  EXPECT_THAT(measured->recording.run->notes, Contains(HasSubstr("several streams")));
}

TEST_F(WithTensorRt, LayersOneByOneAreRefusedWithAdvice) {
  options_.plan.schedule = Schedule::kWeighing;
  const auto measured = measure();
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(measured.error().message(), HasSubstr("--schedule whole"));
}

TEST_F(WithTensorRt, AnEngineFileRunsAsItIs) {
  const std::filesystem::path plan = folder_ / "net.plan";
  std::ofstream(plan) << "ftrt plan";
  options_.network.model = plan.string();
  const auto measured = measure();
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_EQ(measured->model, "net");
  EXPECT_EQ(script_.count("build"), 0);
}

}  // namespace
}  // namespace layerwatt
