#include "layerwatt/experiment/idle.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/core/local_time.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/idle_power.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/recording/earlier_forms.h"
#include "layerwatt/recording/idle_stretch.h"
#include "layerwatt/recording/rail_selection.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"
#include "layerwatt/simulation/virtual_board.h"
#include "layerwatt/simulation/virtual_recording.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

constexpr Duration kLeast = std::chrono::seconds(1);

/// Removes the recording and its summary on every way out.
class TemporaryRecording {
 public:
  explicit TemporaryRecording(fs::path path) : path_(std::move(path)) {}
  ~TemporaryRecording() {
    std::error_code ignored;
    fs::remove(path_, ignored);
    fs::remove(recorder_summary_path(path_), ignored);
    fs::remove(recorder_lines_path(path_), ignored);
  }
  TemporaryRecording(const TemporaryRecording&) = delete;
  TemporaryRecording& operator=(const TemporaryRecording&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Of the readings of all rails together. A counter's do not scatter: then nothing is known of it.
struct Scatter {
  double variance = 0.0;
  bool is_known = true;
};

/// The part of a trace from `from` on, whose mean counts.
void add_rail(const PowerTrace& trace, Instant from, IdleMeasurement& idle, Scatter& scatter) {
  if (trace.size() < 2) return;
  std::size_t first = 0;
  while (first + 1 < trace.size() && trace.when(first) < from) ++first;
  const std::size_t last = trace.size() - 1;
  if (last <= first) return;
  const Duration span = trace.when(last) - trace.when(first);
  idle.duration = std::max(idle.duration, span);
  idle.samples = std::max(idle.samples, static_cast<std::int64_t>(last - first + 1));
  if (trace.rail.kind == RailKind::kEnergyCounter) {
    idle.mean += (trace.energy[last] - trace.energy[first]) / span;
    scatter.is_known = false;
    return;
  }
  double sum = 0.0;
  for (std::size_t i = first; i <= last; ++i) sum += trace.power[i].value();
  const double count = static_cast<double>(last - first + 1);
  const double mean = sum / count;
  double squares = 0.0;
  for (std::size_t i = first; i <= last; ++i) {
    const double off = trace.power[i].value() - mean;
    squares += off * off;
  }
  idle.mean += Watts(mean);
  scatter.variance += squares / count;
}

/// Where the result goes; what `options.existing` forbids is refused.
Result<fs::path> place_of_idle(const IdleOptions& options) {
  const fs::path wanted = options.result_dir / "idling_power.json";
  return place_of_result(wanted, holds_finished_idle(wanted), options.existing);
}

/// Writes it to `idle.file`, or beside it where a partial mean would replace a finished one.
Result<void> write_result(IdleMeasurement& idle) {
  const bool is_partial = !idle.partial_reason.empty();
  if (is_partial && holds_finished_idle(idle.file)) {
    idle.file.replace_filename("idling_power.partial.json");
  }
  IdlePower power;
  power.timestamp = format_local_second(read_clock_anchor().local);
  power.microwatts = in_microwatts(idle.mean);
  power.is_virtual = idle.is_virtual;
  power.is_partial = is_partial;
  return write_idle_power(idle.file, power);
}

/// Leaves out what was read before `from`, while the sensor settled.
PowerTrace settled_part(PowerTrace trace, Instant from) {
  std::size_t first = 0;
  while (first < trace.size() && trace.when(first) < from) ++first;
  const auto cut = [first](auto& column) {
    column.erase(column.begin(),
                 column.begin() + static_cast<std::ptrdiff_t>(std::min(first, column.size())));
  };
  cut(trace.before);
  cut(trace.after);
  cut(trace.power);
  cut(trace.voltage);
  cut(trace.current);
  cut(trace.energy);
  return trace;
}

/// The readings that count, as the published log has them: of one rail, or of the sum of all.
Result<void> write_readings(const IdleOptions& options, const std::vector<PowerTrace>& traces,
                            Instant from, IdleMeasurement& idle) {
  Rail total;
  total.name = idle.rail;
  auto summed = traces.size() == 1 ? Result<PowerTrace>(traces.front()) : sum_rails(traces, total);
  if (!summed) return std::move(summed).error();
  const ClockAnchor now = read_clock_anchor();
  auto log = write_idling_power_log(options.result_dir, options.duration / std::chrono::seconds(1),
                                    settled_part(*std::move(summed), from), ClockMap(now, now));
  if (!log) return std::move(log).error();
  idle.log = *std::move(log);
  return {};
}

Result<void> finish(const IdleOptions& options, const std::vector<PowerTrace>& traces, Instant from,
                    IdleMeasurement& idle) {
  Scatter scatter;
  for (const PowerTrace& trace : traces) add_rail(trace, from, idle, scatter);
  if (idle.samples == 0) {
    return Error(ErrorCode::kUnknowable,
                 "no reading of the sensor could be taken: 'layerwatt sensors' says how it is; "
                 "nothing was written");
  }
  if (idle.duration < std::min(kLeast, options.duration) - std::chrono::milliseconds(100)) {
    return Error(ErrorCode::kCancelled,
                 fmt::format("only {:.1f} s of idle power were recorded after the sensor had "
                             "settled; nothing was written",
                             to_seconds(idle.duration)));
  }
  if (idle.mean.value() <= 0.0) {
    const bool is_zero = idle.mean.value() == 0.0 && scatter.variance == 0.0;
    const std::string reads =
        is_zero ? fmt::format("all {} readings of {} are exactly 0 W", format_grouped(idle.samples),
                              idle.rail)
                : fmt::format("{} reads {} on average over {} readings", idle.rail,
                              format_si(idle.mean.value(), "W"), format_grouped(idle.samples));
    // A single rail may well be switched off; what makes up the board may not.
    if (options.recorder.rails.empty()) {
      return Error(ErrorCode::kUnknowable,
                   fmt::format("{}, and a board that runs draws more: is the chip asleep, its "
                               "shunt not there, or read the wrong way round? Nothing was "
                               "written; 'layerwatt sensors' shows what each rail reads now",
                               reads));
    }
    idle.warnings.push_back(fmt::format(
        "{}: the rail is switched off, or not measured; this is no board's idle power", reads));
  }
  // Below this it is the rounding of the sums: a sensor that showed one value all the time.
  constexpr double kRounding = 1e-9;
  if (scatter.is_known) {
    const double deviation = std::sqrt(scatter.variance);
    idle.deviation = Watts(deviation > kRounding * std::abs(idle.mean.value()) ? deviation : 0.0);
  }
  if (options.as_published) {
    if (auto r = write_readings(options, traces, from, idle); !r) return r;
  }
  return write_result(idle);
}

Result<IdleMeasurement> measure_virtually(const IdleOptions& options, const fs::path& file) {
  auto board = find_virtual_board(options.virtual_board);
  if (!board) return std::move(board).error();
  const Instant begin = MonotonicClock::now();
  const std::vector<LoadStep> nothing_runs{{begin, 0.0}};
  constexpr std::uint64_t kSeed = 1;
  auto recording =
      record_load(*board, {}, {}, nothing_runs, begin, begin + options.duration, kSeed);
  if (!recording) return std::move(recording).error();
  std::vector<PowerTrace> traces;
  for (std::size_t i = 0; i < recording->rails.size(); ++i) {
    traces.push_back(trace_of(recording->rails[i], recording->readings[i]));
  }
  auto total = total_of(*board, traces);
  if (!total) return std::move(total).error();
  IdleMeasurement idle;
  idle.file = file;
  idle.is_virtual = true;
  idle.rail = total->rail.name;
  if (auto done = finish(options, {*total}, begin, idle); !done) return std::move(done).error();
  return idle;
}

}  // namespace

Result<IdleMeasurement> measure_idle(const IdleOptions& options, const Cancellation& cancellation,
                                     const IdleProgress& progress) {
  auto place = place_of_idle(options);
  if (!place) return std::move(place).error();
  std::error_code made;
  fs::create_directories(options.result_dir, made);
  if (made) return error_from_errno(made.value(), "make the result folder").at(options.result_dir);
  if (!options.virtual_board.empty()) return measure_virtually(options, *place);

  auto board = detect_board(options.recorder.root, options.recorder.sensor);
  if (!board) return std::move(board).error();
  auto selection = select_rails(*board, options.recorder.rails, options.recorder.sensor);
  if (!selection) return std::move(selection).error();
  auto sensors = open_rails(options.recorder.root, *board, *selection);
  if (!sensors) return std::move(sensors).error();
  sensors->clear();

  const TemporaryRecording file(options.result_dir / fmt::format(".idle.{}.npy", ::getpid()));
  const Duration settle = settling_time(selection->rails);
  RecorderOptions recorder = options.recorder;
  recorder.output = file.path();
  recorder.duration = settle + options.duration;
  recorder.rails.clear();
  for (const Rail& rail : selection->rails) recorder.rails.push_back(rail.name);
  Instant begin;
  RecorderEvents events;
  events.ready = [&](const RecorderSummary& summary) { begin = summary.begin.monotonic; };
  events.still_wanted = [&] {
    if (progress) progress(MonotonicClock::now() - begin);
    return true;
  };
  auto summary = record(recorder, cancellation, events);
  if (!summary) return std::move(summary).error();

  IdleMeasurement idle;
  idle.file = *place;
  idle.rail = selection->name;
  idle.is_virtual = has_virtual_rail(*selection);
  idle.warnings = summary->warnings;
  if (!summary->failure.empty()) {
    idle.partial_reason = summary->failure;
  } else if (cancellation.requested()) {
    idle.partial_reason = "stopped by a person before its end";
  }
  auto traces = load_power_traces(file.path(), selection->rails, idle.warnings);
  if (!traces) return std::move(traces).error();
  if (auto done = finish(options, *traces, begin + settle, idle); !done) {
    return std::move(done).error();
  }
  return idle;
}

}  // namespace layerwatt
