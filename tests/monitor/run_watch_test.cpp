#include "monitor/board/run_watch.h"

#include <gtest/gtest.h>

#include <fstream>

#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/records.h"
#include "layerwatt/dataset/run_file.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

Instant at(double s) { return instant_from_ns(0) + from_seconds(s); }

/// A measurement in the folder raw_data/alexnet, of passes that take 100 ms.
class Measurement {
 public:
  explicit Measurement(Schedule schedule) {
    fs::create_directories(model());
    run_.model = "alexnet";
    run_.engine = "onnxruntime";
    run_.schedule = schedule;
    write_run();
  }
  fs::path root() const { return folder_.path(); }
  fs::path model() const { return folder_.path() / "alexnet"; }
  void write_run() { ASSERT_TRUE(write_run_file(model() / "run.json", run_)); }
  void finish() {
    run_.is_finished = true;
    write_run();
  }
  void write_passes(std::int32_t count) const {
    auto timeline = NpyWriter<TimelineRecord>::create(model() / "timeline.npy");
    ASSERT_TRUE(timeline);
    for (std::int32_t pass = 0; pass < count; ++pass) {
      for (std::int32_t layer = 0; layer < 2; ++layer) {
        const std::int64_t start = to_ns(at(0.1 * pass + 0.05 * layer));
        ASSERT_TRUE(timeline->append({layer, pass, 0, 0, start, start + 50'000'000}));
      }
    }
    ASSERT_TRUE(timeline->close());
  }

 private:
  TemporaryFolder folder_;
  RunFile run_;
};

/// Looks once a second until `end`, at a board that draws 8 W.
void look_until(RunWatch& watch, int end) {
  for (int s = 0; s <= end; ++s) watch.look(at(s), Joules(8.0 * s));
}

TEST(RunWatch, TellsWhatAPassCosts) {
  const Measurement measurement(Schedule::kWhole);
  measurement.write_passes(100);
  RunWatch watch({measurement.root()});
  look_until(watch, 10);
  ASSERT_TRUE(watch.running());
  EXPECT_EQ(watch.running()->network, "alexnet");
  EXPECT_EQ(watch.running()->passes, 100);
  EXPECT_NEAR(*watch.running()->passes_per_second, 10.0, 1e-9);
  EXPECT_NEAR(watch.running()->energy_per_inference->value(), 0.8, 1e-9);
}

TEST(RunWatch, TellsNoEnergyWhereAPassIsNoInference) {
  const Measurement measurement(Schedule::kWeighing);
  measurement.write_passes(100);
  RunWatch watch({measurement.root()});
  look_until(watch, 10);
  ASSERT_TRUE(watch.running());
  EXPECT_TRUE(watch.running()->passes_per_second.has_value());
  EXPECT_FALSE(watch.running()->energy_per_inference.has_value());
}

TEST(RunWatch, ForgetsAMeasurementThatHasFinished) {
  Measurement measurement(Schedule::kWhole);
  measurement.write_passes(100);
  RunWatch watch({measurement.model()});
  look_until(watch, 10);
  EXPECT_TRUE(watch.running());
  measurement.finish();
  watch.look(at(11), Joules(88.0));
  EXPECT_FALSE(watch.running());
}

TEST(RunWatch, ForgetsOneThatWasLeftByACrash) {
  const Measurement measurement(Schedule::kWhole);
  measurement.write_passes(100);
  fs::last_write_time(measurement.model() / "timeline.npy",
                      fs::file_time_type::clock::now() - seconds(300));
  RunWatch watch({measurement.root()});
  look_until(watch, 10);
  EXPECT_FALSE(watch.running());
}

TEST(RunWatch, SurvivesFilesThatAreNone) {
  const Measurement measurement(Schedule::kWhole);
  std::ofstream(measurement.model() / "timeline.npy") << "\x93NUMPY\x01";
  RunWatch watch({measurement.root(), "/nonexistent/raw_data"});
  look_until(watch, 3);
  ASSERT_TRUE(watch.running());
  EXPECT_EQ(watch.running()->passes, 0);
  std::ofstream(measurement.model() / "run.json") << "{";
  look_until(watch, 3);
  EXPECT_FALSE(watch.running());
}

}  // namespace
}  // namespace layerwatt
