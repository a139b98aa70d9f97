#include "layerwatt/models/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "layerwatt/models/architecture.h"

#include "models/onnx/tensor_data.h"
#include "models/tiny_graph.h"

namespace layerwatt {
namespace {

using models::TinyGraph;
using testing::ElementsAre;
using testing::HasSubstr;

TinyGraph dense() {
  TinyGraph graph;
  graph.input("x", {2, 3}).weight("w", {3, 4}, 100000.0F).integers("to", {4, 2});
  graph.node("MatMul", {"x", "w"}, {"m"}).node("Reshape", {"m", "to"}, {"y"});
  return graph.output("y");
}

TEST(ConvertModel, TurnsWeightsInputsAndOutputsIntoFloat16AndLeavesShapes) {
  OnnxModel model = dense().parse();
  const auto report = convert_model(model, FloatType::kFloat16);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->converted_weights, 12);
  EXPECT_EQ(report->clipped_weights, 12);
  EXPECT_TRUE(report->float32_nodes.empty());
  EXPECT_EQ(model.inputs()[0].type, "float16");
  EXPECT_EQ(model.outputs()[0].type, "float16");
  const onnx::GraphProto& graph = model.proto().model.graph();
  EXPECT_EQ(graph.initializer(0).data_type(), onnx::TensorProto::FLOAT16);
  EXPECT_EQ(graph.initializer(0).raw_data().substr(0, 2), "\xFF\x7B");
  EXPECT_EQ(graph.initializer(1).data_type(), onnx::TensorProto::INT64);
  EXPECT_THAT(model.infer_shapes().at("y"), ElementsAre(4, 2));
  const auto valid = model.validate();
  EXPECT_TRUE(valid) << valid.error().to_string();
}

TEST(ConvertModel, KeepsAnOperatorInFloat32ThatHasNoFloat16) {
  TinyGraph graph;
  // Defined for float32 alone.
  graph.input("x", {2, 3}).node("Relu", {"x"}, {"a"}, "", "relu");
  graph.node("DynamicQuantizeLinear", {"a"}, {"q", "s", "z"}, "", "quantise");
  graph.node("Mul", {"a", "s"}, {"y"}, "", "scale").output("y");
  OnnxModel model = graph.parse();
  const auto report = convert_model(model, FloatType::kFloat16);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_THAT(report->float32_nodes, ElementsAre("quantise"));
  std::vector<std::string> types;
  for (const ModelNode& node : model.nodes()) types.push_back(node.type);
  EXPECT_THAT(types, ElementsAre("Relu", "Cast", "DynamicQuantizeLinear", "Cast", "Mul"));
  const auto valid = model.validate();
  EXPECT_TRUE(valid) << valid.error().to_string();
}

TEST(ConvertModel, ComputesInFloat32WhereBFloat16IsStored) {
  OnnxModel model = *build_architecture("lenet");
  const auto report = convert_model(model, FloatType::kBFloat16);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->clipped_weights, 0);
  EXPECT_EQ(model.inputs()[0].type, "bfloat16");
  EXPECT_EQ(model.outputs()[0].type, "bfloat16");
  EXPECT_EQ(model.parameter_count(), 99'982);
  EXPECT_GE(*model.opset(), 13);
  const auto valid = model.validate();
  EXPECT_TRUE(valid) << valid.error().to_string();
}

TEST(ConvertModel, KeepsEveryArchitectureWhole) {
  for (const Architecture& architecture : architecture_table()) {
    for (const FloatType type : {FloatType::kFloat16, FloatType::kBFloat16}) {
      ArchitectureOptions options;
      options.weights = Weights::kShapesOnly;
      OnnxModel model = *build_architecture(architecture.name, options);
      const auto report = convert_model(model, type);
      ASSERT_TRUE(report) << report.error().to_string();
      EXPECT_EQ(model.parameter_count(), architecture.parameters) << architecture.name;
      EXPECT_EQ(model.outputs()[0].type, to_string(type));
      // Every tensor still has a type and a shape, up to the output.
      const TensorShapes shapes = model.infer_shapes();
      EXPECT_EQ(shapes.at("output"), model.outputs()[0].dimensions) << architecture.name;
    }
  }
}

TEST(ConvertModel, NamesTheOperatorThatItCannotConvert) {
  TinyGraph graph;
  graph.opset("com.example", 1).input("x", {1}).node("Odd", {"x"}, {"y"}, "com.example", "odd");
  OnnxModel model = graph.output("y").parse();
  const auto report = convert_model(model, FloatType::kFloat16);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(report.error().message(), HasSubstr("'odd'"));
  EXPECT_EQ(model.inputs()[0].type, "float");
}

TEST(ParseFloatType, RefusesOtherWords) {
  EXPECT_TRUE(parse_float_type("bfloat16"));
  EXPECT_EQ(parse_float_type("int8").error().code(), ErrorCode::kInvalidArgument);
}

TEST(ConvertModel, BFloat16BecomesFloat32WithEveryValueKept) {
  TinyGraph graph;
  graph.input("x", {2, 2}, onnx::TensorProto::BFLOAT16);
  graph.node("MatMul", {"x", "w"}, {"m"}).node("Cast", {"m"}, {"y"});
  graph.attribute("to", onnx::TensorProto::BFLOAT16).output("y").opset("", 13);
  onnx::TensorProto& weight = *graph.proto().mutable_graph()->add_initializer();
  weight.set_name("w");
  weight.set_data_type(onnx::TensorProto::BFLOAT16);
  for (const int dimension : {2, 2}) weight.add_dims(dimension);
  for (const int bits : {0x3F80, 0xC000, 0x7F80, 0x0001}) weight.add_int32_data(bits);
  OnnxModel model = graph.parse();
  EXPECT_TRUE(widen_bfloat16(model));
  EXPECT_EQ(model.inputs()[0].type, "float");
  const auto& wide = model.proto().model.graph().initializer(0);
  EXPECT_EQ(wide.data_type(), onnx::TensorProto::FLOAT);
  std::vector<float> values(4);
  std::memcpy(values.data(), wide.raw_data().data(), wide.raw_data().size());
  EXPECT_THAT(values, ElementsAre(1.0F, -2.0F, std::numeric_limits<float>::infinity(),
                                  9.183549615799121e-41F));
  EXPECT_EQ(model.proto().model.graph().node(1).attribute(0).i(), onnx::TensorProto::FLOAT);
  EXPECT_FALSE(widen_bfloat16(model)) << "nothing is left to widen";
}

}  // namespace
}  // namespace layerwatt
