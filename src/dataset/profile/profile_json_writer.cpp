#include <sstream>

#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/profile_columns.h"
#include "layerwatt/dataset/profile_file.h"

#include "core/json_writer.h"
#include "dataset/run/sensor_model_json.h"

namespace layerwatt {
namespace {

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

void write_value(JsonWriter& json, const ProfileValue& value) {
  if (const auto* shape = std::get_if<std::vector<std::int64_t>>(&value)) {
    json.begin_array();
    for (const std::int64_t dimension : *shape) json.value(dimension);
    json.end_array();
  } else if (const auto* number = std::get_if<double>(&value)) {
    json.value(*number);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    json.value(*integer);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    json.value(*flag);
  } else {
    json.value(std::get<std::string>(value));
  }
}

/// Members of one object stand together in the list of columns; absent ones are left out, and
/// objects without any.
void write_row(JsonWriter& json, const LayerProfile& profile, std::size_t row) {
  std::string_view open;
  json.begin_object();
  for (const ProfileColumn& column : profile_columns()) {
    if (column.member.empty()) continue;
    const ProfileValue value = column.get(profile, row);
    if (std::holds_alternative<std::monostate>(value)) continue;
    if (column.object != open) {
      if (!open.empty()) json.end_object();
      if (!column.object.empty()) json.key(column.object).begin_object();
      open = column.object;
    }
    json.key(column.member);
    write_value(json, value);
  }
  if (!open.empty()) json.end_object();
  // A name that is its only origin's says all.
  const Layer& layer = profile.rows[row].layer;
  if (layer.origins != std::vector{layer.name}) write_texts(json, "origins", layer.origins);
  json.end_object();
}

void write_finding(JsonWriter& json, const SensorFinding& finding) {
  json.key("sensor_finding").begin_object();
  json.member("found", finding.found);
  json.member("certainty", finding.certainty);
  if (!finding.next_best.empty()) json.member("next_best", finding.next_best);
  if (!finding.next_best.empty()) {
    json.member("times_less_likely", finding.times_less_likely);
  }
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
  if (const auto with_idle = pass_energy_with_idle(profile)) {
    json.member("pass_energy_with_idle_joule", with_idle->value());
  }
  write_seconds(json, "pass_time_second", profile.pass_time);
  write_estimate(json, "plain_pass_energy_joule", profile.plain_pass_energy);
  write_seconds(json, "plain_pass_time_second", profile.plain_pass_time);
  if (profile.sum_check) json.member("sum_check", *profile.sum_check);
  json.key("layers").begin_array();
  for (std::size_t i = 0; i < profile.rows.size(); ++i) write_row(json, profile, i);
  json.end_array();
  if (profile.sensor) {
    json.key("sensor");
    write_sensor_model(json, *profile.sensor);
  }
  if (profile.sensor_finding) write_finding(json, *profile.sensor_finding);
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
