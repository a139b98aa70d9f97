#include "layerwatt/experiment/join_spans.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "layerwatt/analysis/solve_recording.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/version.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/recording/region_timeline.h"
#include "layerwatt/recording/run_files.h"

#include "experiment/join/loaded_power.h"
#include "experiment/join/stretch_energy.h"
#include "experiment/measure/result_folder.h"
#include "experiment/program/program_regions.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kEngine = "program";
/// Time zones are apart by these.
constexpr Duration kZoneStep = std::chrono::minutes(15);
constexpr int kMostZoneSteps = 26 * 4;

/// A span on the clock of the power.
struct PlacedSpan {
  const WallSpan* span;
  Instant start;
  Instant end;
};

std::vector<PlacedSpan> placed(const std::vector<WallSpan>& spans, const LoadedPower& power) {
  const ClockMap clocks = power.run.clock_map();
  const Duration offset = power.run.begin.utc_offset;
  std::vector<PlacedSpan> out;
  for (const WallSpan& span : spans) {
    const auto at = [&](std::int64_t unix_ns) {
      return clocks.to_monotonic(local_time_from_ns(unix_ns) + offset);
    };
    out.push_back({&span, at(span.start_ns), at(span.end_ns)});
  }
  return out;
}

/// Groups of which the power covers every span, had the spans been later by `shift`.
std::set<std::int64_t> covered_groups(const std::vector<PlacedSpan>& spans,
                                      const LoadedPower& power, Duration shift = Duration(0)) {
  std::set<std::int64_t> groups;
  std::set<std::int64_t> outside;
  for (const PlacedSpan& span : spans) {
    const bool is_inside = span.start + shift >= power.begin && span.end + shift <= power.end;
    (is_inside ? groups : outside).insert(span.span->group);
  }
  for (const std::int64_t group : outside) groups.erase(group);
  return groups;
}

std::string in_words(LocalTime time, Duration utc_offset) {
  return format_iso8601(time, utc_offset);
}

/// Both ranges, and the time zone in which they would fit, if there is one.
Error no_overlap(const std::vector<PlacedSpan>& spans, const LoadedPower& power,
                 const fs::path& path) {
  const ClockMap clocks = power.run.clock_map();
  const Duration offset = power.run.begin.utc_offset;
  const auto shown = [&](Instant at) { return in_words(clocks.to_local(at), offset); };
  const auto first = std::ranges::min_element(spans, {}, &PlacedSpan::start);
  const auto last = std::ranges::max_element(spans, {}, &PlacedSpan::end);
  std::string text = fmt::format(
      "the power covers none of what ran: it was recorded from {} to {}, and it ran from {} to {}",
      shown(power.begin), shown(power.end), shown(first->start), shown(last->end));
  for (int step = 1; step <= kMostZoneSteps; ++step) {
    for (const Duration shift : {step * kZoneStep, -step * kZoneStep}) {
      if (covered_groups(spans, power, shift).empty()) continue;
      const double hours = to_seconds(offset + shift) / 3600.0;
      return Error(ErrorCode::kUnknowable,
                   fmt::format("{}; they would fit if the log's times were of UTC{:+g} h: say so "
                               "(utc_offset_hour={:g})",
                               text, hours, hours))
          .at(path);
    }
  }
  return Error(ErrorCode::kUnknowable, text + ": are they of one run, and were both clocks set?")
      .at(path);
}

/// Marks as if the spans had marked themselves, in as many lanes as ran at once.
RegionMarks marks_of(std::vector<PlacedSpan> spans) {
  std::ranges::sort(spans, [](const PlacedSpan& a, const PlacedSpan& b) {
    return std::pair(a.start, a.end) < std::pair(b.start, b.end);
  });
  RegionMarks marks;
  std::vector<Instant> lane_ends;
  for (const PlacedSpan& span : spans) {
    if (span.end <= span.start) continue;
    auto lane = std::ranges::find_if(lane_ends, [&](Instant end) { return end <= span.start; });
    if (lane == lane_ends.end()) lane = lane_ends.insert(lane, span.end);
    *lane = span.end;
    const auto number = static_cast<std::uint32_t>(lane - lane_ends.begin()) + 1;
    const std::uint32_t region = marks.index_of(span.span->name);
    marks.marks.push_back({span.start, number, region, true});
    marks.marks.push_back({span.end, number, region, false});
  }
  // Where one ends as the next one begins, it ends first.
  std::ranges::stable_sort(marks.marks, [](const RegionMark& a, const RegionMark& b) {
    return a.at != b.at ? a.at < b.at : (!a.begins && b.begins);
  });
  return marks;
}

void number_passes(const std::vector<Instant>& begins, std::vector<Execution>& executions) {
  for (Execution& execution : executions) {
    const auto next = std::ranges::upper_bound(begins, execution.start);
    execution.pass = std::max(0, static_cast<int>(next - begins.begin()) - 1);
  }
}

Result<void> write_files(const RunPaths& paths, const Timeline& timeline, const RunFile& run,
                         const LoadedPower& power) {
  std::error_code error;
  fs::create_directories(paths.engine_info.parent_path(), error);
  if (error) {
    return error_from_errno(error.value(), "make the folder").at(paths.engine_info.parent_path());
  }
  if (auto r = write_engine_layers(paths.engine_info, timeline.layers); !r) return r;
  if (auto r = write_timeline_npy(paths.timeline_npy, timeline); !r) return r;
  if (power.power_npy.empty()) {
    if (auto r = write_power_npy(paths.power_npy, {power.readings}); !r) return r;
  } else {
    fs::copy_file(power.power_npy, paths.power_npy, error);
    if (error) return error_from_errno(error.value(), "copy the readings").at(paths.power_npy);
  }
  return write_run_file(paths.run_file, run);
}

RunFile run_of(const JoinOptions& options, const std::string& name, const Timeline& timeline,
               const LoadedPower& power) {
  RunFile run = power.run;
  run.written_by = fmt::format("layerwatt {}", kVersion);
  run.model = name;
  run.engine = kEngine;
  run.engine_version.clear();
  run.is_finished = true;
  run.stamps = StampSource::kMeasured;
  run.passes = pass_count(timeline);
  run.idle_power = options.idle_power;
  run.environment["power_from"] = options.power.path.string();
  run.notes = power.notes;
  return run;
}

Result<Recording> load(const RunPaths& paths, const std::string& name) {
  RawModel raw;
  raw.name = name;
  raw.folder = paths.folder;
  raw.engine_info = paths.engine_info;
  raw.run_file = paths.run_file;
  raw.timeline_npy = paths.timeline_npy;
  raw.power_npy = paths.power_npy;
  return load_recording(raw);
}

std::vector<MarkedRegion::Span> spans_called(const std::vector<PlacedSpan>& spans,
                                             const std::string& name) {
  std::vector<MarkedRegion::Span> found;
  for (const PlacedSpan& span : spans) {
    if (span.span->name == name && span.end > span.start) found.push_back({span.start, span.end});
  }
  return found;
}

/// What the spans say where other things ran around them: each name by the readings inside it.
Result<void> tell_by_readings(const JoinOptions& options, const std::vector<PlacedSpan>& spans,
                              const Recording& recording, JoinedSpans& joined) {
  if (!recording.total) {
    return Error(ErrorCode::kUnknowable, "no rail is known to stand for the board");
  }
  std::optional<Estimate<Watts>> idle;
  if (options.idle_power) idle = Estimate<Watts>{*options.idle_power, {}, {}};
  if (!idle) {
    MarkedRegion::Span all{spans.front().start, spans.front().end};
    for (const PlacedSpan& span : spans) {
      all.start = std::min(all.start, span.start);
      all.end = std::max(all.end, span.end);
    }
    idle = quietest_outside(*recording.total, all);
    if (idle) {
      joined.notes.push_back(fmt::format(
          "Idle power is that of the quietest seconds of the power before and after what ran: {}. "
          "Name it where it was measured apart.",
          format_si(idle->value.value(), "W")));
    }
  }
  std::vector<std::string> names;
  for (const PlacedSpan& span : spans) {
    if (span.span->name == options.apart) continue;
    if (std::ranges::find(names, span.span->name) == names.end()) names.push_back(span.span->name);
  }
  for (const std::string& name : names) {
    joined.busy.push_back(
        energy_of_stretches(name, spans_called(spans, name), *recording.total, idle));
  }
  joined.profile =
      timing_profile(joined.profile.model, recording.timeline,
                     "other things ran around it: what the readings inside it say is told apart");
  joined.profile.is_virtual = recording.run && recording.run->is_virtual;
  return {};
}

/// What the spans say where they are all that ran: the solver, and what ran at all.
Result<void> tell_by_solving(const JoinOptions& options, const std::vector<PlacedSpan>& spans,
                             const std::vector<MarkedRegion>& regions, const Recording& recording,
                             JoinedSpans& joined) {
  SolveOptions solving;
  solving.idle_power = options.idle_power;
  auto profile = solve_recording(joined.profile.model, recording, solving);
  if (!profile) return std::move(profile).error();
  joined.profile = *std::move(profile);
  joined.regions = results_of_regions(regions, joined.profile, recording);
  if (!recording.total) return {};
  std::vector<MarkedRegion::Span> all;
  for (const PlacedSpan& span : spans) {
    if (span.span->name != options.apart) all.push_back({span.start, span.end});
  }
  PowerTrace total = *recording.total;
  // Settings that nobody declared were found from the recording.
  if (joined.profile.sensor && !effective_time_constant(total.rail.model)) {
    total.rail.model = *joined.profile.sensor;
  }
  joined.busy.push_back(
      energy_of_stretches("all", united(std::move(all)), total, joined.profile.idle_power));
  return {};
}

}  // namespace

Result<JoinedSpans> join_spans(const JoinOptions& options) {
  if (options.spans.empty()) {
    return Error(ErrorCode::kInvalidArgument, "there is nothing that ran to join");
  }
  if (auto r = ResultFolder::check(options.result_dir, options.name, options.existing); !r) {
    return std::move(r).error();
  }
  auto power = load_power_beside(options.power);
  if (!power) return std::move(power).error();
  std::vector<PlacedSpan> spans = placed(options.spans, *power);
  const std::set<std::int64_t> groups = covered_groups(spans, *power);
  if (groups.empty()) return no_overlap(spans, *power, options.power.path);
  std::erase_if(spans, [&](const PlacedSpan& s) { return !groups.contains(s.span->group); });
  std::ranges::stable_sort(spans, {}, &PlacedSpan::start);

  const RegionMarks marks = marks_of(spans);
  if (marks.marks.empty()) {
    return Error(ErrorCode::kUnknowable, "all that ran took no time");
  }
  const Instant begin = marks.marks.front().at;
  const RegionTimeline parts = part_by_regions(marks, begin, marks.marks.back().at);
  ProgramRegions regions({});
  Timeline timeline;
  timeline.stamps = StampSource::kMeasured;
  timeline.executions = regions.add(marks, parts, SpanPlace());
  number_passes(passes_of(parts, begin), timeline.executions);
  timeline.layers = regions.leave_out_remnants(timeline.executions);

  auto folder = ResultFolder::create(options.result_dir, options.name, options.existing);
  if (!folder) return std::move(folder).error();
  JoinedSpans joined;
  joined.groups.assign(groups.begin(), groups.end());
  joined.notes = folder->notes();
  joined.notes.insert(joined.notes.end(), power->notes.begin(), power->notes.end());
  joined.profile.model = folder->name();
  const RunPaths paths(folder->path(), folder->name(), std::string(kEngine));
  const RunFile run = run_of(options, folder->name(), timeline, *power);
  const auto fail = [&](Error error) {
    folder->discard();
    return error;
  };
  if (auto r = write_files(paths, timeline, run, *power); !r) return fail(std::move(r).error());
  auto recording = load(paths, folder->name());
  if (!recording) return fail(std::move(recording).error());
  auto told = options.is_all_that_ran
                  ? tell_by_solving(options, spans, regions.regions(), *recording, joined)
                  : tell_by_readings(options, spans, *recording, joined);
  if (!told) return fail(std::move(told).error());
  for (const std::string& note : regions.notes()) joined.notes.push_back(note);
  joined.profile.notes.insert(joined.profile.notes.begin(), joined.notes.begin(),
                              joined.notes.end());
  joined.notes = joined.profile.notes;
  auto place = folder->keep(false);
  if (!place) return std::move(place).error();
  joined.folder = *place;
  if (auto r = write_profile_files(joined.folder, joined.profile); !r) return std::move(r).error();
  return joined;
}

}  // namespace layerwatt
