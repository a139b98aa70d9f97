#include <algorithm>

#include "layerwatt/report/sensor_list.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

std::string_view kind_name(RailKind kind) {
  switch (kind) {
    case RailKind::kVoltageCurrent:
      return "voltage_current";
    case RailKind::kPower:
      return "power";
    case RailKind::kEnergyCounter:
      return "energy_counter";
  }
  std::abort();
}

template <class Q>
std::optional<double> si(const std::optional<Q>& quantity) {
  if (!quantity) return std::nullopt;
  return quantity->value();
}

std::optional<double> si(const std::optional<Duration>& time) {
  if (!time) return std::nullopt;
  return to_seconds(*time);
}

void write_rail(JsonWriter& json, const Rail& rail, std::span<const PresentReading> now) {
  const SensorModel& model = rail.model;
  json.begin_object();
  json.member("name", rail.name);
  json.member("sensor", rail.sensor);
  json.member("location", rail.location);
  json.member("covers", rail.coverage);
  json.member("kind", kind_name(rail.kind));
  json.member("virtual", rail.is_virtual);
  json.member("shunt_ohm", si(rail.shunt));
  json.member("counter_range_joule", si(rail.counter_range));
  json.member("step_watt", si(model.lsb));
  json.member("period_second", si(model.period));
  json.member("conversion_window_second", si(model.conversion_window));
  json.member("averaging", to_string(model.averaging));
  json.member("average_count", model.average_count);
  json.member("time_constant_second", si(effective_time_constant(model)));
  json.member("reading_share_of_1_ms_layer", reading_share(model, std::chrono::milliseconds(1)));
  json.member("provenance", to_string(model.provenance));
  json.member("settings", model.source);
  const auto reading = std::ranges::find(now, rail.name, &PresentReading::rail);
  if (reading != now.end()) {
    json.key("now").begin_object();
    json.member("volt", si(reading->voltage));
    json.member("ampere", si(reading->current));
    json.member("watt", si(reading->power));
    json.member("problem", reading->problem);
    json.end_object();
  }
  json.end_object();
}

}  // namespace

void write_sensor_list_json(std::ostream& out, const Board& board,
                            const std::optional<std::string>& name,
                            std::span<const PresentReading> now) {
  {
    JsonWriter json(out);
    json.begin_object();
    json.member("board", board.name);
    json.member("known_board", board.is_known);
    json.member("virtual", board.is_virtual);
    json.member("module", board.module);
    json.member("soc", board.soc);
    json.member("jetson_linux", board.l4t);
    json.member("jetpack", board.jetpack);
    json.key("rails").begin_array();
    for (const ProbedSensor& sensor : board.sensors) {
      for (const Rail& rail : sensor.rails) {
        if (!name || rail.name == *name) write_rail(json, rail, now);
      }
    }
    json.end_array();
    json.key("totals").begin_array();
    for (const Total& total : board.totals) {
      json.begin_object().member("name", total.name);
      json.key("rails").begin_array();
      for (const std::string& rail : total.rails) json.value(rail);
      json.end_array().member("why", total.why).end_object();
    }
    json.end_array();
    json.member("no_total_reason", board.no_total_reason);
    json.key("unusable").begin_array();
    for (const ProbedSensor& sensor : board.sensors) {
      for (const UnusableRail& rail : sensor.unusable) {
        json.begin_object();
        json.member("name", rail.name);
        json.member("location", rail.location);
        json.member("reason", rail.reason);
        json.member("remedy", rail.remedy);
        json.end_object();
      }
    }
    json.end_array();
    json.end_object();
  }
  out << '\n';
}

}  // namespace layerwatt
