#include "layerwatt/analysis/map_side_by_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::Le;

std::vector<RawModel> models_named(std::size_t count) {
  std::vector<RawModel> models(count);
  for (std::size_t i = 0; i < count; ++i) models[i].name = std::to_string(i);
  return models;
}

LayerProfile profile_of(const RawModel& model) {
  LayerProfile profile;
  profile.model = model.name;
  return profile;
}

/// Names in the order in which they are handed out; an error's message where there is one.
std::vector<std::string> drain(MapSideBySide& work) {
  std::vector<std::string> names;
  while (work.has_next()) {
    auto result = work.next(milliseconds(100));
    if (result) names.push_back(*result ? (*result)->model : result->error().message());
  }
  return names;
}

/// How many are at work at once, and how many ever were.
class Meter {
 public:
  void enter() {
    const int now = ++now_;
    int most = most_;
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
  }
  void leave() { --now_; }
  int most() const { return most_; }

 private:
  std::atomic<int> now_{0};
  std::atomic<int> most_{0};
};

TEST(MapSideBySide, HandsOutInTheDatasetsOrderWhateverIsDoneFirst) {
  const auto models = models_named(6);
  std::latch second_is_done(1);
  MapSideBySide work(models,
                     [&](const RawModel& model) -> Result<LayerProfile> {
                       if (model.name == "0") second_is_done.wait();
                       if (model.name == "1") second_is_done.count_down();
                       if (model.name == "3") return Error(ErrorCode::kParse, "3 is broken");
                       return profile_of(model);
                     },
                     {2, std::nullopt});
  EXPECT_THAT(drain(work), ElementsAre("0", "1", "2", "3 is broken", "4", "5"));
}

TEST(MapSideBySide, HasNoMoreAtWorkThanJobs) {
  const auto models = models_named(40);
  Meter meter;
  MapSideBySide work(models,
                     [&](const RawModel& model) -> Result<LayerProfile> {
                       meter.enter();
                       std::this_thread::yield();
                       meter.leave();
                       return profile_of(model);
                     },
                     {3, std::nullopt});
  EXPECT_EQ(drain(work).size(), 40U);
  EXPECT_THAT(meter.most(), Le(3));
}

TEST(MapSideBySide, WhatWouldTakeTooMuchTogetherRunsAloneAndInTurn) {
  const TemporaryFolder folder;
  auto models = models_named(12);
  for (std::size_t i = 0; i < models.size(); ++i) {
    models[i].timeline_npy = folder.write(models[i].name, "");
    // Files with holes: no disk is taken. Each third is more than the limit allows at all.
    std::filesystem::resize_file(models[i].timeline_npy, i % 3 == 0 ? 400'000'000 : 100'000'000);
  }
  ASSERT_GT(expected_map_memory(models[0]), 2'400'000'000U);
  Meter meter;
  MapSideBySide work(models,
                     [&](const RawModel& model) -> Result<LayerProfile> {
                       meter.enter();
                       std::this_thread::sleep_for(milliseconds(1));
                       meter.leave();
                       return profile_of(model);
                     },
                     {4, 1'000'000'000});
  EXPECT_EQ(drain(work).size(), 12U);
  EXPECT_EQ(meter.most(), 1);
}

TEST(MapSideBySide, HoldsABoundedNumberOfResultsBehindASlowModel) {
  const auto models = models_named(100);
  std::latch release(1);
  std::atomic<int> begun{0};
  MapSideBySide work(models,
                     [&](const RawModel& model) -> Result<LayerProfile> {
                       ++begun;
                       if (model.name == "0") release.wait();
                       return profile_of(model);
                     },
                     {2, std::nullopt});
  while (begun < 16) std::this_thread::yield();
  EXPECT_FALSE(work.next(milliseconds(20)));
  EXPECT_EQ(begun, 16);
  EXPECT_THAT(work.at_work(), ElementsAre("0"));
  release.count_down();
  EXPECT_EQ(drain(work).size(), 100U);
}

TEST(MapSideBySide, StopKeepsWhatHasBegunAndBeginsNoMore) {
  const auto models = models_named(50);
  std::latch both(2);
  std::latch release(1);
  MapSideBySide work(models,
                     [&](const RawModel& model) -> Result<LayerProfile> {
                       both.count_down();
                       release.wait();
                       return profile_of(model);
                     },
                     {2, std::nullopt});
  both.wait();
  work.stop();
  EXPECT_TRUE(work.has_next());
  release.count_down();
  EXPECT_THAT(drain(work), ElementsAre("0", "1"));
  EXPECT_FALSE(work.has_next());
}

TEST(MapSideBySide, ThrowsWhereTheResultIsTakenWhatMappingThrew) {
  const auto models = models_named(1);
  MapSideBySide work(
      models,
      [](const RawModel&) -> Result<LayerProfile> { throw std::runtime_error("no memory"); },
      {1, std::nullopt});
  EXPECT_THROW(drain(work), std::runtime_error);
}

TEST(ExpectedMapMemory, GrowsWithTheFilesThatAreReadAndTakesNoTextTwice) {
  const TemporaryFolder folder;
  RawModel model;
  const std::uint64_t least = expected_map_memory(model);
  model.power_npy = folder.write("power.npy", std::string(1000, 'x'));
  model.power_log = folder.write("a_power_log.log", std::string(400, 'x'));
  model.timeline_npy = folder / "absent.npy";
  EXPECT_EQ(expected_map_memory(model), least + 6000);
  model.power_npy.clear();
  EXPECT_EQ(expected_map_memory(model), least + 2400);
}

TEST(AvailableMemory, IsReadFromMeminfo) {
  EXPECT_EQ(half_of_available_memory("MemTotal:  100 kB\nMemAvailable:    2048 kB\nCached: 1 kB\n"),
            1024U * 1024U);
  EXPECT_EQ(half_of_available_memory("MemTotal:  100 kB\n"), std::nullopt);
  EXPECT_EQ(half_of_available_memory("MemAvailable:"), std::nullopt);
  EXPECT_EQ(half_of_available_memory("MemAvailable: -4 kB\n"), std::nullopt);
}

}  // namespace
}  // namespace layerwatt
