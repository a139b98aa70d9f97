#include "layerwatt/dataset/layer_latency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/core/local_time.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kData = std::filesystem::path(LAYERWATT_TEST_DATA) / "edgeprofiler";

std::string error_of(std::string_view text) {
  const auto latencies = parse_layer_latencies(text);
  return latencies ? "no error" : latencies.error().message();
}

constexpr std::string_view kTwoLayers = R"({
    "conv0": [
        [0.5, "20241121-00:00:01.50"],
        [0.25, "20241121-00:00:02.50"]
    ],
    "conv0": [
        [1, "20241121-00:00:01.75"],
        [2.0, "20241121-00:00:02.75"]
    ]
})";

TEST(LayerLatencies, KeepTheOrderOfTheFileAndEqualNamesApart) {
  const auto latencies = parse_layer_latencies(kTwoLayers);
  ASSERT_TRUE(latencies) << latencies.error().to_string();
  ASSERT_EQ(latencies->layers.size(), 2U);
  EXPECT_EQ(latencies->layers[0].name, "conv0");
  EXPECT_EQ(latencies->layers[1].name, "conv0");
  EXPECT_THAT(latencies->layers[0].milliseconds, ElementsAre(0.5, 0.25));
  EXPECT_THAT(latencies->layers[1].milliseconds, ElementsAre(1.0, 2.0));
  EXPECT_EQ(latencies->layers[1].end[0], *parse_local_stamp("20241121-00:00:01.75"));
  EXPECT_EQ(latencies->passes, 2);
  EXPECT_TRUE(latencies->has_stamps());
}

TEST(LayerLatencies, ReadARealRunOnOrin) {
  const auto latencies =
      read_layer_latencies(kData / "mobilenet_v2_orin/mobilenet_v2_5cycles_trt_layer_latency.json");
  ASSERT_TRUE(latencies) << latencies.error().to_string();
  EXPECT_EQ(latencies->layers.size(), 167U);
  EXPECT_EQ(latencies->passes, 5);
  EXPECT_EQ(latencies->dropped, 0);
  EXPECT_EQ(latencies->layers[0].milliseconds[0], 0.17475199699401855);
}

TEST(LayerLatencies, ReadTheOlderFormWithoutStamps) {
  const auto latencies =
      read_layer_latencies(kData / "desktop_alexnet/trt_profiling/trt_layer_latency.json");
  ASSERT_TRUE(latencies) << latencies.error().to_string();
  EXPECT_FALSE(latencies->has_stamps());
  EXPECT_EQ(latencies->layers[0].milliseconds[0], 0.03891199827194214);
}

TEST(LayerLatencies, ARecordingStoppedWithinAPassGivesWholePasses) {
  const auto latencies = parse_layer_latencies(R"({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0]})");
  ASSERT_TRUE(latencies);
  EXPECT_EQ(latencies->passes, 2);
  EXPECT_EQ(latencies->dropped, 1);
  EXPECT_THAT(latencies->layers[0].milliseconds, ElementsAre(1.0, 2.0));
}

TEST(LayerLatencies, CountsThatDifferMoreAreRefused) {
  EXPECT_THAT(error_of(R"({"a": [1.0, 2.0, 3.0], "b": [4.0]})"),
              HasSubstr("layer 'b' ran 1 times but layer 'a' 3 times"));
  EXPECT_THAT(error_of(R"({"a": [], "b": []})"), HasSubstr("ran 0 times"));
  EXPECT_THAT(error_of("{}"), HasSubstr("no layers"));
}

TEST(LayerLatencies, AFileCutAnywhereIsRefused) {
  for (std::size_t cut = 0; cut < kTwoLayers.size(); ++cut) {
    const auto latencies = parse_layer_latencies(kTwoLayers.substr(0, cut));
    ASSERT_FALSE(latencies) << cut;
    EXPECT_THAT(latencies.error().message(), HasSubstr("line "));
  }
  EXPECT_THAT(error_of(kTwoLayers.substr(0, 80)),
              AllOf(HasSubstr("line 4"), HasSubstr("ends early")));
}

TEST(LayerLatencies, ErrorsNameTheLine) {
  EXPECT_THAT(error_of("{\"a\": [\n1.0,\n-2.0]}"),
              AllOf(HasSubstr("line 3"), HasSubstr("must not be negative")));
  EXPECT_THAT(error_of("{\"a\": [\nNaN]}"), HasSubstr("line 2"));
  EXPECT_THAT(error_of("{\"a\": [1e999]}"), HasSubstr("too big"));
  EXPECT_THAT(error_of("{\"a\": [[1.0]]}"), HasSubstr("shorter list"));
  EXPECT_THAT(error_of("{\"a\": [[1.0, \"20241121-00:00:01\", 2]]}"), HasSubstr("a number where"));
  EXPECT_THAT(error_of("{\"a\": [1.0, [1.0, \"20241121-00:00:01\"]]}"), HasSubstr("mixed"));
  EXPECT_THAT(error_of("{\"a\": [[1.0, \"yesterday\"]]}"), HasSubstr("'yesterday' is not a time"));
  EXPECT_THAT(error_of("{\"a\": [null]}"), HasSubstr("expected a run time"));
  EXPECT_THAT(error_of("{\"a\": {\"b\": 1}}"), HasSubstr("found an object"));
  EXPECT_THAT(error_of(std::string_view("{\"a\": [1]}\n\0{}", 14)),
              HasSubstr("line 2: a zero byte"));
  EXPECT_THAT(error_of("[1, 2]"), HasSubstr("found a list"));
  EXPECT_THAT(error_of("{\"a\": [[[[[[1.0]]]]]]}"), HasSubstr("found a list"));
  EXPECT_THAT(error_of("{\"a\": [[1.0, \"20241121-00:00:02\"],\n[1.0, \"20241121-00:00:01\"]]}"),
              AllOf(HasSubstr("line 2"), HasSubstr("layer 'a'"), HasSubstr("is earlier")));
}

TEST(LayerLatencies, WhatIsWrittenIsRead) {
  const TemporaryFolder folder;
  const auto path = folder / "trt_layer_latency.json";
  const LocalTime end = *parse_local_stamp("20241121-05:22:50.156286");
  auto writer = LayerLatencyWriter::create(path);
  ASSERT_TRUE(writer);
  writer->begin_layer("a \"quoted\" name");
  writer->add(0.03030399978160858, end);
  writer->add(400.0, end);
  writer->begin_layer("µ");
  writer->add(0.0, end);
  writer->add(1e-5, end);
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(writer->commit());
  const auto latencies = read_layer_latencies(path);
  ASSERT_TRUE(latencies) << latencies.error().to_string();
  EXPECT_EQ(latencies->layers[0].name, "a \"quoted\" name");
  EXPECT_THAT(latencies->layers[0].milliseconds, ElementsAre(0.03030399978160858, 400.0));
  EXPECT_THAT(latencies->layers[1].milliseconds, ElementsAre(0.0, 1e-5));
  EXPECT_EQ(latencies->layers[1].end[1], end);
}

TEST(LayerLatencies, FilesLargerThanAChunkAreReadWhole) {
  const TemporaryFolder folder;
  std::string text = "{\"layer\": [\n";
  constexpr int kCount = 60000;
  for (int i = 0; i < kCount; ++i) text += std::to_string(i) + ".5,\n";
  text += "0.25]}";
  const auto latencies = read_layer_latencies(folder.write("l.json", text));
  ASSERT_TRUE(latencies) << latencies.error().to_string();
  EXPECT_EQ(latencies->layers[0].milliseconds.size(), kCount + 1U);
  EXPECT_EQ(latencies->layers[0].milliseconds[54321], 54321.5);
  const auto bad = read_layer_latencies(folder.write("l.json", text.substr(0, text.size() - 7)));
  EXPECT_THAT(bad.error().to_string(), HasSubstr("l.json: line 60001"));
}

TEST(MatchLayers, TakesEqualNamesInTheirOrder) {
  LayerLatencies latencies;
  for (const char* name : {"relu", "conv", "relu"}) latencies.layers.emplace_back().name = name;
  std::vector<Layer> layers(3);
  layers[0].name = "conv";
  layers[1].name = "relu";
  layers[2].name = "relu";
  const auto order = match_layers(latencies, layers);
  ASSERT_TRUE(order) << order.error().to_string();
  EXPECT_THAT(*order, ElementsAre(1U, 0U, 2U));
}

TEST(MatchLayers, NamesALayerThatTheEngineDoesNotHave) {
  LayerLatencies latencies;
  latencies.layers.emplace_back().name = "conv2";
  std::vector<Layer> layers(1);
  layers[0].name = "conv1";
  const auto order = match_layers(latencies, layers);
  ASSERT_FALSE(order);
  EXPECT_EQ(order.error().code(), ErrorCode::kParse);
  EXPECT_THAT(order.error().message(), HasSubstr("(nearest there: 'conv1')"));
}

}  // namespace
}  // namespace layerwatt
