#include "layerwatt/simulation/simulated_dataset.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/simulation/virtual_recording.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

class SimulatedDataset : public testing::Test {
 protected:
  ~SimulatedDataset() override { std::filesystem::remove_all(folder_); }

  Simulation make(const SimulationSpec& spec, DatasetStyle style, std::string_view board) {
    const SimulatedNetwork network = built_in_simulated_network("lenet-like").value();
    Simulation made = simulate(network, find_virtual_board(board).value(), spec).value();
    const auto written = write_simulated_dataset(made, "lenet-like", style, folder_);
    EXPECT_TRUE(written) << written.error().to_string();
    return made;
  }
  Recording load() {
    const auto dataset = find_raw_dataset(folder_);
    EXPECT_TRUE(dataset) << dataset.error().to_string();
    auto recording = load_recording(dataset->models.at(0));
    EXPECT_TRUE(recording) << recording.error().to_string();
    return std::move(recording).value();
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                  ("simulated-" + std::to_string(::getpid()) + "-" +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

SimulationSpec one_second(Schedule schedule) {
  SimulationSpec spec;
  spec.schedule = schedule;
  spec.duration = 1s;
  spec.reader.stall_share = 0.01;
  return spec;
}

TEST_F(SimulatedDataset, IsReadAsItWasSimulated) {
  for (const Schedule schedule : {Schedule::kWhole, Schedule::kIsolated, Schedule::kWeighing}) {
    const Simulation made = make(one_second(schedule), DatasetStyle::kWhole, "orin-nano");
    const Recording read = load();
    EXPECT_EQ(read.timeline.executions, made.timeline.executions);
    EXPECT_EQ(read.timeline.schedule, schedule);
    ASSERT_TRUE(read.total);
    EXPECT_TRUE(read.total->rail.is_virtual);
    EXPECT_EQ(read.total->before, made.run.total.before);
    EXPECT_EQ(read.total->after, made.run.total.after);
    ASSERT_EQ(read.total->power.size(), made.run.total.power.size());
    for (std::size_t i = 0; i < read.total->power.size(); ++i) {
      EXPECT_NEAR(read.total->power[i].value(), made.run.total.power[i].value(), 1e-9);
    }
    ASSERT_TRUE(read.run);
    EXPECT_TRUE(read.run->is_virtual);
    EXPECT_EQ(read.run->rails.at(0).model.average_count, 512);
  }
}

TEST_F(SimulatedDataset, SumsTheRailsOfABoardWhoseTotalIsASum) {
  const Simulation made = make(one_second(Schedule::kWhole), DatasetStyle::kWhole, "agx-orin");
  const Recording read = load();
  ASSERT_TRUE(read.total);
  EXPECT_EQ(read.rails.size(), 3U);
  EXPECT_NEAR(read.total->power.at(5).value(), made.run.total.power.at(5).value(), 1e-9);
}

TEST_F(SimulatedDataset, HasThePublishedFilesAloneWhereAsked) {
  SimulationSpec spec = one_second(Schedule::kWhole);
  spec.stamps = StampStyle::kCallback;
  const Simulation made = make(spec, DatasetStyle::kPublished, "orin-nano");
  const Recording read = load();
  EXPECT_FALSE(read.run);
  EXPECT_EQ(read.timeline.executions.size(), made.timeline.executions.size());
  ASSERT_TRUE(read.total);
  // The log has microseconds and whole millivolts and milliamperes.
  EXPECT_EQ(read.total->size(), made.run.total.size());
  EXPECT_NEAR(read.total->power.at(7).value(), made.run.total.power.at(7).value(), 1e-6);
}

TEST_F(SimulatedDataset, HasItsTruthBesideIt) {
  const Simulation made = make(one_second(Schedule::kWhole), DatasetStyle::kPublished, "nano");
  const auto truth = read_virtual_truth(folder_ / "lenet-like" / kVirtualTruthFile);
  ASSERT_TRUE(truth) << truth.error().to_string();
  EXPECT_EQ(truth->powers.first, made.run.truth.powers.first);
  const auto idle = read_idle_power(folder_ / "idling_power.json");
  ASSERT_TRUE(idle);
  EXPECT_NEAR(idle->microwatts, 1.9e6, 0.05e6);
}

}  // namespace
}  // namespace layerwatt
