#include "layerwatt/report/characterisation.h"

#include <fmt/format.h>

#include "layerwatt/core/numbers.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

constexpr double kPartsPerMillion = 1e6;
/// Digits of a period that is known to some parts per million.
constexpr int kPeriodDigits = 4;

std::string seconds(const std::optional<Duration>& time, bool is_bound = false) {
  if (!time) return "unknown";
  return (is_bound ? "≤ " : "") + format_si(to_seconds(*time), "s");
}

std::string step_text(const std::optional<Watts>& step) {
  return step ? format_si(step->value(), "W") : "unknown";
}

std::string period_text(const Characterisation& rail) {
  if (!rail.period) return "unknown";
  if (!rail.period_error) return seconds(rail.period);
  return fmt::format("{} µs ± {} ppm", format_fixed(to_microseconds(*rail.period), kPeriodDigits),
                     format_significant(*rail.period_error * kPartsPerMillion, 2));
}

std::string averaged_text(const std::optional<bool>& is_averaged) {
  if (!is_averaged) return "unknown";
  return *is_averaged ? "yes" : "no";
}

void print_readings(std::ostream& out, const std::vector<Characterisation>& rails,
                    const TableStyle& style) {
  TextTable table({{"Rail"},
                   {"Readings", Align::kRight},
                   {"failed", Align::kRight},
                   {"a second", Align::kRight},
                   {"One read", Align::kRight},
                   {"99 % within", Align::kRight},
                   {"Idle", Align::kRight},
                   {"Load", Align::kRight},
                   {"Noise", Align::kRight}});
  for (const Characterisation& rail : rails) {
    table.add_row({{rail.rail.name, Color::kBold},
                   format_grouped(rail.readings),
                   format_grouped(rail.failed),
                   format_fixed(rail.rate, 0),
                   seconds(rail.read_median),
                   seconds(rail.read_p99),
                   format_si(rail.idle.value(), "W"),
                   format_si(rail.load.value(), "W"),
                   format_si(rail.noise.value(), "W")});
  }
  table.print(out, style);
}

/// Each line measured, and below it what the settings say.
void print_model(std::ostream& out, const std::vector<Characterisation>& rails,
                 const TableStyle& style) {
  TextTable table({{"Rail"},
                   {""},
                   {"Step", Align::kRight},
                   {"Period", Align::kRight},
                   {"Rise", Align::kRight},
                   {"Fall", Align::kRight},
                   {"Averaged"}});
  for (const Characterisation& rail : rails) {
    const SensorModel& model = rail.rail.model;
    table.add_row({{rail.rail.name, Color::kBold},
                   "measured",
                   step_text(rail.step),
                   period_text(rail),
                   seconds(rail.rise, rail.rise_is_bound),
                   seconds(rail.fall, rail.fall_is_bound),
                   averaged_text(rail.is_averaged)});
    const std::string declared = seconds(effective_time_constant(model));
    std::optional<bool> is_averaged;
    if (model.average_count) is_averaged = *model.average_count > 1;
    table.add_row({"",
                   {std::string(to_string(model.provenance)), Color::kDim},
                   {step_text(model.lsb), Color::kDim},
                   {seconds(model.period), Color::kDim},
                   {declared, Color::kDim},
                   {declared, Color::kDim},
                   {averaged_text(is_averaged), Color::kDim}});
  }
  table.print(out, style);
}

template <class Q>
std::optional<double> si(const std::optional<Q>& quantity) {
  return quantity ? std::optional(quantity->value()) : std::nullopt;
}

std::optional<double> si(const std::optional<Duration>& time) {
  return time ? std::optional(to_seconds(*time)) : std::nullopt;
}

void write_rail(JsonWriter& json, const Characterisation& rail) {
  const SensorModel& model = rail.rail.model;
  json.begin_object();
  json.member("name", rail.rail.name);
  json.member("sensor", rail.rail.sensor);
  json.member("location", rail.rail.location);
  json.member("virtual", rail.rail.is_virtual);
  json.member("readings", rail.readings);
  json.member("failed_readings", rail.failed);
  json.member("readings_per_second", rail.rate);
  json.member("read_median_second", to_seconds(rail.read_median));
  json.member("read_p99_second", to_seconds(rail.read_p99));
  json.member("idle_watt", rail.idle.value());
  json.member("load_watt", rail.load.value());
  json.member("noise_watt", rail.noise.value());
  json.key("measured").begin_object();
  json.member("step_watt", si(rail.step));
  json.member("step_ampere", si(rail.current_step));
  json.member("period_second", si(rail.period));
  json.member("period_relative_error", rail.period_error);
  json.member("rise_time_constant_second", si(rail.rise));
  json.member("rise_is_upper_bound", rail.rise_is_bound);
  json.member("fall_time_constant_second", si(rail.fall));
  json.member("fall_is_upper_bound", rail.fall_is_bound);
  json.member("is_averaged", rail.is_averaged);
  json.end_object();
  json.key(to_string(model.provenance)).begin_object();
  json.member("step_watt", si(model.lsb));
  json.member("period_second", si(model.period));
  json.member("averaging", to_string(model.averaging));
  json.member("average_count", model.average_count);
  json.member("time_constant_second", si(effective_time_constant(model)));
  json.member("settings", model.source);
  json.end_object();
  json.key("notes").begin_array();
  for (const std::string& note : rail.notes) json.value(note);
  json.end_array();
  json.end_object();
}

}  // namespace

void print_characterisations(std::ostream& out, const Board& board,
                             const std::vector<Characterisation>& rails, const TableStyle& style) {
  out << printable(board.name) << "\n\n";
  if (board.is_virtual) {
    out << "A VIRTUAL board: its readings are synthesised by a simulation, not measured on this "
           "machine.\n\n";
  }
  print_readings(out, rails, style);
  out << '\n';
  print_model(out, rails, style);
  bool rails_have_notes = false;
  for (const Characterisation& rail : rails) {
    rails_have_notes = rails_have_notes || !rail.notes.empty();
    for (const std::string& note : rail.notes) {
      out << fmt::format("\n{}: {}.", printable(rail.rail.name), printable(note));
    }
  }
  if (rails_have_notes) out << '\n';
}

void write_characterisations_json(std::ostream& out, const Board& board,
                                  const std::vector<Characterisation>& rails) {
  {
    JsonWriter json(out);
    json.begin_object();
    json.member("board", board.name);
    json.member("virtual", board.is_virtual);
    json.key("rails").begin_array();
    for (const Characterisation& rail : rails) write_rail(json, rail);
    json.end_array();
    json.end_object();
  }
  out << '\n';
}

}  // namespace layerwatt
