#include <fmt/format.h>

#include "layerwatt/core/file_text.h"
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

RunTimeStats get_run_time(const JsonObject& object) {
  RunTimeStats stats;
  object.get("count", stats.count);
  object.get("median_second", stats.median);
  object.get("mean_second", stats.mean);
  object.get("p95_second", stats.p95);
  return stats;
}

LayerProfileRow get_row(const JsonObject& object) {
  LayerProfileRow row;
  object.require("layer_name");
  object.get("layer_name", row.layer.name);
  object.get("layer_type", row.layer.type);
  object.get("parameter_type", row.layer.parameter_type);
  if (object.has("output_shape")) {
    row.layer.outputs.emplace_back();
    object.get("output_shape", row.layer.outputs[0].dimensions);
  }
  object.get("flop", row.layer.flops);
  object.get("byte", row.layer.bytes);
  row.run_time = get_run_time(object.object("run_time"));
  object.get("sample_count", row.sample_count);
  get_estimate(object, "power_watt", row.power);
  get_estimate(object, "energy_joule", row.energy);
  object.get("share", row.share);
  object.require("status");
  object.get_word("status", kLayerStatusWords, row.status);
  object.get("reason", row.reason);
  object.get("group", row.group);
  object.get("shrunk", row.shrunk);
  get_estimate(object, "repeat_power_watt", row.repeat_power);
  if (object.has("isolated_run_time")) {
    row.isolated_run_time = get_run_time(object.object("isolated_run_time"));
  }
  get_estimate(object, "isolated_energy_joule", row.isolated_energy);
  object.get("window_power_watt", row.window_power);
  return row;
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
  root.get_word("schedule", kScheduleWords, profile.schedule);
  root.get_word("stamps", kStampSourceWords, profile.stamps);
  root.get("passes", profile.passes);
  root.get("samples", profile.samples);
  root.get("confidence", profile.confidence);
  get_estimate(root, "idle_power_watt", profile.idle_power);
  get_estimate(root, "gap_power_watt", profile.gap_power);
  root.get("gap_time_second", profile.gap_time);
  get_estimate(root, "pass_energy_joule", profile.pass_energy);
  root.get("pass_time_second", profile.pass_time);
  root.get("sum_check", profile.sum_check);
  root.require("layers");
  for (const JsonObject& row : root.objects("layers")) profile.rows.push_back(get_row(row));
  if (root.has("sensor")) profile.sensor = get_sensor_model(root.object("sensor"));
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
