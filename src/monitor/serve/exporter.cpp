#include "monitor/serve/exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "monitor/board/live_sink.h"
#include "monitor/exposition/process_metrics.h"

namespace layerwatt {
namespace {

/// A wall clock that was set: by NTP at boot, on a board without a battery.
constexpr double kClockWasSet = 1.0;

constexpr std::array kOurCounters{Metric::kBoardEnergy,      Metric::kRailEnergy,
                                  Metric::kRailReadings,     Metric::kReadErrors,
                                  Metric::kUnmeasured,       Metric::kSamplerTicks,
                                  Metric::kSamplerLateTicks, Metric::kSamplerLostTicks};

constexpr std::string_view kPage =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><title>layerwatt</title></head><body>\n"
    "<h1>layerwatt</h1>\n<p>Power and energy of this board: <a href=\"metrics\">metrics</a></p>\n"
    "</body></html>\n";

}  // namespace

Exporter::Exporter(const BoardMonitor& monitor, const ExporterOptions& options)
    : monitor_(monitor),
      budget_(options.power_budget),
      wall_clock_(options.wall_clock),
      begin_(MonotonicClock::now()),
      machine_(options.root, monitor.board()),
      runs_(options.run_folders),
      began_unix_seconds_(wall_clock_().unix_seconds(begin_)),
      asleep_at_begin_(time_asleep()) {
  if (!options.began_unix_seconds) return;
  counted_before_ = std::max(began_unix_seconds_ - *options.began_unix_seconds, 0.0);
  began_unix_seconds_ -= counted_before_;
}

double Exporter::began_unix_seconds() {
  double now = wall_clock_().unix_seconds(begin_) - counted_before_;
  // The clock of instants stands while the machine sleeps.
  const auto asleep = time_asleep();
  if (asleep && asleep_at_begin_) now -= to_seconds(*asleep - *asleep_at_begin_);
  if (std::abs(now - began_unix_seconds_) > kClockWasSet) began_unix_seconds_ = now;
  return began_unix_seconds_;
}

std::string Exporter::render(TextFormat format) {
  const std::lock_guard lock(mutex_);
  MetricSet metrics(monitor_.is_virtual());
  add_board_metrics({monitor_.board(), monitor_.rails(), monitor_.total(), monitor_.period()},
                    monitor_.read(), wall_clock_(), metrics);
  add_machine_metrics(machine_.read(MonotonicClock::now()), budget_, metrics);
  add_measurement_metrics(runs_.running(), metrics);
  const double began = began_unix_seconds();
  add_process_metrics(began + counted_before_, metrics);
  for (const Metric metric : kOurCounters) metrics.created(metric, began);
  metrics.created(Metric::kProcessCpu, began + counted_before_);
  std::string text;
  text.reserve(last_size_ + last_size_ / 4);
  write_metrics(metrics.families(), format, text);
  last_size_ = text.size();
  return text;
}

void Exporter::look_for_runs() {
  const BoardReading reading = monitor_.read();
  const std::lock_guard lock(mutex_);
  runs_.look(reading.when, reading.energy);
}

HttpAnswer Exporter::answer(const HttpRequest& request) {
  HttpAnswer answer;
  if (request.method != "GET" && request.method != "HEAD") {
    answer.status = 405;
    answer.allow = "GET, HEAD";
    answer.body = "Only GET and HEAD are answered here.\n";
  } else if (request.path == "/metrics") {
    const TextFormat format = negotiate_format(request.accept);
    answer.content_type = content_type(format);
    answer.body = render(format);
  } else if (request.path == "/") {
    answer.content_type = "text/html; charset=utf-8";
    answer.body = kPage;
  } else if (request.path == "/-/healthy") {
    const BoardReading reading = monitor_.read();
    const bool reads = std::ranges::any_of(
        reading.rails, [](const RailReading& rail) { return rail.power.has_value(); });
    answer.status = reads ? 200 : 503;
    answer.body = reads ? "The board is being read.\n" : "No rail can be read now.\n";
  } else {
    answer.status = 404;
    answer.body = "There is nothing here; the metrics are at /metrics.\n";
  }
  return answer;
}

}  // namespace layerwatt
