#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "layerwatt/analysis/precision_watch.h"
#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/records.h"
#include "layerwatt/experiment/measurement.h"
#include "layerwatt/recording/recorder_process.h"
#include "layerwatt/simulation/activity_ring.h"

#include "experiment/measure/virtual_precision.h"

namespace layerwatt {

/// What happens around the passes of a run: the recorder is started and stopped, idle stretches
/// stand before and after, and the timeline goes to the disk as it grows. Loading and warming up
/// are over when the recording begins, so that it shows idle, load, idle and nothing else.
class RunConductor final : public RunObserver {
 public:
  struct Settings {
    /// Absent: nothing is recorded (a virtual sensor).
    std::optional<RecorderOptions> recorder;
    std::filesystem::path recorder_command;
    std::filesystem::path timeline;
    /// Before the recording (what loading left in the sensor's filter decays), at its beginning and
    /// at its end.
    Duration settle{0};
    Duration lead{0};
    /// The first phase that is recorded: those before it are for latency and preparation alone.
    RunPhase first_phase = RunPhase::kWhole;
    /// The phase whose last pass is the last of the run, and the passes that it has at least. After
    /// it the idle stretch begins at once, before the engine sorts out its profile.
    RunPhase last_phase = RunPhase::kWhole;
    std::int64_t last_phase_passes = 0;
    /// Absent: the run does not end by what is known already.
    std::optional<PrecisionWatch::Settings> precision;
    /// The same for power that is made afterwards.
    std::optional<VirtualPrecision::Settings> virtual_precision;
    /// Tells a live virtual board what runs; empty: nobody.
    std::filesystem::path activity;
  };

  RunConductor(Settings settings, Cancellation& cancellation, MeasureObserver& observer)
      : settings_(std::move(settings)), cancellation_(cancellation), observer_(observer) {}

  void phase_began(RunPhase phase, PhaseLength length) override;
  void advanced(std::int64_t done) override;
  void executed(std::span<const Execution> executions) override;
  bool enough() override;
  void running(Instant at, std::int32_t segment, std::int32_t repeat) noexcept override {
    if (activity_ && phase_ == RunPhase::kSegments) activity_->begin(at, segment, repeat);
    observer_.running(at, segment, repeat);
  }
  void resting(Instant at) noexcept override {
    if (activity_) activity_->gap(at);
    observer_.resting(at);
  }

  /// Waits the last idle stretch and stops the recorder, where that has not been done.
  void finish();

  /// Whether anything has been recorded yet.
  bool has_begun() const { return begun_; }
  /// Why the run could not be recorded from its beginning.
  const std::optional<Error>& start_error() const { return start_error_; }
  /// Why the recorder or the disk gave up on the way, empty if they did not.
  const std::string& failure() const { return failure_; }
  /// What the recorder said of itself at its end; absent for virtual sensors.
  const std::optional<RecorderSummary>& summary() const { return summary_; }
  /// Of a run with a precision to be reached: what it has come to, as last estimated.
  std::optional<double> relative_half_width() const {
    if (virtual_precision_) return virtual_precision_->relative_half_width();
    return precision_ ? precision_->relative_half_width() : std::nullopt;
  }

 private:
  void begin_recording();
  void stop_recording();
  void give_up(std::string why);

  Settings settings_;
  Cancellation& cancellation_;
  MeasureObserver& observer_;
  bool begun_ = false;
  RunPhase phase_ = RunPhase::kPreparing;
  std::int64_t phase_total_ = 0;
  std::int64_t phase_passes_ = 0;
  std::optional<RecorderProcess> recorder_;
  std::optional<NpyWriter<TimelineRecord>> timeline_;
  std::optional<ActivityWriter> activity_;
  std::optional<PrecisionWatch> precision_;
  std::optional<VirtualPrecision> virtual_precision_;
  Instant last_look_;
  Instant last_flush_;
  std::optional<Error> start_error_;
  std::string failure_;
  std::optional<RecorderSummary> summary_;
};

}  // namespace layerwatt
