#include "layerwatt/report/layer_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

std::string shape_of(const Layer& layer) {
  if (layer.outputs.empty()) return "";
  return fmt::format("{}", fmt::join(layer.outputs[0].dimensions, "×"));
}

std::string type_of(const Layer& layer) {
  return layer.parameter_type.empty() ? layer.type : layer.parameter_type;
}

std::string time_text(Duration d) { return format_si(to_seconds(d), "s"); }

std::string percent(double part) { return format_fixed(100.0 * part, 1) + " %"; }

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

/// What the rows are sorted by; a layer without it goes last.
std::optional<double> key_of(const LayerProfileRow& row, LayerSort sort) {
  switch (sort) {
    case LayerSort::kOrder:
      break;
    case LayerSort::kEnergy:
      if (row.energy) return row.energy->value.value();
      break;
    case LayerSort::kPower:
      if (row.power) return row.power->value.value();
      break;
    case LayerSort::kTime:
      return to_seconds(row.run_time.median);
  }
  return std::nullopt;
}

std::vector<std::size_t> sorted_rows(const LayerProfile& profile, LayerSort sort) {
  std::vector<std::size_t> order(profile.rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (sort == LayerSort::kOrder) return order;
  // An absent key compares below every present one.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return key_of(profile.rows[a], sort) > key_of(profile.rows[b], sort);
  });
  return order;
}

void print_heading(std::ostream& out, const LayerProfile& profile) {
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
  for (const LayerProfileRow& row : profile.rows) {
    totals.time += row.run_time.mean;
    if (row.energy) {
      totals.energy += row.energy->value;
      totals.time_with_energy += row.run_time.mean;
    } else {
      totals.complete = false;
    }
  }
  return totals;
}

void print_footer(std::ostream& out, const LayerProfile& profile) {
  if (profile.idle_power) {
    out << "Idle power " << value_text(profile.idle_power, "W")
        << "; powers and energies of layers are above it.\n";
  }
  if (profile.gap_power && profile.gap_time) {
    out << "Between layers: " << time_text(*profile.gap_time) << " a pass at "
        << value_text(profile.gap_power, "W") << ".\n";
  }
  if (profile.pass_energy) {
    out << "One pass: " << value_text(profile.pass_energy, "J");
    const std::string interval = interval_text(profile.pass_energy, "J");
    if (!interval.empty()) out << " (" << interval << ')';
    if (profile.pass_time) out << " in " << time_text(*profile.pass_time);
    out << ".\n";
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

  std::vector<TextColumn> columns{{"#", Align::kRight},
                                  {"Layer", Align::kLeft, true, 18},
                                  {"Type", Align::kLeft, true, 11},
                                  {"Shape", Align::kLeft, true, 10, 3},
                                  {"Runs", Align::kRight, false, 0, 1},
                                  {"Median", Align::kRight},
                                  {"p95", Align::kRight, false, 0, 2},
                                  {"Power", Align::kRight}};
  const std::string confidence = format_significant(100.0 * profile.confidence, 2) + " %";
  if (intervals) columns.push_back({"Power, " + confidence, Align::kLeft});
  columns.push_back({"Energy", Align::kRight});
  columns.push_back({"Share", Align::kRight});
  if (statuses) columns.push_back({"Status", Align::kLeft});

  TextTable table(std::move(columns));
  for (const std::size_t i : sorted_rows(profile, sort)) {
    const LayerProfileRow& row = profile.rows[i];
    std::vector<TextCell> cells{std::to_string(i + 1),
                                row.layer.name,
                                type_of(row.layer),
                                shape_of(row.layer),
                                format_grouped(row.run_time.count),
                                time_text(row.run_time.median),
                                time_text(row.run_time.p95),
                                value_text(row.power, "W")};
    if (intervals) cells.emplace_back(interval_text(row.power, "W"));
    cells.emplace_back(value_text(row.energy, "J"));
    cells.emplace_back(row.share ? percent(*row.share) : "–");
    if (statuses) cells.push_back(status_cell(row));
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
