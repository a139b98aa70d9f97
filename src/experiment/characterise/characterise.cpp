#include "layerwatt/experiment/characterise.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>

#include "experiment/characterise/step_recording.h"

namespace layerwatt {
namespace {

constexpr Duration kShortestPhase = std::chrono::seconds(2);
constexpr Duration kLongestPhase = std::chrono::seconds(30);
constexpr int kTimeConstantsPerPhase = 6;
/// The last phase, in phases, and for how many time constants the load then stays as it is.
constexpr int kMovingPhases = 3;
constexpr double kTimeConstantsPerSwitch = 0.5;
constexpr Duration kLeastHalf = std::chrono::milliseconds(20);
/// Reading a register oftener than that tells nothing more about when it changed.
constexpr int kReadsPerPeriod = 8;
constexpr Duration kLeastDistance = std::chrono::microseconds(50);

Duration phase_length(const SensorModel& model, const CharacteriseOptions& options) {
  if (options.phase) return *options.phase;
  const auto time_constant = effective_time_constant(model);
  if (!time_constant) return kShortestPhase * 2;
  return std::clamp(*time_constant * kTimeConstantsPerPhase, kShortestPhase, kLongestPhase);
}

Duration distance_of_reads(const SensorModel& model) {
  return std::max(kLeastDistance, model.period.value_or(Duration(0)) / kReadsPerPeriod);
}

}  // namespace

void CharacteriseOptions::sleep_until_instant(Instant instant) {
  const std::int64_t ns = to_ns(instant);
  const timespec at{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  // A signal ends the sleep early: one reading more.
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

Duration characterise_time(const std::vector<Rail>& rails, const CharacteriseOptions& options) {
  Duration total{0};
  for (const Rail& rail : rails) {
    total += (3 + kMovingPhases) * phase_length(rail.model, options);
  }
  return total;
}

Result<Characterisation> characterise(Sensor& sensor, SwitchedLoad& load,
                                      const CharacteriseOptions& options,
                                      const Cancellation& stop) {
  if (sensor.rails().size() != 1) {
    return Error(ErrorCode::kInvalidArgument, "one rail at a time is characterised");
  }
  StepRecording recording;
  recording.rail = sensor.rails().front();
  const SensorModel& model = recording.rail.model;
  const Duration length = phase_length(model, options);
  const Duration distance = distance_of_reads(model);
  recording.readings.reserve(static_cast<std::size_t>((3 + kMovingPhases) * length / distance));
  const auto read_until = [&](Instant end) -> Result<void> {
    for (Instant now = options.now(); now < end; now = options.now()) {
      if (stop.requested()) return Error(ErrorCode::kCancelled, "stopped");
      Reading reading{};
      sensor.read({&reading, 1});
      recording.readings.push_back(reading);
      if (reading.status == ReadStatus::kGone) {
        return Error(ErrorCode::kGone, fmt::format("the rail {} at {} vanished while it was read",
                                                   recording.rail.name, recording.rail.location));
      }
      if (const Instant next = now + distance; options.now() < next) options.sleep_until(next);
    }
    return {};
  };
  const auto phase = [&](std::string_view name) {
    if (options.began) options.began(name, length);
    return read_until(options.now() + length);
  };
  const auto moving_phase = [&]() -> Result<void> {
    if (options.began) options.began("load on and off", kMovingPhases * length);
    const Duration half = std::max(
        kLeastHalf, from_seconds(kTimeConstantsPerSwitch *
                                 to_seconds(effective_time_constant(model).value_or(kLeastHalf))));
    const Instant end = options.now() + kMovingPhases * length;
    while (options.now() < end) {
      const LoadGuard guard(load);
      if (auto done = read_until(std::min(end, options.now() + half)); !done) return done;
      load.off();
      if (auto done = read_until(std::min(end, options.now() + half)); !done) return done;
    }
    return {};
  };

  recording.begin = options.now();
  if (auto done = phase("idle"); !done) return std::move(done).error();
  recording.switched_on = options.now();
  {
    const LoadGuard guard(load);
    if (auto done = phase("load"); !done) return std::move(done).error();
  }
  recording.switched_off = options.now();
  if (auto done = phase("idle again"); !done) return std::move(done).error();
  recording.end = options.now();
  if (auto done = moving_phase(); !done) return std::move(done).error();
  return evaluate(recording);
}

}  // namespace layerwatt
