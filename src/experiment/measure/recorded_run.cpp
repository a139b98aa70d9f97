#include "experiment/measure/recorded_run.h"

#include <fmt/format.h>

#include "layerwatt/core/numbers.h"
#include "layerwatt/recording/idle_stretch.h"

namespace layerwatt {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(250);
constexpr Duration kFlushEvery = std::chrono::milliseconds(500);

}  // namespace

void RunConductor::phase_began(RunPhase phase, PhaseLength length) {
  phase_ = phase;
  phase_total_ = length.total;
  phase_passes_ = 0;
  observer_.phase_began(phase, length);
  if (phase == settings_.first_phase && !begun_) {
    begun_ = true;
    begin_recording();
  }
}

void RunConductor::begin_recording() {
  auto timeline = NpyWriter<TimelineRecord>::create(settings_.timeline);
  if (!timeline) {
    start_error_ = std::move(timeline).error();
    cancellation_.request();
    return;
  }
  timeline_ = *std::move(timeline);
  if (!settings_.activity.empty()) {
    auto activity = ActivityWriter::open(settings_.activity);
    if (!activity) {
      start_error_ = std::move(activity).error();
      cancellation_.request();
      return;
    }
    activity_ = *std::move(activity);
    activity_->idle(MonotonicClock::now());
  }
  if (settings_.virtual_precision) virtual_precision_.emplace(*settings_.virtual_precision);
  if (!settings_.recorder) return;
  if (!wait_idle(settings_.settle, cancellation_)) {
    // Nothing to keep: no power was recorded, and the run ends with its next look at the wish.
    start_error_ = Error(ErrorCode::kCancelled, "stopped before the first pass");
    return;
  }
  RecorderProcess::Launch launch;
  launch.executable = settings_.recorder_command;
  auto recorder = RecorderProcess::start(*settings_.recorder, launch);
  if (!recorder) {
    start_error_ = std::move(recorder).error();
    cancellation_.request();
    return;
  }
  recorder_ = *std::move(recorder);
  for (const std::string& warning : recorder_->beginning().warnings) observer_.said(warning);
  std::string said = fmt::format("recording {}", describe_pace(recorder_->beginning()));
  if (settings_.lead > Duration(0)) {
    said += fmt::format("; {} of idle power first", format_si(to_seconds(settings_.lead), "s"));
  }
  observer_.said(said);
  if (settings_.precision) precision_.emplace(*settings_.precision);
  wait_idle(settings_.lead, cancellation_);
  last_look_ = MonotonicClock::now();
}

bool RunConductor::enough() {
  const bool is_precise = (precision_ && precision_->reached()) ||
                          (virtual_precision_ && virtual_precision_->reached());
  return is_precise || observer_.enough();
}

void RunConductor::give_up(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
  cancellation_.request();
}

void RunConductor::advanced(std::int64_t done) {
  const Instant now = MonotonicClock::now();
  if (recorder_ && now - last_look_ >= kLookEvery) {
    last_look_ = now;
    if (!recorder_->is_running()) give_up("the recorder ended before the run");
  }
  observer_.advanced(done);
  ++phase_passes_;
  if (begun_ && phase_ == settings_.last_phase && phase_ != RunPhase::kSegments &&
      done >= phase_total_ && phase_passes_ >= settings_.last_phase_passes) {
    stop_recording();
  }
}

void RunConductor::executed(std::span<const Execution> executions) {
  if (precision_ && phase_ == RunPhase::kSegments) precision_->add_block(executions);
  if (virtual_precision_ && phase_ == RunPhase::kSegments && !executions.empty()) {
    virtual_precision_->add_block(executions);
  }
  for (const Execution& e : executions) {
    if (!timeline_) break;
    const auto kept = timeline_->append(record_of(e));
    if (!kept) {
      give_up(kept.error().to_string());
      timeline_.reset();
    }
  }
  const Instant now = MonotonicClock::now();
  if (timeline_ && now - last_flush_ >= kFlushEvery) {
    last_flush_ = now;
    if (auto flushed = timeline_->flush(); !flushed) {
      give_up(flushed.error().to_string());
      timeline_.reset();
    }
  }
  observer_.executed(executions);
}

void RunConductor::stop_recording() {
  if (activity_) activity_->idle(MonotonicClock::now());
  if (!recorder_ || summary_) return;
  // A person who asked to stop need not wait; a run that ends early for another reason neither.
  if (recorder_->is_running() && !cancellation_.requested()) {
    wait_idle(settings_.lead, cancellation_);
  }
  auto summary = recorder_->stop();
  recorder_.reset();
  if (!summary) {
    failure_ = summary.error().to_string();
    return;
  }
  if (!summary->failure.empty()) failure_ = summary->failure;
  summary_ = *std::move(summary);
}

void RunConductor::finish() {
  stop_recording();
  if (timeline_) (void)timeline_->close();
  timeline_.reset();
}

}  // namespace layerwatt
