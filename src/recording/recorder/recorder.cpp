#include "layerwatt/recording/recorder.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <sstream>

#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/records.h"
#include "layerwatt/recording/rail_selection.h"
#include "layerwatt/recording/sampler.h"
#include "layerwatt/recording/scheduling.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"

namespace layerwatt {
namespace {

constexpr Duration kUsualPeriod = std::chrono::milliseconds(1);
/// Room for this much of a recording, so that a slow disk does not stop the loop between flushes.
constexpr Duration kBuffered = std::chrono::seconds(2);

class NpySink final : public RecordSink {
 public:
  explicit NpySink(NpyWriter<PowerRecord> writer) : writer_(std::move(writer)) {}
  Result<void> append(const PowerRecord& record) override { return writer_.append(record); }
  Result<void> flush() override { return writer_.flush(); }
  Result<void> close() { return writer_.close(); }

 private:
  NpyWriter<PowerRecord> writer_;
};

/// Reads each sensor a few times: what a tick costs, and whether the rails answer at all.
Duration usual_tick_time(std::vector<std::unique_ptr<Sensor>>& sensors) {
  constexpr int kTries = 9;
  std::vector<Reading> readings;
  std::vector<Duration> times;
  for (int i = 0; i < kTries; ++i) {
    const Instant begin = MonotonicClock::now();
    for (const auto& sensor : sensors) {
      readings.resize(sensor->rails().size());
      sensor->read(readings);
    }
    times.push_back(MonotonicClock::now() - begin);
  }
  std::sort(times.begin(), times.end());
  return times[kTries / 2];
}

/// The usual period, or on a slower bus what a tick takes plus a tenth, in whole 0.1 ms: deadlines
/// that cannot be kept would make every tick late.
Duration choose_period(Duration tick_time) {
  constexpr Duration kStep = std::chrono::microseconds(100);
  const Duration needed = tick_time + tick_time / 10;
  if (needed <= kUsualPeriod) return kUsualPeriod;
  return (needed + kStep - Duration(1)) / kStep * kStep;
}

Duration processor_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

TimeSpread spread_of(const TimeHistogram& histogram) {
  return {histogram.percentile(0.5), histogram.percentile(0.99), histogram.max()};
}

Result<void> write_summary(const RecorderOptions& options, const RecorderSummary& summary) {
  std::ostringstream text;
  write_recorder_summary(summary, text);
  return write_file_atomically(recorder_summary_path(options.output), text.str());
}

/// Priority and CPU; what the system refuses of the first becomes a warning.
Result<void> prepare_thread(const RecorderOptions& options, RecorderSummary& summary) {
  if (options.pin) {
    if (auto pinned = pin_to_cpu(*options.pin); !pinned) return pinned;
    summary.pinned_cpu = options.pin;
  }
  ask_for_exact_wakeups();
  if (options.realtime_priority) {
    if (auto realtime = become_realtime(*options.realtime_priority); !realtime) {
      if (realtime.error().code() == ErrorCode::kInvalidArgument) return realtime;
      summary.warnings.push_back(realtime.error().message());
    }
  }
  summary.scheduler = describe_scheduler();
  return {};
}

/// What the sensors know of their end.
std::string reasons_of(const std::vector<std::unique_ptr<Sensor>>& sensors) {
  std::string reasons;
  for (const auto& sensor : sensors) {
    if (sensor->why_gone().empty()) continue;
    reasons += (reasons.empty() ? "" : "; ") + std::string(sensor->why_gone());
  }
  return reasons.empty() ? "unplugged, driver unloaded, or the machine went to sleep?" : reasons;
}

void tell_failure(const SamplerReport& report, const std::vector<std::unique_ptr<Sensor>>& sensors,
                  RecorderSummary& summary) {
  summary.end = std::string(to_string(report.end));
  if (report.end == SamplerEnd::kCannotWrite && report.error) {
    summary.failure = report.error->to_string();
  }
  if (report.end == SamplerEnd::kAllGone) {
    summary.failure = fmt::format("every sensor vanished {:.1f} s after the recording began ({})",
                                  to_seconds(report.finish - report.begin), reasons_of(sensors));
  }
}

void tell_rails(const SamplerReport& report, RecorderSummary& summary) {
  for (std::size_t i = 0; i < report.rails.size(); ++i) {
    const RailTally& tally = report.rails[i];
    RecordedRail& rail = summary.rails[i];
    rail.readings = tally.readings;
    rail.try_again = tally.try_again;
    rail.disabled = tally.disabled;
    rail.garbage = tally.garbage;
    rail.gone = tally.gone.has_value();
    if (rail.gone && report.end != SamplerEnd::kAllGone) {
      summary.warnings.push_back(
          fmt::format("the rail {} vanished {:.1f} s after the recording began", rail.name,
                      to_seconds(*tally.gone - report.begin)));
    }
  }
}

}  // namespace

std::filesystem::path recorder_summary_path(const std::filesystem::path& output) {
  std::filesystem::path path = output;
  return path.replace_extension(".recorder.json");
}

std::filesystem::path recorder_lines_path(const std::filesystem::path& output) {
  std::filesystem::path path = output;
  return path.replace_extension(".tegrastats.log");
}

Result<RecorderSummary> record(const RecorderOptions& options, const Cancellation& stop,
                               const RecorderEvents& events) {
  auto board = detect_board(options.root, options.sensor);
  if (!board) return std::move(board).error();
  auto selection = select_rails(*board, options.rails, options.sensor);
  if (!selection) return std::move(selection).error();
  SystemRoot root = options.root;
  root.log = recorder_lines_path(options.output);
  auto sensors = open_rails(root, *board, *selection);
  if (!sensors) return std::move(sensors).error();

  RecorderSummary summary;
  for (const Rail& rail : selection->rails) {
    summary.rails.emplace_back();
    summary.rails.back().name = rail.name;
  }
  summary.is_virtual = board->is_virtual || has_virtual_rail(*selection);
  if (auto prepared = prepare_thread(options, summary); !prepared) {
    return std::move(prepared).error();
  }
  const Duration tick_time = usual_tick_time(*sensors);
  const bool paces_itself =
      std::any_of(sensors->begin(), sensors->end(),
                  [](const std::unique_ptr<Sensor>& sensor) { return sensor->paces_itself(); });
  // A sensor that waits for what it reads would fall behind any deadline.
  if (paces_itself) summary.own_pace = tick_time;
  summary.period = paces_itself ? Duration(0) : options.period.value_or(choose_period(tick_time));

  SamplerOptions sampling;
  sampling.period = summary.period;
  sampling.still_wanted = events.still_wanted;
  const Duration shortest_tick = std::max({summary.period, tick_time, Duration(1000)});
  const auto buffered =
      static_cast<std::size_t>(kBuffered / shortest_tick + 1) * selection->rails.size();
  auto file = NpyWriter<PowerRecord>::create(options.output, buffered);
  if (!file) return std::move(file).error();
  NpySink sink(*std::move(file));
  summary.begin = read_clock_anchor();
  summary.finish = summary.begin;
  if (auto written = write_summary(options, summary); !written) return std::move(written).error();

  const Duration processor_before = processor_time();
  if (events.ready) events.ready(summary);
  SystemSamplerClock clock;
  if (options.duration) sampling.end = clock.now() + *options.duration;
  const SamplerReport report = sample(*sensors, clock, sink, sampling, stop);
  const Duration processor = processor_time() - processor_before;

  summary.finish = read_clock_anchor();
  summary.ticks = report.ticks;
  summary.late_ticks = report.late_ticks;
  summary.lost_ticks = report.lost_ticks;
  summary.lateness = spread_of(report.lateness);
  summary.read_time = spread_of(report.read_time);
  summary.write_time = spread_of(report.flush_time);
  const double elapsed = to_seconds(report.finish - report.begin);
  if (elapsed > 0) summary.cpu_share = to_seconds(processor) / elapsed;
  if (paces_itself && report.ticks > 0) {
    summary.own_pace = (report.finish - report.begin) / report.ticks;
  }
  tell_failure(report, *sensors, summary);
  tell_rails(report, summary);
  if (auto closed = sink.close(); !closed && summary.failure.empty()) {
    summary.failure = closed.error().to_string();
  }
  summary.complete = true;
  if (auto written = write_summary(options, summary); !written && summary.failure.empty()) {
    summary.failure = written.error().to_string();
  }
  return summary;
}

}  // namespace layerwatt
