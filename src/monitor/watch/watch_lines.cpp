#include "monitor/watch/watch_lines.h"

#include <fmt/format.h>

#include "layerwatt/core/numbers.h"

#include "core/json_writer.h"
#include "core/utf8.h"

namespace layerwatt {
namespace {

template <class Quantity>
std::optional<double> value_of(const std::optional<Quantity>& quantity) {
  if (!quantity) return std::nullopt;
  return quantity->value();
}

std::string field(const std::optional<double>& value) {
  return value ? format_fixed(*value, 6) : std::string();
}

/// A name as one field of a CSV file.
std::string csv_name(std::string_view name) {
  std::string field = "\"";
  for (const char c : valid_utf8(name)) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

void write_power(const WatchedPower& power, JsonWriter& json) {
  json.begin_object();
  json.member("name", power.name);
  json.member("watts", value_of(power.power));
  json.member("volts", value_of(power.voltage));
  json.member("amperes", value_of(power.current));
  json.member("joules", power.energy.value());
  json.member("unmeasured_seconds", to_seconds(power.unmeasured));
  json.end_object();
}

void write_measurement(const RunningMeasurement& run, JsonWriter& json) {
  json.key("measurement").begin_object();
  json.member("network", run.network);
  json.member("engine", run.engine);
  json.member("schedule", run.schedule);
  json.member("passes", run.passes);
  json.member("passes_per_second", run.passes_per_second);
  json.member("joules_per_inference", value_of(run.energy_per_inference));
  json.end_object();
}

void write_numbers(std::string_view name, const std::map<std::string, double>& numbers,
                   JsonWriter& json) {
  json.key(name).begin_object();
  for (const auto& [key, value] : numbers) json.member(key, value);
  json.end_object();
}

std::string watts_text(const std::optional<Watts>& power) {
  return power ? format_fixed(power->value(), 2) + " W" : std::string("- W");
}

}  // namespace

void write_line(const WatchFrame& frame, std::ostream& out) {
  std::string line = format_fixed(to_seconds(frame.elapsed), 1) + " s";
  if (frame.total) {
    line += fmt::format("  {}  {} J ", watts_text(frame.total->power),
                        format_fixed(frame.total->energy.value(), 1));
  }
  char before = ' ';
  for (const WatchedPower& rail : frame.rails) {
    line += fmt::format("{} {} {}", before, valid_utf8(rail.name), watts_text(rail.power));
    before = ',';
  }
  if (frame.measurement && frame.measurement->energy_per_inference) {
    line += fmt::format("  {} {} an inference", valid_utf8(frame.measurement->network),
                        format_si(frame.measurement->energy_per_inference->value(), "J"));
  }
  if (frame.is_virtual) line += "  (virtual)";
  out << line << '\n';
}

void write_json_line(const WatchFrame& frame, std::ostream& out) {
  {
    JsonWriter json(out, JsonWriter::Style::kCompact);
    json.begin_object();
    json.member("unix_seconds", frame.unix_seconds);
    json.member("elapsed_seconds", to_seconds(frame.elapsed));
    json.member("board", frame.board);
    json.member("virtual", frame.is_virtual);
    json.key("total");
    if (frame.total) {
      write_power(*frame.total, json);
    } else {
      json.null();
    }
    json.key("rails").begin_array();
    for (const WatchedPower& rail : frame.rails) write_power(rail, json);
    json.end_array();
    write_numbers("temperatures_celsius", frame.machine.state.temperatures_celsius, json);
    write_numbers("clocks_hertz", frame.machine.state.clocks_hertz, json);
    json.member("power_mode", frame.machine.power_mode);
    json.member("clocks_locked", frame.machine.clocks_locked);
    if (frame.measurement) {
      write_measurement(*frame.measurement, json);
    } else {
      json.key("measurement").null();
    }
    json.end_object();
  }
  out << '\n';
}

void write_csv_header(const WatchFrame& frame, std::ostream& out) {
  const std::string_view label = frame.is_virtual ? "virtual " : "";
  out << "unix_seconds";
  const auto columns = [&](std::string_view name) {
    for (const std::string_view unit : {"W", "V", "A", "J"}) {
      out << ',' << csv_name(fmt::format("{}{} [{}]", label, name, unit));
    }
  };
  if (frame.total) columns("total");
  for (const WatchedPower& rail : frame.rails) columns(rail.name);
  out << '\n';
}

void write_csv_row(const WatchFrame& frame, std::ostream& out) {
  out << format_fixed(frame.unix_seconds, 3);
  const auto columns = [&](const WatchedPower& power) {
    out << ',' << field(value_of(power.power)) << ',' << field(value_of(power.voltage)) << ','
        << field(value_of(power.current)) << ',' << format_fixed(power.energy.value(), 6);
  };
  if (frame.total) columns(*frame.total);
  for (const WatchedPower& rail : frame.rails) columns(rail);
  out << '\n';
}

}  // namespace layerwatt
