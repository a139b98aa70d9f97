#include "layerwatt/models/layer_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "layerwatt/models/architecture.h"

#include "models/tiny_graph.h"

namespace layerwatt {
namespace {

using models::TinyGraph;
using testing::ElementsAre;

std::vector<Layer> layers_of(std::string_view architecture, std::int64_t batch = 1) {
  ArchitectureOptions options;
  options.weights = Weights::kShapesOnly;
  options.batch = batch;
  return describe_layers(*build_architecture(architecture, options));
}

Layer layer_named(const std::vector<Layer>& layers, std::string_view name) {
  const auto found = std::find_if(layers.begin(), layers.end(),
                                  [&](const Layer& layer) { return layer.name == name; });
  EXPECT_NE(found, layers.end()) << name;
  return found == layers.end() ? Layer{} : *found;
}

class EveryDescription : public testing::TestWithParam<Architecture> {};

TEST_P(EveryDescription, HasThePublishedNumberOfMultiplyAdds) {
  const auto count = count_multiply_adds(layers_of(GetParam().name));
  ASSERT_TRUE(count);
  // One per cent, or half of the last digit that is published.
  EXPECT_NEAR(*count * 1e-9, GetParam().gmacs, std::max(0.01 * GetParam().gmacs, 0.0005));
}

TEST_P(EveryDescription, HasNoLayerThatCannotBeDescribed) {
  for (const Layer& layer : layers_of(GetParam().name)) {
    EXPECT_TRUE(layer.flops) << layer.name << ' ' << layer.type;
    EXPECT_TRUE(layer.bytes) << layer.name << ' ' << layer.type;
  }
}

INSTANTIATE_TEST_SUITE_P(Table, EveryDescription, testing::ValuesIn(architecture_table()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(DescribeLayers, FillsTheKeysOfAConvolution) {
  const Layer conv = layer_named(layers_of("alexnet"), "features.0");
  EXPECT_EQ(conv.type, "Conv");
  EXPECT_EQ(conv.parameter_type, "Convolution");
  ASSERT_EQ(conv.inputs.size(), 1U);
  EXPECT_THAT(conv.inputs[0].dimensions, ElementsAre(1, 3, 224, 224));
  EXPECT_EQ(conv.inputs[0].format, "Row major linear FP32");
  EXPECT_THAT(conv.outputs[0].dimensions, ElementsAre(1, 64, 55, 55));
  EXPECT_THAT(conv.kernel, ElementsAre(11, 11));
  EXPECT_THAT(conv.pre_padding, ElementsAre(2, 2));
  EXPECT_THAT(conv.post_padding, ElementsAre(2, 2));
  EXPECT_THAT(conv.stride, ElementsAre(4, 4));
  EXPECT_THAT(conv.dilation, ElementsAre(1, 1));
  EXPECT_EQ(conv.out_maps, 64);
  EXPECT_EQ(conv.groups, 1);
  EXPECT_EQ(conv.weight_count, 64 * 363);
  EXPECT_EQ(conv.bias_count, 64);
  EXPECT_EQ(conv.activation, "NONE");
  EXPECT_EQ(conv.flops, 2.0 * 64 * 55 * 55 * 363);
  EXPECT_EQ(conv.bytes, 4.0 * (3 * 224 * 224 + 64 * 55 * 55 + 64 * 363 + 64));
}

TEST(DescribeLayers, FillsTheKeysOfAPoolingLayer) {
  const Layer pool = layer_named(layers_of("alexnet"), "features.2");
  EXPECT_EQ(pool.parameter_type, "Pooling");
  EXPECT_EQ(pool.pooling_type, "MAX");
  EXPECT_THAT(pool.kernel, ElementsAre(3, 3));
  EXPECT_THAT(pool.stride, ElementsAre(2, 2));
  EXPECT_FALSE(pool.groups);
  EXPECT_EQ(pool.flops, 64.0 * 27 * 27 * 9);
}

TEST(DescribeLayers, TakesTheImageAsTheWindowOfAGlobalPool) {
  const Layer pool = layer_named(layers_of("resnet18"), "avgpool");
  EXPECT_EQ(pool.pooling_type, "AVERAGE");
  EXPECT_THAT(pool.kernel, ElementsAre(7, 7));
  EXPECT_EQ(pool.flops, 512.0 * 49);
}

TEST(DescribeLayers, FillsTheKeysOfALinearLayer) {
  const Layer dense = layer_named(layers_of("alexnet"), "classifier.6");
  EXPECT_EQ(dense.parameter_type, "FullyConnected");
  EXPECT_EQ(dense.weight_count, 4096 * 1000);
  EXPECT_EQ(dense.bias_count, 1000);
  EXPECT_EQ(dense.out_maps, 1000);
  EXPECT_EQ(dense.flops, 2.0 * 4096 * 1000);
}

TEST(DescribeLayers, CountsGroups) {
  const Layer depthwise = layer_named(layers_of("mobilenet_v2"), "features.1.conv.0.0");
  EXPECT_EQ(depthwise.groups, 32);
  EXPECT_EQ(depthwise.flops, 2.0 * 32 * 112 * 112 * 9);
}

TEST(DescribeLayers, CountsTheBatch) {
  EXPECT_EQ(*count_multiply_adds(layers_of("lenet", 4)),
            4 * *count_multiply_adds(layers_of("lenet")));
}

TEST(DescribeLayers, FindsPaddingThatIsGivenByRule) {
  TinyGraph graph;
  graph.input("x", {1, 1, 7, 8}).weight("w", {1, 1, 3, 3}).node("Conv", {"x", "w"}, {"y"});
  graph.text("auto_pad", "SAME_UPPER").ints("strides", {2, 2});
  const Layer conv = describe_layers(graph.output("y").parse()).at(0);
  EXPECT_THAT(conv.pre_padding, ElementsAre(1, 0));
  EXPECT_THAT(conv.post_padding, ElementsAre(1, 1));
  EXPECT_THAT(conv.outputs[0].dimensions, ElementsAre(1, 1, 4, 4));
}

TEST(DescribeLayers, UnderstandsWhatOnnxRuntimeFused) {
  TinyGraph graph;
  graph.opset("com.microsoft", 1).input("x", {1, 4, 8, 8}).weight("w", {8, 2, 3, 3});
  graph.weight("b", {8}).node("FusedConv", {"x", "w", "b"}, {"c"}, "com.microsoft", "conv + relu");
  graph.text("activation", "Relu").attribute("group", 2);
  graph.ints("kernel_shape", {3, 3}).ints("pads", {1, 1, 1, 1});
  graph.node("Relu", {"c"}, {"y"}).output("y");
  const std::vector<Layer> layers = describe_layers(graph.parse());
  EXPECT_EQ(layers[0].type, "FusedConv");
  EXPECT_EQ(layers[0].parameter_type, "Convolution");
  EXPECT_EQ(layers[0].activation, "RELU");
  EXPECT_EQ(layers[0].groups, 2);
  EXPECT_EQ(layers[0].flops, 2.0 * 8 * 64 * 18);
  EXPECT_THAT(layers[1].outputs[0].dimensions, ElementsAre(1, 8, 8, 8));
}

TEST(DescribeLayers, FollowsBlockedLayoutsToTheirEnd) {
  constexpr std::string_view kBlocked = "com.microsoft.nchwc";
  TinyGraph graph;
  graph.opset(std::string(kBlocked), 1).input("x", {1, 8, 6, 6}).weight("w", {16, 8, 1, 1});
  graph.node("ReorderInput", {"x"}, {"r"}, kBlocked).node("Conv", {"r", "w"}, {"c"}, kBlocked);
  graph.ints("kernel_shape", {1, 1});
  graph.node("ReorderOutput", {"c"}, {"y"}, kBlocked).attribute("channels", 12).output("y");
  const std::vector<Layer> layers = describe_layers(graph.parse());
  EXPECT_EQ(layers[0].parameter_type, "Reformat");
  EXPECT_EQ(layers[0].outputs[0].format, "Channel blocked FP32");
  EXPECT_THAT(layers[1].outputs[0].dimensions, ElementsAre(1, 16, 6, 6));
  EXPECT_THAT(layers[2].outputs[0].dimensions, ElementsAre(1, 12, 6, 6));
  EXPECT_EQ(layers[2].outputs[0].format, "Row major linear FP32");
}

TEST(DescribeLayers, TakesShapesThatTheEngineReported) {
  TinyGraph graph;
  graph.opset("com.example", 1).input("x", {1, 4}).node("Mystery", {"x"}, {"m"}, "com.example");
  graph.node("Relu", {"m"}, {"y"}).output("y");
  const OnnxModel model = graph.parse();
  EXPECT_FALSE(describe_layers(model)[0].flops);
  const TensorShapes known = {{"m", {3, 5}}, {"y", {3, 5}}};
  const std::vector<Layer> layers = describe_layers(model, &known);
  EXPECT_FALSE(layers[0].flops);
  EXPECT_THAT(layers[0].outputs[0].dimensions, ElementsAre(3, 5));
  EXPECT_EQ(layers[1].flops, 15.0);
}

TEST(DescribeLayers, LeavesOutConstants) {
  const std::vector<Layer> layers = layers_of("mobilenet_v2");
  for (const Layer& layer : layers) EXPECT_NE(layer.type, "Constant");
  const Layer clip = layer_named(layers, "features.0.2");
  EXPECT_EQ(clip.inputs.size(), 1U);
}

}  // namespace
}  // namespace layerwatt
