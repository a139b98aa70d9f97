#include "running/network/layer_origins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ModelNode node(std::string name, std::string type, std::vector<std::string> inputs,
               std::vector<std::string> outputs) {
  return {.name = std::move(name),
          .type = std::move(type),
          .domain = "",
          .inputs = std::move(inputs),
          .outputs = std::move(outputs)};
}

/// Two convolutions, the second added to the first's output, and a pooling layer.
std::vector<ModelNode> residual_block() {
  return {
      node("conv1", "Conv", {"x", "w1"}, {"a"}),
      node("bn1", "BatchNormalization", {"a", "scale"}, {"b"}),
      node("relu1", "Relu", {"b"}, {"c"}),
      node("conv2", "Conv", {"c", "w2"}, {"d"}),
      node("add", "Add", {"d", "c"}, {"e"}),
      node("pool", "GlobalAveragePool", {"e"}, {"y"}),
  };
}

/// As ONNX Runtime 1.31 rewrites it on a processor with blocked layouts: nodes are named after the
/// tensor that they computed before an addition was fused in, tensors have new names.
std::vector<ModelNode> rewritten_block() {
  return {
      node("c_nchwc", "Conv", {"x", "w1"}, {"reorder_token_0"}),
      node("d_nchwc", "Conv", {"reorder_token_0", "w2", "", "reorder_token_0"},
           {"reorder_token_1"}),
      node("y_nchwc", "GlobalAveragePool", {"reorder_token_1"}, {"reorder_token_2"}),
      node("ReorderOutput", "ReorderOutput", {"reorder_token_2"}, {"y"}),
  };
}

TEST(LayerOrigins, AreTheNodesBetweenTheTensorsThatAreStillComputed) {
  const auto origins = layer_origins(residual_block(), rewritten_block());
  ASSERT_EQ(origins.size(), 4U);
  EXPECT_THAT(origins[0], ElementsAre("conv1", "bn1", "relu1"));
  EXPECT_THAT(origins[1], ElementsAre("conv2", "add"));
  EXPECT_THAT(origins[2], ElementsAre("pool"));
  EXPECT_THAT(origins[3], IsEmpty());
}

/// As ONNX Runtime computes half precision without kernels for it: in float32, between casts.
std::vector<ModelNode> block_in_float32() {
  return {
      node("InsertedPrecisionFreeCast_x", "Cast", {"x"}, {"InsertedPrecisionFreeCast_x"}),
      node("fused conv1", "FusedConv", {"InsertedPrecisionFreeCast_x", "w1"},
           {"InsertedPrecisionFreeCast_c"}),
      node("conv2", "Conv", {"InsertedPrecisionFreeCast_c", "w2"}, {"InsertedPrecisionFreeCast_d"}),
      node("InsertedPrecisionFreeCast_d", "Cast", {"InsertedPrecisionFreeCast_d"}, {"d"}),
      node("add", "Add", {"d", "c"}, {"e"}),
      node("pool", "GlobalAveragePool", {"e"}, {"y"}),
  };
}

TEST(LayerOrigins, AreKeptThroughCastsThatAnEnginePutsIn) {
  const auto rewritten = block_in_float32();
  const auto origins = layer_origins(residual_block(), rewritten);
  EXPECT_THAT(origins[0], IsEmpty());
  EXPECT_THAT(origins[1], ElementsAre("conv1", "bn1", "relu1"));
  EXPECT_THAT(origins[2], ElementsAre("conv2"));
  EXPECT_THAT(origins[3], IsEmpty());
  EXPECT_THAT(origins[4], ElementsAre("add"));
  EXPECT_THAT(
      layer_names(rewritten, origins),
      ElementsAre("Cast of x", "conv1 + bn1 + relu1", "conv2", "Cast of conv2", "add", "pool"));
}

TEST(LayerOrigins, OfAGraphThatIsAsItWasAreItsOwnNodes) {
  const auto origins = layer_origins(residual_block(), residual_block());
  for (std::size_t i = 0; i < origins.size(); ++i) {
    EXPECT_THAT(origins[i], ElementsAre(residual_block()[i].name));
  }
}

TEST(LayerOrigins, MakeNamesAsTensorRtDoes) {
  const auto rewritten = rewritten_block();
  EXPECT_THAT(layer_names(rewritten, layer_origins(residual_block(), rewritten)),
              ElementsAre("conv1 + bn1 + relu1", "conv2 + add", "pool", "ReorderOutput"));
}

TEST(LayerOrigins, MakeNamesThatAreUnique) {
  const std::vector<ModelNode> rewritten = {node("a", "Conv", {}, {"x"}),
                                            node("b", "Conv", {}, {"y"})};
  EXPECT_THAT(layer_names(rewritten, {{"conv"}, {"conv"}}), ElementsAre("conv", "conv (2)"));
}

}  // namespace
}  // namespace layerwatt
