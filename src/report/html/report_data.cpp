#include "report/html/report_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "layerwatt/core/numbers.h"
#include "layerwatt/core/version.h"

#include "core/json_writer.h"
#include "report/html/base64.h"
#include "report/html/layer_stage.h"
#include "report/html/timeline_sample.h"
#include "report/html/trace_pyramid.h"
#include "report/tables/predicted.h"

namespace layerwatt {
namespace {

// Together below 8 MB: 12 bytes a bucket and its coarser ones, 12 a sample, 16 a pass, 18 an
// execution, all times 4/3 in base64.
constexpr std::size_t kMaxBuckets = 60'000;
constexpr std::size_t kMaxWindowSamples = 60'000;
constexpr std::size_t kMaxPasses = 40'000;
constexpr std::size_t kMaxExecutions = 40'000;

template <class Q>
void write_estimate(JsonWriter& json, std::string_view key,
                    const std::optional<Estimate<Q>>& estimate) {
  json.key(key);
  if (!estimate) {
    json.null();
    return;
  }
  const auto value_of = [](const std::optional<Q>& q) {
    return q ? std::optional<double>(q->value()) : std::nullopt;
  };
  json.begin_object();
  json.member("value", estimate->value.value());
  json.member("low", value_of(estimate->low));
  json.member("high", value_of(estimate->high));
  json.end_object();
}

void write_run_time(JsonWriter& json, std::string_view key, const RunTimeStats& stats) {
  json.key(key);
  json.begin_object();
  json.member("count", stats.count);
  json.member("median", to_seconds(stats.median));
  json.member("mean", to_seconds(stats.mean));
  json.member("p95", to_seconds(stats.p95));
  json.end_object();
}

void write_layer(JsonWriter& json, const LayerProfileRow& row, const std::string& stage) {
  const auto& outputs = row.layer.outputs;
  json.begin_object();
  json.member("name", row.layer.name);
  json.member("type", row.layer.type);
  json.member("stage", stage);
  json.member("output", outputs.empty()
                            ? std::string()
                            : fmt::format("{}", fmt::join(outputs.front().dimensions, "×")));
  write_run_time(json, "run_time", row.run_time);
  write_estimate(json, "power", row.power);
  write_estimate(json, "energy", row.energy);
  json.member("share", row.share);
  json.member("status", to_string(row.status));
  json.member("reason", row.reason);
  json.member("shrunk", row.shrunk);
  json.member("flops", row.layer.flops);
  json.member("bytes", row.layer.bytes);
  json.member("window_power",
              row.window_power ? std::optional<double>(row.window_power->value()) : std::nullopt);
  json.end_object();
}

/// Part of the layers' run time whose power is not known.
double unresolved_share(const LayerProfile& profile) {
  Duration total{0};
  Duration unresolved{0};
  for (const LayerProfileRow& row : profile.rows) {
    const Duration time = row.run_time.mean * row.run_time.count;
    total += time;
    if (row.status == LayerStatus::kUnresolved) unresolved += time;
  }
  return total.count() > 0 ? to_seconds(unresolved) / to_seconds(total) : 0.0;
}

void write_headline(JsonWriter& json, const LayerProfile& profile) {
  const auto& energy = profile.pass_energy;
  // Schedules that run layers apart have no whole pass to time.
  Duration sum{0};
  const std::vector<double> runs = runs_per_pass(profile);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    sum += from_seconds(to_seconds(profile.rows[i].run_time.mean) * runs[i]);
  }
  const Duration pass_time = profile.pass_time.value_or(sum);
  std::optional<double> mean_power;
  if (energy && pass_time.count() > 0 && profile.idle_power) {
    mean_power = (energy->value / pass_time + profile.idle_power->value).value();
  }
  json.key("headline").begin_object();
  write_estimate(json, "pass_energy", energy);
  json.member("pass_time",
              pass_time.count() > 0 ? std::optional(to_seconds(pass_time)) : std::nullopt);
  json.member("pass_time_is_sum",
              !profile.pass_time.has_value() || profile.schedule != Schedule::kWhole);
  const auto with_idle = pass_energy_with_idle(profile);
  json.member("pass_energy_with_idle",
              with_idle ? std::optional(with_idle->value()) : std::nullopt);
  write_estimate(json, "plain_pass_energy", profile.plain_pass_energy);
  json.member("plain_pass_time", profile.plain_pass_time
                                     ? std::optional(to_seconds(*profile.plain_pass_time))
                                     : std::nullopt);
  json.member("mean_power", mean_power);
  json.member("inferences_per_joule", energy && energy->value.value() > 0
                                          ? std::optional<double>(1.0 / energy->value.value())
                                          : std::nullopt);
  write_estimate(json, "idle_power", profile.idle_power);
  json.member("unresolved_share", unresolved_share(profile));
  json.end_object();
}

void write_trace(JsonWriter& json, const PowerTrace& trace, Instant origin,
                 const TimelineSample& timeline) {
  json.begin_object();
  json.member("start", to_seconds(trace.when(0) - origin));
  json.member("end", to_seconds(trace.when(trace.size() - 1) - origin));
  json.key("levels").begin_array();
  for (const PyramidLevel& level : make_pyramid(trace, origin, kMaxBuckets)) {
    json.begin_object();
    json.member("start", level.start);
    json.member("step", level.step);
    json.member("min", to_base64(level.min));
    json.member("mean", to_base64(level.mean));
    json.member("max", to_base64(level.max));
    json.end_object();
  }
  json.end_array();
  // All samples where they are few, else those around the layers that are kept in a row.
  const bool is_short = trace.size() <= kMaxWindowSamples;
  const TraceWindow window =
      is_short ? cut_window(trace, origin, Instant::min(), Instant::max(), kMaxWindowSamples)
               : cut_window(trace, origin, timeline.middle_start, timeline.middle_end,
                            kMaxWindowSamples);
  json.key("windows").begin_array();
  json.begin_object();
  json.member("time", to_base64(window.time));
  json.member("power", to_base64(window.power));
  json.end_object();
  json.end_array();
  json.end_object();
}

void write_timeline(JsonWriter& json, const TimelineSample& sample, Instant origin) {
  const auto seconds = [origin](Instant t) { return to_seconds(t - origin); };
  std::vector<double> pass_start;
  std::vector<double> pass_end;
  for (const Instant t : sample.pass_start) pass_start.push_back(seconds(t));
  for (const Instant t : sample.pass_end) pass_end.push_back(seconds(t));
  std::vector<std::uint16_t> layer;
  std::vector<double> start;
  std::vector<double> end;
  for (const Execution& e : sample.executions) {
    layer.push_back(static_cast<std::uint16_t>(e.segment));
    start.push_back(seconds(e.start));
    end.push_back(seconds(e.end));
  }
  json.begin_object();
  json.member("pass_start", to_base64(pass_start));
  json.member("pass_end", to_base64(pass_end));
  json.member("layer", to_base64(layer));
  json.member("start", to_base64(start));
  json.member("end", to_base64(end));
  json.member("thinned", sample.thinned);
  json.end_object();
}

/// Rows of names and values about the sensor and what could be told apart.
std::vector<std::pair<std::string, std::string>> sensor_facts(const LayerProfile& profile) {
  std::vector<std::pair<std::string, std::string>> facts;
  const auto add = [&](std::string name, std::string value) {
    facts.emplace_back(std::move(name), std::move(value));
  };
  add("rail", profile.rail);
  if (profile.sensor) {
    const SensorModel& sensor = *profile.sensor;
    const auto add_time = [&](std::string_view name, const std::optional<Duration>& d) {
      if (d) add(std::string(name), format_si(to_seconds(*d), "s"));
    };
    add_time("conversion period", sensor.period);
    add_time("conversion window", sensor.conversion_window);
    if (sensor.average_count) {
      add("averaging", fmt::format("{} ({})", *sensor.average_count, to_string(sensor.averaging)));
    }
    add_time("time constant", effective_time_constant(sensor));
    add_time("board low-pass", sensor.board_low_pass);
    add_time("lag", sensor.lag);
    if (sensor.lsb) add("smallest step", format_si(sensor.lsb->value(), "W"));
    add("numbers are", std::string(to_string(sensor.provenance)));
  }
  if (profile.identifiability && profile.identifiability->condition_number) {
    add("condition number", format_significant(*profile.identifiability->condition_number, 3));
  }
  if (profile.sum_check) {
    add("layers + gaps + idle against the total",
        fmt::format("{}{} % (necessary, says little)", *profile.sum_check < 0 ? "" : "+",
                    format_fixed(*profile.sum_check * 100.0, 2)));
  }
  add("samples", format_grouped(profile.samples));
  add("passes", format_grouped(profile.passes));
  add("layer times are", std::string(to_string(profile.stamps)));
  return facts;
}

void write_pairs(JsonWriter& json, std::string_view key,
                 const std::vector<std::pair<std::string, std::string>>& pairs) {
  json.key(key).begin_array();
  for (const auto& [name, value] : pairs) {
    json.begin_array();
    json.value(name);
    json.value(value);
    json.end_array();
  }
  json.end_array();
}

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

void write_all(JsonWriter& json, const Report& report) {
  const LayerProfile& profile = report.profile;
  json.begin_object();
  json.member("schema_version", 1);
  json.member("title", report.title);
  json.member("subtitle", report.subtitle);
  json.member("virtual", profile.is_virtual);
  json.member("predicted", is_predicted(profile));
  json.member("partial", profile.is_partial);
  json.member("confidence", profile.confidence);
  write_headline(json, profile);
  const std::vector<std::string> stages = stages_of(profile.rows);
  json.key("layers").begin_array();
  for (std::size_t i = 0; i < profile.rows.size(); ++i)
    write_layer(json, profile.rows[i], stages[i]);
  json.end_array();
  json.key("trace");
  const PowerTrace power = report.trace ? as_power(*report.trace) : PowerTrace{};
  if (power.size() >= 2) {
    const Instant origin = power.when(0);
    const TimelineSample timeline =
        report.timeline ? sample_timeline(*report.timeline, kMaxPasses, kMaxExecutions)
                        : TimelineSample{};
    write_trace(json, power, origin, timeline);
    json.key("timeline");
    write_timeline(json, timeline, origin);
  } else {
    json.null();
  }
  write_pairs(json, "sensor", sensor_facts(profile));
  write_texts(
      json, "advice",
      profile.identifiability ? profile.identifiability->advice : std::vector<std::string>{});
  write_pairs(json, "environment", report.environment);
  write_texts(json, "notes", profile.notes);
  const std::string_view how =
      is_predicted(profile)
          ? (profile.is_virtual ? "predicted, learnt from a virtual board," : "predicted")
      : profile.is_virtual ? "virtual power (a simulated board, not a measurement), computed"
                           : "measured";
  json.member("citation", fmt::format("{}: energy by layer of {}, method {}, {} with layerwatt {}.",
                                      report.title, profile.model, profile.method, how, kVersion));
  json.end_object();
}

}  // namespace

void write_report_data(std::ostream& out, const Report& report) {
  std::ostringstream text;
  JsonWriter json(text, JsonWriter::Style::kCompact);
  write_all(json, report);
  // "<" stands in strings alone, so escaping it keeps the meaning and ends every "</script".
  const std::string data = std::move(text).str();
  std::size_t begin = 0;
  for (std::size_t at = data.find('<'); at != std::string::npos; at = data.find('<', begin)) {
    out.write(data.data() + begin, static_cast<std::streamsize>(at - begin));
    out << "\\u003c";
    begin = at + 1;
  }
  out.write(data.data() + begin, static_cast<std::streamsize>(data.size() - begin));
}

}  // namespace layerwatt
