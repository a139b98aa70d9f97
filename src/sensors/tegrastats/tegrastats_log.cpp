#include "layerwatt/sensors/tegrastats_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "layerwatt/sensors/tegrastats_line.h"

namespace layerwatt {
namespace {

/// One rail in one line.
struct Entry {
  std::size_t rail;
  std::size_t line;
  std::int64_t milliwatts;
};

struct LineTime {
  std::optional<double> prefix_seconds;
  std::optional<LocalTime> stamp;
};

class Collector {
 public:
  void add(const TegrastatsLine& line) {
    std::map<std::string_view, int> seen;
    for (const auto& power : line.power) {
      const int nth = ++seen[power.name];
      std::string name(power.name);
      if (nth > 1) name += fmt::format("#{}", nth);
      entries_.push_back({rail_index(std::move(name)), times_.size(), power.present_mw});
    }
    times_.push_back({line.prefix_seconds, line.stamp});
    for (const auto& t : line.temperatures) note_temperature(t.name, t.milli_celsius / 1000.0);
  }

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<Entry>& entries() const { return entries_; }
  const std::vector<LineTime>& times() const { return times_; }
  std::vector<std::pair<std::string, double>> take_peaks() { return std::move(peaks_); }

 private:
  std::size_t rail_index(std::string name) {
    const auto [at, is_new] = index_.emplace(std::move(name), names_.size());
    if (is_new) names_.push_back(at->first);
    return at->second;
  }
  void note_temperature(std::string_view name, double celsius) {
    for (auto& [known, peak] : peaks_) {
      if (known != name) continue;
      peak = std::max(peak, celsius);
      return;
    }
    peaks_.emplace_back(std::string(name), celsius);
  }

  std::map<std::string, std::size_t> index_;
  std::vector<std::string> names_;
  std::vector<Entry> entries_;
  std::vector<LineTime> times_;
  std::vector<std::pair<std::string, double>> peaks_;
};

/// When a line was printed, as an interval.
struct Span {
  Instant before;
  Instant after;
};

std::optional<LocalTime> local_begin(const LineTime& first) {
  if (!first.stamp || !first.prefix_seconds) return first.stamp;
  const double fraction = *first.prefix_seconds - std::floor(*first.prefix_seconds);
  // A double holds seconds since 1970 to a quarter of a microsecond.
  return *first.stamp + std::chrono::microseconds(std::llround(fraction * 1e6));
}

bool all_have(const std::vector<LineTime>& times, bool (*has)(const LineTime&)) {
  return std::all_of(times.begin(), times.end(), has);
}

std::vector<Span> spans_of_prefixes(const std::vector<LineTime>& times) {
  std::vector<Span> spans;
  const double first = *times.front().prefix_seconds;
  Instant previous{};
  for (const LineTime& time : times) {
    // A clock that was set back during the recording must not make time run backwards.
    const Instant arrival = std::max(previous, Instant(from_seconds(*time.prefix_seconds - first)));
    spans.push_back({previous, arrival});
    previous = arrival;
  }
  return spans;
}

std::vector<Span> spans_of_stamps(const std::vector<LineTime>& times) {
  std::vector<Span> spans;
  const LocalTime first = *times.front().stamp;
  for (std::size_t begin = 0; begin < times.size();) {
    std::size_t end = begin;
    while (end < times.size() && *times[end].stamp == *times[begin].stamp) ++end;
    const Duration second = std::max(Duration(0), *times[begin].stamp - first);
    const auto count = static_cast<Duration::rep>(end - begin);
    const Duration step = Duration(std::chrono::seconds(1)) / count;
    for (Duration::rep i = 0; i < count; ++i) {
      const Instant before = Instant(second) + i * step;
      const Instant floor = spans.empty() ? before : std::max(before, spans.back().before);
      spans.push_back({floor, std::max(floor, before + step)});
    }
    begin = end;
  }
  return spans;
}

std::vector<Span> spans_of_interval(std::size_t count, Duration interval) {
  std::vector<Span> spans;
  for (std::size_t i = 0; i < count; ++i) {
    const Instant before(interval * static_cast<Duration::rep>(i));
    spans.push_back({before, before + interval});
  }
  return spans;
}

}  // namespace

Result<TegrastatsLog> read_tegrastats_log(std::istream& in,
                                          std::optional<std::chrono::milliseconds> interval) {
  TegrastatsLog log;
  Collector collector;
  TegrastatsLine line;
  for (std::string text; std::getline(in, text);) {
    ++log.lines;
    if (parse_tegrastats_line(text, line)) {
      collector.add(line);
    } else {
      ++log.dropped_lines;
    }
  }
  const auto& times = collector.times();
  if (times.empty()) {
    return Error(
        ErrorCode::kParse,
        fmt::format("none of its {} lines was printed by tegrastats: a line starts with a date "
                    "or with RAM",
                    log.lines));
  }
  if (collector.names().empty()) {
    return Error(
        ErrorCode::kUnknowable,
        "no line has a power rail: on JetPack 4 and 5 tegrastats shows them to root alone");
  }
  std::vector<Span> spans;
  if (all_have(times, [](const LineTime& t) { return t.prefix_seconds.has_value(); })) {
    log.times = TegrastatsTimes::kPrefix;
    spans = spans_of_prefixes(times);
  } else if (all_have(times, [](const LineTime& t) { return t.stamp.has_value(); })) {
    log.times = TegrastatsTimes::kStamp;
    spans = spans_of_stamps(times);
  } else if (interval && interval->count() > 0) {
    log.times = TegrastatsTimes::kInterval;
    spans = spans_of_interval(times.size(), *interval);
  } else {
    return Error(
        ErrorCode::kInvalidArgument,
        "the lines carry no time (JetPack 4 prints none): name the interval at which they were "
        "printed");
  }
  log.begin = local_begin(times.front());
  for (const std::string& name : collector.names()) {
    PowerTrace trace;
    trace.rail.name = name;
    trace.rail.sensor = "tegrastats";
    trace.rail.kind = RailKind::kPower;
    trace.rail.model.lsb = milliwatts(1.0);
    log.traces.push_back(std::move(trace));
  }
  for (const Entry& entry : collector.entries()) {
    PowerTrace& trace = log.traces[entry.rail];
    trace.before.push_back(spans[entry.line].before);
    trace.after.push_back(spans[entry.line].after);
    trace.power.push_back(milliwatts(static_cast<double>(entry.milliwatts)));
  }
  log.peak_celsius = collector.take_peaks();
  return log;
}

}  // namespace layerwatt
