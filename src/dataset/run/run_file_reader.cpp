#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/plausible.h"
#include "layerwatt/core/schedules.h"
#include "layerwatt/dataset/run_file.h"

#include "core/json.h"
#include "dataset/run/sensor_model_json.h"
#include "dataset/text/enum_words.h"
#include "dataset/text/json_members.h"

namespace layerwatt {
namespace {

ClockAnchor get_anchor(const JsonObject& object) {
  object.require("monotonic_ns");
  object.require("local_ns");
  std::int64_t monotonic = 0;
  std::int64_t local = 0;
  std::int64_t uncertainty = 0;
  object.get("monotonic_ns", monotonic);
  object.get("local_ns", local);
  object.get("uncertainty_ns", uncertainty);
  ClockAnchor anchor;
  anchor.monotonic = instant_from_ns(monotonic);
  anchor.local = local_time_from_ns(local);
  anchor.uncertainty = Duration(uncertainty);
  object.get("utc_offset_second", anchor.utc_offset);
  return anchor;
}

Rail get_rail(const JsonObject& object) {
  Rail rail;
  object.require("name");
  object.require("kind");
  object.get("name", rail.name);
  object.get_word("kind", kRailKindWords, rail.kind);
  object.get("sensor", rail.sensor);
  object.get("location", rail.location);
  object.get("coverage", rail.coverage);
  object.get("virtual", rail.is_virtual);
  object.get("shunt_ohm", rail.shunt);
  object.get("counter_range_joule", rail.counter_range);
  rail.model = get_sensor_model(object.object("model"));
  return rail;
}

/// A map whose keys are data.
template <class T>
void get_map(const JsonObject& parent, std::string_view key, std::map<std::string, T>& out) {
  const JsonObject object = parent.object(key);
  if (object.value() == nullptr) return;
  for (const auto& member : object.value()->GetObject()) {
    const std::string name(member.name.GetString(), member.name.GetStringLength());
    T value{};
    object.get(name, value);
    out[name] = value;
  }
}

void get_state(const JsonObject& parent, std::string_view key, std::optional<MachineState>& out) {
  if (!parent.has(key)) return;
  const JsonObject object = parent.object(key);
  out.emplace();
  get_map(object, "temperature_celsius", out->temperatures_celsius);
  get_map(object, "clock_hertz", out->clocks_hertz);
}

void get_recorder(const JsonObject& object, RunFile& run) {
  object.get("requested_hertz", run.requested_hertz);
  object.get("ticks", run.ticks);
  object.get("late_ticks", run.late_ticks);
  object.get("lost_ticks", run.lost_ticks);
  object.get("failed_reads", run.failed_reads);
  object.get("cpu_share", run.recorder_cpu_share);
  object.get("lateness_p99_second", run.lateness_p99);
}

Interlude get_interlude(const JsonObject& object) {
  object.require("start_ns");
  object.require("end_ns");
  std::int64_t start = 0;
  std::int64_t end = 0;
  object.get("start_ns", start);
  object.get("end_ns", end);
  return {instant_from_ns(start), instant_from_ns(end)};
}

RunFile get_run(const JsonObject& root) {
  RunFile run;
  root.get("written_by", run.written_by);
  root.get("model", run.model);
  root.get("engine", run.engine);
  root.get("engine_version", run.engine_version);
  root.get("virtual", run.is_virtual);
  root.get("partial", run.is_partial);
  root.get("finished", run.is_finished);
  root.require("clock");
  const JsonObject clock = root.object("clock");
  run.begin = get_anchor(clock.object("begin"));
  run.end = get_anchor(clock.object("end"));
  root.get_word("schedule", kSchedules, run.schedule);
  root.get_word("stamps", kStampSourceWords, run.stamps);
  root.get("seed", run.seed);
  root.get("warmup", run.warmup);
  root.get("passes", run.passes);
  root.get("profiled_passes", run.profiled_passes);
  root.get("dropped_passes", run.dropped_passes);
  root.require("rails");
  for (const JsonObject& rail : root.objects("rails")) run.rails.push_back(get_rail(rail));
  const JsonObject total = root.object("total");
  total.get("name", run.total_name);
  total.get("rails", run.total_rails);
  total.get("reason", run.total_reason);
  root.get("idle_power_watt", run.idle_power);
  for (const JsonObject& interlude : root.objects("interludes")) {
    run.interludes.push_back(get_interlude(interlude));
  }
  get_recorder(root.object("recorder"), run);
  get_map(root, "environment", run.environment);
  get_state(root, "state_before", run.state_before);
  get_state(root, "state_after", run.state_after);
  root.get("notes", run.notes);
  if (run.idle_power && !plausible::is_power(*run.idle_power)) {
    run.notes.push_back(
        fmt::format("The idle power in run.json ({:.3g} W) is beyond any board's and was left out.",
                    run.idle_power->value()));
    run.idle_power.reset();
  }
  return run;
}

}  // namespace

Result<RunFile> parse_run_file(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return std::move(document).error();
  JsonErrors errors;
  const JsonObject root(&*document, "", errors);
  root.require("schema_version");
  int version = 0;
  root.get("schema_version", version);
  if (errors.failed()) return errors.take();
  if (version != RunFile::kSchemaVersion) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("a run of schema_version {}; this layerwatt reads version {}: use the "
                             "version that recorded it, or move run.json away to work with the "
                             "published files alone",
                             version, RunFile::kSchemaVersion));
  }
  RunFile run = get_run(root);
  if (errors.failed()) return errors.take();
  for (const std::string& name : run.total_rails) {
    const bool known = std::any_of(run.rails.begin(), run.rails.end(),
                                   [&](const Rail& rail) { return rail.name == name; });
    if (!known) {
      return Error(ErrorCode::kParse,
                   fmt::format("'total.rails' names '{}', which is not one of the rails", name));
    }
  }
  return run;
}

Result<RunFile> read_run_file(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto run = parse_run_file(*text);
  if (!run) return std::move(run).error().at(path);
  return run;
}

}  // namespace layerwatt
