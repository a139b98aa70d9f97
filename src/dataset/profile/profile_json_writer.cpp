#include <sstream>

#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/profile_file.h"

#include "core/json_writer.h"
#include "dataset/run/sensor_model_json.h"

namespace layerwatt {
namespace {

void write_text(JsonWriter& json, std::string_view key, const std::string& text) {
  if (!text.empty()) json.member(key, text);
}

/// {"value": …, "low": …, "high": …}
template <class Q>
void write_estimate(JsonWriter& json, std::string_view key, const std::optional<Estimate<Q>>& e) {
  if (!e) return;
  json.key(key).begin_object().member("value", e->value.value());
  if (e->low) json.member("low", e->low->value());
  if (e->high) json.member("high", e->high->value());
  json.end_object();
}

void write_seconds(JsonWriter& json, std::string_view key, const std::optional<Duration>& d) {
  if (d) json.member(key, to_seconds(*d));
}

void write_run_time(JsonWriter& json, std::string_view key, const RunTimeStats& stats) {
  json.key(key)
      .begin_object()
      .member("count", stats.count)
      .member("median_second", to_seconds(stats.median))
      .member("mean_second", to_seconds(stats.mean))
      .member("p95_second", to_seconds(stats.p95))
      .end_object();
}

void write_numbers(JsonWriter& json, std::string_view key, const std::vector<double>& numbers) {
  if (numbers.empty()) return;
  json.key(key).begin_array();
  for (const double v : numbers) json.value(v);
  json.end_array();
}

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  json.key(key).begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

void write_row(JsonWriter& json, const LayerProfileRow& row) {
  json.begin_object();
  json.member("layer_name", row.layer.name);
  json.member("layer_type", row.layer.type);
  write_text(json, "parameter_type", row.layer.parameter_type);
  if (!row.layer.outputs.empty()) {
    json.key("output_shape").begin_array();
    for (const std::int64_t d : row.layer.outputs[0].dimensions) json.value(d);
    json.end_array();
  }
  if (row.layer.flops) json.member("flop", *row.layer.flops);
  if (row.layer.bytes) json.member("byte", *row.layer.bytes);
  write_run_time(json, "run_time", row.run_time);
  if (row.sample_count) json.member("sample_count", *row.sample_count);
  write_estimate(json, "power_watt", row.power);
  write_estimate(json, "energy_joule", row.energy);
  if (row.share) json.member("share", *row.share);
  json.member("status", to_string(row.status));
  write_text(json, "reason", row.reason);
  if (row.group >= 0) json.member("group", row.group);
  if (row.shrunk) json.member("shrunk", true);
  write_estimate(json, "repeat_power_watt", row.repeat_power);
  if (row.isolated_run_time) write_run_time(json, "isolated_run_time", *row.isolated_run_time);
  write_estimate(json, "isolated_energy_joule", row.isolated_energy);
  if (row.window_power) json.member("window_power_watt", row.window_power->value());
  json.end_object();
}

void write_identifiability(JsonWriter& json, const Identifiability& id) {
  json.key("identifiability").begin_object();
  if (id.condition_number) json.member("condition_number", *id.condition_number);
  write_numbers(json, "variance_inflation", id.variance_inflation);
  write_numbers(json, "cramer_rao_half_width_watt", id.cramer_rao_half_width);
  write_numbers(json, "lag_sensitivity_watt_per_10_microsecond", id.lag_sensitivity);
  write_texts(json, "advice", id.advice);
  json.end_object();
}

}  // namespace

void write_profile_json(std::ostream& out, const LayerProfile& profile) {
  JsonWriter json(out);
  json.begin_object();
  json.member("schema_version", kProfileSchemaVersion);
  json.member("model", profile.model);
  json.member("method", profile.method);
  json.member("rail", profile.rail);
  json.member("virtual", profile.is_virtual);
  json.member("partial", profile.is_partial);
  json.member("schedule", to_string(profile.schedule));
  json.member("stamps", to_string(profile.stamps));
  json.member("passes", profile.passes);
  json.member("samples", profile.samples);
  json.member("confidence", profile.confidence);
  write_estimate(json, "idle_power_watt", profile.idle_power);
  write_estimate(json, "gap_power_watt", profile.gap_power);
  write_seconds(json, "gap_time_second", profile.gap_time);
  write_estimate(json, "pass_energy_joule", profile.pass_energy);
  write_seconds(json, "pass_time_second", profile.pass_time);
  if (profile.sum_check) json.member("sum_check", *profile.sum_check);
  json.key("layers").begin_array();
  for (const LayerProfileRow& row : profile.rows) write_row(json, row);
  json.end_array();
  if (profile.sensor) {
    json.key("sensor");
    write_sensor_model(json, *profile.sensor);
  }
  if (profile.identifiability) write_identifiability(json, *profile.identifiability);
  write_texts(json, "notes", profile.notes);
  json.end_object();
  out << '\n';
}

Result<void> write_profile_files(const std::filesystem::path& folder, const LayerProfile& profile) {
  std::ostringstream json;
  write_profile_json(json, profile);
  if (auto done = write_file_atomically(folder / "layer_profile.json", json.str()); !done) {
    return done;
  }
  std::ostringstream csv;
  write_profile_csv(csv, profile);
  return write_file_atomically(folder / "layer_profile.csv", csv.str());
}

}  // namespace layerwatt
