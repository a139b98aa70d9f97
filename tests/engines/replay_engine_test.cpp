#include "layerwatt/engines/replay_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using std::chrono::microseconds;

Instant at(std::int64_t us) { return Instant(microseconds(us)); }

Layer layer(const char* name, const char* type) {
  Layer out;
  out.name = name;
  out.type = type;
  return out;
}

SessionOptions profiling() {
  SessionOptions options;
  options.profile_layers = true;
  return options;
}

/// One pass without layers, then two with two layers, the second pass slower.
RecordedRun recorded_run() {
  RecordedRun run{.model = "two", .engine = "onnxruntime", .version = "1.23.2", .timeline = {}};
  run.timeline.layers = {layer("a", "Conv"), layer("b", "Gemm")};
  run.timeline.stamps = StampSource::kProfiler;
  run.timeline.executions = {
      {.segment = kWholePass, .pass = 0, .start = at(0), .end = at(100)},
      {.segment = kWholePass, .pass = 1, .start = at(1000), .end = at(1130)},
      {.segment = 0, .pass = 1, .start = at(1010), .end = at(1040)},
      {.segment = 1, .pass = 1, .start = at(1050), .end = at(1120)},
      {.segment = kWholePass, .pass = 2, .start = at(2000), .end = at(2200)},
      {.segment = 0, .pass = 2, .start = at(2010), .end = at(2090)},
      {.segment = 1, .pass = 2, .start = at(2100), .end = at(2190)},
  };
  return run;
}

TEST(ReplayEngine, ProfilesWhatWasRecordedAndBeginsAnewAfterTheLastPass) {
  const auto engine = make_replay_engine(recorded_run(), ReplayPace::kAtOnce);
  EXPECT_EQ(engine->version(), "onnxruntime 1.23.2");
  auto session = engine->load({}, "two", profiling());
  ASSERT_TRUE(session) << session.error().message();
  const Instant before = MonotonicClock::now();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE((*session)->run());
  const auto times = (*session)->finish_profile();
  ASSERT_TRUE(times);
  ASSERT_EQ(times->passes.size(), 3U);
  const std::vector<Duration> first_layer = {microseconds(30), microseconds(80), microseconds(30)};
  for (std::size_t i = 0; i < 3; ++i) {
    const LayerTime& a = times->passes[i].at(0);
    EXPECT_EQ(times->layers[static_cast<std::size_t>(a.layer)].name, "a");
    EXPECT_EQ(a.end - a.start, first_layer[i]);
    EXPECT_GE(a.start, before + microseconds(10));
  }
  EXPECT_EQ(times->stamps, StampSource::kProfiler);
}

TEST(ReplayEngine, TakesTheTimeOfPassesWithoutProfilerWhereAskedTo) {
  const auto engine = make_replay_engine(recorded_run(), ReplayPace::kRealTime);
  auto session = engine->load({}, "two", SessionOptions{});
  ASSERT_TRUE(session);
  const Instant before = MonotonicClock::now();
  ASSERT_TRUE((*session)->run());
  EXPECT_GE(MonotonicClock::now() - before, microseconds(100));
}

TEST(ReplayEngine, RefusesARunWithoutLayersWhereLayersAreAskedFor) {
  RecordedRun run = recorded_run();
  run.timeline.executions.resize(1);
  const auto engine = make_replay_engine(std::move(run), ReplayPace::kAtOnce);
  const auto session = engine->load({}, "two", profiling());
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code(), ErrorCode::kNotFound);
}

TEST(ReplayEngine, HandsItsProfileOverOnce) {
  const auto engine = make_replay_engine(recorded_run(), ReplayPace::kAtOnce);
  auto session = engine->load({}, "two", profiling());
  ASSERT_TRUE(session);
  ASSERT_TRUE((*session)->finish_profile());
  EXPECT_FALSE((*session)->finish_profile());
}

}  // namespace
}  // namespace layerwatt
