#include "layerwatt/report/layer_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/profile_columns.h"

#include "report/tables/predicted.h"
#include "report/tables/profile_cells.h"

namespace layerwatt {
namespace {

/// A column that the table shows, and how; titles and values are the profile's.
struct ShownColumn {
  std::string_view name;
  Align align = Align::kRight;
  bool may_shrink = false;
  std::size_t min_width = 12;
  int drop_rank = 0;
};

// Before and behind the column of power's interval, which only some profiles have.
constexpr std::array kColumnsBefore = {
    ShownColumn{"layer_index"},
    ShownColumn{"layer_name", Align::kLeft, true, 18},
    ShownColumn{"layer_type", Align::kLeft, true, 11},
    ShownColumn{"output_shape", Align::kLeft, true, 10, 3},
    ShownColumn{"run_count", Align::kRight, false, 0, 1},
    ShownColumn{"mean_run_time_second"},
    ShownColumn{"p95_run_time_second", Align::kRight, false, 0, 2},
    ShownColumn{"power_watt"}};
constexpr std::array kColumnsBehind = {ShownColumn{"energy_joule"}, ShownColumn{"share"}};

TextColumn text_column(const ShownColumn& shown) {
  return {std::string(profile_column(shown.name).title), shown.align, shown.may_shrink,
          shown.min_width, shown.drop_rank};
}

TextCell cell_of(const LayerProfile& profile, std::size_t row, std::string_view column) {
  // Counted from 1 for people; the engine-independent type where there is one.
  if (column == "layer_index") return std::to_string(row + 1);
  if (column == "layer_type" && !profile.rows[row].layer.parameter_type.empty()) {
    column = "parameter_type";
  }
  return profile_cell(profile, row, column);
}

std::string time_text(Duration d) { return format_si(to_seconds(d), "s"); }

template <class Q>
std::string value_text(const std::optional<Estimate<Q>>& estimate, std::string_view unit) {
  return estimate ? format_si(estimate->value.value(), unit) : "–";
}

/// "1.20 W … 1.31 W"; empty without an interval.
template <class Q>
std::string interval_text(const std::optional<Estimate<Q>>& estimate, std::string_view unit) {
  if (!estimate || !estimate->low || !estimate->high) return "";
  return fmt::format("{} … {}", format_si(estimate->low->value(), unit),
                     format_si(estimate->high->value(), unit));
}

TextCell status_cell(const LayerProfileRow& row) {
  switch (row.status) {
    case LayerStatus::kResolved:
      return row.shrunk ? TextCell("shrunk", Color::kDim) : TextCell("");
    case LayerStatus::kMerged:
      return {fmt::format("merged {}", row.group + 1), Color::kYellow};
    case LayerStatus::kUnresolved:
      return {"unresolved", Color::kYellow};
  }
  return "";
}

/// What the rows are sorted by; empty for their own order.
std::string_view column_of(LayerSort sort) {
  switch (sort) {
    case LayerSort::kOrder:
      break;
    case LayerSort::kEnergy:
      return "energy_joule";
    case LayerSort::kPower:
      return "power_watt";
    case LayerSort::kTime:
      return "mean_run_time_second";
  }
  return "";
}

std::vector<std::size_t> sorted_rows(const LayerProfile& profile, LayerSort sort) {
  std::vector<std::size_t> order(profile.rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (sort == LayerSort::kOrder) return order;
  const ProfileColumn& column = profile_column(column_of(sort));
  // An absent value, the first alternative, compares below every present one.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return column.get(profile, a) > column.get(profile, b);
  });
  return order;
}

void print_heading(std::ostream& out, const LayerProfile& profile) {
  if (is_predicted(profile)) {
    out << printable(profile.model) << ": PREDICTED by a model, not measured"
        << (profile.is_virtual ? "; learnt from a virtual board" : "") << '\n';
    return;
  }
  out << printable(profile.model) << ": method " << profile.method;
  if (!profile.rail.empty()) out << ", " << printable(profile.rail);
  out << ", " << format_grouped(profile.passes) << (profile.passes == 1 ? " pass" : " passes")
      << ", " << format_grouped(profile.samples) << (profile.samples == 1 ? " sample" : " samples");
  if (profile.is_partial) out << ", partial (stopped before its end)";
  out << '\n';
  if (profile.is_virtual) {
    out << "The power is VIRTUAL: synthesised by a simulated board, not measured on this "
           "machine.\n";
  }
}

struct Totals {
  Duration time{0};
  Joules energy{0.0};
  /// Run time of the layers whose energy is known.
  Duration time_with_energy{0};
  bool complete = true;
};

Totals totals_of(const LayerProfile& profile) {
  Totals totals;
  const std::vector<double> runs = runs_per_pass(profile);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const LayerProfileRow& row = profile.rows[i];
    const Duration time = from_seconds(to_seconds(row.run_time.mean) * runs[i]);
    totals.time += time;
    if (row.energy) {
      totals.energy += row.energy->value * runs[i];
      totals.time_with_energy += time;
    } else {
      totals.complete = false;
    }
  }
  return totals;
}

/// "408 mW (395 mW … 421 mW)"; of an estimate that says nothing its interval alone.
template <class Q>
std::string estimate_text(const std::optional<Estimate<Q>>& estimate, std::string_view unit) {
  const std::string interval = interval_text(estimate, unit);
  if (interval.empty()) return value_text(estimate, unit);
  if (is_vague(*estimate)) return fmt::format("not known ({})", interval);
  return fmt::format("{} ({})", value_text(estimate, unit), interval);
}

/// What the pass consists of, so that a reader can add it up: the layers, the time between them,
/// and what mean power has beyond both.
std::string parts_of_pass(const LayerProfile& profile) {
  constexpr double kWorthAWord = 0.002;
  const Totals totals = totals_of(profile);
  if (!totals.complete || !profile.gap_time) return {};
  const Joules gaps =
      profile.gap_power ? profile.gap_power->value * *profile.gap_time : Joules(0.0);
  const Joules pass = profile.pass_energy->value;
  std::string parts = fmt::format(" = layers {}", format_si(totals.energy.value(), "J"));
  if (profile.gap_power) parts += fmt::format(" + between them {}", format_si(gaps.value(), "J"));
  const Joules rest = pass - totals.energy - gaps;
  if (std::abs(rest.value()) > kWorthAWord * std::abs(pass.value())) {
    parts += fmt::format(" {} {} that no layer explains", rest.value() < 0.0 ? "−" : "+",
                         format_si(std::abs(rest.value()), "J"));
  }
  return parts;
}

void print_pass(std::ostream& out, const LayerProfile& profile) {
  const bool has_idle = profile.idle_power.has_value();
  out << "One pass" << (profile.schedule == Schedule::kWhole ? "" : ", put together of its layers")
      << ": " << value_text(profile.pass_energy, "J");
  const std::string interval = interval_text(profile.pass_energy, "J");
  if (!interval.empty()) out << " (" << interval << ')';
  if (has_idle) out << " above idle";
  out << parts_of_pass(profile);
  if (profile.pass_time) out << ", in " << time_text(*profile.pass_time);
  if (const auto with_idle = pass_energy_with_idle(profile)) {
    out << "; with idle power " << format_si(with_idle->value(), "J");
  }
  out << ".\n";
  if (!profile.plain_pass_energy || !profile.plain_pass_time) return;
  out << "One pass without the profiler: " << estimate_text(profile.plain_pass_energy, "J")
      << (has_idle ? " above idle" : "") << ", in " << time_text(*profile.plain_pass_time);
  if (profile.idle_power) {
    const Joules with_idle =
        profile.plain_pass_energy->value + profile.idle_power->value * *profile.plain_pass_time;
    out << "; with idle power " << format_si(with_idle.value(), "J");
  }
  out << ".\n";
}

void print_footer(std::ostream& out, const LayerProfile& profile) {
  if (profile.idle_power) {
    out << "Idle power " << estimate_text(profile.idle_power, "W")
        << "; powers and energies of layers are above it.\n";
  }
  if (profile.gap_power && profile.gap_time) {
    out << "Between layers: " << time_text(*profile.gap_time) << " a pass, power "
        << estimate_text(profile.gap_power, "W") << ".\n";
  }
  if (profile.pass_energy) {
    print_pass(out, profile);
  } else if (profile.pass_time) {
    out << "One pass: " << time_text(*profile.pass_time);
    if (profile.plain_pass_time) {
      out << " (without the profiler " << time_text(*profile.plain_pass_time) << ')';
    }
    out << ", energy not known.\n";
  }
  std::set<std::string> reasons;
  for (const LayerProfileRow& row : profile.rows) {
    if (row.status == LayerStatus::kUnresolved && !row.reason.empty()) reasons.insert(row.reason);
  }
  for (const std::string& reason : reasons) out << "Unresolved: " << printable(reason) << ".\n";
  for (const std::string& note : profile.notes) out << "Note: " << printable(note) << '\n';
  if (profile.identifiability) {
    for (const std::string& advice : profile.identifiability->advice) {
      out << "Advice: " << printable(advice) << '\n';
    }
  }
}

}  // namespace

std::optional<LayerSort> parse_layer_sort(std::string_view name) {
  if (name == "order") return LayerSort::kOrder;
  if (name == "energy") return LayerSort::kEnergy;
  if (name == "power") return LayerSort::kPower;
  if (name == "time") return LayerSort::kTime;
  return std::nullopt;
}

void print_layer_table(std::ostream& out, const LayerProfile& profile, LayerSort sort,
                       const TableStyle& style) {
  const auto has_interval = [](const LayerProfileRow& row) { return row.power && row.power->low; };
  const bool intervals = std::any_of(profile.rows.begin(), profile.rows.end(), has_interval);
  const bool statuses =
      std::any_of(profile.rows.begin(), profile.rows.end(), [](const LayerProfileRow& row) {
        return row.status != LayerStatus::kResolved || row.shrunk;
      });

  std::vector<TextColumn> columns;
  for (const ShownColumn& shown : kColumnsBefore) columns.push_back(text_column(shown));
  const std::string confidence = format_significant(100.0 * profile.confidence, 2) + " %";
  if (intervals) columns.push_back({"Power, " + confidence, Align::kLeft});
  for (const ShownColumn& shown : kColumnsBehind) columns.push_back(text_column(shown));
  if (statuses) columns.push_back({"Status", Align::kLeft});

  TextTable table(std::move(columns));
  for (const std::size_t i : sorted_rows(profile, sort)) {
    std::vector<TextCell> cells;
    for (const ShownColumn& shown : kColumnsBefore) {
      cells.push_back(cell_of(profile, i, shown.name));
    }
    if (intervals) {
      cells.emplace_back(profile_interval(profile, i, "power_low_watt", "power_high_watt", " … "));
    }
    for (const ShownColumn& shown : kColumnsBehind) {
      cells.push_back(cell_of(profile, i, shown.name));
    }
    if (statuses) cells.push_back(status_cell(profile.rows[i]));
    table.add_row(std::move(cells));
  }
  const Totals totals = totals_of(profile);
  const bool known = totals.time_with_energy > Duration(0);
  table.add_rule();
  std::vector<TextCell> cells{
      "", totals.complete ? "total" : "total, known",
      "", "",
      "", time_text(totals.time),
      "", known ? format_si((totals.energy / totals.time_with_energy).value(), "W") : "–"};
  if (intervals) cells.emplace_back("");
  cells.emplace_back(known ? format_si(totals.energy.value(), "J") : "–");
  table.add_row(std::move(cells));

  print_heading(out, profile);
  table.print(out, style);
  print_footer(out, profile);
}

}  // namespace layerwatt
