#include "layerwatt/engines/replay_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <optional>
#include <utility>

namespace layerwatt {
namespace {

/// One recorded pass, its layers relative to its start.
struct RecordedPass {
  Duration run_time{0};
  std::vector<Execution> layers;
};

std::vector<RecordedPass> passes_of(const Timeline& timeline) {
  std::vector<RecordedPass> passes(static_cast<std::size_t>(pass_count(timeline)));
  std::vector<std::optional<Instant>> starts(passes.size());
  for (const Execution& e : timeline.executions) {
    const auto index = static_cast<std::size_t>(e.pass);
    RecordedPass& pass = passes[index];
    if (!starts[index]) starts[index] = e.start;
    pass.run_time = std::max(pass.run_time, e.end - *starts[index]);
    if (e.segment != kWholePass) pass.layers.push_back(e);
  }
  for (std::size_t i = 0; i < passes.size(); ++i) {
    for (Execution& e : passes[i].layers) {
      e.start -= starts[i]->time_since_epoch();
      e.end -= starts[i]->time_since_epoch();
    }
  }
  return passes;
}

void wait_until(Instant deadline) {
  const std::int64_t ns = to_ns(deadline);
  const timespec at{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

class ReplaySession final : public Session {
 public:
  ReplaySession(const Timeline& timeline, std::vector<RecordedPass> passes, ReplayPace pace,
                bool profile_layers)
      : passes_(std::move(passes)), pace_(pace), profile_layers_(profile_layers) {
    if (!profile_layers_) return;
    for (const Layer& layer : timeline.layers) {
      times_.layers.push_back(ProfiledLayer{.name = layer.name,
                                            .type = layer.type,
                                            .inputs = layer.inputs,
                                            .outputs = layer.outputs});
    }
    times_.stamps = timeline.stamps;
  }

  std::span<const TensorSpec> inputs() const override { return {}; }
  std::span<const TensorSpec> outputs() const override { return {}; }
  Result<void> bind(std::span<const Tensor> /*inputs*/) override { return {}; }
  Result<std::vector<Tensor>> read_outputs() override { return std::vector<Tensor>{}; }

  Result<void> run() override {
    const Instant start = MonotonicClock::now();
    const RecordedPass& pass = passes_[next_];
    next_ = (next_ + 1) % passes_.size();
    if (profile_layers_) {
      std::vector<LayerTime>& out = times_.passes.emplace_back();
      for (const Execution& e : pass.layers) {
        out.push_back(LayerTime{.layer = e.segment,
                                .start = start + e.start.time_since_epoch(),
                                .end = start + e.end.time_since_epoch()});
      }
    }
    if (pace_ == ReplayPace::kRealTime) wait_until(start + pass.run_time);
    return {};
  }

  Result<LayerTimes> finish_profile() override {
    if (!profile_layers_) {
      return Error(ErrorCode::kUnsupported, "this replayed session does not profile its layers");
    }
    profile_layers_ = false;
    return std::move(times_);
  }

 private:
  std::vector<RecordedPass> passes_;
  ReplayPace pace_;
  bool profile_layers_;
  std::size_t next_ = 0;
  LayerTimes times_;
};

class ReplayEngine final : public Engine {
 public:
  ReplayEngine(RecordedRun run, ReplayPace pace) : run_(std::move(run)), pace_(pace) {}

  std::string_view name() const override { return "replay"; }
  std::string version() const override {
    return run_.version.empty() ? run_.engine : fmt::format("{} {}", run_.engine, run_.version);
  }

  Result<std::unique_ptr<Session>> load(std::span<const std::byte> /*model*/,
                                        std::string_view /*label*/,
                                        const SessionOptions& options) override {
    std::vector<RecordedPass> with_layers;
    std::vector<RecordedPass> without_layers;
    for (RecordedPass& pass : passes_of(run_.timeline)) {
      auto& kind = pass.layers.empty() ? without_layers : with_layers;
      if (!pass.layers.empty() || pass.run_time > Duration(0)) kind.push_back(std::move(pass));
    }
    const bool use_layers = options.profile_layers || without_layers.empty();
    std::vector<RecordedPass>& chosen = use_layers ? with_layers : without_layers;
    if (chosen.empty()) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("the recorded run of '{}' has no passes{}; replay a run that was "
                               "recorded to its end",
                               run_.model, options.profile_layers ? " with layers" : ""));
    }
    return std::unique_ptr<Session>(std::make_unique<ReplaySession>(
        run_.timeline, std::move(chosen), pace_, options.profile_layers));
  }

  std::int64_t profiled_pass_limit(std::size_t /*layer_count*/) const override { return 0; }

 private:
  RecordedRun run_;
  ReplayPace pace_;
};

}  // namespace

std::unique_ptr<Engine> make_replay_engine(RecordedRun run, ReplayPace pace) {
  return std::make_unique<ReplayEngine>(std::move(run), pace);
}

}  // namespace layerwatt
