#include "layerwatt/dataset/engine_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kData = LAYERWATT_TEST_DATA;

EngineInfo read(const std::string& file) {
  auto info = read_engine_info(kData / file);
  if (!info) {
    ADD_FAILURE() << info.error().to_string();
    return {};
  }
  return *std::move(info);
}

TEST(EngineInfo, GivesTheParametersOfAConvolution) {
  const EngineInfo info =
      read("edgeprofiler/example_raw_data/simple/trt_profiling/trt_engine_info.json");
  ASSERT_EQ(info.layers.size(), 1U);
  const Layer& layer = info.layers[0];
  EXPECT_EQ(layer.name, "[CONVOLUTION]-[conv0]");
  EXPECT_EQ(layer.type, "CaskConvolution");
  EXPECT_EQ(layer.parameter_type, "Convolution");
  EXPECT_THAT(layer.inputs.at(0).dimensions, ElementsAre(1, 3, 224, 224));
  EXPECT_THAT(layer.outputs.at(0).dimensions, ElementsAre(1, 64, 55, 55));
  EXPECT_THAT(layer.kernel, ElementsAre(11, 11));
  EXPECT_THAT(layer.stride, ElementsAre(4, 4));
  EXPECT_EQ(layer.groups, 1);
}

TEST(EngineInfo, ReadsRealEngines) {
  EXPECT_EQ(read("edgeprofiler/mobilenet_v2_orin/mobilenet_v2_trt_engine_info.json").layers.size(),
            167U);
  EXPECT_FALSE(read("edgeprofiler/resnet18_trt_engine_info.json").layers.empty());
  EXPECT_FALSE(
      read("edgeprofiler/desktop_alexnet/trt_profiling/trt_engine_info.json").layers.empty());
  EXPECT_FALSE(
      read("edgeprofiler/example_preprocessed_data/model1/trt_engine_info.json").layers.empty());
}

TEST(EngineInfo, OriginsComeFromTheMetadataOfTheOnnxParser) {
  const EngineInfo info = read("trtexec/alexnet/alexnet_fp16.graph.json");
  const auto conv = std::find_if(info.layers.begin(), info.layers.end(), [](const Layer& l) {
    return l.name == "/features/features.0/Conv + /features/features.1/Relu";
  });
  ASSERT_NE(conv, info.layers.end());
  EXPECT_THAT(conv->origins, testing::UnorderedElementsAre("/features/features.0/Conv",
                                                           "/features/features.1/Relu"));
}

TEST(EngineInfo, PlainNamesAreLayersWithoutDetails) {
  const auto info = parse_engine_info(R"({"Layers": ["conv1", "pool1"], "Bindings": ["x", "y"]})");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->without_details, 2);
  EXPECT_EQ(info->layers[1].name, "pool1");
  EXPECT_EQ(info->layers[1].type, "");
  EXPECT_THAT(info->bindings, ElementsAre("x", "y"));
}

TEST(EngineInfo, AMemberOfAnotherTypeIsNamedWithItsLayer) {
  const auto error = [](std::string_view text) {
    const auto info = parse_engine_info(text);
    return info ? "no error" : info.error().message();
  };
  EXPECT_THAT(error(R"({"Layers": [{"Name": "a", "Kernel": "3x3"}]})"),
              HasSubstr("layer 1 ('a'): 'Kernel' is not a list of whole numbers"));
  EXPECT_THAT(error(R"({"Layers": [{"Name": "a", "Inputs": [1]}]})"), HasSubstr("'Inputs'"));
  EXPECT_THAT(error(R"({"Layers": [{"LayerType": "b"}]})"), HasSubstr("'Name' is not a text"));
  EXPECT_THAT(error(R"({"Layers": [3]})"), HasSubstr("neither an object nor a name"));
  EXPECT_THAT(error(R"({"layers": []})"), HasSubstr("'Layers'"));
  EXPECT_THAT(error("[]"), HasSubstr("'Layers'"));
  EXPECT_THAT(error(R"({"Layers": [{"Na)"), HasSubstr("cut off"));
}

TEST(EngineInfo, WhatIsWrittenIsRead) {
  const EngineInfo info = read("trtexec/alexnet/alexnet_fp16.graph.json");
  std::vector<Layer> layers = info.layers;
  layers[0].flops = 1.5e9;
  layers[0].bytes = 1024.0;
  const std::vector<std::string> bindings{"input", "output"};
  std::ostringstream out;
  write_engine_info(out, layers, bindings);
  const auto again = parse_engine_info(out.str());
  ASSERT_TRUE(again) << again.error().to_string();
  ASSERT_EQ(again->layers.size(), layers.size());
  EXPECT_EQ(again->bindings, bindings);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& a = layers[i];
    const Layer& b = again->layers[i];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.type, b.type);
    EXPECT_EQ(a.parameter_type, b.parameter_type);
    EXPECT_EQ(a.inputs.size(), b.inputs.size());
    EXPECT_EQ(a.kernel, b.kernel);
    EXPECT_EQ(a.stride, b.stride);
    EXPECT_EQ(a.out_maps, b.out_maps);
    EXPECT_EQ(a.groups, b.groups);
    EXPECT_EQ(a.weight_count, b.weight_count);
    EXPECT_EQ(a.pooling_type, b.pooling_type);
    EXPECT_EQ(a.flops, b.flops);
    EXPECT_EQ(a.origins, b.origins);
  }
}

TEST(EngineInfo, TheSeparatorsOfTensorRt86AreReadAndWrittenAsJsonSpellsThem) {
  const std::string text =
      "{\"Layers\": [{\"Name\": \"a\", \"LayerType\": \"Convolution\", \"Metadata\": \"[ONNX "
      "Layer: "
      "/conv1/Conv]\x1e[ONNX Layer: /relu1/Relu]\"}]}";
  const auto info = parse_engine_info(text);
  ASSERT_TRUE(info) << info.error().to_string();
  EXPECT_EQ(info->layers.at(0).type, "Convolution");
  const std::vector<std::size_t> order{0};
  const std::string written = arrange_engine_info(text, order);
  EXPECT_NE(written.find("Conv]\\u001e[ONNX"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
