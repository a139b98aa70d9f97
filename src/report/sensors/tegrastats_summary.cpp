#include "layerwatt/report/tegrastats_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/local_time.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/sensors/tegrastats_times.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

struct RailSummary {
  double mean = 0.0;
  double least = 0.0;
  double greatest = 0.0;
};

RailSummary summary_of(const PowerTrace& trace) {
  const auto [least, greatest] = std::minmax_element(trace.power.begin(), trace.power.end());
  RailSummary summary{0.0, least->value(), greatest->value()};
  for (const Watts power : trace.power) {
    summary.mean += power.value() / static_cast<double>(trace.size());
  }
  // Lines are not evenly spaced: the mean over time, where there is a time.
  const Instant begin = trace.when(0);
  const Instant end = trace.when(trace.size() - 1);
  if (end <= begin) return summary;
  if (const auto energy = integrate(trace, begin, end)) {
    summary.mean = (*energy / (end - begin)).value();
  }
  return summary;
}

/// How long the lines cover, and how many distances of lines make it up: where the log tells how
/// long the first line took, that counts too.
struct Span {
  double seconds = 0.0;
  std::int64_t distances = 0;
};

Span span_of(const TegrastatsLog& log) {
  Span span;
  for (const PowerTrace& trace : log.traces) {
    if (trace.size() == 0) continue;
    const double seconds = to_seconds(trace.after.back() - trace.before.front());
    if (seconds <= span.seconds) continue;
    const bool is_first_known = trace.after.front() > trace.before.front();
    span = {seconds, log.lines - (is_first_known ? 0 : 1)};
  }
  return span;
}

std::string_view words_for(TegrastatsTimes times) {
  switch (times) {
    case TegrastatsTimes::kPrefix:
      return "stamped by the program that recorded them";
    case TegrastatsTimes::kStamp:
      return "stamped in whole seconds; lines are spread evenly within each";
    case TegrastatsTimes::kInterval:
      return "without stamps; placed by the interval";
  }
  std::abort();
}

}  // namespace

void print_tegrastats_summary(std::ostream& out, const TegrastatsLog& log,
                              const TableStyle& style) {
  const Span span = span_of(log);
  out << fmt::format("{} lines", format_grouped(log.lines));
  if (span.seconds > 0.0) {
    out << fmt::format(" in {} s ({} a second)", format_fixed(span.seconds, 2),
                       format_fixed(static_cast<double>(span.distances) / span.seconds, 1));
  }
  if (log.dropped_lines > 0) out << fmt::format(", {} dropped", log.dropped_lines);
  out << fmt::format("; {}.\n", words_for(log.times));
  if (log.begin) out << fmt::format("Begins at {}.\n", format_local_stamp(*log.begin));
  for (const std::string& note : log.notes) out << fmt::format("Note: {}\n", printable(note));
  out << '\n';
  TextTable table({{"Rail"},
                   {"Samples", Align::kRight},
                   {"Mean", Align::kRight},
                   {"Least", Align::kRight},
                   {"Greatest", Align::kRight}});
  for (const PowerTrace& trace : log.traces) {
    const RailSummary rail = summary_of(trace);
    table.add_row({{trace.rail.name, Color::kBold},
                   format_grouped(static_cast<std::int64_t>(trace.size())),
                   format_si(rail.mean, "W"),
                   format_si(rail.least, "W"),
                   format_si(rail.greatest, "W")});
  }
  table.print(out, style);
  if (log.peak_celsius.empty()) return;
  std::string peaks;
  for (const auto& [name, celsius] : log.peak_celsius) {
    peaks += fmt::format("{} {} {} °C", peaks.empty() ? "" : ",", printable(name),
                         format_fixed(celsius, 1));
  }
  out << "\nHighest temperatures:" << peaks << '\n';
}

void write_tegrastats_summary_json(std::ostream& out, const TegrastatsLog& log) {
  {
    JsonWriter json(out);
    json.begin_object();
    json.member("lines", log.lines);
    json.member("dropped_lines", log.dropped_lines);
    json.member("seconds", span_of(log).seconds);
    json.member("times", words_for(log.times));
    json.member("begin", log.begin ? std::optional(format_local_stamp(*log.begin)) : std::nullopt);
    json.key("notes").begin_array();
    for (const std::string& note : log.notes) json.value(note);
    json.end_array();
    json.key("rails").begin_array();
    for (const PowerTrace& trace : log.traces) {
      const RailSummary rail = summary_of(trace);
      json.begin_object();
      json.member("name", trace.rail.name);
      json.member("samples", static_cast<std::int64_t>(trace.size()));
      json.member("mean_watt", rail.mean);
      json.member("least_watt", rail.least);
      json.member("greatest_watt", rail.greatest);
      json.end_object();
    }
    json.end_array();
    json.key("highest_celsius").begin_object();
    for (const auto& [name, celsius] : log.peak_celsius) json.member(name, celsius);
    json.end_object();
    json.end_object();
  }
  out << '\n';
}

}  // namespace layerwatt
