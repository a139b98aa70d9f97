#include "layerwatt/models/onnx_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "layerwatt/models/architecture.h"

#include "models/tiny_graph.h"

namespace layerwatt {
namespace {

using models::TinyGraph;
using testing::ElementsAre;
using testing::HasSubstr;

TinyGraph chain() {
  TinyGraph graph;
  graph.input("x", {-1, 3, 8, 8}).weight("w", {4, 3, 3, 3});
  graph.node("Conv", {"x", "w"}, {"c"}, "", "conv").node("Relu", {"c"}, {"y"}).output("y");
  return graph;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(OnnxModel, ReadsInputsOutputsAndNodes) {
  const OnnxModel model = chain().parse();
  ASSERT_EQ(model.inputs().size(), 1U);
  EXPECT_EQ(model.inputs()[0].type, "float");
  EXPECT_THAT(model.inputs()[0].dimensions, ElementsAre(-1, 3, 8, 8));
  ASSERT_EQ(model.nodes().size(), 2U);
  EXPECT_EQ(model.nodes()[0].name, "conv");
  EXPECT_EQ(model.nodes()[1].name, "Relu_1");
  EXPECT_EQ(model.opset(), 12);
  EXPECT_EQ(model.parameter_count(), 4 * 3 * 9);
}

TEST(OnnxModel, GivesEveryNodeANameOfItsOwn) {
  TinyGraph graph;
  graph.input("x", {1}).node("Relu", {"x"}, {"a"}, "", "r").node("Relu", {"a"}, {"b"}, "", "r");
  const OnnxModel model = graph.output("b").parse();
  EXPECT_NE(model.nodes()[0].name, model.nodes()[1].name);
}

TEST(OnnxModel, SortsNodesSoThatTheyCanRun) {
  TinyGraph graph;
  graph.input("x", {1}).node("Relu", {"a"}, {"b"}).node("Abs", {"x"}, {"a"}).output("b");
  EXPECT_EQ(graph.parse().nodes()[0].type, "Abs");
}

TEST(OnnxModel, RefusesACycle) {
  TinyGraph graph;
  graph.input("x", {1}).node("Add", {"x", "b"}, {"a"}).node("Relu", {"a"}, {"b"}).output("b");
  const auto model = OnnxModel::parse(graph.bytes(), "cycle.onnx");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(), HasSubstr("cycle"));
}

TEST(OnnxModel, SaysThatATextFileIsNone) {
  const auto model = OnnxModel::parse(bytes_of("layer,power\nconv1,2.5\n"), "power.csv");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), ErrorCode::kParse);
  EXPECT_THAT(model.error().message(), HasSubstr("'power.csv' is not an ONNX model"));
}

TEST(OnnxModel, SaysThatAFileIsCutShortWhereverItWasCut) {
  const std::vector<std::byte> whole = build_architecture("lenet")->serialise().value();
  for (std::size_t part = 1; part < 16; ++part) {
    const auto model =
        OnnxModel::parse(std::span(whole).first(whole.size() * part / 16), "half.onnx");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code(), ErrorCode::kParse);
    EXPECT_THAT(model.error().message(), HasSubstr("cut short"));
  }
}

TEST(OnnxModel, SaysThatAMissingFileIsMissing) {
  EXPECT_EQ(OnnxModel::load("/nowhere/model.onnx").error().code(), ErrorCode::kNotFound);
}

TEST(OnnxModel, RefusesWeightsWithoutTheirValues) {
  TinyGraph graph = chain();
  graph.proto().mutable_graph()->mutable_initializer(0)->set_dims(0, 1'000'000'000);
  const auto model = OnnxModel::parse(graph.bytes(), "claim.onnx");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(), HasSubstr("'w'"));
}

TEST(OnnxModel, NamesTheFileOfExternalDataThatIsMissing) {
  TinyGraph graph = chain();
  onnx::TensorProto& weight = *graph.proto().mutable_graph()->mutable_initializer(0);
  weight.clear_float_data();
  weight.set_data_location(onnx::TensorProto::EXTERNAL);
  auto* entry = weight.add_external_data();
  entry->set_key("location");
  entry->set_value("weights.bin");
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "layerwatt_external_data";
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder / "weights.bin");
  const auto missing = OnnxModel::parse(graph.bytes(), "m.onnx", folder);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("weights.bin"));

  std::ofstream(folder / "weights.bin", std::ios::binary) << std::string(4 * 3 * 9 * 4, '\0');
  EXPECT_TRUE(OnnxModel::parse(graph.bytes(), "m.onnx", folder));
  std::filesystem::remove_all(folder);

  entry->set_value("../secret");
  EXPECT_EQ(OnnxModel::parse(graph.bytes(), "m.onnx", folder).error().code(),
            ErrorCode::kUnsupported);
}

TEST(OnnxModel, NamesOperatorsThatNobodyDefines) {
  TinyGraph graph;
  graph.opset("com.example", 3).input("x", {1}).node("Frobnicate", {"x"}, {"y"}, "com.example");
  const auto valid = graph.output("y").parse().validate();
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(valid.error().message(), HasSubstr("Frobnicate (com.example, version 3)"));
}

TEST(OnnxModel, InfersTheShapesOfAlexNet) {
  ArchitectureOptions options;
  options.weights = Weights::kShapesOnly;
  const TensorShapes shapes = build_architecture("alexnet", options)->infer_shapes();
  EXPECT_THAT(shapes.at("features.0_output"), ElementsAre(1, 64, 55, 55));
  EXPECT_THAT(shapes.at("features.12_output"), ElementsAre(1, 256, 6, 6));
  EXPECT_THAT(shapes.at("output"), ElementsAre(1, 1000));
}

TEST(OnnxModel, InfersShapesThatOtherNodesCompute) {
  TinyGraph graph;
  graph.input("x", {2, 3, 4}).integers("first", {0}).integers("rest", {-1});
  graph.node("Shape", {"x"}, {"s"}).node("Gather", {"s", "first"}, {"n"});
  graph.node("Concat", {"n", "rest"}, {"to"}).attribute("axis", 0);
  graph.node("Reshape", {"x", "to"}, {"y"}).output("y");
  EXPECT_THAT(graph.parse().infer_shapes().at("y"), ElementsAre(2, 12));
}

TEST(OnnxModel, TakesAnInputShape) {
  OnnxModel model = chain().parse();
  ASSERT_TRUE(model.set_input_shape("x", std::vector<std::int64_t>{2, 3, 10, 12}));
  EXPECT_THAT(model.outputs()[0].dimensions, ElementsAre(2, 4, 8, 10));
  ASSERT_TRUE(model.set_batch(5));
  EXPECT_THAT(model.outputs()[0].dimensions, ElementsAre(5, 4, 8, 10));
}

TEST(OnnxModel, MakesFreeDimensionsOne) {
  OnnxModel model = chain().parse();
  ASSERT_TRUE(model.fix_free_dimensions());
  EXPECT_THAT(model.inputs()[0].dimensions, ElementsAre(1, 3, 8, 8));
}

TEST(OnnxModel, RefusesAnInputShapeThatDoesNotFitAndStaysAsItWas) {
  OnnxModel model = chain().parse();
  const auto refused = [&](std::vector<std::int64_t> shape) {
    const auto set = model.set_input_shape("x", shape);
    EXPECT_FALSE(set);
    EXPECT_EQ(set ? ErrorCode::kInternal : set.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(model.inputs()[0].dimensions, ElementsAre(-1, 3, 8, 8));
    return set ? std::string() : set.error().message();
  };
  EXPECT_THAT(refused({1, 4, 8, 8}), HasSubstr("'conv'"));
  EXPECT_THAT(refused({1, 3, 8}), HasSubstr("4 dimensions"));
  EXPECT_THAT(refused({1, 3, 0, 8}), HasSubstr("cannot be 0"));
  EXPECT_THAT(refused({1, 3, 2, 2}), HasSubstr("conv"));
  EXPECT_FALSE(model.set_input_shape("nothing", std::vector<std::int64_t>{1}));
}

/// Found with the feature extractors of onnx-asr 0.12.
TEST(OnnxModel, AnStftIsOneSidedWhereItDoesNotSay) {
  models::TinyGraph graph;
  graph.input("signal", {1, 400, 1})
      .integers("step", {100})
      .weight("window", {64})
      .node("STFT", {"signal", "step", "window"}, {"y"})
      .output("y");
  graph.proto().mutable_opset_import(0)->set_version(17);
  graph.proto().mutable_graph()->mutable_initializer(0)->clear_dims();  // a scalar
  const OnnxModel one_sided = graph.parse();
  EXPECT_THAT(one_sided.outputs()[0].dimensions, ElementsAre(1, 4, 33, 2));
  graph.attribute("onesided", 0);
  const OnnxModel two_sided = graph.parse();
  EXPECT_THAT(two_sided.outputs()[0].dimensions, ElementsAre(1, 4, 64, 2));
}

TEST(OnnxModel, WritesBytesThatReadBackTheSame) {
  const OnnxModel model = chain().parse();
  const std::vector<std::byte> bytes = model.serialise().value();
  EXPECT_EQ(OnnxModel::parse(bytes, "again")->serialise().value(), bytes);
}

}  // namespace
}  // namespace layerwatt
