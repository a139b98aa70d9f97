#include "layerwatt/report/present_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <string>

#include "layerwatt/core/numbers.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

template <class Q>
std::string text_of(const std::optional<Q>& quantity, std::string_view unit) {
  return quantity ? format_si(quantity->value(), unit) : "–";
}

template <class Q>
std::optional<double> number_of(const std::optional<Q>& quantity) {
  if (!quantity) return std::nullopt;
  return quantity->value();
}

}  // namespace

void print_present_readings(std::ostream& out, const Board& board,
                            const std::vector<PresentReading>& readings, const TableStyle& style) {
  if (readings.empty()) return;
  TextTable table({{"Now"},
                   {"Voltage", Align::kRight},
                   {"Current", Align::kRight},
                   {"Power", Align::kRight},
                   {"", Align::kLeft, true}});
  for (const PresentReading& reading : readings) {
    table.add_row({{reading.rail, Color::kBold},
                   text_of(reading.voltage, "V"),
                   text_of(reading.current, "A"),
                   text_of(reading.power, "W"),
                   printable(reading.problem)});
  }
  std::string remarks;
  for (const Total& total : board.totals) {
    const auto power = power_of(total, readings);
    if (!power) continue;
    table.add_row({{total.name, Color::kBold}, "", "", format_si(power->value(), "W"), ""});
    if (power->value() > 0.0 || total.name != "total") continue;
    remarks += fmt::format(
        "{} reads {} now, and a board that runs draws more: is the chip asleep, its shunt not "
        "there, or read the wrong way round?\n",
        printable(fmt::format("{}", fmt::join(total.rails, " + "))),
        format_si(power->value(), "W"));
  }
  table.print(out, style);
  out << remarks << '\n';
}

void write_present_readings_json(std::ostream& out, const Board& board,
                                 const std::vector<PresentReading>& readings) {
  {
    JsonWriter json(out, JsonWriter::Style::kCompact);
    json.begin_object();
    json.member("virtual", board.is_virtual);
    json.key("rails").begin_array();
    for (const PresentReading& reading : readings) {
      json.begin_object();
      json.member("name", reading.rail);
      json.member("volt", number_of(reading.voltage));
      json.member("ampere", number_of(reading.current));
      json.member("watt", number_of(reading.power));
      json.member("problem", reading.problem);
      json.end_object();
    }
    json.end_array();
    json.key("totals").begin_array();
    for (const Total& total : board.totals) {
      json.begin_object().member("name", total.name);
      json.member("watt", number_of(power_of(total, readings))).end_object();
    }
    json.end_array();
    json.end_object();
  }
  out << '\n';
}

}  // namespace layerwatt
