#include "experiment/join/loaded_power.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/foreign_log.h"
#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/dataset/records.h"
#include "layerwatt/dataset/virtual_mark.h"
#include "layerwatt/recording/recorder.h"
#include "layerwatt/sensors/tegrastats_log.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

/// What the whole module of a Jetson draws through (docs/sensors/boards.md).
constexpr std::array<std::string_view, 2> kWholeModule{"VDD_IN", "POM_5V_IN"};

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// The rail that was named, the only one, or that of the whole module.
Result<std::string> choose_rail(const std::vector<std::string>& names, const std::string& wanted) {
  const auto has = [&](std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (!wanted.empty()) {
    if (has(wanted)) return wanted;
    return Error(ErrorCode::kNotFound, fmt::format("there is no rail '{}'; there are {}", wanted,
                                                   fmt::join(names, ", ")));
  }
  if (names.size() == 1) return names.front();
  for (const std::string_view name : kWholeModule) {
    if (has(name)) return std::string(name);
  }
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("which rail stands for the board is not known; name one of {}",
                           fmt::join(names, ", ")));
}

/// Rails of a recording without run.json, by what their records hold: the recorder's summary has
/// their names alone.
Result<std::vector<Rail>> rails_of(const fs::path& power_npy, const RecorderSummary& summary) {
  std::vector<Rail> rails;
  for (const RecordedRail& recorded : summary.rails) {
    Rail rail;
    rail.name = recorded.name;
    rail.sensor = "recorder";
    rail.location = power_npy.string();
    rail.is_virtual = summary.is_virtual;
    rails.push_back(std::move(rail));
  }
  auto reader = NpyReader<PowerRecord>::open(power_npy, CutFile::kTakeWholeRecords);
  if (!reader) return std::move(reader).error();
  std::vector<bool> is_known(rails.size(), false);
  std::vector<PowerRecord> chunk(4096);
  for (;;) {
    auto got = reader->read(chunk);
    if (!got) return std::move(got).error();
    if (*got == 0 || std::ranges::all_of(is_known, [](bool known) { return known; })) return rails;
    for (std::size_t i = 0; i < *got; ++i) {
      const PowerRecord& record = chunk[i];
      const auto at = static_cast<std::size_t>(record.rail);
      if (record.status != 0 || at >= rails.size() || is_known[at]) continue;
      is_known[at] = true;
      rails[at].kind = record.energy_uj != kNoValue64  ? RailKind::kEnergyCounter
                       : record.power_uw != kNoValue64 ? RailKind::kPower
                                                       : RailKind::kVoltageCurrent;
    }
  }
}

Result<RunFile> run_of_recorder(const fs::path& power_npy, const std::string& wanted) {
  const fs::path path = recorder_summary_path(power_npy);
  auto text = read_file(path);
  if (!text) {
    return std::move(text).error().with_context(
        "beside power.npy stands neither run.json nor the recorder's summary, which tell its rails "
        "and clocks");
  }
  auto summary = parse_recorder_summary(*text);
  if (!summary) return std::move(summary).error().at(path);
  auto rails = rails_of(power_npy, *summary);
  if (!rails) return std::move(rails).error();
  RunFile run;
  run.rails = *std::move(rails);
  run.is_virtual = summary->is_virtual;
  run.begin = summary->begin;
  run.end = summary->complete ? summary->finish : summary->begin;
  run.ticks = summary->ticks;
  run.late_ticks = summary->late_ticks;
  run.lost_ticks = summary->lost_ticks;
  std::vector<std::string> names;
  for (const Rail& rail : run.rails) names.push_back(rail.name);
  auto total = choose_rail(names, wanted);
  if (!total) return std::move(total).error().at(power_npy);
  run.total_rails = {*total};
  run.total_name = *total;
  run.total_reason = wanted.empty() ? "the rail of the whole module, or the only one" : "as named";
  return run;
}

Result<LoadedPower> load_arrays(const fs::path& power_npy, const std::string& wanted) {
  LoadedPower loaded;
  loaded.power_npy = power_npy;
  const fs::path run_file = power_npy.parent_path() / "run.json";
  const bool has_run = is_file(run_file);
  auto run = has_run ? read_run_file(run_file) : run_of_recorder(power_npy, wanted);
  if (!run) return std::move(run).error();
  loaded.run.rails = run->rails;
  loaded.run.is_virtual = run->is_virtual;
  loaded.run.begin = run->begin;
  loaded.run.end = run->end;
  loaded.run.total_rails = run->total_rails;
  loaded.run.total_name = run->total_name;
  loaded.run.total_reason = run->total_reason;
  loaded.run.requested_hertz = run->requested_hertz;
  loaded.run.ticks = run->ticks;
  loaded.run.late_ticks = run->late_ticks;
  loaded.run.lost_ticks = run->lost_ticks;
  if (has_run) loaded.run.environment = run->environment;
  if (has_run && (!wanted.empty() || run->total_rails.empty())) {
    std::vector<std::string> names;
    for (const Rail& rail : run->rails) names.push_back(rail.name);
    auto total = choose_rail(names, wanted);
    if (!total) return std::move(total).error().at(run_file);
    loaded.run.total_rails = {*total};
    loaded.run.total_name = *total;
    loaded.run.total_reason = "as named";
  }
  auto traces = load_power_traces(power_npy, loaded.run.rails, loaded.notes);
  if (!traces) return std::move(traces).error();
  for (const PowerTrace& trace : *traces) {
    if (trace.rail.name != loaded.run.total_rails.front() || trace.size() == 0) continue;
    loaded.begin = trace.before.front();
    loaded.end = trace.after.back();
    return loaded;
  }
  return Error(ErrorCode::kUnknowable,
               fmt::format("rail {} has not one reading", loaded.run.total_rails.front()))
      .at(power_npy);
}

/// Lines of tegrastats begin with a date, or with "RAM 3000/15656MB".
bool is_of_tegrastats(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(4096, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  return head.find("RAM ") != std::string::npos && head.find("MB") != std::string::npos;
}

/// A rail of tegrastats as a power log: its milliwatts at 1000 mV, as the published form has power
/// without a voltage.
Result<ForeignLog> read_tegrastats(const PowerBeside& power) {
  std::ifstream file(power.path, std::ios::binary);
  if (!file) return error_from_errno(errno, "open the log").at(power.path);
  auto read = read_tegrastats_log(file, std::nullopt);
  if (!read) return std::move(read).error().at(power.path);
  const auto begin = power.begin ? power.begin : read->begin;
  if (!begin) {
    return Error(ErrorCode::kInvalidArgument,
                 "its lines carry no date (JetPack 4 prints none): say when the first one was "
                 "printed")
        .at(power.path);
  }
  std::vector<std::string> names;
  for (const PowerTrace& trace : read->traces) names.push_back(trace.rail.name);
  auto rail = choose_rail(names, power.rail);
  if (!rail) return std::move(rail).error().at(power.path);
  ForeignLog log;
  log.notes = std::move(read->notes);
  log.notes.push_back(fmt::format("Power is rail {} of a log of tegrastats.", *rail));
  for (const PowerTrace& trace : read->traces) {
    if (trace.rail.name != *rail) continue;
    for (std::size_t i = 0; i < trace.size(); ++i) {
      // Instants of a log count from its first line.
      log.log.time.push_back(*begin + (trace.when(i) - Instant()));
      log.log.millivolts.push_back(1000.0);
      log.log.milliamperes.push_back(trace.power[i].value() * 1e3);
    }
  }
  return log;
}

Result<LoadedPower> load_log(const PowerBeside& power) {
  ForeignLogOptions options;
  options.begin = power.begin;
  auto read = is_of_tegrastats(power.path) ? read_tegrastats(power)
                                           : read_any_power_log(power.path, options);
  if (!read) return std::move(read).error();
  LoadedPower loaded;
  loaded.notes = std::move(read->notes);
  for (std::string& note : read->log.notes()) loaded.notes.push_back(std::move(note));
  if (read->log.size() < 2) {
    return Error(ErrorCode::kUnknowable, "the log holds fewer than two readings").at(power.path);
  }
  const auto anchor = [&](LocalTime local) {
    return ClockAnchor{ClockMap::identity().to_monotonic(local), local, power.utc_offset,
                       Duration(0)};
  };
  loaded.run.begin = anchor(read->log.time.front());
  loaded.run.end = anchor(read->log.time.back());
  loaded.begin = loaded.run.begin.monotonic;
  loaded.end = loaded.run.end.monotonic;
  loaded.run.is_virtual = holds_virtual_power(fs::absolute(power.path).parent_path());
  Rail rail;
  rail.name = "power log";
  rail.sensor = "log";
  rail.location = power.path.string();
  rail.kind = RailKind::kPower;
  rail.is_virtual = loaded.run.is_virtual;
  loaded.run.rails = {rail};
  loaded.run.total_rails = {rail.name};
  loaded.run.total_name = rail.name;
  loaded.run.total_reason = "the power log that was named";
  for (std::size_t i = 0; i < read->log.size(); ++i) {
    Reading reading;
    reading.before = reading.after = ClockMap::identity().to_monotonic(read->log.time[i]);
    reading.power_uw = std::llround(read->log.microwatts(i));
    loaded.readings.push_back(reading);
  }
  return loaded;
}

}  // namespace

Result<LoadedPower> load_power_beside(const PowerBeside& power) {
  std::error_code error;
  const auto status = fs::status(power.path, error);
  if (!fs::exists(status)) {
    return Error(ErrorCode::kNotFound,
                 "there is no such file or folder; name a power log, a log of tegrastats, a "
                 "power.npy, or the folder of a run")
        .at(power.path);
  }
  if (fs::is_directory(status)) {
    if (is_file(power.path / "power.npy")) return load_arrays(power.path / "power.npy", power.rail);
    const auto dataset = find_raw_dataset(power.path);
    const bool is_one = dataset && dataset->models.size() == 1;
    if (is_one && !dataset->models.front().power_npy.empty()) {
      return load_arrays(dataset->models.front().power_npy, power.rail);
    }
    if (is_one && !dataset->models.front().power_log.empty()) {
      PowerBeside log = power;
      log.path = dataset->models.front().power_log;
      return load_log(log);
    }
    return Error(ErrorCode::kNotFound,
                 "the folder does not hold the power of one run; name a power log, a power.npy, or "
                 "the folder of the run")
        .at(power.path);
  }
  if (power.path.extension() == ".npy") {
    return load_arrays(fs::absolute(power.path), power.rail);
  }
  return load_log(power);
}

}  // namespace layerwatt
