#include <fmt/format.h>

#include <cstdlib>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/schedules.h"
#include "layerwatt/dataset/profile_columns.h"
#include "layerwatt/dataset/profile_file.h"

#include "core/json.h"
#include "dataset/run/sensor_model_json.h"
#include "dataset/text/enum_words.h"
#include "dataset/text/json_members.h"

namespace layerwatt {
namespace {

template <class Q>
void get_estimate(const JsonObject& parent, std::string_view key, std::optional<Estimate<Q>>& out) {
  if (!parent.has(key)) return;
  const JsonObject object = parent.object(key);
  object.require("value");
  Estimate<Q> estimate;
  object.get("value", estimate.value);
  object.get("low", estimate.low);
  object.get("high", estimate.high);
  out = estimate;
}

template <class T>
ProfileValue get_as(const JsonObject& object, std::string_view member) {
  T value{};
  object.get(member, value);
  return value;
}

ProfileValue get_value(const JsonObject& object, const ProfileColumn& column) {
  switch (column.kind) {
    case ColumnKind::kText:
      return get_as<std::string>(object, column.member);
    case ColumnKind::kInteger:
      return get_as<std::int64_t>(object, column.member);
    case ColumnKind::kNumber:
      return get_as<double>(object, column.member);
    case ColumnKind::kFlag:
      return get_as<bool>(object, column.member);
    case ColumnKind::kShape:
      return get_as<std::vector<std::int64_t>>(object, column.member);
  }
  std::abort();
}

LayerProfileRow get_row(const JsonObject& layer) {
  LayerProfileRow row;
  layer.require("layer_name");
  layer.require("status");
  layer.get_word("status", kLayerStatusWords, row.status);
  for (const ProfileColumn& column : profile_columns()) {
    if (column.set == nullptr || column.member.empty()) continue;
    const JsonObject object = column.object.empty() ? layer : layer.object(column.object);
    if (column.member == "value" && layer.has(column.object)) object.require("value");
    if (!object.has(column.member)) continue;
    column.set(row, get_value(object, column));
  }
  layer.get("origins", row.layer.origins);
  return row;
}

void get_finding(const JsonObject& parent, std::optional<SensorFinding>& out) {
  if (!parent.has("sensor_finding")) return;
  const JsonObject object = parent.object("sensor_finding");
  SensorFinding finding;
  object.get("found", finding.found);
  object.get("certainty", finding.certainty);
  object.get("next_best", finding.next_best);
  object.get("times_less_likely", finding.times_less_likely);
  out = finding;
}

void get_identifiability(const JsonObject& parent, std::optional<Identifiability>& out) {
  if (!parent.has("identifiability")) return;
  const JsonObject object = parent.object("identifiability");
  Identifiability id;
  object.get("condition_number", id.condition_number);
  object.get("variance_inflation", id.variance_inflation);
  object.get("cramer_rao_half_width_watt", id.cramer_rao_half_width);
  object.get("lag_sensitivity_watt_per_10_microsecond", id.lag_sensitivity);
  object.get("advice", id.advice);
  out = id;
}

}  // namespace

Result<LayerProfile> parse_profile_json(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return std::move(document).error();
  JsonErrors errors;
  const JsonObject root(&*document, "", errors);
  root.require("schema_version");
  int version = 0;
  root.get("schema_version", version);
  if (errors.failed()) return errors.take();
  if (version != kProfileSchemaVersion) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("a layer profile of schema_version {}; this layerwatt reads version "
                             "{}: map the raw dataset again, or use the version that wrote it",
                             version, kProfileSchemaVersion));
  }
  LayerProfile profile;
  root.get("model", profile.model);
  root.get("method", profile.method);
  root.get("rail", profile.rail);
  root.get("virtual", profile.is_virtual);
  root.get("partial", profile.is_partial);
  root.get_word("schedule", kSchedules, profile.schedule);
  root.get_word("stamps", kStampSourceWords, profile.stamps);
  root.get("passes", profile.passes);
  root.get("samples", profile.samples);
  root.get("confidence", profile.confidence);
  get_estimate(root, "idle_power_watt", profile.idle_power);
  get_estimate(root, "gap_power_watt", profile.gap_power);
  root.get("gap_time_second", profile.gap_time);
  get_estimate(root, "pass_energy_joule", profile.pass_energy);
  root.get("pass_time_second", profile.pass_time);
  get_estimate(root, "plain_pass_energy_joule", profile.plain_pass_energy);
  root.get("plain_pass_time_second", profile.plain_pass_time);
  root.get("sum_check", profile.sum_check);
  root.require("layers");
  for (const JsonObject& row : root.objects("layers")) profile.rows.push_back(get_row(row));
  if (root.has("sensor")) profile.sensor = get_sensor_model(root.object("sensor"));
  get_finding(root, profile.sensor_finding);
  get_identifiability(root, profile.identifiability);
  root.get("notes", profile.notes);
  if (errors.failed()) return errors.take();
  return profile;
}

Result<LayerProfile> read_profile_json(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto profile = parse_profile_json(*text);
  if (!profile) return std::move(profile).error().at(path);
  return profile;
}

}  // namespace layerwatt
