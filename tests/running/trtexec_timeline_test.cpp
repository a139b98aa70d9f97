#include "layerwatt/running/trtexec_timeline.h"

#include <gmock/gmock.h>

#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/trtexec.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kAlexnet =
    std::filesystem::path(LAYERWATT_TEST_DATA) / "trtexec/alexnet";

TrtexecProfile profile_of(std::vector<std::pair<std::string, Duration>> layers) {
  TrtexecProfile profile;
  profile.inferences = 10;
  for (auto& [name, average] : layers) {
    profile.layers.push_back(
        TrtexecLayer{.name = name, .total = 10 * average, .average = average, .median = {}});
  }
  return profile;
}

TrtexecPass pass_at(Duration start, Duration compute) {
  TrtexecPass pass;
  pass.compute_start = start;
  pass.compute_end = start + compute;
  pass.compute = compute;
  pass.latency = compute;
  return pass;
}

TEST(TrtexecLayers, ARealRecordingJoinsInItsOwnOrder) {
  const auto profile = read_trtexec_profile(kAlexnet / "alexnet_fp16.profile.json").value();
  const std::string text = read_file(kAlexnet / "alexnet_fp16.graph.json").value();
  const auto layers = join_trtexec_layers(profile, text);
  ASSERT_TRUE(layers) << layers.error().to_string();
  ASSERT_EQ(layers->layers.size(), 14U);
  EXPECT_EQ(layers->layers[1].parameter_type, "Convolution");
  EXPECT_EQ(layers->engine_info, text) << "kept as the inspector wrote it";
  EXPECT_FALSE(layers->overlap);
  EXPECT_THAT(layers->notes, ElementsAre());
}

TEST(TrtexecLayers, EqualNamesAndAnotherOrderAreMatchedOneByOne) {
  const auto layers =
      join_trtexec_layers(profile_of({{"b", 2ms}, {"a \"q\" \\", 1ms}, {"b", 3ms}}),
                          R"({"Layers": [{"Name": "a \"q\" \\", "LayerType": "A", "Own": [1, 2]},
                     {"Name": "b", "LayerType": "B1"}, {"Name": "unused", "LayerType": "NoOp"},
                     {"Name": "b", "LayerType": "B2"}], "Bindings": ["x"]})");
  ASSERT_TRUE(layers) << layers.error().to_string();
  EXPECT_EQ(layers->layers[0].type, "B1");
  EXPECT_EQ(layers->layers[1].type, "A");
  EXPECT_EQ(layers->layers[2].type, "B2");
  EXPECT_EQ(layers->sum, 6ms);
  EXPECT_THAT(layers->notes, Contains(HasSubstr("1 layers")));
  const auto written = parse_engine_info(layers->engine_info);
  ASSERT_TRUE(written) << written.error().to_string();
  ASSERT_EQ(written->layers.size(), 3U);
  EXPECT_EQ(written->layers[1].name, "a \"q\" \\");
  EXPECT_EQ(written->bindings, std::vector<std::string>{"x"});
  EXPECT_THAT(layers->engine_info, HasSubstr("\"Own\"")) << "keys of others survive";
}

TEST(TrtexecLayers, NamesAloneAndProfileSuffixesWork) {
  const auto layers = join_trtexec_layers(profile_of({{"a", 1ms}, {"b", 1ms}}),
                                          R"({"Layers": ["a", "b [profile 0]"]})");
  ASSERT_TRUE(layers) << layers.error().to_string();
  EXPECT_THAT(layers->notes, Contains(HasSubstr("detailed")));
  EXPECT_TRUE(join_trtexec_layers(profile_of({{"a", 1ms}}), std::nullopt));
}

TEST(TrtexecLayers, FilesOfTwoEnginesAreRefused) {
  const auto layers =
      join_trtexec_layers(profile_of({{"conv_1", 1ms}}), R"({"Layers": [{"Name": "conv_2"}]})");
  ASSERT_FALSE(layers);
  EXPECT_THAT(layers.error().message(), HasSubstr("'conv_2'"));
  EXPECT_FALSE(join_trtexec_layers(profile_of({{"a", 0ms}}), std::nullopt)) << "no time at all";
  EXPECT_FALSE(join_trtexec_layers(profile_of({{"a", 1ms}}), "{\"Layers\": [")) << "cut short";
}

TEST(TrtexecPasses, LayersFillTheirPassInTheSharesOfTheAverages) {
  const auto layers =
      join_trtexec_layers(profile_of({{"a", 1ms}, {"none", 0ms}, {"b", 3ms}}), std::nullopt)
          .value();
  const std::vector<TrtexecPass> passes{pass_at(100ms, 8ms), pass_at(110ms, 2ms)};
  const Instant origin = instant_from_ns(0) + 5s;
  Timeline timeline;
  timeline.layers = layers.layers;
  timeline.executions = place_trtexec_passes(passes, layers, origin);
  ASSERT_TRUE(validate(timeline));
  ASSERT_EQ(timeline.executions.size(), 8U);
  EXPECT_EQ(timeline.executions[0].segment, kWholePass);
  EXPECT_EQ(timeline.executions[0].start, origin + 100ms);
  EXPECT_EQ(timeline.executions[1].end, origin + 102ms);
  EXPECT_EQ(timeline.executions[2].run_time(), 0ms);
  EXPECT_EQ(timeline.executions[3].end, origin + 108ms);
  EXPECT_EQ(timeline.executions[7].end - timeline.executions[4].start, 2ms);
}

TEST(TrtexecPasses, StampsThatLostTheirMicrosecondsAreLaidEndToEnd) {
  const auto times = read_trtexec_times(kAlexnet / "alexnet_fp16.timing_first200.json").value();
  const auto layers = join_trtexec_layers(profile_of({{"a", 1ms}}), std::nullopt).value();
  const auto executions = place_trtexec_passes(times, layers, instant_from_ns(0));
  Duration gaps{0};
  std::int64_t overlaps = 0;
  const Execution* last = nullptr;
  for (const Execution& e : executions) {
    if (e.segment != kWholePass) continue;
    const auto& stamp = times[static_cast<std::size_t>(e.pass)];
    EXPECT_LE(std::chrono::abs(e.start - instant_from_ns(0) - stamp.compute_start), 20us) << e.pass;
    EXPECT_EQ(e.run_time(), stamp.compute);
    if (last != nullptr && e.start < last->end) ++overlaps;
    if (last != nullptr) gaps += e.start - last->end;
    last = &e;
  }
  EXPECT_EQ(overlaps, 0);
  EXPECT_LT(gaps, 200 * 10us);
}

TEST(TrtexecPasses, LayersOnSeveralStreamsHaveNoPlace) {
  const auto layers = join_trtexec_layers(
      profile_of({{"a", 3ms}, {"b", 3ms}}),
      R"({"Layers": [{"Name": "a", "StreamId": 0}, {"Name": "b", "StreamId": 1}]})");
  ASSERT_TRUE(layers);
  EXPECT_TRUE(layers->overlap);
  const std::vector<TrtexecPass> passes{pass_at(0ms, 4ms)};
  EXPECT_EQ(place_trtexec_passes(passes, *layers, instant_from_ns(0)).size(), 1U);
  EXPECT_THAT(describe_trtexec_timeline(passes, *layers), Contains(HasSubstr("several streams")));
}

TEST(TrtexecAnchor, LiesBetweenWhatWasSaidBeforeAndAfter) {
  const Instant ready = instant_from_ns(0) + 10s;
  const std::vector<TrtexecPass> passes{pass_at(0ms, 1ms), pass_at(1ms, 99ms)};
  const TrtexecAnchor anchor = anchor_trtexec(ready, 500ms, passes, ready + 500ms + 100ms + 4ms);
  EXPECT_EQ(anchor.gpu_start, ready + 502ms);
  EXPECT_GE(anchor.uncertainty, 2ms);
  EXPECT_LT(anchor.uncertainty, 3ms);
}

}  // namespace
}  // namespace layerwatt
