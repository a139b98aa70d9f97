#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <set>

#include "layerwatt/dataset/virtual_mark.h"
#include "layerwatt/engines/onnxruntime_engine.h"
#include "layerwatt/simulation/virtual_recording.h"

#include "experiment/measure/trtexec_segments.h"
#include "experiment/trtexec_fixture.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::LayersByTrtexec;
using testing::Listener;
using ::testing::Not;

/// Four layers, so that there are two ranges of them: seven engines, a second of each.
class WeighTrtexec : public LayersByTrtexec {
 protected:
  WeighTrtexec() {
    use_layers({"first", "second", "third", "fourth"});
    options_.plan.run.schedule = Schedule::kWeighing;
    // One set, however short.
    options_.plan.duration = 1ms;
    options_.power.sensor_samples = 1;
    listener_ = &listener;
  }
  Listener listener;
};

/// The layers of each block.
std::vector<std::set<std::int32_t>> layers_of_blocks(const Timeline& timeline) {
  std::vector<std::set<std::int32_t>> blocks;
  for (const Execution& e : timeline.executions) {
    blocks.resize(std::max(blocks.size(), static_cast<std::size_t>(e.block) + 1));
    blocks[static_cast<std::size_t>(e.block)].insert(e.segment);
  }
  return blocks;
}

TEST_F(WeighTrtexec, EveryEngineHasABlockAndLayersAreTold) {
  const auto measured = measure_layers();
  ASSERT_TRUE(measured) << measured.error().to_string();
  const Timeline& timeline = measured->recording.timeline;
  EXPECT_EQ(timeline.schedule, Schedule::kWeighing);
  EXPECT_EQ(timeline.stamps, StampSource::kPlacedByDuration);
  ASSERT_TRUE(validate(timeline));
  using Set = std::set<std::int32_t>;
  EXPECT_THAT(layers_of_blocks(timeline),
              ::testing::UnorderedElementsAre(Set{0}, Set{1}, Set{2}, Set{3}, Set{0, 1}, Set{2, 3},
                                              Set{0, 1, 2, 3}));
  // Alone, ranges, and the whole one.
  EXPECT_EQ(events_of("build"), 4U + 2U + 1U);
  // Before each block an engine was loaded, and after the last trtexec ended.
  ASSERT_EQ(timeline.interludes.size(), 8U);
  for (const Interlude& interlude : timeline.interludes) {
    for (const Execution& e : timeline.executions) {
      ASSERT_TRUE(e.end <= interlude.start || e.start >= interlude.end);
    }
  }
  EXPECT_THAT(listener.lines,
              Contains(AllOf(HasSubstr("4 layers, 2 ranges of layers and the whole network"),
                             HasSubstr("1 times in random order, which takes about"),
                             HasSubstr("before that 6 engines are built"))));
  EXPECT_THAT(measured->outcome.notes, Contains(HasSubstr("7 blocks of one engine each")));

  const auto truth = read_virtual_truth(measured->folder / kVirtualTruthFile);
  ASSERT_TRUE(truth) << truth.error().to_string();
  EXPECT_GT(truth->powers.interlude, Watts(0.1)) << "loading draws power here";
  const LayerProfile& profile = measured->profile;
  ASSERT_EQ(profile.rows.size(), 4U);
  for (std::size_t l = 0; l < 4; ++l) {
    const LayerProfileRow& row = profile.rows[l];
    EXPECT_EQ(row.status, LayerStatus::kResolved) << row.reason;
    ASSERT_TRUE(row.power);
    // Repeats of a virtual layer draw up to 8 % less or more than first executions.
    const double first = truth->powers.first[l].value();
    EXPECT_NEAR(row.power->value.value(), first, 0.1 * first);
    // In the network each takes a quarter of a pass; alone, a pass of its own.
    EXPECT_NEAR(to_milliseconds(row.run_time.mean), 0.1, 1e-3);
    ASSERT_TRUE(row.isolated_run_time);
  }
  ASSERT_TRUE(profile.sum_check);
  EXPECT_LT(std::abs(*profile.sum_check), 0.02);
  for (const std::string& note : profile.notes) EXPECT_THAT(note, Not(HasSubstr("Check '")));
}

TEST_F(WeighTrtexec, BlocksOfAllKindsGetWhatTheyGetInTheNetwork) {
  if (!open_onnxruntime()) GTEST_SKIP() << "ONNX Runtime is not installed here";
  const auto measured = measure_layers();
  ASSERT_TRUE(measured) << measured.error().to_string();
  // Alone, at the begin of a range, and of the network; four floats each.
  EXPECT_EQ(events_of("input:input:16"), 3U);
  EXPECT_EQ(events_of("input:of_first:16"), 1U);
  EXPECT_EQ(events_of("input:of_second:16"), 2U);
  EXPECT_EQ(events_of("input:of_third:16"), 1U);
  EXPECT_THAT(measured->outcome.notes, Not(Contains(HasSubstr("random values"))));
}

TEST_F(WeighTrtexec, WhatCannotBeBuiltIsLeftOutAndEveryVersionTakesTheRest) {
  for (const char* version : {"8201", "110100"}) {
    const auto measured = measure_layers(std::string("FAKE_TRTEXEC_VERSION=") + version +
                                         " FAKE_TRTEXEC_FAIL=build "
                                         "FAKE_TRTEXEC_FAIL_MODEL=/range-1.onnx");
    ASSERT_TRUE(measured) << version << ": " << measured.error().to_string();
    EXPECT_EQ(layers_of_blocks(measured->recording.timeline).size(), 6U);
    EXPECT_THAT(measured->outcome.notes, Contains(AllOf(HasSubstr("layers 2 to 3 together"),
                                                        HasSubstr("Engine could not be created"))));
  }
}

TEST_F(WeighTrtexec, LayersThatOverlapRunAloneAndThatIsSaid) {
  const auto measured = measure_layers("FAKE_TRTEXEC_STREAMS=1");
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_EQ(layers_of_blocks(measured->recording.timeline).size(), 4U);
  EXPECT_THAT(measured->outcome.notes, Contains(HasSubstr("no block ran more than one layer")));
}

TEST(EngineBlockSets, FollowTheDurationThatWasAskedFor) {
  const EngineBlocks lengths{.rest = 3s, .run = 2s};
  RunPlan plan;
  EXPECT_EQ(engine_block_sets(plan, lengths, 10), 2);
  plan.duration = 1s;
  EXPECT_EQ(engine_block_sets(plan, lengths, 10), 1) << "one, or there is nothing of some layers";
  // Loading takes about two seconds.
  plan.duration = 280s;
  EXPECT_EQ(engine_block_sets(plan, lengths, 10), 4);
}

}  // namespace
}  // namespace layerwatt
