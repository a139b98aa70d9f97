#include "layerwatt/running/prepare_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include "layerwatt/engines/random_tensor.h"
#include "layerwatt/running/image_input.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/run_network.h"

#include "engines/onnxruntime_test_engine.h"
#include "engines/tiny_onnx.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TinyModel;

/// Values of a small network, row-major.
struct Values {
  std::vector<std::int64_t> shape;
  std::vector<float> data;
};

/// Weights in −0.5 … 0.5, the same on every machine.
std::vector<float> weights(std::size_t count, std::uint64_t seed) {
  const Tensor tensor =
      random_tensor({"w", DataType::kFloat32, {static_cast<std::int64_t>(count)}}, seed).value();
  std::vector<float> out(count);
  std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  for (float& value : out) value *= 0.1F;
  return out;
}

/// LeNet's kinds of layers, small: two convolutions with pooling, then two dense layers.
TinyModel small_lenet() {
  TinyModel model;
  model.nodes = {
      {"Conv", "conv1", {"x", "w1", "b1"}, {"c1"}, {}, ""},
      {"Relu", "relu1", {"c1"}, {"r1"}, {}, ""},
      {"MaxPool", "pool1", {"r1"}, {"p1"}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}}, ""},
      {"Conv", "conv2", {"p1", "w2", "b2"}, {"c2"}, {}, ""},
      {"Relu", "relu2", {"c2"}, {"r2"}, {}, ""},
      {"Flatten", "flatten", {"r2"}, {"f"}, {}, ""},
      {"Gemm", "fc1", {"f", "w3", "b3"}, {"g"}, {}, ""},
      {"Relu", "relu3", {"g"}, {"r3"}, {}, ""},
      {"Gemm", "fc2", {"r3", "w4", "b4"}, {"y"}, {}, ""},
  };
  // 12×12 → 10×10 (16 channels) → 5×5 → 3×3 (8 channels) → 72 → 20 → 10.
  model.weights = {{"w1", {16, 1, 3, 3}, weights(144, 1)},  {"b1", {16}, weights(16, 2)},
                   {"w2", {8, 16, 3, 3}, weights(1152, 3)}, {"b2", {8}, weights(8, 4)},
                   {"w3", {72, 20}, weights(1440, 5)},      {"b3", {20}, weights(20, 6)},
                   {"w4", {20, 10}, weights(200, 7)},       {"b4", {10}, weights(10, 8)}};
  model.inputs = {{"x", {1, 1, 12, 12}}};
  model.outputs = {{"y", {1, 10}}};
  return model;
}

Values convolve(const Values& x, const testing::TinyWeight& w, const testing::TinyWeight& b) {
  const std::int64_t height = x.shape[1] - 2;
  const std::int64_t width = x.shape[2] - 2;
  Values y{{w.dimensions[0], height, width}, {}};
  for (std::int64_t m = 0; m < w.dimensions[0]; ++m) {
    for (std::int64_t row = 0; row < height; ++row) {
      for (std::int64_t column = 0; column < width; ++column) {
        float sum = b.values[static_cast<std::size_t>(m)];
        for (std::int64_t c = 0; c < x.shape[0]; ++c) {
          for (std::int64_t k = 0; k < 9; ++k) {
            sum += x.data[static_cast<std::size_t>((c * x.shape[1] + row + k / 3) * x.shape[2] +
                                                   column + k % 3)] *
                   w.values[static_cast<std::size_t>((m * x.shape[0] + c) * 9 + k)];
          }
        }
        y.data.push_back(std::max(sum, 0.0F));  // both are followed by a Relu
      }
    }
  }
  return y;
}

Values pool(const Values& x) {
  Values y{{x.shape[0], x.shape[1] / 2, x.shape[2] / 2}, {}};
  for (std::int64_t c = 0; c < y.shape[0]; ++c) {
    for (std::int64_t row = 0; row < y.shape[1]; ++row) {
      for (std::int64_t column = 0; column < y.shape[2]; ++column) {
        float largest = 0.0F;  // after a Relu nothing is less
        for (std::int64_t k = 0; k < 4; ++k) {
          largest = std::max(
              largest, x.data[static_cast<std::size_t>(
                           (c * x.shape[1] + 2 * row + k / 2) * x.shape[2] + 2 * column + k % 2)]);
        }
        y.data.push_back(largest);
      }
    }
  }
  return y;
}

std::vector<float> multiply(const std::vector<float>& x, const testing::TinyWeight& w,
                            const testing::TinyWeight& b, bool rectify) {
  std::vector<float> y = b.values;
  for (std::size_t j = 0; j < y.size(); ++j) {
    for (std::size_t i = 0; i < x.size(); ++i) y[j] += x[i] * w.values[i * y.size() + j];
    if (rectify) y[j] = std::max(y[j], 0.0F);
  }
  return y;
}

/// The network by its definition, in plain loops.
std::vector<float> reference(const TinyModel& model, const Tensor& input) {
  Values x{{1, 12, 12}, std::vector<float>(144)};
  std::memcpy(x.data.data(), input.data.data(), input.data.size());
  const auto& w = model.weights;
  const Values features = convolve(pool(convolve(x, w[0], w[1])), w[2], w[3]);
  return multiply(multiply(features.data, w[4], w[5], true), w[6], w[7], false);
}

class PreparedNetworkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_ = testing::onnxruntime_or_null();
    if (HasFailure()) FAIL();
    if (!engine_) GTEST_SKIP() << "ONNX Runtime is not on this machine";
    path_ = std::filesystem::path(::testing::TempDir()) /
            (std::string("layerwatt_") +
             ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".onnx");
  }
  void TearDown() override { std::filesystem::remove(path_); }

  NetworkRequest request_for(const TinyModel& model) {
    const auto bytes = testing::serialise(model);
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    NetworkRequest request;
    request.model = path_.string();
    request.threads = 1;
    return request;
  }

  std::unique_ptr<Engine> engine_;
  std::filesystem::path path_;
};

TEST_F(PreparedNetworkTest, ComputesWhatTheDefinitionSaysAndNamesItsLayersAfterTheModels) {
  const TinyModel model = small_lenet();
  const auto network = prepare_network(*engine_, request_for(model));
  ASSERT_TRUE(network) << network.error().to_string();
  ASSERT_EQ(network->inputs.size(), 1U);

  SessionOptions keep;
  keep.threads = 1;
  keep.rewriting = GraphRewriting::kNone;
  auto session = engine_->load(network->graph, network->name, keep);
  ASSERT_TRUE(session) << session.error().message();
  ASSERT_TRUE((*session)->bind(network->inputs));
  ASSERT_TRUE((*session)->run());
  const Tensor output = (*session)->read_outputs().value().at(0);
  std::vector<float> actual(10);
  ASSERT_EQ(output.data.size(), 40U);
  std::memcpy(actual.data(), output.data.data(), 40);
  const std::vector<float> expected = reference(model, network->inputs[0]);
  for (std::size_t k = 0; k < 10; ++k) EXPECT_NEAR(actual[k], expected[k], 1e-4F);

  // Which operators are fused depends on the processor; that nothing is lost or twice does not.
  std::multiset<std::string> origins;
  for (const Layer& layer : network->layers) {
    origins.insert(layer.origins.begin(), layer.origins.end());
  }
  for (const auto& node : model.nodes) EXPECT_EQ(origins.count(node.name), 1U) << node.name;
  EXPECT_EQ(network->layers.back().name, "fc2");
  EXPECT_EQ(network->layers.back().flops, 2.0 * 200);  // biases are not counted
  EXPECT_EQ(network->layers.back().outputs.at(0).dimensions, (std::vector<std::int64_t>{1, 10}));
  EXPECT_EQ(network->parameter_count, 144 + 16 + 1152 + 8 + 1440 + 20 + 200 + 10);
}

TEST_F(PreparedNetworkTest, AFileOfPyTorchIsAnsweredWithHowToExportIt) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "weights.pth";
  std::ofstream(path) << "PK";
  NetworkRequest request;
  request.model = path.string();
  const auto network = prepare_network(*engine_, request);
  std::filesystem::remove(path);
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(network.error().message().find("torch.onnx.export"), std::string::npos);
  EXPECT_NE(network.error().to_string().find("weights.pth"), std::string::npos);
}

TEST_F(PreparedNetworkTest, RunsLayerByLayerWithTheSameOutputsBitForBit) {
  const auto network = prepare_network(*engine_, request_for(small_lenet()));
  ASSERT_TRUE(network) << network.error().to_string();
  for (const Schedule schedule : {Schedule::kIsolated, Schedule::kWeighing}) {
    RunPlan plan;
    plan.schedule = schedule;
    plan.warmup = 1;
    plan.runs = 3;
    plan.profiled_runs = 2;
    plan.block_length = Duration(1);  // one pass a block
    const Cancellation never;
    RunObserver observer;
    const auto outcome = run_network(*engine_, *network, plan, never, observer);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_EQ(outcome->segment_difference, 0.0);
    EXPECT_TRUE(validate(outcome->timeline));
    EXPECT_EQ(outcome->timeline.stamps, StampSource::kMeasured);
    std::vector<std::int64_t> first(network->layers.size());
    for (const Execution& e : outcome->timeline.executions) {
      ASSERT_GE(e.segment, 0);
      if (schedule == Schedule::kIsolated || e.repeat == 0) {
        ++first[static_cast<std::size_t>(e.segment)];
      }
    }
    ASSERT_EQ(outcome->isolated.size(), network->layers.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(outcome->isolated[i].count, first[i]);
      EXPECT_TRUE(schedule == Schedule::kWeighing || first[i] == 3);
      EXPECT_EQ(outcome->in_place.at(i).count, 2);
    }
    EXPECT_EQ(outcome->latencies.size(), 3U);
    EXPECT_THAT(outcome->notes, ElementsAre(HasSubstr("alone sum up to")));
  }
}

TEST_F(PreparedNetworkTest, MakesTheSameInputsForTheSameSeed) {
  const NetworkRequest request = request_for(small_lenet());
  const auto one = prepare_network(*engine_, request);
  const auto two = prepare_network(*engine_, request);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->inputs[0].data, two->inputs[0].data);
  EXPECT_EQ(one->graph, two->graph);
}

/// Refuses to load one layer, as an engine that lacks its operator outside the network would.
class RefusingEngine final : public Engine {
 public:
  RefusingEngine(Engine& engine, std::string layer) : engine_(engine), layer_(std::move(layer)) {}
  std::string_view name() const override { return engine_.name(); }
  std::string version() const override { return engine_.version(); }
  Result<std::unique_ptr<Session>> load(std::span<const std::byte> model, std::string_view label,
                                        const SessionOptions& options) override {
    if (label == layer_) return Error(ErrorCode::kUnsupported, "no kernel for it");
    return engine_.load(model, label, options);
  }
  std::int64_t profiled_pass_limit(std::size_t layer_count) const override {
    return engine_.profiled_pass_limit(layer_count);
  }

 private:
  Engine& engine_;
  std::string layer_;
};

TEST_F(PreparedNetworkTest, ALayerThatCannotRunAloneIsNamedAndTheOthersGoOn) {
  const auto network = prepare_network(*engine_, request_for(small_lenet()));
  ASSERT_TRUE(network) << network.error().to_string();
  ASSERT_GT(network->layers.size(), 3U);
  RunPlan plan;
  plan.schedule = Schedule::kIsolated;
  plan.warmup = 0;
  plan.profiled_runs = 0;
  const Cancellation never;
  RunObserver observer;
  for (const std::size_t missing : {std::size_t{0}, network->layers.size() / 2}) {
    const std::string name = network->layers[missing].name;
    RefusingEngine engine(*engine_, name);
    const auto outcome = run_network(engine, *network, plan, never, observer);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_THAT(outcome->notes,
                ::testing::Contains(HasSubstr("cannot run alone: " + name + ": no kernel for it")));
    EXPECT_EQ(outcome->segment_difference, 0.0) << "the others get what they get in the network";
    for (std::size_t i = 0; i < network->layers.size(); ++i) {
      EXPECT_EQ(outcome->isolated.at(i).count, i == missing ? 0 : 1) << network->layers[i].name;
    }
  }
}

TEST_F(PreparedNetworkTest, ShortLayersAreRecordedTogetherAfterTheFirstRuns) {
  const auto network = prepare_network(*engine_, request_for(small_lenet()));
  ASSERT_TRUE(network) << network.error().to_string();
  RunPlan plan;
  plan.schedule = Schedule::kIsolated;
  plan.warmup = 0;
  plan.profiled_runs = 0;
  plan.runs = 5000;
  plan.isolated_single_runs = 10;
  const Cancellation never;
  RunObserver observer;
  const auto outcome = run_network(*engine_, *network, plan, never, observer);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_TRUE(validate(outcome->timeline));
  std::vector<std::int64_t> runs(network->layers.size());
  std::vector<const Execution*> last(runs.size());
  for (const Execution& e : outcome->timeline.executions) {
    const auto layer = static_cast<std::size_t>(e.segment);
    EXPECT_EQ(e.repeat, runs[layer]);
    runs[layer] += e.runs;
    last[layer] = &e;
    EXPECT_TRUE(e.runs == 1 || runs[layer] > 10);
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    EXPECT_EQ(runs[i], 5000);
    EXPECT_EQ(last[i]->runs, 1) << "so that the file tells how many runs the one before spans";
  }
  EXPECT_LT(outcome->timeline.executions.size(), 5000U * runs.size() / 10);
}

ImageInput grey(std::uint8_t value) {
  return {"grey.png", {16, 16, std::vector<std::uint8_t>(768, value)}};
}

TEST_F(PreparedNetworkTest, PicturesReachTheNetworkAndItsLayersAlone) {
  NetworkRequest request = request_for(small_lenet());
  request.images = {grey(200)};
  const auto network = prepare_network(*engine_, request);
  ASSERT_TRUE(network) << network.error().to_string();
  EXPECT_EQ(network->inputs.at(0).data,
            image_tensor({"x", DataType::kFloat32, {1, 1, 12, 12}}, request.images)->data);
  RunPlan plan;
  plan.schedule = Schedule::kIsolated;
  plan.warmup = 0;
  plan.profiled_runs = 0;
  const Cancellation never;
  RunObserver observer;
  const auto outcome = run_network(*engine_, *network, plan, never, observer);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->segment_difference, 0.0) << "the first layer alone sees what the network saw";
}

TEST_F(PreparedNetworkTest, SeveralPicturesAreABatchWhereTheModelLeavesItFree) {
  TinyModel model;
  model.nodes = {{"Relu", "relu", {"x"}, {"y"}, {}, ""}};
  model.inputs = {{"x", {-1, 3, 8, 8}}};
  model.outputs = {{"y", {-1, 3, 8, 8}}};
  NetworkRequest request = request_for(model);
  request.images = {grey(0), grey(255)};
  const auto network = prepare_network(*engine_, request);
  ASSERT_TRUE(network) << network.error().to_string();
  EXPECT_EQ(network->inputs.at(0).dimensions, (std::vector<std::int64_t>{2, 3, 8, 8}));
  request.input_shapes.in_order = {{1, 3, 8, 8}};
  const auto refused = prepare_network(*engine_, request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(PreparedNetworkTest, ANetworkThatTakesNoPicturesSaysSo) {
  TinyModel model;
  model.nodes = {{"Relu", "relu", {"x"}, {"y"}, {}, ""}};
  model.inputs = {{"x", {1, 64}}};
  model.outputs = {{"y", {1, 64}}};
  NetworkRequest request = request_for(model);
  request.images = {grey(0)};
  const auto network = prepare_network(*engine_, request);
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(network.error().message(), HasSubstr("takes no pictures"));
}

TEST_F(PreparedNetworkTest, SuggestsTheBuiltInModelThatAPersonMeant) {
  NetworkRequest request;
  request.model = "alexnot";
  const auto network = prepare_network(*engine_, request);
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(network.error().message(), HasSubstr("did you mean 'alexnet'?"));
}

TEST_F(PreparedNetworkTest, RefusesAShapeThatDoesNotFit) {
  NetworkRequest request = request_for(small_lenet());
  request.input_shapes.in_order = {{1, 1, 12}};
  const auto network = prepare_network(*engine_, request);
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace layerwatt
