#include "layerwatt/running/run_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// An engine of two layers whose profiler holds so many passes as the test says.
struct FakeEngine final : Engine {
  class FakeSession final : public Session {
   public:
    FakeSession(FakeEngine& engine, bool profiles) : engine_(engine), profiles_(profiles) {}
    std::span<const TensorSpec> inputs() const override { return {}; }
    std::span<const TensorSpec> outputs() const override { return {}; }
    Result<void> bind(std::span<const Tensor> /*inputs*/) override { return {}; }
    Result<std::vector<Tensor>> read_outputs() override { return std::vector<Tensor>{}; }
    Result<void> run() override {
      if (++engine_.runs == engine_.fails_at_run) {
        return Error(ErrorCode::kInternal, "the engine broke");
      }
      if (!profiles_) return {};
      const Instant begin = MonotonicClock::now();
      const Instant middle = MonotonicClock::now();
      const bool holds = engine_.pass_limit == 0 ||
                         static_cast<std::int64_t>(times_.passes.size()) < engine_.pass_limit;
      if (holds) {
        times_.passes.push_back({{.layer = 1, .start = begin, .end = middle},
                                 {.layer = 0, .start = middle, .end = MonotonicClock::now()}});
        for (auto& layer : times_.passes.back()) {
          layer.start += engine_.clock_offset;
          layer.end += engine_.clock_offset;
        }
      }
      return {};
    }
    Result<LayerTimes> finish_profile() override {
      // Another order than the network's: layers are known by name.
      times_.layers = {ProfiledLayer{.name = "second", .type = "Gemm", .inputs = {}, .outputs = {}},
                       ProfiledLayer{.name = "first", .type = "Conv", .inputs = {}, .outputs = {}}};
      return times_;
    }

   private:
    FakeEngine& engine_;
    bool profiles_;
    LayerTimes times_;
  };

  std::string_view name() const override { return "fake"; }
  std::string version() const override { return "1"; }
  Result<std::unique_ptr<Session>> load(std::span<const std::byte> /*model*/,
                                        std::string_view /*label*/,
                                        const SessionOptions& options) override {
    ++loads;
    return std::unique_ptr<Session>(std::make_unique<FakeSession>(*this, options.profile_layers));
  }
  std::int64_t profiled_pass_limit(std::size_t /*layer_count*/) const override {
    return announced_limit.value_or(pass_limit);
  }

  std::int64_t pass_limit = 0;
  std::optional<std::int64_t> announced_limit;
  std::int64_t fails_at_run = 0;
  Duration clock_offset{0};
  std::int64_t runs = 0;
  int loads = 0;
};

/// Writes down what it hears, and acts after each pass as told.
struct Listener final : RunObserver {
  void phase_began(RunPhase phase, PhaseLength length) override {
    phases.emplace_back(phase, length.total);
    done = 0;
  }
  void advanced(std::int64_t count) override {
    done = count;
    if (after_pass) after_pass(phases.back().first, count);
  }
  void executed(std::span<const Execution> executions) override {
    heard.insert(heard.end(), executions.begin(), executions.end());
  }
  bool enough() override { return phases.back().first == enough_of && done >= enough_after; }
  void running(Instant, std::int32_t, std::int32_t) noexcept override { ++begun; }
  void resting(Instant) noexcept override { ++rested; }

  std::vector<std::pair<RunPhase, std::int64_t>> phases;
  std::vector<Execution> heard;
  std::function<void(RunPhase, std::int64_t)> after_pass;
  RunPhase enough_of = RunPhase::kPreparing;
  std::int64_t enough_after = 0;
  std::int64_t done = 0;
  int begun = 0;
  int rested = 0;
};

PreparedNetwork two_layers() {
  PreparedNetwork network;
  network.name = "two";
  network.layers.resize(2);
  network.layers[0].name = "first";
  network.layers[1].name = "second";
  return network;
}

RunPlan whole_plan(std::int64_t runs) {
  RunPlan plan;
  plan.warmup = 2;
  plan.runs = runs;
  return plan;
}

class RunnerTest : public ::testing::Test {
 protected:
  Result<RunOutcome> run(const RunPlan& plan) {
    return run_network(engine_, network_, plan, cancellation_, listener_);
  }

  FakeEngine engine_;
  PreparedNetwork network_ = two_layers();
  Cancellation cancellation_;
  Listener listener_;
};

TEST_F(RunnerTest, RunsWarmUpThenPlainThenProfiledPasses) {
  const auto outcome = run(whole_plan(4));
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_THAT(listener_.phases,
              ElementsAre(std::pair(RunPhase::kWarmingUp, 2), std::pair(RunPhase::kWhole, 4),
                          std::pair(RunPhase::kProfiled, 4)));
  const Timeline& timeline = outcome->timeline;
  EXPECT_TRUE(validate(timeline));
  EXPECT_EQ(pass_count(timeline), 8);
  ASSERT_EQ(timeline.executions.size(), 4U + 4U * 3U);
  EXPECT_EQ(timeline.executions[3].segment, kWholePass);
  EXPECT_EQ(timeline.executions[4].segment, kWholePass);
  EXPECT_EQ(timeline.executions[5].segment, 0);
  EXPECT_EQ(timeline.executions[6].segment, 1);
  EXPECT_EQ(timeline.stamps, StampSource::kProfiler);
  EXPECT_EQ(outcome->latencies.size(), 4U);
  ASSERT_EQ(outcome->in_place.size(), 2U);
  EXPECT_EQ(outcome->in_place[0].count, 4);
  EXPECT_TRUE(outcome->profiled_pass_time);
  EXPECT_FALSE(outcome->partial);
  EXPECT_EQ(listener_.heard, timeline.executions);
  EXPECT_EQ(listener_.begun, 8);
  EXPECT_EQ(listener_.rested, 8);
  EXPECT_THAT(outcome->notes, ElementsAre(HasSubstr("under the engine's profiler")));
}

TEST_F(RunnerTest, LoadsANewSessionBeforeTheProfilerWouldLosePasses) {
  engine_.pass_limit = 5;
  const auto outcome = run(whole_plan(9));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->lost_passes, 0);
  EXPECT_EQ(outcome->in_place[1].count, 9);
  EXPECT_TRUE(validate(outcome->timeline));
  // Three of the five passes of each session warm it up.
  EXPECT_EQ(engine_.loads, 1 + 5);
}

TEST_F(RunnerTest, CountsPassesThatTheProfilerLost) {
  engine_.pass_limit = 5;
  engine_.announced_limit = 0;
  const auto outcome = run(whole_plan(9));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->lost_passes, 7);
  EXPECT_EQ(outcome->in_place[0].count, 2);
}

TEST_F(RunnerTest, LeavesOutPassesWhoseProfilerClockIsOff) {
  engine_.clock_offset = std::chrono::seconds(3600);
  const auto outcome = run(whole_plan(3));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->lost_passes, 3);
  EXPECT_EQ(outcome->timeline.executions.size(), 3U);
}

TEST_F(RunnerTest, KeepsWhatWasRunWhenAPersonStopsIt) {
  listener_.after_pass = [this](RunPhase phase, std::int64_t done) {
    if (phase == RunPhase::kProfiled && done == 2) cancellation_.request();
  };
  const auto outcome = run(whole_plan(100));
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->partial);
  EXPECT_EQ(outcome->latencies.size(), 100U);
  EXPECT_EQ(outcome->in_place[0].count, 2);
}

TEST_F(RunnerTest, IsCancelledWhereNothingWasRun) {
  cancellation_.request();
  const auto outcome = run(whole_plan(100));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::kCancelled);
}

TEST_F(RunnerTest, EndsAPhaseWhenTheObserverHasEnough) {
  listener_.enough_of = RunPhase::kWhole;
  listener_.enough_after = 7;
  const auto outcome = run(whole_plan(100));
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->partial);
  EXPECT_EQ(outcome->latencies.size(), 7U);
  EXPECT_EQ(outcome->in_place[0].count, 100);
}

TEST_F(RunnerTest, GoesOnForTheDurationAndAtLeastForTheRuns) {
  RunPlan plan = whole_plan(3);
  plan.duration = std::chrono::nanoseconds(1);
  const auto shortest = run(plan);
  ASSERT_TRUE(shortest);
  EXPECT_EQ(shortest->latencies.size(), 3U);
  plan.duration = std::chrono::milliseconds(2);
  const auto longer = run(plan);
  ASSERT_TRUE(longer);
  EXPECT_GT(longer->latencies.size(), 3U);
}

TEST_F(RunnerTest, RunsWithoutTheProfilerWhereNoneIsWanted) {
  RunPlan plan = whole_plan(3);
  plan.profiled_runs = 0;
  const auto outcome = run(plan);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(engine_.loads, 1);
  EXPECT_TRUE(outcome->in_place.empty());
  EXPECT_FALSE(outcome->profiled_pass_time);
}

TEST_F(RunnerTest, PassesOnWhatTheEngineSays) {
  engine_.fails_at_run = 4;
  const auto outcome = run(whole_plan(3));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(), "the engine broke");
}

TEST_F(RunnerTest, RefusesPlansThatMakeNoSense) {
  RunPlan none = whole_plan(0);
  RunPlan negative = whole_plan(1);
  negative.warmup = -1;
  RunPlan no_time = whole_plan(1);
  no_time.duration = Duration(0);
  for (const RunPlan& plan : {none, negative, no_time}) {
    const auto outcome = run(plan);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace layerwatt
