#include "layerwatt/report/trace_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/version.h"
#include "layerwatt/report/text_table.h"

#include "core/json_writer.h"
#include "report/html/timeline_sample.h"
#include "report/html/trace_pyramid.h"

namespace layerwatt {
namespace {

constexpr std::size_t kMaxExecutions = 200'000;
constexpr std::size_t kMaxPasses = 50'000;
constexpr std::size_t kMaxPoints = 100'000;
constexpr std::size_t kNameWidth = 60;

constexpr int kProcess = 1;
enum Track { kPasses = 1, kLayers = 2, kBlocks = 3 };

/// Events one by one; each on its own line, so that the file can be looked at.
class TraceWriter {
 public:
  TraceWriter(std::ostream& out, Instant origin) : out_(out), origin_(origin) {
    out_ << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  }

  void name_process(std::string_view name) { metadata("process_name", 0, name); }
  void name_track(Track track, std::string_view name) {
    metadata("thread_name", track, name);
    begin_event();
    json().begin_object();
    json().member("name", "thread_sort_index").member("ph", "M").member("pid", kProcess);
    json().member("tid", static_cast<int>(track)).key("args").begin_object();
    json().member("sort_index", static_cast<int>(track)).end_object();
    json().end_object();
  }

  void slice(Track track, std::string_view name, Instant start, Instant end, std::int64_t pass) {
    begin_event();
    json().begin_object();
    json().member("name", name).member("ph", "X");
    json().member("pid", kProcess).member("tid", static_cast<int>(track));
    time("ts", start - origin_);
    time("dur", end - start);
    json().key("args").begin_object().member("pass", pass).end_object();
    json().end_object();
  }

  void counter(std::string_view name, std::string_view unit, Instant when, double value) {
    begin_event();
    json().begin_object();
    json().member("name", name).member("ph", "C").member("pid", kProcess);
    time("ts", when - origin_);
    json().key("args").begin_object().member(unit, value).end_object();
    json().end_object();
  }

  void finish(const std::vector<std::pair<std::string, std::string>>& other) {
    out_ << "\n],\"otherData\":";
    writer_.emplace(out_, JsonWriter::Style::kCompact);
    json().begin_object();
    for (const auto& [key, value] : other) json().member(key, value);
    json().end_object();
    out_ << "}\n";
  }

 private:
  JsonWriter& json() { return *writer_; }

  void begin_event() {
    out_ << (is_first_ ? "\n" : ",\n");
    is_first_ = false;
    writer_.emplace(out_, JsonWriter::Style::kCompact);
  }

  void metadata(std::string_view what, int track, std::string_view name) {
    begin_event();
    json().begin_object();
    json().member("name", what).member("ph", "M").member("pid", kProcess).member("tid", track);
    json().key("args").begin_object().member("name", name).end_object();
    json().end_object();
  }

  /// Microseconds with three decimals, written from whole nanoseconds.
  void time(std::string_view key, Duration d) {
    json().key(key).number_text(fmt::format("{}.{:03}", d.count() / 1000, d.count() % 1000));
  }

  std::ostream& out_;
  Instant origin_;
  bool is_first_ = true;
  std::optional<JsonWriter> writer_;
};

/// The earliest moment of all that is written, so that no time is negative.
Instant origin_of(const Report& report, const std::vector<PowerTrace>& rails,
                  const std::vector<TraceCounter>& counters) {
  Instant origin = Instant::max();
  for (const PowerTrace& rail : rails) {
    if (rail.size() > 0) origin = std::min(origin, rail.when(0));
  }
  if (report.timeline && !report.timeline->executions.empty()) {
    origin = std::min(origin, report.timeline->executions.front().start);
  }
  for (const TraceCounter& counter : counters) {
    for (const auto& [when, value] : counter.values) origin = std::min(origin, when);
  }
  return origin == Instant::max() ? Instant{} : origin;
}

/// Every sample of a short column, means of equal numbers of samples of a long one.
template <class Column>
void write_column(TraceWriter& trace, const PowerTrace& rail, const Column& column,
                  std::string_view quantity, std::string_view unit) {
  if (column.empty()) return;
  const std::string name = fmt::format("{} {}", printable(rail.rail.name), quantity);
  const std::size_t stride = (column.size() + kMaxPoints - 1) / kMaxPoints;
  for (std::size_t begin = 0; begin < column.size(); begin += stride) {
    const std::size_t end = std::min(column.size(), begin + stride);
    double sum = 0.0;
    for (std::size_t i = begin; i < end; ++i) sum += column[i].value();
    trace.counter(name, unit, rail.when(begin), sum / static_cast<double>(end - begin));
  }
}

void write_rail(TraceWriter& trace, const PowerTrace& rail) {
  const PowerTrace power = as_power(rail);
  write_column(trace, power, power.power, "power", "W");
  write_column(trace, rail, rail.voltage, "voltage", "V");
  write_column(trace, rail, rail.current, "current", "A");
}

void write_blocks(TraceWriter& trace, const Timeline& timeline) {
  if (timeline.schedule == Schedule::kWhole) return;
  for (std::size_t begin = 0; begin < timeline.executions.size();) {
    std::size_t end = begin;
    Instant last = timeline.executions[begin].end;
    while (end < timeline.executions.size() &&
           timeline.executions[end].block == timeline.executions[begin].block) {
      last = std::max(last, timeline.executions[end++].end);
    }
    trace.slice(kBlocks, fmt::format("block {}", timeline.executions[begin].block),
                timeline.executions[begin].start, last, timeline.executions[begin].pass);
    begin = end;
  }
}

}  // namespace

Result<void> write_trace_file(std::ostream& out, const Report& report,
                              const std::vector<PowerTrace>& rails,
                              const std::vector<TraceCounter>& counters) {
  TraceWriter trace(out, origin_of(report, rails, counters));
  trace.name_process(report.profile.is_virtual ? report.title + " (virtual power)" : report.title);
  std::string thinned;
  if (report.timeline) {
    trace.name_track(kPasses, "passes");
    trace.name_track(kLayers, "layers");
    const Timeline& timeline = *report.timeline;
    const TimelineSample sample = sample_timeline(timeline, kMaxPasses, kMaxExecutions);
    thinned = sample.thinned;
    for (std::size_t i = 0; i < sample.pass_start.size(); ++i) {
      trace.slice(kPasses, "pass", sample.pass_start[i], sample.pass_end[i],
                  static_cast<std::int64_t>(i));
    }
    std::vector<std::string> names;
    for (const Layer& layer : timeline.layers) {
      names.push_back(shorten_middle(printable(layer.name), kNameWidth));
    }
    for (const Execution& e : sample.executions) {
      trace.slice(kLayers, names[static_cast<std::size_t>(e.segment)], e.start, e.end, e.pass);
    }
    if (timeline.schedule != Schedule::kWhole) trace.name_track(kBlocks, "schedule blocks");
    write_blocks(trace, timeline);
  }
  for (const PowerTrace& rail : rails) {
    write_rail(trace, rail);
    if (rail.size() > kMaxPoints) {
      thinned +=
          fmt::format("{}Samples of {} are means of {}.", thinned.empty() ? "" : " ",
                      printable(rail.rail.name), (rail.size() + kMaxPoints - 1) / kMaxPoints);
    }
  }
  for (const TraceCounter& counter : counters) {
    for (const auto& [when, value] : counter.values) {
      trace.counter(printable(counter.name), counter.unit, when, value);
    }
  }
  std::vector<std::pair<std::string, std::string>> other{
      {"written_by", fmt::format("layerwatt {}", kVersion)}, {"title", report.title}};
  if (!thinned.empty()) other.emplace_back("thinned", thinned);
  if (report.profile.is_virtual) other.emplace_back("power", "virtual: simulated, not measured");
  trace.finish(other);
  if (!out) return Error(ErrorCode::kIo, "cannot write the trace; is the disk full?");
  return {};
}

}  // namespace layerwatt
