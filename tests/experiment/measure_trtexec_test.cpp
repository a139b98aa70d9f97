#include "experiment/measure/measure_trtexec.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "layerwatt/analysis/map_dataset.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/inference_summary.h"
#include "layerwatt/dataset/layer_latency.h"
#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/records.h"
#include "layerwatt/engines/onnxruntime_engine.h"

#include "experiment/trtexec_fixture.h"
#include "recording/sensor_tree.h"

// With a stand-in for trtexec (tests/tools/fake_trtexec.py) that plays back a recording.

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::LayersByTrtexec;
using testing::Listener;
using testing::MeasureTrtexec;
using ::testing::Not;
using testing::SensorTree;

class IsolateTrtexec : public LayersByTrtexec {
 protected:
  IsolateTrtexec() {
    use_layers({"first", "second", "third"});
    options_.plan.run.schedule = Schedule::kIsolated;
  }
  Result<Measurement> isolate(const std::string& environment = "") {
    return measure_layers(environment);
  }
};

TEST_F(IsolateTrtexec, RunsEachLayerInAProcessOfItsOwnAndKeepsTheirEngines) {
  const auto measured = isolate();
  ASSERT_TRUE(measured) << measured.error().to_string();
  const Timeline& timeline = measured->recording.timeline;
  EXPECT_EQ(timeline.schedule, Schedule::kIsolated);
  EXPECT_EQ(timeline.stamps, StampSource::kPlacedByDuration);
  ASSERT_TRUE(validate(timeline));
  const auto times = run_times_of_layers(timeline);
  ASSERT_EQ(times.size(), nodes_);
  for (const auto& of_layer : times) {
    ASSERT_EQ(of_layer.size(), 6U);
    for (const Duration time : of_layer) EXPECT_NEAR(to_milliseconds(time), 0.4, 1e-3);
  }
  EXPECT_EQ(measured->outcome.latencies.size(), 6U);
  EXPECT_EQ(events_of("build"), nodes_ + 1);
  EXPECT_EQ(events_of("ready"), nodes_ + 1);

  std::filesystem::remove(events());
  ASSERT_TRUE(isolate());
  EXPECT_EQ(events_of("build"), 0U);
}

TEST_F(IsolateTrtexec, LayersGetWhatTheyGetInTheNetwork) {
  if (!open_onnxruntime()) GTEST_SKIP() << "ONNX Runtime is not installed here";
  const auto measured = isolate();
  ASSERT_TRUE(measured) << measured.error().to_string();
  // Four floats each.
  EXPECT_EQ(events_of("input:input:16"), 1U);
  EXPECT_EQ(events_of("input:of_first:16"), 1U);
  EXPECT_EQ(events_of("input:of_second:16"), 1U);
  EXPECT_THAT(measured->outcome.notes, Not(Contains(HasSubstr("random values"))));
}

TEST_F(IsolateTrtexec, SaysFirstHowLongItWillTake) {
  Listener listener;
  listener_ = &listener;
  ASSERT_TRUE(isolate());
  EXPECT_THAT(listener.lines,
              Contains(AllOf(
                  HasSubstr(fmt::format("{} layers run one at a time, which takes about", nodes_)),
                  HasSubstr(fmt::format("before that {} engines are built", nodes_)))));
}

TEST_F(IsolateTrtexec, ALayerWhoseEngineCannotBeBuiltIsLeftOutAndTold) {
  const auto measured = isolate("FAKE_TRTEXEC_FAIL=build FAKE_TRTEXEC_FAIL_MODEL=/1.onnx");
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_EQ(std::ranges::count_if(run_times_of_layers(measured->recording.timeline),
                                  [](const auto& times) { return times.empty(); }),
            1);
  EXPECT_THAT(measured->outcome.notes, Contains(AllOf(HasSubstr("Not run alone"),
                                                      HasSubstr("Engine could not be created"))));
}

TEST_F(IsolateTrtexec, EnginesOfAnotherDriverInTheCacheAreBuiltAnew) {
  ASSERT_TRUE(isolate());
  for (const auto& entry : std::filesystem::directory_iterator(build_.cache_folder)) {
    if (entry.path().extension() == ".engine") std::ofstream(entry.path()) << "fake engine 1\n";
  }
  std::filesystem::remove(events());
  const auto measured = isolate();
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_EQ(events_of("build"), nodes_ + 1);
}

TEST_F(IsolateTrtexec, EveryVersionTakesWhatItIsGiven) {
  for (const char* version : {"8201", "100300", "110100"}) {
    const auto measured = isolate(std::string("FAKE_TRTEXEC_VERSION=") + version);
    EXPECT_TRUE(measured) << version << ": " << measured.error().to_string();
  }
}

TEST_F(IsolateTrtexec, WhatItCannotDoIsSaidWithAWayOut) {
  const auto engine = folder_.write("network.engine", "fake engine 100300\n");
  options_.network.model = engine.string();
  EXPECT_THAT(isolate().error().to_string(), HasSubstr("give the ONNX model"));
}

TEST_F(MeasureTrtexec, WritesARawDatasetThatMapTakes) {
  const auto measured = measure();
  ASSERT_TRUE(measured) << measured.error().to_string();
  const RunFile& run = measured->recording.run.value();
  EXPECT_EQ(run.engine, "tensorrt");
  EXPECT_EQ(run.engine_version, "10.3.0 (trtexec)");
  EXPECT_EQ(run.stamps, StampSource::kPlacedByDuration);
  EXPECT_EQ(run.profiled_passes, 14590);
  EXPECT_THAT(run.notes, Contains(HasSubstr("rebuilt from what trtexec exports")));
  EXPECT_EQ(pass_count(measured->recording.timeline), 65);
  EXPECT_EQ(measured->outcome.latencies.size(), 60U);

  const auto summary = read_inference_summary(measured->folder / "lenet_tensorrt.json");
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_EQ(summary->runs, 60);
  EXPECT_EQ(summary->dtype, "float16");
  EXPECT_FALSE(summary->input_shape.empty());
  const auto latencies =
      read_layer_latencies(measured->folder / "trt_profiling/trt_layer_latency.json");
  ASSERT_TRUE(latencies) << latencies.error().to_string();
  EXPECT_EQ(latencies->passes, 65);
  const auto info = read_engine_info(measured->folder / "trt_profiling/trt_engine_info.json");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->layers.size(), 14U);

  const auto dataset = find_raw_dataset(options_.output.result_dir);
  ASSERT_TRUE(dataset);
  const auto mapped =
      map_model(dataset->models.front(), MapMethod::kNearest, 1e6, folder_ / "mapped");
  ASSERT_TRUE(mapped) << mapped.error().to_string();
  EXPECT_EQ(mapped->rows.size(), 14U);
}

TEST_F(MeasureTrtexec, TheRecordersWindowCoversTheTimedPassesAndNothingElse) {
  const SensorTree tree;
  tree.write("samples", "1");
  tree.write("update_interval", "1");
  options_.power.virtual_board.clear();
  options_.power.recorder.root.path = tree.root();
  options_.power.recorder.period = 2ms;
  const auto measured = measure();
  ASSERT_TRUE(measured) << measured.error().to_string();
  const auto happened = this->happened();
  auto reader = NpyReader<PowerRecord>::open(measured->folder / "power.npy", CutFile::kRefuse);
  ASSERT_TRUE(reader);
  std::vector<PowerRecord> records(reader->count());
  ASSERT_TRUE(reader->read(records));
  ASSERT_FALSE(records.empty());
  const Instant first = instant_from_ns(records.front().before_ns);
  const Instant last = instant_from_ns(records.back().after_ns);
  EXPECT_GT(first, happened.at("build"));
  EXPECT_GT(first, happened.at("profile"));
  EXPECT_GT(first, happened.at("ready")) << "loading the engine is not recorded";
  EXPECT_LT(first, happened.at("passes_begin")) << "idle first";
  EXPECT_GE(last, happened.at("passes_end"));
  const auto& executions = measured->recording.timeline.executions;
  const Duration played = happened.at("passes_end") - happened.at("passes_begin");
  const Duration placed = executions.back().end - executions.front().start;
  // The stand-in rests for as long as its passes would have taken; it may oversleep.
  EXPECT_LE(placed, played + 1ms);
  EXPECT_GE(executions.front().start, happened.at("ready"));
  EXPECT_LE(executions.back().end, last);
  ASSERT_TRUE(measured->recording.run->idle_power);
  EXPECT_NEAR(measured->recording.run->idle_power->value(), 5.0, 0.01);
}

TEST_F(MeasureTrtexec, AnEngineIsBuiltOnceAndFoundAgain) {
  ASSERT_TRUE(measure());
  ASSERT_EQ(happened().count("build"), 1U);
  std::filesystem::remove(events());
  ASSERT_TRUE(measure());
  EXPECT_EQ(happened().count("build"), 0U);
  // Another network, and none kept.
  std::filesystem::remove(events());
  build_.cache_folder.clear();
  ASSERT_TRUE(measure());
  EXPECT_EQ(happened().count("build"), 1U);
}

TEST_F(MeasureTrtexec, AnEngineInTheCacheThatCannotBeLoadedIsBuiltAnew) {
  ASSERT_TRUE(measure());
  for (const auto& entry : std::filesystem::directory_iterator(build_.cache_folder)) {
    if (entry.path().extension() == ".engine") std::ofstream(entry.path()) << "fake engine 8502\n";
  }
  std::filesystem::remove(events());
  const auto measured = measure();
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_EQ(happened().count("build"), 1U);
}

TEST_F(MeasureTrtexec, ASerialisedEngineRunsAsItIs) {
  const std::filesystem::path engine = folder_ / "net.engine";
  std::ofstream(engine) << "fake engine 100300\n";
  options_.network.model = engine.string();
  const auto measured = measure();
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_EQ(measured->model, "net");
  EXPECT_EQ(happened().count("build"), 0U);
  EXPECT_THAT(error_with("FAKE_TRTEXEC_VERSION=8601"),
              AllOf(HasSubstr("expecting library version 8601"), HasSubstr("another version")));
  options_.network.input_shapes.in_order = {{1, 3, 8, 8}};
  EXPECT_THAT(error_with(""), HasSubstr("--input-shape"));
  options_.network.model = (folder_ / "absent.plan").string();
  EXPECT_THAT(error_with(""), HasSubstr("no such file"));
}

TEST_F(MeasureTrtexec, EveryVersionTakesItsOptions) {
  for (const char* version : {"8201", "8502", "8601", "101303", "110100"}) {
    const auto measured = measure(std::string("FAKE_TRTEXEC_VERSION=") + version);
    EXPECT_TRUE(measured) << version << ": " << measured.error().to_string();
  }
}

TEST_F(MeasureTrtexec, FailuresAreToldInTrtexecsWordsWithAdvice) {
  EXPECT_THAT(error_with("FAKE_TRTEXEC_FAIL=operator"),
              AllOf(HasSubstr("build the engine"), HasSubstr("No importer registered"),
                    HasSubstr("no counterpart of an operator")));
  EXPECT_THAT(error_with("FAKE_TRTEXEC_FAIL=memory"),
              AllOf(HasSubstr("out of memory"), HasSubstr("--workspace")));
  EXPECT_THAT(error_with("FAKE_TRTEXEC_FAIL=profile"), HasSubstr("profile the engine"));
  EXPECT_FALSE(std::filesystem::exists(options_.output.result_dir / "lenet"));
  EXPECT_THAT(error_with("FAKE_TRTEXEC_FAIL=timing"),
              AllOf(HasSubstr("run the network"), HasSubstr("illegal memory access")));
  EXPECT_FALSE(std::filesystem::exists(options_.output.result_dir / "lenet"));
}

TEST_F(MeasureTrtexec, ExportsThatWereCutShortAreRefused) {
  for (const char* what : {"times", "profile", "layers"}) {
    EXPECT_THAT(error_with(std::string("FAKE_TRTEXEC_CUT=") + what), HasSubstr("cannot be used"))
        << what;
  }
}

TEST_F(MeasureTrtexec, OverlappingLayersAreSaidAndGetNoPlace) {
  const auto measured = measure("FAKE_TRTEXEC_STREAMS=1");
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_EQ(measured->recording.timeline.executions.size(), 65U) << "whole passes alone";
  EXPECT_THAT(measured->recording.run->notes, Contains(HasSubstr("several streams")));
}

TEST_F(MeasureTrtexec, WhatTrtexecCannotDoIsRefusedBeforeAnythingRuns) {
  options_.plan.run.schedule = Schedule::kWeighing;
  options_.plan.precision = 0.03;
  EXPECT_THAT(error_with(""), HasSubstr("leave --precision out"));
  options_.plan.precision.reset();
  options_.plan.run.schedule = Schedule::kWhole;
  options_.plan.run.random_pause = 1ms;
  EXPECT_THAT(error_with(""), HasSubstr("--random-pause"));
  options_.plan.run.random_pause = 0ms;
  options_.network.type = DataType::kInt8;
  build_.type = DataType::kInt8;
  EXPECT_THAT(error_with(""), HasSubstr("QuantizeLinear"));
  EXPECT_EQ(happened().count("build"), 0U);
}

TEST_F(MeasureTrtexec, CtrlCStopsItAndLeavesNothing) {
  cancellation_.request();
  const auto measured = measure();
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(std::filesystem::exists(options_.output.result_dir / "lenet"));
}

}  // namespace
}  // namespace layerwatt
