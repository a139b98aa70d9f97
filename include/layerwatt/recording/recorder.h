#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/recording/recorder_options.h"

namespace layerwatt {

/// How long things took, told by their percentiles.
struct TimeSpread {
  Duration median{0};
  Duration p99{0};
  Duration max{0};
  friend bool operator==(const TimeSpread&, const TimeSpread&) = default;
};

/// What became of one rail.
struct RecordedRail {
  std::string name;
  std::int64_t readings = 0;
  /// Reads that found the device busy, a channel switched off, or no number.
  std::int64_t try_again = 0;
  std::int64_t disabled = 0;
  std::int64_t garbage = 0;
  /// The rail vanished during the recording.
  bool gone = false;
  friend bool operator==(const RecordedRail&, const RecordedRail&) = default;
};

/// What a recorder tells of itself.
struct RecorderSummary {
  /// False in a file that was written at the beginning and never again: the recorder was killed.
  bool complete = false;
  /// "stopped", "reached its end", "every sensor vanished", …
  std::string end;
  /// Ended by itself where it should have gone on (sensors gone, disk full); the reason.
  std::string failure;
  /// From tick to tick as asked for; 0: back to back, or at the sensor's own pace.
  Duration period{0};
  /// Of a sensor that paces itself (tegrastats): time from reading to reading, the median at the
  /// beginning, then the mean of the recording.
  std::optional<Duration> own_pace;
  /// Ticks read; those of them that began late (by over a tenth of the period); those never read.
  std::int64_t ticks = 0;
  std::int64_t late_ticks = 0;
  std::int64_t lost_ticks = 0;
  TimeSpread lateness;
  /// Of one rail, and of writing what was buffered.
  TimeSpread read_time;
  TimeSpread write_time;
  /// Processor time over elapsed time: 0.01 is 1 % of one core.
  double cpu_share = 0.0;
  /// "SCHED_FIFO 50" or "SCHED_OTHER".
  std::string scheduler;
  std::optional<int> pinned_cpu;
  ClockAnchor begin;
  ClockAnchor finish;
  std::vector<RecordedRail> rails;
  /// True if a rail's power is synthesised; written only then.
  bool is_virtual = false;
  std::vector<std::string> warnings;
};

/// Which of `rails` had not one reading in the whole recording, and what came instead, in a
/// sentence that ends with where to look; empty where each was read.
std::string unread_rails(const RecorderSummary& summary, std::span<const std::string> rails);

/// "every 1.00 ms", "as fast as the bus allows", "at the sensor's own pace, every 20.1 ms or so".
std::string describe_pace(const RecorderSummary& summary);

void write_recorder_summary(const RecorderSummary& summary, std::ostream& out);
/// kParse where the text is not what write_recorder_summary() writes.
Result<RecorderSummary> parse_recorder_summary(std::string_view text);
/// "power.npy" → "power.recorder.json".
std::filesystem::path recorder_summary_path(const std::filesystem::path& output);
/// "power.npy" → "power.tegrastats.log": the lines of the sensor `tegrastats`, each behind its
/// arrival in seconds of CLOCK_MONOTONIC, as `layerwatt tegrastats` reads them.
std::filesystem::path recorder_lines_path(const std::filesystem::path& output);

/// Hears of a recorder's progress.
struct RecorderEvents {
  /// The sensors are open and ticks begin.
  std::function<void(const RecorderSummary&)> ready;
  /// Asked four times a second; false ends the recording.
  std::function<bool()> still_wanted;
};

/// Records in this thread until `stop`, the end of the duration, or a failure. A recording that
/// ended by itself is still a summary, with `failure` set: what was recorded stays. Errors are for
/// recordings that never began.
Result<RecorderSummary> record(const RecorderOptions& options, const Cancellation& stop,
                               const RecorderEvents& events = {});

}  // namespace layerwatt
