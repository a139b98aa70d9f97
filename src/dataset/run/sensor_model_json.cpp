#include "dataset/run/sensor_model_json.h"

#include "dataset/text/enum_words.h"

namespace layerwatt {
namespace {

void write_seconds(JsonWriter& json, std::string_view key, const std::optional<Duration>& d) {
  if (d) json.member(key, to_seconds(*d));
}

}  // namespace

void write_sensor_model(JsonWriter& json, const SensorModel& sensor) {
  json.begin_object();
  write_seconds(json, "period_second", sensor.period);
  write_seconds(json, "conversion_window_second", sensor.conversion_window);
  json.member("averaging", to_string(sensor.averaging));
  if (sensor.average_count) json.member("average_count", *sensor.average_count);
  if (sensor.lsb) json.member("lsb_watt", sensor.lsb->value());
  write_seconds(json, "lag_second", sensor.lag);
  write_seconds(json, "board_low_pass_second", sensor.board_low_pass);
  json.member("provenance", to_string(sensor.provenance));
  if (!sensor.source.empty()) json.member("source", sensor.source);
  json.end_object();
}

SensorModel get_sensor_model(const JsonObject& object) {
  SensorModel sensor;
  object.get("period_second", sensor.period);
  object.get("conversion_window_second", sensor.conversion_window);
  object.get_word("averaging", kAveragingWords, sensor.averaging);
  object.get("average_count", sensor.average_count);
  object.get("lsb_watt", sensor.lsb);
  object.get("lag_second", sensor.lag);
  object.get("board_low_pass_second", sensor.board_low_pass);
  object.get_word("provenance", kProvenanceWords, sensor.provenance);
  object.get("source", sensor.source);
  return sensor;
}

}  // namespace layerwatt
