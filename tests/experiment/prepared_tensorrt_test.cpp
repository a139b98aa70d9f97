#include "running/network/prepared_tensorrt.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <string>

#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/experiment/measure.h"
#include "layerwatt/models/architecture.h"
#include "layerwatt/models/onnx_model.h"

#include "dataset/temporary_folder.h"
#include "engines/fake_tensorrt.h"
#include "engines/tensorrt/tensorrt_engine.h"
#include "running/passes/fusion_groups.h"

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
    options_.power.virtual_board = "orin-nano";
    options_.power.idle_lead = 50ms;
    options_.output.result_dir = folder_ / "raw";
    options_.output.existing = ExistingResult::kReplace;
    options_.plan.runs = 20;
    script_.real_clock = true;
    options_.plan.run.warmup = 2;
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

/// What an engine built of these ONNX bytes has for inputs and outputs.
std::vector<trt::IoTensor> tensors_of(std::span<const std::byte> onnx) {
  const auto model = OnnxModel::parse(onnx, "segment");
  std::vector<trt::IoTensor> out;
  if (!model) return out;
  for (const ModelTensor& t : model->inputs()) {
    out.push_back({t.name, true, DataType::kFloat32, t.dimensions});
  }
  for (const ModelTensor& t : model->outputs()) {
    out.push_back({t.name, false, DataType::kFloat32, t.dimensions});
  }
  return out;
}

TEST_F(WithTensorRt, LayersRunOneByOneAsEnginesAlongTheFusions) {
  // Two nodes a layer, a copy that TensorRT put in, and the rest in one layer.
  const auto nodes = build_architecture("lenet").value().nodes();
  ASSERT_GT(nodes.size(), 4U);
  std::string layers = R"({"Name": "copy", "LayerType": "Reformat", "Metadata": ""})";
  script_.layers = {{"copy", 0.0001F}};
  for (std::size_t i = 0; i < nodes.size(); i += 2) {
    std::string metadata = "[ONNX Layer: " + nodes[i].name + "]";
    if (i + 1 < nodes.size()) metadata += "\\u001e[ONNX Layer: " + nodes[i + 1].name + "]";
    const std::string name = "layer" + std::to_string(i / 2);
    layers += R"(,{"Name": ")" + name + R"(", "LayerType": "X", "Metadata": ")" + metadata + "\"}";
    script_.layers.emplace_back(name, 0.0001F);
  }
  script_.inspector = R"({"Layers": [)" + layers + "]}";
  script_.tensors_of = tensors_of;
  options_.plan.run.schedule = Schedule::kIsolated;
  options_.plan.run.warmup = 0;
  options_.plan.runs = 5;
  const auto measured = measure();
  ASSERT_TRUE(measured) << measured.error().to_string();
  std::set<std::int32_t> ran;
  for (const Execution& e : measured->recording.timeline.executions) ran.insert(e.segment);
  EXPECT_EQ(ran.size(), (nodes.size() + 1) / 2);
  EXPECT_EQ(ran.count(0), 0U) << "the copy is no node's";
  EXPECT_THAT(measured->recording.run->notes,
              AllOf(Contains(HasSubstr("engine of its own")),
                    Contains(HasSubstr("copy: no node of the model stands behind it"))));
  // The whole engine, and one a layer.
  EXPECT_EQ(script_.count("build"), 1 + static_cast<std::int64_t>(ran.size()));
  EXPECT_EQ(measured->outcome.segment_difference, 0.0);
}

TEST_F(WithTensorRt, AnEngineThatIsBuiltCannotBeCut) {
  const std::filesystem::path plan = folder_ / "net.plan";
  std::ofstream(plan) << "ftrt plan";
  options_.network.model = plan.string();
  options_.plan.run.schedule = Schedule::kWeighing;
  const auto measured = measure();
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(measured.error().message(), HasSubstr("give the ONNX model"));
}

TEST(FusionGroups, ANodeThatSeveralLayersShareBelongsToTheFirst) {
  std::vector<ModelNode> nodes(3);
  nodes[0].name = "a";
  nodes[1].name = "b";
  nodes[2].name = "c";
  std::vector<Layer> layers(4);
  layers[0].name = "first";
  layers[0].origins = {"a", "a", "unknown"};
  layers[1].name = "second";
  layers[1].origins = {"a", "b"};
  layers[2].name = "third";
  layers[2].origins = {"c"};
  layers[3].name = "third";
  layers[3].origins = {"none"};
  std::vector<std::string> left_out;
  const auto groups = fusion_groups(nodes, layers, left_out);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].name, "first");
  EXPECT_EQ(groups[0].nodes, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(groups[1].nodes, std::vector<std::string>{"c"});
  EXPECT_THAT(left_out, ::testing::ElementsAre(HasSubstr("second: does a part of the work of"),
                                               HasSubstr("third: no node")));
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
