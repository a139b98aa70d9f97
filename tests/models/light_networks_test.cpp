#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "layerwatt/models/constant_weights.h"
#include "layerwatt/models/layer_info.h"
#include "layerwatt/models/segments.h"

namespace layerwatt {
namespace {

/// The folder "light" of Debian 13's libonnx-testdata, in LAYERWATT_ONNX_TESTDATA or installed.
std::filesystem::path light_folder() {
  const char* given = std::getenv("LAYERWATT_ONNX_TESTDATA");
  return given == nullptr ? "/usr/share/libonnx-testdata/data/light" : given;
}

class LightNetwork : public testing::TestWithParam<std::string_view> {};

TEST_P(LightNetwork, LoadsAndIsDescribedAndCut) {
  const std::filesystem::path path =
      light_folder() / ("light_" + std::string(GetParam()) + ".onnx");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  Result<OnnxModel> model = OnnxModel::load(path);
  ASSERT_TRUE(model) << model.error().to_string();
  const auto made = materialise_constants(*model);
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_GT(made->elements, 1'000'000);
  const auto valid = model->validate();
  EXPECT_TRUE(valid) << valid.error().to_string();
  const std::vector<Layer> layers = describe_layers(*model);
  for (const Layer& layer : layers) {
    EXPECT_TRUE(layer.flops) << layer.name << ' ' << layer.type;
    EXPECT_TRUE(layer.bytes) << layer.name << ' ' << layer.type;
  }
  EXPECT_GT(count_multiply_adds(layers).value_or(0.0), 1e8);
  const Result<CutModel> cut = cut_segments(*model);
  ASSERT_TRUE(cut) << cut.error().to_string();
  EXPECT_EQ(cut->segments.size() + cut->left_out.size(), model->nodes().size());
  RecordProperty("layers", static_cast<int>(layers.size()));
}

INSTANTIATE_TEST_SUITE_P(Debian13, LightNetwork,
                         testing::Values("bvlc_alexnet", "densenet121", "inception_v1",
                                         "inception_v2", "resnet50", "shufflenet", "squeezenet",
                                         "vgg19", "zfnet512"),
                         [](const auto& name) { return std::string(name.param); });

}  // namespace
}  // namespace layerwatt
