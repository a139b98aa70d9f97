#include "layerwatt/experiment/import_trtexec.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include "layerwatt/analysis/solve_recording.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/core/version.h"
#include "layerwatt/dataset/inference_summary.h"
#include "layerwatt/dataset/power_log.h"
#include "layerwatt/dataset/run_file.h"
#include "layerwatt/dataset/trtexec.h"
#include "layerwatt/dataset/virtual_mark.h"
#include "layerwatt/recording/run_files.h"
#include "layerwatt/running/trtexec_timeline.h"

#include "experiment/measure/result_folder.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

struct FileKind {
  std::array<std::string_view, 3> endings;
  std::string_view option;
  fs::path TrtexecFiles::*member;
  bool needed;
};

constexpr std::string_view kMetadata = "metadata.json";
const std::array<FileKind, 3> kKinds{{
    {{"profile.json", "", ""}, "--exportProfile", &TrtexecFiles::profile, true},
    {{"timing.json", "times.json", ""}, "--exportTimes", &TrtexecFiles::times, true},
    {{"graph.json", "layers.json", "layer_info.json"},
     "--exportLayerInfo",
     &TrtexecFiles::layers,
     false},
}};

bool ends_like(std::string_view name, const FileKind& kind) {
  return !name.ends_with(kMetadata) &&
         std::ranges::any_of(kind.endings, [&](std::string_view ending) {
           return !ending.empty() && name.ends_with(ending);
         });
}

/// "alexnet_fp16.timing.json" → "alexnet_fp16"; "times.json" → the folder's name.
std::string model_name(const fs::path& times) {
  std::string name = times.filename().string();
  name = name.substr(0, name.find(".timing.json"));
  name = name.substr(0, name.find(".times.json"));
  const fs::path folder = fs::absolute(times).lexically_normal().parent_path();
  return name.ends_with(".json") ? folder.filename().string() : name;
}

/// When a file was written, in this machine's local time.
LocalTime written_at(const fs::path& path) {
  const ClockAnchor now = read_clock_anchor();
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return now.local;
  const std::int64_t utc_ns =
      std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  return local_time_from_ns(utc_ns) + now.utc_offset;
}

InferenceSummary summary_of(const std::string& model, const ImportOptions& options,
                            const std::vector<TrtexecPass>& passes, const TrtexecLayers& layers,
                            LocalTime finished) {
  InferenceSummary summary;
  summary.model = model;
  if (!layers.layers.empty() && !layers.layers.front().inputs.empty()) {
    summary.input_shape = layers.layers.front().inputs.front().dimensions;
  }
  summary.warmup = options.warmup;
  summary.result_dir = options.result_dir.string();
  summary.timestamp = format_local_second(finished);
  const auto warm = std::min(static_cast<std::size_t>(options.warmup), passes.size() - 1);
  for (std::size_t i = warm; i < passes.size(); ++i) {
    summary.latencies.push_back(passes[i].latency);
    summary.total_time += passes[i].latency;
  }
  summary.runs = static_cast<std::int64_t>(summary.latencies.size());
  return summary;
}

RunFile run_of(const std::string& model, const ImportOptions& options, const Timeline& timeline,
               const TrtexecLayers& layers, const std::vector<std::string>& notes) {
  const auto anchor_at = [](Instant t) {
    return ClockAnchor{.monotonic = t, .local = local_time_from_ns(to_ns(t))};
  };
  RunFile run;
  run.written_by = fmt::format("layerwatt {}", kVersion);
  run.model = model;
  run.engine = "tensorrt";
  run.engine_version = "not told (trtexec's files)";
  run.is_finished = true;
  run.begin = anchor_at(timeline.executions.front().start);
  run.end = anchor_at(timeline.executions.back().end);
  run.stamps = timeline.stamps;
  run.warmup = options.warmup;
  run.passes = pass_count(timeline);
  run.profiled_passes = layers.inferences;
  run.environment["imported_from"] = options.files.times.string();
  run.notes = notes;
  run.is_virtual =
      !options.power_log.empty() && holds_virtual_power(options.power_log.parent_path());
  if (run.is_virtual) run.notes.emplace_back("The power log is of a virtual board.");
  return run;
}

Result<void> write_files(const RunPaths& paths, const Timeline& timeline,
                         const TrtexecLayers& layers, const InferenceSummary& summary,
                         const RunFile& run, const std::optional<PowerLog>& log) {
  std::error_code made;
  fs::create_directories(paths.engine_info.parent_path(), made);
  if (made) {
    return error_from_errno(made.value(), "make the folder").at(paths.engine_info.parent_path());
  }
  auto written = layers.engine_info.empty()
                     ? write_engine_layers(paths.engine_info, layers.layers)
                     : write_file_atomically(paths.engine_info, layers.engine_info);
  if (!written) return written;
  written = write_layer_latencies(paths.layer_latency, timeline, ClockMap::identity());
  if (!written) return written;
  // Where layers have no place of their own the passes alone are kept, exactly.
  const bool has_layers = std::ranges::any_of(
      timeline.executions, [](const Execution& e) { return e.segment != kWholePass; });
  if (!has_layers) {
    if (written = write_timeline_npy(paths.timeline_npy, timeline); !written) return written;
  }
  if (log) {
    if (auto kept = store_power_log(paths.power_log, *log); !kept) return kept;
  }
  if (written = write_summary_file(paths.summary, summary); !written) return written;
  return write_run_file(paths.run_file, run);
}

Result<TrtexecLayers> read_layers(const TrtexecFiles& files) {
  auto profile = read_trtexec_profile(files.profile);
  if (!profile) return std::move(profile).error();
  std::optional<std::string> info;
  if (!files.layers.empty()) {
    auto text = read_file(files.layers);
    if (!text) return std::move(text).error();
    info = *std::move(text);
  }
  auto layers = join_trtexec_layers(*profile, info);
  if (!layers) return std::move(layers).error().at(info ? files.layers : files.profile);
  return layers;
}

}  // namespace

Result<TrtexecFiles> find_trtexec_files(const fs::path& folder) {
  TrtexecFiles files;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) return error_from_errno(error.value(), "list the folder").at(folder);
  for (const auto& entry : entries) {
    for (const FileKind& kind : kKinds) {
      if (!ends_like(entry.path().filename().string(), kind)) continue;
      fs::path& place = files.*kind.member;
      if (!place.empty()) {
        return Error(ErrorCode::kInvalidArgument,
                     fmt::format("both '{}' and '{}' could be what {} wrote; name the files of one "
                                 "run (--profile, --times, --layers)",
                                 place.filename().string(), entry.path().filename().string(),
                                 kind.option))
            .at(folder);
      }
      place = entry.path();
    }
  }
  for (const FileKind& kind : kKinds) {
    if (!kind.needed || !(files.*kind.member).empty()) continue;
    return Error(ErrorCode::kNotFound,
                 fmt::format("no file here ends in '{}': run trtexec with {}=<model>.{}",
                             kind.endings.front(), kind.option, kind.endings.front()))
        .at(folder);
  }
  return files;
}

Result<ImportedRun> import_trtexec(const ImportOptions& options) {
  if (options.warmup < 0) {
    return Error(ErrorCode::kInvalidArgument, "--warmup must be 0 or more");
  }
  auto layers = read_layers(options.files);
  if (!layers) return std::move(layers).error();
  auto passes = read_trtexec_times(options.files.times);
  if (!passes) return std::move(passes).error();

  // Read whole first: a log that `map` refuses is refused here.
  std::optional<PowerLog> log;
  std::vector<std::string> log_notes;
  if (!options.power_log.empty()) {
    auto read = read_any_power_log(options.power_log, options.power_log_options);
    if (!read) return std::move(read).error();
    log = std::move(read->log);
    log_notes = std::move(read->notes);
    for (std::string& note : log->notes()) log_notes.push_back(std::move(note));
  }

  ImportedRun imported;
  imported.model = options.name.empty() ? model_name(options.files.times) : options.name;
  imported.notes = describe_trtexec_timeline(*passes, *layers);
  imported.notes.insert(imported.notes.end(), log_notes.begin(), log_notes.end());
  const LocalTime start =
      options.start.value_or(written_at(options.files.times) - passes->back().compute_end);
  if (!options.start) {
    imported.notes.push_back(fmt::format(
        "When the passes began is not in trtexec's files: it is taken from when '{}' was written. "
        "Give --start to relate them to a power log.",
        options.files.times.filename().string()));
  }
  Timeline timeline;
  timeline.layers = layers->layers;
  timeline.stamps = StampSource::kPlacedByDuration;
  timeline.executions =
      place_trtexec_passes(*passes, *layers, ClockMap::identity().to_monotonic(start));

  auto folder = ResultFolder::create(options.result_dir, imported.model, options.existing);
  if (!folder) return std::move(folder).error();
  imported.model = folder->name();
  const auto written =
      write_files(RunPaths(folder->path(), imported.model, "tensorrt"), timeline, *layers,
                  summary_of(imported.model, options, *passes, *layers,
                             local_time_from_ns(to_ns(timeline.executions.back().end))),
                  run_of(imported.model, options, timeline, *layers, imported.notes), log);
  if (!written) {
    folder->discard();
    return Result<void>(written).error();
  }
  auto place = folder->keep(false);
  if (!place) return std::move(place).error();
  imported.folder = *place;
  imported.profile =
      timing_profile(imported.model, timeline,
                     options.power_log.empty() ? "no power was recorded"
                                               : "'layerwatt map' relates the power log");
  imported.profile.notes = imported.notes;
  return imported;
}

}  // namespace layerwatt
