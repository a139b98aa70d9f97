#include "layerwatt/experiment/import_trtexec.h"

#include <gmock/gmock.h>

#include "layerwatt/analysis/map_dataset.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/inference_summary.h"
#include "layerwatt/dataset/layer_latency.h"
#include "layerwatt/dataset/power_log.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/dataset/trtexec.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

const std::filesystem::path kAlexnet =
    std::filesystem::path(LAYERWATT_TEST_DATA) / "trtexec/alexnet";

class ImportTrtexec : public ::testing::Test {
 protected:
  ImportTrtexec() {
    options_.files = {kAlexnet / "alexnet_fp16.profile.json",
                      kAlexnet / "alexnet_fp16.timing_first200.json",
                      kAlexnet / "alexnet_fp16.graph.json"};
    options_.name = "alexnet";
    options_.result_dir = folder_ / "raw";
  }
  TemporaryFolder folder_;
  ImportOptions options_;
};

TEST_F(ImportTrtexec, ARealRecordingBecomesARawDataset) {
  options_.start = parse_local_stamp("20241121-05:20:00");
  options_.warmup = 10;
  const auto imported = import_trtexec(options_);
  ASSERT_TRUE(imported) << imported.error().to_string();
  const auto dataset = find_raw_dataset(options_.result_dir);
  ASSERT_TRUE(dataset);
  const RawModel& model = dataset->models.front();
  EXPECT_EQ(model.name, "alexnet");
  EXPECT_EQ(read_file(model.engine_info).value(), read_file(options_.files.layers).value());

  const auto profile = read_trtexec_profile(options_.files.profile).value();
  const auto times = read_trtexec_times(options_.files.times).value();
  const auto latencies = read_layer_latencies(model.layer_latency).value();
  ASSERT_EQ(latencies.layers.size(), 14U);
  EXPECT_EQ(latencies.passes, 200);
  double total = 0.0;
  std::vector<double> sums;
  for (const LayerLatency& layer : latencies.layers) {
    double sum = 0.0;
    for (const double ms : layer.milliseconds) sum += ms;
    sums.push_back(sum);
    total += sum;
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    EXPECT_EQ(latencies.layers[i].name, profile.layers[i].name);
    EXPECT_NEAR(100.0 * sums[i] / total, profile.layers[i].percentage, 2e-3) << i;
  }
  // The last layer of a pass ends with the pass.
  const LocalTime first_end = latencies.layers.back().end.front();
  EXPECT_NEAR(to_milliseconds(first_end - *options_.start),
              to_milliseconds(times.front().compute_end), 0.02);
  const auto summary = read_inference_summary(model.summary).value();
  EXPECT_EQ(summary.latencies.size(), 190U);
  EXPECT_EQ(summary.input_shape, (std::vector<std::int64_t>{1, 3, 224, 224}));
  const auto run = read_run_file(model.run_file).value();
  EXPECT_EQ(run.stamps, StampSource::kPlacedByDuration);
  EXPECT_EQ(run.profiled_passes, 14590);
  EXPECT_THAT(run.notes, Contains(HasSubstr("rebuilt")));
}

TEST_F(ImportTrtexec, WithItsPowerLogItIsMapped) {
  options_.start = parse_local_stamp("20241121-05:20:00");
  std::string log;
  for (int i = 0; i < 6000; ++i) {
    log += format_power_log_line(*options_.start + i * 1ms, 5000.0, 1000.0 + i % 3);
  }
  options_.power_log = folder_.write("power.log", log);
  ASSERT_TRUE(import_trtexec(options_));
  const auto dataset = find_raw_dataset(options_.result_dir).value();
  const auto mapped =
      map_model(dataset.models.front(), MapMethod::kWindow, 1e6, folder_ / "mapped");
  ASSERT_TRUE(mapped) << mapped.error().to_string();
  EXPECT_EQ(mapped->stamps, StampSource::kPlacedByDuration);
  const auto recording = load_recording(dataset.models.front());
  ASSERT_TRUE(recording) << recording.error().to_string();
  EXPECT_EQ(recording->timeline.stamps, StampSource::kPlacedByDuration);
  EXPECT_EQ(pass_count(recording->timeline), 200);
}

TEST_F(ImportTrtexec, NamesThatTrtexecDoesNotEscapeSurvive) {
  options_.files.profile = folder_.write("m.profile.json",
                                         "[\n  { \"count\" : 2 }\n, { \"name\" : \"a \"q\" "
                                         "C:\\x\", \"timeMs\" : 2, \"averageMs\" : 1, "
                                         "\"percentage\" : 100 }\n]\n");
  options_.files.layers =
      folder_.write("m.graph.json", R"({"Layers": [{"Name": "a \"q\" C:\\x"}]})");
  ASSERT_TRUE(import_trtexec(options_));
  const auto model = find_raw_dataset(options_.result_dir).value().models.front();
  EXPECT_EQ(read_layer_latencies(model.layer_latency).value().layers[0].name, "a \"q\" C:\\x");
  EXPECT_EQ(read_engine_info(model.engine_info).value().layers[0].name, "a \"q\" C:\\x");
}

TEST_F(ImportTrtexec, WithoutTheListOfLayersTheirNamesAreWritten) {
  options_.files.layers.clear();
  const auto imported = import_trtexec(options_);
  ASSERT_TRUE(imported) << imported.error().to_string();
  EXPECT_EQ(read_engine_info(imported->folder / "trt_profiling/trt_engine_info.json")
                .value()
                .layers.size(),
            14U);
  EXPECT_THAT(imported->notes, Contains(HasSubstr("--start")));
}

TEST_F(ImportTrtexec, TruncatedFilesAreRefusedAndLeaveNothing) {
  for (auto member : {&TrtexecFiles::profile, &TrtexecFiles::times, &TrtexecFiles::layers}) {
    const auto whole = options_.files.*member;
    const std::string text = read_file(whole).value();
    options_.files.*member = folder_.write("cut.json", text.substr(0, text.size() / 2));
    const auto imported = import_trtexec(options_);
    ASSERT_FALSE(imported);
    EXPECT_EQ(imported.error().code(), ErrorCode::kParse);
    EXPECT_THAT(imported.error().to_string(), HasSubstr("cut.json"));
    options_.files.*member = whole;
  }
  options_.power_log = folder_.write("power.log", "garbage\n");
  EXPECT_FALSE(import_trtexec(options_));
  EXPECT_FALSE(std::filesystem::exists(options_.result_dir / "alexnet"));
}

TEST_F(ImportTrtexec, OverlappingLayersHaveNoRunTimesInPasses) {
  std::string text = read_file(options_.files.layers).value();
  const std::string stream = "\"StreamId\": 0";
  text.replace(text.find(stream), stream.size(), "\"StreamId\": 1");
  options_.files.layers = folder_.write("graph.json", text);
  const auto imported = import_trtexec(options_);
  ASSERT_TRUE(imported) << imported.error().to_string();
  EXPECT_THAT(imported->notes, Contains(HasSubstr("several streams")));
  EXPECT_FALSE(std::filesystem::exists(imported->folder / "trt_profiling/trt_layer_latency.json"));
}

TEST(FindTrtexecFiles, TheyAreFoundByTheirEndings) {
  const TemporaryFolder folder;
  EXPECT_THAT(find_trtexec_files(folder.path()).error().message(), HasSubstr("--exportProfile"));
  folder.write("alexnet.profile.json", "");
  folder.write("alexnet.profile.metadata.json", "");
  EXPECT_THAT(find_trtexec_files(folder.path()).error().message(), HasSubstr("--exportTimes"));
  folder.write("alexnet.timing.json", "");
  EXPECT_TRUE(find_trtexec_files(folder.path())->layers.empty());
  folder.write("alexnet.graph.json", "");
  const auto files = find_trtexec_files(folder.path());
  ASSERT_TRUE(files);
  EXPECT_EQ(files->layers.filename(), "alexnet.graph.json");
  folder.write("other.profile.json", "");
  EXPECT_EQ(find_trtexec_files(folder.path()).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(find_trtexec_files(folder / "absent"));
}

}  // namespace
}  // namespace layerwatt
