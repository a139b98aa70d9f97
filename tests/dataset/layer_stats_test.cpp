#include "layerwatt/dataset/layer_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/json.h"
#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// 4 W until 1 s, then 8 W, through a filter of 0.5 s; samples every 10 ms until 4 s.
PowerTrace filtered_step(const std::string& name) {
  PowerTrace trace;
  trace.rail.name = name;
  for (int i = 0; i <= 400; ++i) {
    const double t = i * 0.01;
    trace.before.push_back(Instant(i * 10ms));
    trace.after.push_back(Instant(i * 10ms));
    trace.power.emplace_back(t < 1.0 ? 4.0 : 8.0 - 4.0 * std::exp(-(t - 1.0) / 0.5));
  }
  return trace;
}

class LayerStats : public ::testing::Test {
 protected:
  void write_network(const std::string& mode, const std::string& network) {
    const LayerStatsPlace place{folder_.path(), mode, "cpu", network};
    const std::vector<PowerTrace> rails{filtered_step("VDD_IN"), filtered_step("VDD_SYS_CPU")};
    ASSERT_TRUE(write_layer_power(place, 0, rails, {}, Instant(1s), Instant(3s)));
    LayerStatsRails about;
    about.time_constants["VDD_IN"] = 500ms;
    about.time_constants["VDD_SYS_CPU"] = std::nullopt;
    about.is_virtual = mode == "virtual";
    ASSERT_TRUE(write_layer_stats_rails(place, about));
    const std::vector<Duration> times{10ms, 30ms};
    ASSERT_TRUE(write_layer_run_times(place, 0, times));
    ASSERT_TRUE(write_layer_run_times(place, 10, times));
  }
  TemporaryFolder folder_;
};

TEST_F(LayerStats, BecomeOneJsonAModeWithThePublishedKeys) {
  write_network("1", "alexnet");
  write_network("virtual", "vgg11");
  const auto summary = process_layer_stats(folder_.path(), std::nullopt, false);
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_EQ(summary->files.size(), 2U);
  EXPECT_EQ(summary->networks, 2);
  const auto json = read_json(folder_ / "1.json");
  ASSERT_TRUE(json) << json.error().to_string();
  const auto& cpu = (*json)["alexnet"]["cpu"];
  // With the filter's ends corrected the step is whole; without a time constant it is what the
  // samples show.
  EXPECT_NEAR(cpu["power"]["0"]["VDD_IN"].GetDouble(), 8000.0, 2.0);
  EXPECT_NEAR(cpu["power"]["0"]["VDD_SYS_CPU"].GetDouble(), 7018.0, 2.0);
  EXPECT_DOUBLE_EQ(cpu["latency"]["0"].GetDouble(), 0.02);
  EXPECT_TRUE(cpu["latency"].HasMember("10"));
  EXPECT_FALSE(cpu.HasMember("virtual"));
  const auto simulated = read_json(folder_ / "virtual.json");
  ASSERT_TRUE(simulated);
  EXPECT_TRUE((*simulated)["vgg11"]["cpu"]["virtual"].GetBool());
}

TEST_F(LayerStats, AsPublishedAreMeansOfTheSamples) {
  write_network("1", "alexnet");
  ASSERT_TRUE(process_layer_stats(folder_.path(), "1", true));
  const auto json = read_json(folder_ / "1.json");
  ASSERT_TRUE(json);
  EXPECT_NEAR((*json)["alexnet"]["cpu"]["power"]["0"]["VDD_IN"].GetDouble(), 7018.0, 10.0);
}

TEST_F(LayerStats, NameTheFileAndLineThatAreWrong) {
  write_network("1", "alexnet");
  folder_.write("1/cpu/power/alexnet/3.csv", "time_s,VDD_IN\n0.0,4000\n0.1,oops\n");
  const auto processed = process_layer_stats(folder_.path(), std::nullopt, false);
  ASSERT_FALSE(processed);
  EXPECT_EQ(processed.error().code(), ErrorCode::kParse);
  EXPECT_THAT(processed.error().to_string(), HasSubstr("3.csv"));
  EXPECT_THAT(processed.error().to_string(), HasSubstr("3"));
  EXPECT_THAT(processed.error().to_string(), HasSubstr("oops"));
}

TEST_F(LayerStats, ThatAreNotThereAreAnErrorThatSaysHowToGetThem) {
  const auto nothing = process_layer_stats(folder_.path(), "2", false);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(nothing.error().message(), HasSubstr("--mode"));
}

TEST_F(LayerStats, FieldsThatAreNoPowerAreAveragedBesideTheRails) {
  const LayerStatsPlace place{folder_.path(), "1", "cpu", "alexnet"};
  // 100 MB until 2 s, then 300 MB, told every 0.1 s.
  LayerStatsColumn ram{"RAM", {}, {}};
  for (int i = 0; i <= 40; ++i) {
    ram.when.emplace_back(i * 100ms);
    ram.values.push_back(i < 20 ? 100.0 : 300.0);
  }
  LayerStatsRails about;
  about.units["RAM"] = "MB";
  ASSERT_TRUE(write_layer_stats_rails(place, about));
  ASSERT_TRUE(
      write_layer_power(place, 0, {filtered_step("VDD_IN")}, {ram}, Instant(1s), Instant(3s)));
  // Without a rail the column brings its own times.
  ASSERT_TRUE(write_layer_power(place, 1, {}, {ram}, Instant(1s), Instant(3s)));
  ASSERT_TRUE(process_layer_stats(folder_.path(), std::nullopt, false));
  const auto json = read_json(folder_ / "1.json");
  ASSERT_TRUE(json) << json.error().to_string();
  const auto& power = (*json)["alexnet"]["cpu"]["power"];
  EXPECT_NEAR(power["0"]["RAM"].GetDouble(), 200.0, 2.0);
  EXPECT_NEAR(power["1"]["RAM"].GetDouble(), 205.0, 2.0);
  EXPECT_TRUE(power["0"].HasMember("VDD_IN"));
  EXPECT_FALSE(power["1"].HasMember("VDD_IN"));
  const auto rails = read_json(place.folder("power") / "rails.json");
  ASSERT_TRUE(rails);
  EXPECT_STREQ((*rails)["unit"]["RAM"].GetString(), "MB");
}

TEST_F(LayerStats, RefuseEnergyCounters) {
  PowerTrace counter;
  counter.rail.name = "package-0";
  counter.rail.kind = RailKind::kEnergyCounter;
  EXPECT_EQ(write_layer_power({folder_.path(), "1", "cpu", "x"}, 0, {counter}, {}, Instant(1s),
                              Instant(2s))
                .error()
                .code(),
            ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace layerwatt
