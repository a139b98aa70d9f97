#include "layerwatt/models/constant_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/onnx/tensor_data.h"
#include "models/tiny_graph.h"

namespace layerwatt {
namespace {

using models::TinyGraph;
using testing::HasSubstr;

/// As ONNX's own "light" test networks carry their weights.
TinyGraph light() {
  TinyGraph graph;
  graph.input("x", {1, 16, 8, 8}).integers("w_shape", {32, 16, 3, 3}).integers("s_shape", {32});
  graph.node("ConstantOfShape", {"w_shape"}, {"w"}).node("ConstantOfShape", {"s_shape"}, {"v"});
  graph.weight("scale", {32}).weight("bias", {32}).weight("mean", {32});
  graph.node("Conv", {"x", "w"}, {"c"});
  graph.node("BatchNormalization", {"c", "scale", "bias", "mean", "v"}, {"y"}).output("y");
  return graph;
}

const onnx::TensorProto& weight_of(const OnnxModel& model, std::string_view name) {
  for (const onnx::TensorProto& tensor : model.proto().model.graph().initializer()) {
    if (tensor.name() == name) return tensor;
  }
  return onnx::TensorProto::default_instance();
}

TEST(MaterialiseConstants, TurnsThemIntoWeightsOfTheRightSize) {
  OnnxModel model = light().parse();
  const auto made = materialise_constants(model);
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(made->tensors.size(), 2U);
  EXPECT_EQ(made->elements, 32 * 16 * 9 + 32);
  EXPECT_EQ(model.nodes().size(), 2U);
  const auto valid = model.validate();
  EXPECT_TRUE(valid) << valid.error().to_string();
  double squares = 0.0;
  const std::vector<float> values = models::float_values(weight_of(model, "w"));
  for (const float value : values) squares += static_cast<double>(value * value);
  const double deviation = std::sqrt(squares / static_cast<double>(values.size()));
  EXPECT_NEAR(deviation, std::sqrt(2.0 / (16 * 9)), 0.03 * deviation);
  for (const float variance : models::float_values(weight_of(model, "v")))
    EXPECT_GT(variance, 0.5F);
}

TEST(MaterialiseConstants, LeavesAModelWithoutThemAsItIs) {
  TinyGraph graph;
  graph.input("x", {1}).node("Relu", {"x"}, {"y"}).output("y");
  OnnxModel model = graph.parse();
  const std::vector<std::byte> before = model.serialise().value();
  EXPECT_TRUE(materialise_constants(model)->tensors.empty());
  EXPECT_EQ(model.serialise().value(), before);
}

TEST(MaterialiseConstants, RefusesMoreThanAFileCanHold) {
  TinyGraph graph;
  graph.input("x", {1}).integers("s", {1'000'000, 1'000'000});
  graph.node("ConstantOfShape", {"s"}, {"w"}, "", "huge").node("Add", {"x", "w"}, {"y"});
  OnnxModel model = graph.output("y").parse();
  const auto made = materialise_constants(model);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(made.error().message(), HasSubstr("'huge'"));
  EXPECT_EQ(model.nodes().size(), 2U);
}

}  // namespace
}  // namespace layerwatt
