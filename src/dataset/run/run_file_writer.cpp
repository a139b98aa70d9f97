#include <sstream>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/dataset/run_file.h"

#include "core/json_writer.h"
#include "dataset/run/sensor_model_json.h"
#include "dataset/text/enum_words.h"

namespace layerwatt {
namespace {

void write_anchor(JsonWriter& json, std::string_view key, const ClockAnchor& anchor) {
  json.key(key)
      .begin_object()
      .member("monotonic_ns", to_ns(anchor.monotonic))
      .member("local_ns", to_ns(anchor.local))
      .member("local", format_iso8601(anchor.local, anchor.utc_offset))
      .member("utc_offset_second", to_seconds(anchor.utc_offset))
      .member("uncertainty_ns", static_cast<std::int64_t>(anchor.uncertainty.count()))
      .end_object();
}

void write_rail(JsonWriter& json, const Rail& rail) {
  json.begin_object();
  json.member("name", rail.name);
  json.member("kind", to_string(rail.kind));
  json.member("sensor", rail.sensor);
  json.member("location", rail.location);
  json.member("coverage", rail.coverage);
  json.member("virtual", rail.is_virtual);
  if (rail.shunt) json.member("shunt_ohm", rail.shunt->value());
  if (rail.counter_range) json.member("counter_range_joule", rail.counter_range->value());
  json.key("model");
  write_sensor_model(json, rail.model);
  json.end_object();
}

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

template <class T>
void write_map(JsonWriter& json, std::string_view key, const std::map<std::string, T>& map) {
  json.key(key).begin_object();
  for (const auto& [name, value] : map) json.member(name, value);
  json.end_object();
}

void write_state(JsonWriter& json, std::string_view key, const std::optional<MachineState>& state) {
  if (!state) return;
  json.key(key).begin_object();
  write_map(json, "temperature_celsius", state->temperatures_celsius);
  write_map(json, "clock_hertz", state->clocks_hertz);
  json.end_object();
}

void write_interludes(JsonWriter& json, const std::vector<Interlude>& interludes) {
  if (interludes.empty()) return;
  json.key("interludes").begin_array();
  for (const Interlude& interlude : interludes) {
    json.begin_object()
        .member("start_ns", to_ns(interlude.start))
        .member("end_ns", to_ns(interlude.end))
        .end_object();
  }
  json.end_array();
}

void write_recorder(JsonWriter& json, const RunFile& run) {
  json.key("recorder").begin_object();
  json.member("requested_hertz", run.requested_hertz);
  json.member("ticks", run.ticks);
  json.member("late_ticks", run.late_ticks);
  json.member("lost_ticks", run.lost_ticks);
  json.member("failed_reads", run.failed_reads);
  if (run.recorder_cpu_share) json.member("cpu_share", *run.recorder_cpu_share);
  if (run.lateness_p99) json.member("lateness_p99_second", to_seconds(*run.lateness_p99));
  json.end_object();
}

}  // namespace

Result<void> write_run_file(const std::filesystem::path& path, const RunFile& run) {
  std::ostringstream out;
  JsonWriter json(out);
  json.begin_object();
  json.member("schema_version", RunFile::kSchemaVersion);
  json.member("written_by", run.written_by);
  json.member("model", run.model);
  json.member("engine", run.engine);
  json.member("engine_version", run.engine_version);
  json.member("virtual", run.is_virtual);
  json.member("partial", run.is_partial);
  json.member("finished", run.is_finished);
  json.key("clock").begin_object();
  json.member("name", "CLOCK_MONOTONIC");
  write_anchor(json, "begin", run.begin);
  write_anchor(json, "end", run.end);
  json.end_object();
  json.member("schedule", to_string(run.schedule));
  json.member("stamps", to_string(run.stamps));
  json.member("seed", run.seed);
  json.member("warmup", run.warmup);
  json.member("passes", run.passes);
  json.member("profiled_passes", run.profiled_passes);
  json.member("dropped_passes", run.dropped_passes);
  json.key("rails").begin_array();
  for (const Rail& rail : run.rails) write_rail(json, rail);
  json.end_array();
  json.key("total").begin_object();
  json.member("name", run.total_name);
  write_texts(json, "rails", run.total_rails);
  json.member("reason", run.total_reason);
  json.end_object();
  if (run.idle_power) json.member("idle_power_watt", run.idle_power->value());
  write_interludes(json, run.interludes);
  write_recorder(json, run);
  write_map(json, "environment", run.environment);
  write_state(json, "state_before", run.state_before);
  write_state(json, "state_after", run.state_after);
  write_texts(json, "notes", run.notes);
  json.end_object();
  out << '\n';
  return write_file_atomically(path, out.str());
}

}  // namespace layerwatt
