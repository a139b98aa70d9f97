#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "layerwatt/dataset/idle_power.h"
#include "layerwatt/dataset/inference_summary.h"
#include "layerwatt/dataset/profile_file.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kExamples =
    std::filesystem::path(LAYERWATT_TEST_DATA) / "edgeprofiler/example_raw_data";

TEST(IdlePower, ReadsThePublishedFileAndWritesItsForm) {
  const auto published = read_idle_power(kExamples / "idling_power.json");
  ASSERT_TRUE(published) << published.error().to_string();
  EXPECT_EQ(published->timestamp, "20241121-051743");
  EXPECT_EQ(published->microwatts, 5000000.0);
  const TemporaryFolder folder;
  IdlePower idle;
  idle.timestamp = "20241121-051743";
  idle.microwatts = 4234560.155322008;
  ASSERT_TRUE(write_idle_power(folder / "i.json", idle));
  EXPECT_EQ(slurp(folder / "i.json"),
            "{\n    \"timestamp\": \"20241121-051743\",\n"
            "    \"avg_idle_power\": 4234560.155322008\n}\n");
}

TEST(IdlePower, SaysWhatItIsOfWhereThePublishedToolsDoNot) {
  const TemporaryFolder folder;
  IdlePower idle;
  idle.microwatts = 4e6;
  idle.is_virtual = true;
  idle.is_partial = true;
  idle.source = "the stretch before a run of lenet";
  ASSERT_TRUE(write_idle_power(folder / "i.json", idle));
  const auto again = read_idle_power(folder / "i.json");
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_TRUE(again->is_virtual);
  EXPECT_TRUE(again->is_partial);
  EXPECT_EQ(again->source, idle.source);
}

TEST(IdlePower, RefusesWhatCannotBe) {
  EXPECT_THAT(parse_idle_power(R"({"avg_idle_power": -1})").error().message(),
              HasSubstr("negative"));
  EXPECT_THAT(parse_idle_power(R"({"avg_idle_power": 1e300})").error().message(),
              HasSubstr("no board draws"));
  EXPECT_THAT(parse_idle_power(R"({"avg_idle_power": "5"})").error().message(),
              HasSubstr("expected"));
  EXPECT_THAT(parse_idle_power(R"({"avg_idle_power": NaN})").error().message(), HasSubstr("JSON"));
  EXPECT_THAT(parse_idle_power("{}").error().message(), HasSubstr("expected"));
}

TEST(InferenceSummary, ReadsThePublishedFileAndWritesItsForm) {
  const auto published = read_inference_summary(kExamples / "simple/simple_tensorrt.json");
  ASSERT_TRUE(published) << published.error().to_string();
  EXPECT_EQ(published->dtype, "float16");
  EXPECT_THAT(published->input_shape, ElementsAre(1, 3, 224, 224));
  EXPECT_EQ(published->warmup, 50);
  EXPECT_EQ(published->optimization_level, 3);
  EXPECT_THAT(published->latencies, ElementsAre(1s));
  InferenceSummary summary = *published;
  summary.latencies = {2ms, 4ms};
  std::ostringstream out;
  write_inference_summary(out, summary);
  EXPECT_THAT(out.str(), HasSubstr("\"avg_latency\": 0.003,"));
  EXPECT_THAT(out.str(), HasSubstr("\"avg_throughput\": 333.33"));
  const auto again = parse_inference_summary(out.str());
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->latencies, summary.latencies);
  EXPECT_EQ(again->total_time, summary.total_time);
}

TEST(InferenceSummary, RefusesLatenciesThatCannotBe) {
  EXPECT_THAT(parse_inference_summary(R"({"latencies": [-1.0]})").error().message(),
              HasSubstr("latencies"));
  EXPECT_THAT(parse_inference_summary(R"({"total_time": 1e300})").error().message(),
              HasSubstr("total_time"));
}

LayerProfile example() {
  LayerProfile profile;
  profile.model = "alexnet";
  profile.method = "solve";
  profile.rail = "VDD_IN";
  profile.is_virtual = true;
  profile.schedule = Schedule::kWeighing;
  profile.stamps = StampSource::kMeasured;
  profile.passes = 12;
  profile.idle_power = Estimate<Watts>{watts(4.5), watts(4.25), watts(4.75)};
  profile.gap_time = 12us;
  profile.sum_check = -0.001;
  SensorModel sensor;
  sensor.period = 840us;
  sensor.averaging = Averaging::kExponential;
  sensor.average_count = 512;
  profile.sensor = sensor;
  Identifiability id;
  id.condition_number = 12.5;
  id.variance_inflation = {1.0, 2.0};
  id.advice = {"use --schedule weighing"};
  profile.identifiability = id;
  profile.notes = {"first", "second"};
  LayerProfileRow a;
  a.layer.name = "conv, \"first\"";
  a.layer.type = "Conv";
  a.layer.outputs.push_back({"y", {1, 64, 55, 55}, ""});
  a.layer.flops = 1.5e9;
  a.run_time = {12, 2ms, 2ms, 3ms};
  a.power = Estimate<Watts>{watts(1.25), watts(1.0), watts(1.5)};
  a.energy = Estimate<Joules>{joules(0.0025), std::nullopt, std::nullopt};
  a.share = 1.0;
  a.status = LayerStatus::kMerged;
  a.group = 2;
  a.shrunk = true;
  a.isolated_run_time = RunTimeStats{5, 1ms, 1ms, 1ms};
  a.window_power = watts(2.0);
  profile.rows.push_back(a);
  LayerProfileRow b;
  b.layer.name = "fc";
  b.status = LayerStatus::kUnresolved;
  b.reason = "no sample";
  profile.rows.push_back(b);
  return profile;
}

TEST(ProfileFile, WhatIsWrittenAsJsonIsRead) {
  const TemporaryFolder folder;
  const LayerProfile profile = example();
  ASSERT_TRUE(write_profile_files(folder.path(), profile));
  const auto read = read_profile_json(folder / "layer_profile.json");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->model, profile.model);
  EXPECT_TRUE(read->is_virtual);
  EXPECT_EQ(read->schedule, profile.schedule);
  EXPECT_EQ(read->idle_power->low, watts(4.25));
  EXPECT_FALSE(read->gap_power);
  EXPECT_EQ(read->gap_time, Duration(12us));
  EXPECT_EQ(read->sum_check, -0.001);
  EXPECT_EQ(read->sensor->period, Duration(840us));
  EXPECT_EQ(read->identifiability->variance_inflation, profile.identifiability->variance_inflation);
  EXPECT_EQ(read->notes, profile.notes);
  ASSERT_EQ(read->rows.size(), 2U);
  const LayerProfileRow& a = read->rows[0];
  EXPECT_EQ(a.layer.name, "conv, \"first\"");
  EXPECT_THAT(a.layer.outputs.at(0).dimensions, ElementsAre(1, 64, 55, 55));
  EXPECT_EQ(a.run_time.p95, Duration(3ms));
  EXPECT_EQ(a.power->high, watts(1.5));
  EXPECT_FALSE(a.energy->low);
  EXPECT_EQ(a.status, LayerStatus::kMerged);
  EXPECT_EQ(a.group, 2);
  EXPECT_TRUE(a.shrunk);
  EXPECT_EQ(a.isolated_run_time->median, Duration(1ms));
  EXPECT_EQ(a.window_power, watts(2.0));
  EXPECT_EQ(read->rows[1].status, LayerStatus::kUnresolved);
  EXPECT_FALSE(read->rows[1].power);
  EXPECT_EQ(read->rows[1].reason, "no sample");
}

TEST(ProfileFile, TheCsvHasARowALayerWithEmptyFieldsForWhatIsAbsent) {
  std::ostringstream out;
  write_profile_csv(out, example());
  const std::string text = out.str();
  EXPECT_THAT(
      text, HasSubstr("0,\"conv, \"\"first\"\"\",Conv,,merged,2,12,0.002,0.002,0.003,1.25,1.0,1.5,"
                      "0.0025,,,1.0,,2.0,0.001,,true,\n"));
  EXPECT_THAT(text, HasSubstr("1,fc,,,unresolved,,0,0.0,0.0,0.0,,,,,,,,,,,,true,no sample\n"));
}

TEST(ProfileFile, ErrorsNameTheMember) {
  const auto error = [](std::string_view text) {
    const auto profile = parse_profile_json(text);
    return profile ? "no error" : profile.error().message();
  };
  EXPECT_THAT(error(R"({"schema_version": 9})"), HasSubstr("schema_version 9"));
  EXPECT_THAT(error(R"({"schema_version": 1})"), HasSubstr("'layers'"));
  EXPECT_THAT(error(R"({"schema_version": 1, "layers": [{"layer_name": "a", "status": "good"}]})"),
              HasSubstr("'layers[0].status'"));
  EXPECT_THAT(error(R"({"schema_version": 1, "layers": [1]})"), HasSubstr("'layers[0]'"));
}

}  // namespace
}  // namespace layerwatt
