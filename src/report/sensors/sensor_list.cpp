#include "layerwatt/report/sensor_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

std::string kind_text(RailKind kind) {
  switch (kind) {
    case RailKind::kVoltageCurrent:
      return "V, A";
    case RailKind::kPower:
      return "W";
    case RailKind::kEnergyCounter:
      return "J";
  }
  std::abort();
}

std::string seconds(const std::optional<Duration>& time) {
  return time ? format_si(to_seconds(*time), "s") : "unknown";
}

std::string averaging_text(const SensorModel& model) {
  if (model.averaging == Averaging::kNone) return model.period ? "none" : "unknown";
  const std::string count = model.average_count ? fmt::format("{}", *model.average_count) : "?";
  return fmt::format("{} of {}", to_string(model.averaging), count);
}

std::vector<Rail> chosen_rails(const Board& board, const std::optional<std::string>& name) {
  std::vector<Rail> rails;
  for (const ProbedSensor& sensor : board.sensors) {
    for (const Rail& rail : sensor.rails) {
      if (!name || rail.name == *name) rails.push_back(rail);
    }
  }
  return rails;
}

void print_title(std::ostream& out, const Board& board) {
  out << printable(board.name);
  std::vector<std::string> details;
  if (!board.module.empty()) details.push_back("module " + printable(board.module));
  if (!board.soc.empty()) details.push_back(printable(board.soc));
  if (!details.empty()) out << fmt::format(" ({})", fmt::join(details, ", "));
  if (!board.l4t.empty()) {
    out << fmt::format(", {}Jetson Linux {}",
                       board.jetpack.empty() ? "" : fmt::format("JetPack {}, ", board.jetpack),
                       board.l4t);
  }
  if (board.is_virtual) {
    out << "\n\nA VIRTUAL board: its readings are synthesised by a simulation, not measured on "
           "this "
           "machine.";
  }
  out << "\n\n";
}

/// Two tables, because one would be wider than most terminals: what is measured, and how.
void print_rails(std::ostream& out, const std::vector<Rail>& rails, const TableStyle& style) {
  TextTable what({{"Rail"}, {"Sensor"}, {"At"}, {"Covers", Align::kLeft, true}});
  TextTable how({{"Rail"},
                 {"Unit"},
                 {"Step", Align::kRight},
                 {"Shunt", Align::kRight},
                 {"Period", Align::kRight},
                 {"Averaging"},
                 {"Time constant", Align::kRight}});
  for (const Rail& rail : rails) {
    const SensorModel& model = rail.model;
    what.add_row({{rail.name, Color::kBold},
                  rail.is_virtual ? rail.sensor + " (virtual)" : rail.sensor,
                  rail.location,
                  rail.coverage.empty() ? "not known" : rail.coverage});
    how.add_row({{rail.name, Color::kBold},
                 kind_text(rail.kind),
                 model.lsb ? format_si(model.lsb->value(), "W") : "unknown",
                 rail.shunt ? format_si(rail.shunt->value(), "Ω") : "-",
                 seconds(model.period),
                 averaging_text(model),
                 seconds(effective_time_constant(model))});
  }
  what.print(out, style);
  out << '\n';
  how.print(out, style);
  out << '\n';
}

void print_totals(std::ostream& out, const Board& board) {
  for (const Total& total : board.totals) {
    out << fmt::format("{}{}: {}\n  {}.\n", total.name == "total" ? "" : "Also, ",
                       total.name == "total" ? "Total" : total.name,
                       printable(fmt::format("{}", fmt::join(total.rails, " + "))),
                       printable(total.why));
  }
  if (board.totals.empty()) out << "No total: " << printable(board.no_total_reason) << ".\n";
  out << '\n';
}

/// Rails with the same settings are told once, in the order of their first.
void print_settings(std::ostream& out, const std::vector<Rail>& rails) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const Rail& rail : rails) {
    const std::string text =
        fmt::format("  Settings: {} ({}).\n  {}\n", printable(rail.model.source),
                    to_string(rail.model.provenance), time_constant_meaning(rail.model));
    auto at = std::find_if(groups.begin(), groups.end(),
                           [&](const auto& group) { return group.first == text; });
    if (at == groups.end()) at = groups.insert(groups.end(), {text, {}});
    at->second.push_back(printable(rail.name));
  }
  for (const auto& [text, names] : groups) {
    out << fmt::format("{}:\n{}\n", fmt::join(names, ", "), text);
  }
}

void print_unusable(std::ostream& out, const Board& board) {
  bool first = true;
  for (const ProbedSensor& sensor : board.sensors) {
    for (const UnusableRail& rail : sensor.unusable) {
      if (first) out << "Cannot be used:\n";
      first = false;
      out << fmt::format("  {} at {}: {}\n", printable(rail.name), printable(rail.location),
                         printable(rail.reason));
      if (!rail.remedy.empty()) out << fmt::format("    Remedy: {}\n", printable(rail.remedy));
    }
  }
}

}  // namespace

void print_sensor_list(std::ostream& out, const Board& board,
                       const std::optional<std::string>& name, const TableStyle& style) {
  print_title(out, board);
  const std::vector<Rail> rails = chosen_rails(board, name);
  if (!rails.empty()) print_rails(out, rails, style);
  if (!name) print_totals(out, board);
  print_settings(out, rails);
  if (!name) print_unusable(out, board);
}

}  // namespace layerwatt
