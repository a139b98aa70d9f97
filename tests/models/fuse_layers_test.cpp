#include "layerwatt/models/fuse_layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "layerwatt/models/architecture.h"
#include "layerwatt/models/layer_info.h"

#include "models/tiny_graph.h"

namespace layerwatt {
namespace {

using models::TinyGraph;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Counts as the engine inspector of TensorRT 10 gives them for torchvision's networks, its
// reformats and NoOps aside.

std::vector<Layer> fused(std::string_view architecture) {
  ArchitectureOptions options;
  options.weights = Weights::kShapesOnly;
  return fuse_layers(describe_layers(*build_architecture(architecture, options)));
}

/// Types in order, each once with its count: "Conv 1, MaxPool 1, Conv 2".
std::string types_of(const std::vector<Layer>& layers) {
  std::string text;
  for (std::size_t i = 0; i < layers.size();) {
    std::size_t end = i;
    while (end < layers.size() && layers[end].type == layers[i].type) ++end;
    text += (text.empty() ? "" : ", ") + layers[i].type + " " + std::to_string(end - i);
    i = end;
  }
  return text;
}

std::int64_t count(const std::vector<Layer>& layers, std::string_view type) {
  return std::ranges::count(layers, type, &Layer::type);
}

TEST(FuseLayers, LeavesOfAlexNetWhatTensorRtRuns) {
  const auto layers = fused("alexnet");
  EXPECT_EQ(types_of(layers), "Conv 1, MaxPool 1, Conv 1, MaxPool 1, Conv 3, MaxPool 1, Gemm 3");
  EXPECT_EQ(layers.front().activation, "Relu");
  EXPECT_THAT(layers.front().origins.size(), 2U);
  EXPECT_THAT(layers.front().name, HasSubstr(" + "));
}

TEST(FuseLayers, LeavesOfResNet18WhatTensorRtRuns) {
  const auto layers = fused("resnet18");
  EXPECT_EQ(types_of(layers), "Conv 1, MaxPool 1, Conv 19, GlobalAveragePool 1, Gemm 1");
  // A shortcut is added by the convolution that runs last: the one on the shortcut itself where
  // there is one.
  EXPECT_EQ(std::ranges::count_if(layers, [](const Layer& l) { return l.inputs.size() == 2; }), 8);
  const auto shortcut = std::ranges::find_if(layers, [](const Layer& layer) {
    return layer.type == "Conv" && layer.kernel == std::vector<std::int64_t>{1, 1};
  });
  ASSERT_NE(shortcut, layers.end());
  EXPECT_EQ(shortcut->inputs.size(), 2U);
  EXPECT_EQ(shortcut->activation, "Relu");
}

TEST(FuseLayers, LeavesOfMobileNetV2WhatTensorRtRuns) {
  const auto layers = fused("mobilenet_v2");
  EXPECT_EQ(types_of(layers), "Conv 52, GlobalAveragePool 1, Gemm 1");
  EXPECT_EQ(std::ranges::count_if(layers, [](const Layer& l) { return l.inputs.size() == 2; }), 10);
  // The last of a block has no activation.
  EXPECT_EQ(std::ranges::count(layers, "Clip", &Layer::activation), 35);
}

TEST(FuseLayers, JoinsConvolutionsOfOnePixelThatReadTheSameTensor) {
  const auto layers = fused("googlenet");
  // Of the 57 convolutions three of each of nine blocks are one.
  EXPECT_EQ(count(layers, "Conv"), 39);
  EXPECT_EQ(count(layers, "Concat"), 0);
  const auto joined = std::ranges::find_if(
      layers, [](const Layer& l) { return l.name.find(" || ") != std::string::npos; });
  ASSERT_NE(joined, layers.end());
  EXPECT_THAT(joined->outputs[0].dimensions, ElementsAre(1, 64 + 96 + 16, 28, 28));
  EXPECT_EQ(joined->out_maps, 64 + 96 + 16);
  EXPECT_EQ(joined->weight_count, 192 * (64 + 96 + 16));
}

TEST(FuseLayers, KeepsAConcatenationOfWhatOthersUseToo) {
  EXPECT_GT(count(fused("densenet121"), "Concat"), 0);
}

TEST(FuseLayers, MakesOnePointWiseLayerOfOperatorsOfOneShape) {
  TinyGraph graph;
  graph.input("x", {1, 8, 4, 4}).weight("w", {8, 8, 1, 1});
  graph.node("Conv", {"x", "w"}, {"c"}).node("Sigmoid", {"c"}, {"s"});
  graph.node("Mul", {"c", "s"}, {"m"}).node("GlobalAveragePool", {"m"}, {"p"});
  graph.node("HardSigmoid", {"p"}, {"h"}).node("Mul", {"m", "h"}, {"y"}).output("y");
  const auto layers = fuse_layers(describe_layers(graph.parse()));
  // The last two have different shapes: one kernel does not do both.
  EXPECT_EQ(types_of(layers), "Conv 1, PointWise 1, GlobalAveragePool 1, HardSigmoid 1, Mul 1");
  // What it reads twice it reads once.
  EXPECT_EQ(layers[1].inputs.size(), 1U);
  EXPECT_EQ(layers[1].outputs[0].name, "m");
  EXPECT_EQ(layers[1].origins.size(), 2U);
}

TEST(FuseLayers, HasNothingToDoForNothing) { EXPECT_THAT(fuse_layers({}), IsEmpty()); }

}  // namespace
}  // namespace layerwatt
