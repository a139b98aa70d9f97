#include "layerwatt/dataset/run_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layerwatt/core/local_time.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/dataset/records.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

Rail rail(const std::string& name, RailKind kind = RailKind::kVoltageCurrent) {
  Rail r;
  r.name = name;
  r.kind = kind;
  r.sensor = "ina3221-hwmon";
  r.shunt = ohms(0.005);
  r.model.period = 1ms;
  r.model.averaging = Averaging::kExponential;
  r.model.average_count = 512;
  r.model.lsb = milliwatts(40.0);
  r.model.provenance = Provenance::kDeclared;
  return r;
}

RunFile example() {
  RunFile run;
  run.written_by = "layerwatt 0.1.0";
  run.model = "alexnet";
  run.engine = "onnxruntime";
  run.is_finished = true;
  run.begin = {instant_from_ns(1000), *parse_local_stamp("20241121-05:20:04.261448"), 1h, 50ns};
  run.end = {instant_from_ns(2000000000), *parse_local_stamp("20241121-05:20:06.261448"), 1h, 60ns};
  run.schedule = Schedule::kWeighing;
  run.stamps = StampSource::kMeasured;
  run.seed = 18446744073709551615ULL;
  run.passes = 7;
  run.rails = {rail("VDD_GPU"), rail("VDD_CPU")};
  run.total_rails = {"VDD_GPU", "VDD_CPU"};
  run.total_name = "GPU + CPU";
  run.idle_power = watts(4.25);
  run.interludes = {{instant_from_ns(2000), instant_from_ns(3000)}};
  run.requested_hertz = 1000.0;
  run.ticks = 2000;
  run.lost_ticks = 3;
  run.recorder_cpu_share = 0.004;
  run.lateness_p99 = 42us;
  run.environment = {{"board", "Jetson Orin Nano"}, {"governor", "performance"}};
  run.state_before = MachineState{{{"cpu-thermal", 41.5}}, {{"gpu", 918e6}}};
  run.notes = {"a note"};
  return run;
}

TEST(RunFile, WhatIsWrittenIsRead) {
  const TemporaryFolder folder;
  const RunFile run = example();
  ASSERT_TRUE(write_run_file(folder / "run.json", run));
  const auto read = read_run_file(folder / "run.json");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->model, "alexnet");
  EXPECT_TRUE(read->is_finished);
  EXPECT_EQ(read->begin.monotonic, run.begin.monotonic);
  EXPECT_EQ(read->begin.local, run.begin.local);
  EXPECT_EQ(read->begin.utc_offset, 1h);
  EXPECT_EQ(read->end.uncertainty, 60ns);
  EXPECT_EQ(read->schedule, Schedule::kWeighing);
  EXPECT_EQ(read->stamps, StampSource::kMeasured);
  EXPECT_EQ(read->seed, run.seed);
  ASSERT_EQ(read->rails.size(), 2U);
  EXPECT_EQ(read->rails[0].model.period, Duration(1ms));
  EXPECT_EQ(read->rails[0].model.average_count, 512);
  EXPECT_EQ(read->rails[0].model.averaging, Averaging::kExponential);
  EXPECT_EQ(read->rails[0].model.provenance, Provenance::kDeclared);
  EXPECT_EQ(read->rails[0].shunt, ohms(0.005));
  EXPECT_EQ(read->rails[0].model.lag, std::nullopt);
  EXPECT_THAT(read->total_rails, ElementsAre("VDD_GPU", "VDD_CPU"));
  EXPECT_EQ(read->idle_power, watts(4.25));
  EXPECT_EQ(read->interludes, run.interludes);
  EXPECT_EQ(read->lost_ticks, 3);
  EXPECT_EQ(read->lateness_p99, Duration(42us));
  EXPECT_EQ(read->environment, run.environment);
  EXPECT_EQ(read->state_before->clocks_hertz.at("gpu"), 918e6);
  EXPECT_FALSE(read->state_after);
  EXPECT_EQ(read->notes, run.notes);
}

std::string error_of(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  text.replace(at, what.size(), with);
  const auto run = parse_run_file(text);
  return run ? "no error" : run.error().message();
}

TEST(RunFile, ErrorsNameTheMember) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_run_file(folder / "run.json", example()));
  const std::string text = slurp(folder / "run.json");
  EXPECT_THAT(error_of(text, "\"schema_version\": 1", "\"schema_version\": 2"),
              HasSubstr("schema_version 2; this layerwatt reads version 1"));
  EXPECT_THAT(error_of(text, "\"schema_version\": 1,", ""), HasSubstr("'schema_version'"));
  EXPECT_THAT(error_of(text, "\"name\": \"VDD_GPU\"", "\"name\": 3"),
              HasSubstr("'rails[0].name' is not a text"));
  EXPECT_THAT(error_of(text, "\"weighing\"", "\"sideways\""), HasSubstr("'schedule'"));
  EXPECT_THAT(error_of(text, "\"monotonic_ns\": 1000", "\"monotonic_ns\": 1.5"),
              HasSubstr("'clock.begin.monotonic_ns' is not a whole number"));
  EXPECT_THAT(error_of(text, "\"VDD_CPU\"\n        ]", "\"VDD_SOC\"\n        ]"),
              HasSubstr("'VDD_SOC', which is not one of the rails"));
  EXPECT_THAT(error_of(text, "\"start_ns\": 2000", "\"begin\": 2000"),
              HasSubstr("'interludes[0].start_ns'"));
  EXPECT_EQ(error_of(text, "\"seed\"", "\"later\": {}, \"seed\""), "no error");
  EXPECT_THAT(parse_run_file("[]").error().message(), HasSubstr("'the file' is not an object"));
}

/// A recording of two rails in ten ticks, one reading of which failed, and two layers.
class OwnRecording : public testing::Test {
 protected:
  OwnRecording() {
    folder_.write("m/trt_profiling/trt_engine_info.json", R"({"Layers": ["a", "b"]})");
    auto power = NpyWriter<PowerRecord>::create(folder_ / "m/power.npy");
    for (int tick = 0; tick < 10; ++tick) {
      for (std::int16_t r = 0; r < 2; ++r) {
        const std::int64_t now = 1000000LL * tick + 1000 * r;
        const std::int16_t status = tick == 4 && r == 1 ? 1 : 0;
        EXPECT_TRUE(power->append({now, now + 500, 1000000 * (r + 1), kNoValue64, 5000000,
                                   200000 * (r + 1), r, status, static_cast<std::uint32_t>(tick)}));
      }
    }
    EXPECT_TRUE(power->close());
    auto timeline = NpyWriter<TimelineRecord>::create(folder_ / "m/timeline.npy");
    EXPECT_TRUE(timeline->append({0, 0, 0, 0, 100, 200}));
    EXPECT_TRUE(timeline->append({1, 0, 0, 0, 200, 300}));
    EXPECT_TRUE(timeline->close());
    save(example());
  }
  void save(const RunFile& run) { EXPECT_TRUE(write_run_file(folder_ / "m/run.json", run)); }
  Result<Recording> load() {
    const auto dataset = find_raw_dataset(folder_ / "m");
    if (!dataset) return dataset.error();
    return load_recording(dataset->models.at(0));
  }
  TemporaryFolder folder_;
};

TEST_F(OwnRecording, ARecordOfALayerAloneSpansTheRunsUpToTheNext) {
  auto timeline = NpyWriter<TimelineRecord>::create(folder_ / "m/timeline.npy");
  // Layer 0 four times: once, twice together, once; then layer 1 in the next block.
  EXPECT_TRUE(timeline->append({0, 0, 0, 0, 100, 200}));
  EXPECT_TRUE(timeline->append({0, 0, 1, 0, 200, 400}));
  EXPECT_TRUE(timeline->append({0, 0, 3, 0, 400, 510}));
  EXPECT_TRUE(timeline->append({1, 1, 0, 1, 600, 700}));
  EXPECT_TRUE(timeline->close());
  RunFile run = example();
  const auto runs = [&](Schedule schedule) {
    run.schedule = schedule;
    save(run);
    const auto recording = load();
    EXPECT_TRUE(recording) << recording.error().to_string();
    std::vector<std::int32_t> counts;
    for (const Execution& e : recording->timeline.executions) counts.push_back(e.runs);
    return counts;
  };
  EXPECT_THAT(runs(Schedule::kIsolated), testing::ElementsAre(1, 2, 1, 1));
  EXPECT_EQ(load()->timeline.executions[1].run_time(), Duration(100));
  EXPECT_THAT(runs(Schedule::kWeighing), testing::ElementsAre(1, 2, 1, 1));
  EXPECT_THAT(runs(Schedule::kWhole), testing::ElementsAre(1, 1, 1, 1));
}

TEST_F(OwnRecording, GivesRailsTotalAndTimeline) {
  const auto recording = load();
  ASSERT_TRUE(recording) << recording.error().to_string();
  ASSERT_EQ(recording->rails.size(), 2U);
  EXPECT_EQ(recording->rails[0].size(), 10U);
  EXPECT_EQ(recording->rails[1].size(), 9U);
  EXPECT_EQ(recording->rails[1].current[0], microamperes(400000));
  ASSERT_TRUE(recording->total);
  EXPECT_EQ(recording->total->rail.name, "GPU + CPU");
  ASSERT_EQ(recording->total->size(), 9U);  // ticks that both rails have
  EXPECT_DOUBLE_EQ(recording->total->power[4].value(), 3.0);
  EXPECT_EQ(recording->total->before[4], instant_from_ns(5000000));
  ASSERT_EQ(recording->timeline.executions.size(), 2U);
  EXPECT_EQ(recording->timeline.executions[1].end, instant_from_ns(300));
  EXPECT_EQ(recording->timeline.layers[1].name, "b");
  EXPECT_EQ(recording->timeline.schedule, Schedule::kWeighing);
  EXPECT_THAT(recording->notes, Contains(HasSubstr("1 readings failed")));
}

TEST_F(OwnRecording, ACutFileIsRefusedUnlessTheRecorderCrashed) {
  const auto path = folder_ / "m/power.npy";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 100);
  EXPECT_THAT(load().error().to_string(), HasSubstr("power.npy: the header claims 20 records"));
  RunFile crashed = example();
  crashed.is_finished = false;
  save(crashed);
  const auto recording = load();
  ASSERT_TRUE(recording) << recording.error().to_string();
  EXPECT_EQ(recording->rails[0].size(), 9U);
  EXPECT_THAT(recording->notes, Contains(HasSubstr("cut short")));
  EXPECT_THAT(recording->notes, Contains(HasSubstr("not ended properly")));
}

TEST_F(OwnRecording, EnergyCountersAreUnwrapped) {
  RunFile run = example();
  run.rails = {rail("package", RailKind::kEnergyCounter)};
  run.rails[0].counter_range = microjoules(1000);
  run.total_rails = {"package"};
  save(run);
  auto power = NpyWriter<PowerRecord>::create(folder_ / "m/power.npy");
  std::uint32_t tick = 0;
  for (const std::int64_t energy : {900, 990, 80}) {
    EXPECT_TRUE(
        power->append({tick, tick, kNoValue64, energy, kNoValue32, kNoValue32, 0, 0, tick}));
    ++tick;
  }
  EXPECT_TRUE(power->close());
  const auto recording = load();
  ASSERT_TRUE(recording) << recording.error().to_string();
  ASSERT_EQ(recording->total->energy.size(), 3U);
  EXPECT_DOUBLE_EQ(in_microjoules(recording->total->energy[0]), 0.0);
  EXPECT_NEAR(in_microjoules(recording->total->energy[2]), 180.0, 1e-9);
}

TEST_F(OwnRecording, EnergyCountersAreAddedUpTickByTick) {
  RunFile run = example();
  run.rails = {rail("package", RailKind::kEnergyCounter), rail("dram", RailKind::kEnergyCounter)};
  run.rails[0].counter_range = microjoules(1000);
  run.rails[1].counter_range = microjoules(500);
  run.total_rails = {"package", "dram"};
  run.total_name = "package + dram";
  save(run);
  auto power = NpyWriter<PowerRecord>::create(folder_ / "m/power.npy");
  std::int64_t when = 0;
  const auto append = [&](std::int16_t of, std::uint32_t tick, std::int64_t energy) {
    ++when;
    EXPECT_TRUE(
        power->append({when, when, kNoValue64, energy, kNoValue32, kNoValue32, of, 0, tick}));
  };
  // The package wraps between the first tick and the second; the memory was not read in the third.
  append(0, 0, 900);
  append(1, 0, 100);
  append(0, 1, 50);
  append(1, 1, 140);
  append(0, 2, 90);
  append(0, 3, 200);
  append(1, 3, 200);
  EXPECT_TRUE(power->close());
  const auto recording = load();
  ASSERT_TRUE(recording) << recording.error().to_string();
  const PowerTrace& total = *recording->total;
  EXPECT_EQ(total.rail.kind, RailKind::kEnergyCounter);
  EXPECT_EQ(total.rail.name, "package + dram");
  ASSERT_EQ(total.energy.size(), 3U);
  EXPECT_NEAR(in_microjoules(total.energy[0]), 0.0, 1e-9);
  EXPECT_NEAR(in_microjoules(total.energy[1]), 190.0, 1e-9);
  EXPECT_NEAR(in_microjoules(total.energy[2]), 400.0, 1e-9);
}

TEST_F(OwnRecording, AnEnergyCounterAndAPowerAreNoTotal) {
  RunFile run = example();
  run.rails = {rail("package", RailKind::kEnergyCounter), rail("board", RailKind::kPower)};
  run.total_rails = {"package", "board"};
  save(run);
  auto power = NpyWriter<PowerRecord>::create(folder_ / "m/power.npy");
  EXPECT_TRUE(power->append({1, 1, kNoValue64, 10, kNoValue32, kNoValue32, 0, 0, 0}));
  EXPECT_TRUE(power->append({2, 2, 1'000'000, kNoValue64, kNoValue32, kNoValue32, 1, 0, 0}));
  EXPECT_TRUE(power->close());
  EXPECT_THAT(load().error().to_string(),
              AllOf(HasSubstr("package counts energy"), HasSubstr("--rail")));
}

TEST_F(OwnRecording, ARailThatRunJsonDoesNotHaveIsRefused) {
  RunFile run = example();
  run.rails.pop_back();
  run.total_rails.pop_back();
  save(run);
  EXPECT_THAT(load().error().to_string(),
              HasSubstr("power.npy: record 1: rail 1 is not one of the 1 in run.json"));
}

TEST(PublishedRecording, StampsAndRunTimesBecomeATimelineInOrder) {
  const auto dataset = find_raw_dataset(std::filesystem::path(LAYERWATT_TEST_DATA) /
                                        "edgeprofiler/example_raw_data/multiple_layers/");
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  EXPECT_EQ(dataset->models[0].name, "multiple_layers");
  EXPECT_EQ(dataset->idle_power.filename(), "idling_power.json");
  const auto recording = load_recording(dataset->models[0]);
  ASSERT_TRUE(recording) << recording.error().to_string();
  EXPECT_EQ(recording->total->size(), 11U);
  ASSERT_EQ(recording->timeline.executions.size(), 2U);
  EXPECT_EQ(recording->timeline.executions[0].run_time(), 400ms);
  EXPECT_EQ(recording->timeline.stamps, StampSource::kUnknown);
  EXPECT_TRUE(validate(recording->timeline));
}

TEST(RawDataset, FoldersWithoutAModelAreTold) {
  const TemporaryFolder folder;
  folder.write("notes/readme.txt", "x");
  folder.write(".git/m_power_log.log", "x");
  EXPECT_THAT(find_raw_dataset(folder.path()).error().to_string(), HasSubstr("no model"));
  EXPECT_THAT(find_raw_dataset(folder / "none").error().to_string(), HasSubstr("no such folder"));
}

TEST(RawDataset, RecordingsThatWereCutShortAreNoModelsUnlessGivenThemselves) {
  const TemporaryFolder folder;
  folder.write("m/m_power_log.log", "x");
  folder.write("m.interrupted-20241121-051743/power.npy", "x");
  folder.write("m.partial/run.json", "x");
  folder.write("m.recording/power.npy", "x");
  const auto dataset = find_raw_dataset(folder.path());
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  ASSERT_EQ(dataset->models.size(), 1U);
  EXPECT_EQ(dataset->models[0].name, "m");
  EXPECT_THAT(dataset->cut_short,
              testing::ElementsAre("m.interrupted-20241121-051743", "m.partial", "m.recording"));
  const auto own = find_raw_dataset(folder / "m.partial");
  ASSERT_TRUE(own) << own.error().to_string();
  EXPECT_EQ(own->models[0].name, "m.partial");
  std::filesystem::remove_all(folder / "m");
  EXPECT_THAT(find_raw_dataset(folder.path()).error().to_string(),
              AllOf(HasSubstr("cut short"), HasSubstr("m.partial")));
}

}  // namespace
}  // namespace layerwatt
