#include "layerwatt/report/program_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/attribution/span_energy.h"
#include "layerwatt/core/numbers.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

/// One quantity of a program over its repeats.
struct Means {
  RepeatedMean time;
  std::optional<RepeatedMean> energy;
  /// Above idle power.
  std::optional<RepeatedMean> above_idle;
  std::optional<double> peak;
};

Means means_of(const ProgramResult& program, const std::optional<Estimate<Watts>>& idle) {
  std::vector<double> times;
  std::vector<double> energies;
  std::vector<double> above;
  Means means;
  for (const ProgramRepeat& repeat : program.repeats) {
    const double time = to_seconds(repeat.time);
    times.push_back(time);
    if (repeat.peak) means.peak = std::max(means.peak.value_or(0.0), repeat.peak->value());
    if (!repeat.energy) continue;
    energies.push_back(repeat.energy->value());
    if (idle) above.push_back(repeat.energy->value() - idle->value.value() * time);
  }
  means.time = mean_of_repeats(times);
  if (!energies.empty()) means.energy = mean_of_repeats(energies);
  if (!above.empty()) means.above_idle = mean_of_repeats(above);
  return means;
}

std::string with_interval(const RepeatedMean& mean, std::string_view unit) {
  std::string text = format_si(mean.mean, unit);
  if (mean.half_width) {
    text += fmt::format(" ({} … {})", format_si(mean.mean - *mean.half_width, unit),
                        format_si(mean.mean + *mean.half_width, unit));
  }
  return text;
}

std::string or_unknown(const std::optional<RepeatedMean>& mean, std::string_view unit) {
  return mean ? with_interval(*mean, unit) : "not known";
}

void print_repeats(std::ostream& out, const ProgramMeasurement& run, const TableStyle& style) {
  TextTable table({{"#", Align::kRight},
                   {"Program", Align::kLeft, true},
                   {"Time", Align::kRight},
                   {"Energy", Align::kRight},
                   {"Mean power", Align::kRight},
                   {"Peak", Align::kRight}});
  std::size_t most = 0;
  for (const ProgramResult& program : run.programs) most = std::max(most, program.repeats.size());
  for (std::size_t i = 0; i < most; ++i) {
    for (const ProgramResult& program : run.programs) {
      if (i >= program.repeats.size()) continue;
      const ProgramRepeat& repeat = program.repeats[i];
      const double time = to_seconds(repeat.time);
      const auto energy = repeat.energy;
      table.add_row({fmt::format("{}", i + 1), program.name, format_si(time, "s"),
                     energy ? format_si(energy->value(), "J") : "–",
                     energy && time > 0.0 ? format_si(energy->value() / time, "W") : "–",
                     repeat.peak ? format_si(repeat.peak->value(), "W") : "–"});
    }
  }
  table.print(out, style);
}

/// Differences of pairs that ran one after the other, so that drift takes part in neither.
struct Verdict {
  RepeatedMean difference;
  /// Of the first's mean.
  double part = 0.0;
  bool is_known = false;
};

std::optional<Verdict> compare(const ProgramMeasurement& run) {
  if (run.programs.size() != 2) return std::nullopt;
  std::vector<double> differences;
  double first = 0.0;
  const auto& a = run.programs[0].repeats;
  const auto& b = run.programs[1].repeats;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (!a[i].energy || !b[i].energy) continue;
    differences.push_back(b[i].energy->value() - a[i].energy->value());
    first += a[i].energy->value();
  }
  if (differences.empty() || first <= 0.0) return std::nullopt;
  Verdict verdict;
  verdict.difference = mean_of_repeats(differences);
  verdict.part = verdict.difference.mean * static_cast<double>(differences.size()) / first;
  verdict.is_known = verdict.difference.half_width &&
                     std::abs(verdict.difference.mean) > *verdict.difference.half_width;
  return verdict;
}

void print_verdict(std::ostream& out, const ProgramMeasurement& run) {
  const auto verdict = compare(run);
  if (!verdict) return;
  const std::string& a = run.programs[0].name;
  const std::string& b = run.programs[1].name;
  out << fmt::format("{} against {}: {} a run ({:+.1f} %). ", b, a,
                     with_interval(verdict->difference, "J"), 100.0 * verdict->part);
  if (!verdict->difference.half_width) {
    out << "One pair tells nothing about chance: give -r 5 or more.\n";
  } else if (verdict->is_known) {
    out << fmt::format("{} needs less, and this is more than chance (95 %).\n",
                       verdict->difference.mean < 0 ? b : a);
  } else {
    out << "No difference beyond chance (95 %).\n";
  }
}

std::string energy_text(const RegionResult& region) {
  if (!region.energy) return "not known";
  std::string text = format_si(region.energy->value.value(), "J");
  if (region.energy->low && region.energy->high) {
    text += fmt::format(" ({} … {})", format_si(region.energy->low->value(), "J"),
                        format_si(region.energy->high->value(), "J"));
  }
  return text;
}

void write_regions(JsonWriter& json, const ProgramMeasurement& run) {
  const auto joules = [](const std::optional<Joules>& energy) {
    return energy ? std::optional(energy->value()) : std::nullopt;
  };
  json.key("regions").begin_array();
  for (const RegionResult& region : run.regions) {
    json.begin_object();
    json.member("name", region.name);
    json.member("count", region.count);
    json.member("time_seconds", to_seconds(region.time));
    json.member("holds_others", region.holds_others);
    json.key("energy_above_idle_joules");
    if (region.energy) {
      json.begin_object();
      json.member("value", region.energy->value.value());
      json.member("low", joules(region.energy->low));
      json.member("high", joules(region.energy->high));
      json.end_object();
    } else {
      json.null();
    }
    json.member("status", to_string(region.status));
    json.member("reason", region.reason);
    json.end_object();
  }
  json.end_array();
}

void print_regions(std::ostream& out, const ProgramMeasurement& run, const TableStyle& style) {
  if (run.regions.empty()) return;
  TextTable table({{"Region", Align::kLeft, true},
                   {"Runs", Align::kRight},
                   {"Time", Align::kRight},
                   {"Energy above idle, each", Align::kRight},
                   {"Power", Align::kRight},
                   {"Status"}});
  for (const RegionResult& region : run.regions) {
    const double time = to_seconds(region.time);
    const bool has_power = region.energy && time > 0.0;
    table.add_row({region.name, fmt::format("{}", region.count), format_si(time, "s"),
                   energy_text(region),
                   has_power ? format_si(region.energy->value.value() / time, "W") : "–",
                   region.holds_others && region.energy ? "with those inside"
                                                        : std::string(to_string(region.status))});
  }
  table.print(out, style);
  for (const RegionResult& region : run.regions) {
    if (region.reason.empty()) continue;
    out << fmt::format("{}: {}\n", printable(region.name), printable(region.reason));
  }
}

}  // namespace

void print_program_summary(std::ostream& out, const ProgramMeasurement& run,
                           const TableStyle& style) {
  const LayerProfile& profile = run.measurement.profile;
  if (profile.is_virtual) {
    out << "The power is VIRTUAL: synthesised by a simulated board, not measured on this "
           "machine.\n";
  }
  print_repeats(out, run, style);
  for (const ProgramResult& program : run.programs) {
    if (program.repeats.empty()) continue;
    const Means means = means_of(program, run.idle);
    out << fmt::format("{}: {} runs\n", printable(program.name), program.repeats.size());
    out << fmt::format("  time               {}\n", with_interval(means.time, "s"));
    out << fmt::format("  energy             {}\n", or_unknown(means.energy, "J"));
    out << fmt::format("  energy above idle  {}\n", or_unknown(means.above_idle, "J"));
    if (means.peak) {
      out << fmt::format("  highest reading    {}\n", format_si(*means.peak, "W"));
    }
    if (run.rails.size() < 2) continue;
    TextTable rails({{"Rail"}, {"Energy a run", Align::kRight}});
    for (std::size_t i = 0; i < run.rails.size(); ++i) {
      const auto& energy = program.rail_energy[i];
      rails.add_row(
          {run.rails[i], energy ? format_si(energy->value(), "J") : std::string("not known")});
    }
    rails.print(out, style);
  }
  if (run.idle) {
    out << fmt::format("Idle power {}, before and after the runs.\n",
                       format_si(run.idle->value.value(), "W"));
  }
  print_regions(out, run, style);
  print_verdict(out, run);
}

void write_program_json(std::ostream& out, const ProgramMeasurement& run) {
  const auto mean = [](JsonWriter& json, std::string_view name,
                       const std::optional<RepeatedMean>& value) {
    json.key(name);
    if (!value) {
      json.null();
      return;
    }
    json.begin_object();
    json.member("mean", value->mean);
    json.member("half_width_95", value->half_width);
    json.end_object();
  };
  JsonWriter json(out);
  json.begin_object();
  json.member("virtual", run.measurement.profile.is_virtual);
  json.member("folder", run.measurement.folder.string());
  json.member("exit_code", run.exit_code);
  json.member("partial", !run.measurement.partial_reason.empty());
  json.member("idle_power_watts", run.idle ? std::optional(run.idle->value.value()) : std::nullopt);
  json.key("programs").begin_array();
  for (const ProgramResult& program : run.programs) {
    const Means means = means_of(program, run.idle);
    json.begin_object();
    json.member("name", program.name);
    mean(json, "time_seconds", means.time);
    mean(json, "energy_joules", means.energy);
    mean(json, "energy_above_idle_joules", means.above_idle);
    json.member("highest_reading_watts", means.peak);
    json.key("rails").begin_object();
    for (std::size_t i = 0; i < run.rails.size(); ++i) {
      json.member(run.rails[i], program.rail_energy[i]
                                    ? std::optional(program.rail_energy[i]->value())
                                    : std::nullopt);
    }
    json.end_object();
    json.key("repeats").begin_array();
    for (const ProgramRepeat& repeat : program.repeats) {
      json.begin_object();
      json.member("time_seconds", to_seconds(repeat.time));
      json.member("energy_joules",
                  repeat.energy ? std::optional(repeat.energy->value()) : std::nullopt);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  if (!run.regions.empty()) write_regions(json, run);
  if (const auto verdict = compare(run)) {
    json.key("comparison").begin_object();
    mean(json, "difference_joules", verdict->difference);
    json.member("part_of_first", verdict->part);
    json.member("beyond_chance", verdict->is_known);
    json.end_object();
  }
  json.end_object();
  out << '\n';
}

}  // namespace layerwatt
