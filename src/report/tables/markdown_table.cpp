#include "report/tables/markdown_table.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/profile_columns.h"
#include "layerwatt/report/text_table.h"

#include "report/tables/predicted.h"
#include "report/tables/profile_cells.h"

namespace layerwatt {
namespace {

/// Text that Markdown shows as it is: every character that means something to it is escaped.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    static constexpr std::string_view kSpecial = "\\`*_{}[]()<>#+-.!|~&";
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    if (c == '&') {
      out += "&amp;";
      continue;
    }
    if (kSpecial.find(c) != std::string_view::npos && c != '.' && c != '-' && c != '(' && c != ')')
      out += '\\';
    out += c;
  }
  return out;
}

/// "1.20 W (1.10 W to 1.31 W)".
std::string with_interval(const LayerProfile& profile, std::size_t row, std::string_view column,
                          std::string_view low, std::string_view high) {
  const std::string interval = profile_interval(profile, row, low, high, " to ");
  const std::string value = profile_cell(profile, row, column);
  return interval.empty() ? value : fmt::format("{} ({})", value, interval);
}

std::string cell_of(const LayerProfile& profile, std::size_t row, std::string_view column) {
  if (column == "layer_index") return std::to_string(row + 1);
  if (column == "power_watt") {
    return with_interval(profile, row, column, "power_low_watt", "power_high_watt");
  }
  if (column == "energy_joule") {
    return with_interval(profile, row, column, "energy_low_joule", "energy_high_joule");
  }
  const std::string text = profile_cell(profile, row, column);
  return profile_column(column).kind == ColumnKind::kText ? plain(text) : text;
}

struct ShownColumn {
  std::string_view name;
  bool is_text = false;
};
constexpr std::array kShown = {ShownColumn{"layer_index"},
                               ShownColumn{"layer_name", true},
                               ShownColumn{"layer_type", true},
                               ShownColumn{"run_count"},
                               ShownColumn{"mean_run_time_second"},
                               ShownColumn{"p95_run_time_second"},
                               ShownColumn{"power_watt"},
                               ShownColumn{"energy_joule"},
                               ShownColumn{"share"},
                               ShownColumn{"status", true}};

std::string pass_energy_text(const Estimate<Joules>& energy) {
  std::string text = format_si(energy.value.value(), "J");
  if (energy.low && energy.high) {
    text += fmt::format(" ({} to {})", format_si(energy.low->value(), "J"),
                        format_si(energy.high->value(), "J"));
  }
  return text;
}

std::string lower_case(std::string_view title) {
  std::string out(title);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string heading_of(const LayerProfile& profile) {
  return fmt::format(
      "**{}**: method {}, rail {}, {} passes{}{}. Powers and energies are above idle.\n\n",
      plain(profile.model), plain(profile.method), plain(profile.rail),
      format_grouped(profile.passes),
      profile.is_virtual ? ", **virtual power: simulated, not measured**" : "",
      profile.is_partial ? ", **partial recording**" : "");
}

}  // namespace

void write_markdown_table(std::ostream& out, const LayerProfile& profile) {
  if (is_predicted(profile)) {
    out << fmt::format(
        "**{}**: **predicted, not measured**{}. Powers and energies are above idle.\n\n",
        plain(profile.model), profile.is_virtual ? ", learnt from a virtual board" : "");
  } else {
    out << heading_of(profile);
  }
  for (const ShownColumn& shown : kShown) {
    out << "| " << lower_case(profile_column(shown.name).title) << ' ';
  }
  out << "|\n";
  for (const ShownColumn& shown : kShown) out << (shown.is_text ? "| --- " : "| ---: ");
  out << "|\n";
  for (std::size_t i = 0; i < profile.rows.size(); ++i) {
    for (const ShownColumn& shown : kShown) out << "| " << cell_of(profile, i, shown.name) << ' ';
    out << "|\n";
  }
  if (profile.pass_energy) {
    out << fmt::format("\nOne pass: {}{}", pass_energy_text(*profile.pass_energy),
                       profile.idle_power ? " above idle" : "");
    if (const auto with_idle = pass_energy_with_idle(profile)) {
      out << fmt::format(", {} with idle power", format_si(with_idle->value(), "J"));
    }
    out << ".\n";
    if (profile.plain_pass_energy) {
      out << fmt::format("\nOne pass without the profiler: {}.\n",
                         pass_energy_text(*profile.plain_pass_energy));
    }
  }
  for (const std::string& note : profile.notes) out << fmt::format("\n- {}", plain(note));
  if (!profile.notes.empty()) out << '\n';
}

}  // namespace layerwatt
