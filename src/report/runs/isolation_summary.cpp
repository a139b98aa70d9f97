#include "layerwatt/report/isolation_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"
#include "layerwatt/report/text_table.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

const std::string& name_of(const Isolation& isolation, const IsolatedLayer& layer) {
  return isolation.measurement.recording.timeline.layers[static_cast<std::size_t>(layer.layer)]
      .name;
}

bool is_virtual(const Isolation& isolation) {
  const auto& run = isolation.measurement.recording.run;
  return run && run->is_virtual;
}

/// Of everything that was told on the way.
std::vector<std::string> all_notes(const Isolation& isolation) {
  std::vector<std::string> notes = isolation.notes;
  for (const std::string& note : isolation.measurement.notes) notes.push_back(note);
  // Those of the run, which begin with what was assumed of the network's inputs.
  const Measurement& measurement = isolation.measurement;
  const bool has_run = measurement.recording.run.has_value();
  for (const std::string& note :
       has_run ? measurement.recording.run->notes : measurement.outcome.notes) {
    if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
  }
  return notes;
}

struct Sums {
  Duration time{0};
  Joules energy;
};

Sums sums_of(const Isolation& isolation) {
  Sums sums;
  for (const IsolatedLayer& layer : isolation.layers) {
    sums.time += layer.duration();
    sums.energy += layer.energy;
  }
  return sums;
}

/// One execution of each layer, alone.
Sums one_of_each(const Isolation& isolation) {
  Sums sums;
  for (const IsolatedLayer& layer : isolation.layers) {
    if (layer.executions <= 0) continue;
    sums.time += layer.duration() / layer.executions;
    sums.energy += layer.energy / static_cast<double>(layer.executions);
  }
  return sums;
}

/// What the totals are, which are no pass of the network.
std::string describe_totals(const Isolation& isolation) {
  const Sums once = one_of_each(isolation);
  return fmt::format(
      "The totals are of all executions, each layer running alone, with idle power; they are no "
      "pass of\nthe network. One execution of each layer, alone, with idle power: {} in {}.",
      format_si(once.energy.value(), "J"), format_si(to_seconds(once.time), "s"));
}

}  // namespace

void print_isolation(std::ostream& out, const Isolation& isolation) {
  const Measurement& measurement = isolation.measurement;
  out << fmt::format("===== Layer-wise Profiling ({}) =====\n", printable(measurement.model));
  for (const IsolatedLayer& layer : isolation.layers) {
    out << fmt::format(
        "{}: Duration={}s | Energy={}J | Avg Power={}W\n", printable(name_of(isolation, layer)),
        format_fixed(to_seconds(layer.duration()), 2), format_fixed(layer.energy.value(), 2),
        format_fixed(layer.mean_power.value(), 2));
  }
  const Sums sums = sums_of(isolation);
  out << "===== Total Summary =====\n";
  out << fmt::format("Total Duration: {} s\n", format_fixed(to_seconds(sums.time), 1));
  out << fmt::format("Total Energy:   {} J\n", format_fixed(sums.energy.value(), 1));
  if (sums.time > Duration(0)) {
    out << fmt::format("Avg Total Power: {} W\n",
                       format_fixed((sums.energy / sums.time).value(), 2));
  }
  out << describe_totals(isolation) << '\n';
  if (is_virtual(isolation)) {
    out << "The power is VIRTUAL: synthesised by a simulated board, not measured on this "
           "machine.\n";
  }
  out << fmt::format("Each layer ran for {} first, which does not count.\n",
                     format_si(to_seconds(isolation.boundary), "s"));
  for (const std::string& note : all_notes(isolation)) out << printable(note) << '\n';
}

void write_isolation_json(std::ostream& out, const Isolation& isolation) {
  {
    JsonWriter json(out);
    json.begin_object();
    json.member("model", isolation.measurement.model);
    json.member("virtual", is_virtual(isolation));
    json.member("settling_second", to_seconds(isolation.boundary));
    json.key("layers").begin_array();
    for (const IsolatedLayer& layer : isolation.layers) {
      json.begin_object();
      json.member("index", layer.layer);
      json.member("layer", name_of(isolation, layer));
      json.member("executions", layer.executions);
      json.member("duration_second", to_seconds(layer.duration()));
      json.member("energy_joule", layer.energy.value());
      json.member("mean_power_watt", layer.mean_power.value());
      json.member("samples", static_cast<std::int64_t>(layer.samples.size()));
      json.end_object();
    }
    json.end_array();
    const Sums sums = sums_of(isolation);
    json.member("total_duration_second", to_seconds(sums.time));
    json.member("total_energy_joule", sums.energy.value());
    json.member("totals_are", "of all executions, each layer running alone, idle power included");
    const Sums once = one_of_each(isolation);
    json.member("one_of_each_energy_joule", once.energy.value());
    json.member("one_of_each_duration_second", to_seconds(once.time));
    json.member("table", isolation.table.string());
    json.key("notes").begin_array();
    for (const std::string& note : all_notes(isolation)) json.value(note);
    json.end_array();
    json.end_object();
  }
  out << '\n';
}

void print_isolated_run_times(std::ostream& out, const IsolatedRunTimes& times,
                              const TableStyle& style) {
  TextTable table({{"Layer", Align::kLeft, true},
                   {"Runs", Align::kRight},
                   {"Median", Align::kRight},
                   {"Mean", Align::kRight}});
  for (std::size_t i = 0; i < times.layers.size(); ++i) {
    const RunTimeStats stats = run_time_stats(times.run_times[i]);
    if (stats.count == 0) continue;
    table.add_row({{times.layers[i].name, Color::kBold},
                   format_grouped(stats.count),
                   format_si(to_seconds(stats.median), "s"),
                   format_si(to_seconds(stats.mean), "s")});
  }
  table.print(out, style);
  out << '\n';
  for (const std::string& note : times.notes) out << printable(note) << '\n';
  if (!times.folder.empty()) out << fmt::format("Written to {}\n", times.folder.string());
}

void write_isolated_run_times_json(std::ostream& out, const IsolatedRunTimes& times) {
  {
    JsonWriter json(out);
    json.begin_object();
    json.member("model", times.model);
    json.member("partial", times.partial);
    json.key("layers").begin_array();
    for (std::size_t i = 0; i < times.layers.size(); ++i) {
      const RunTimeStats stats = run_time_stats(times.run_times[i]);
      json.begin_object();
      json.member("index", static_cast<std::int64_t>(i));
      json.member("layer", times.layers[i].name);
      json.member("runs", stats.count);
      const bool any = stats.count > 0;
      json.member("median_second", any ? std::optional(to_seconds(stats.median)) : std::nullopt);
      json.member("mean_second", any ? std::optional(to_seconds(stats.mean)) : std::nullopt);
      json.end_object();
    }
    json.end_array();
    json.member("folder", times.folder.string());
    json.key("notes").begin_array();
    for (const std::string& note : times.notes) json.value(note);
    json.end_array();
    json.end_object();
  }
  out << '\n';
}

}  // namespace layerwatt
