#include "layerwatt/sensors/tegrastats_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "layerwatt/sensors/tegrastats_line.h"

#include "sensors/tegrastats/line_joiner.h"
#include "sensors/tegrastats/line_times.h"

namespace layerwatt {
namespace {

/// One rail in one line.
struct Entry {
  std::size_t rail;
  std::size_t line;
  std::int64_t microwatts;
};

class Collector {
 public:
  void add(const TegrastatsLine& line, std::int64_t file_line) {
    std::map<std::string_view, int> seen;
    for (const auto& power : line.power) {
      const int nth = ++seen[power.name];
      std::string name(power.name);
      if (nth > 1) name += fmt::format("#{}", nth);
      entries_.push_back({rail_index(std::move(name)), times_.size(), power.present_uw});
      decimals_ = std::max(decimals_, power.decimals);
    }
    times_.push_back({line.prefix_seconds, line.stamp, file_line});
    for (const auto& t : line.temperatures) note_temperature(t.name, t.milli_celsius / 1000.0);
    for (const std::string_view name : line.unread) ++unread_[std::string(name)];
  }

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<Entry>& entries() const { return entries_; }
  const std::vector<LineTime>& times() const { return times_; }
  /// Fields in the form of a rail that could not be read, and in how many lines.
  const std::map<std::string, std::int64_t>& unread() const { return unread_; }
  Watts lsb() const { return milliwatts(std::pow(10.0, -decimals_)); }
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
  std::map<std::string, std::int64_t> unread_;
  int decimals_ = 0;
};

std::string dropped_in_words(const LineJoiner& joiner) {
  return fmt::format("{} {} could not be read and {} dropped, the first of them line {}: '{}'",
                     joiner.dropped(), joiner.dropped() == 1 ? "line" : "lines",
                     joiner.dropped() == 1 ? "was" : "were", joiner.first_dropped(),
                     joiner.first_dropped_text());
}

/// What was done to the file to read it, each a sentence.
std::vector<std::string> notes_of(const LineJoiner& joiner, const Collector& collector,
                                  const PlacedLines& placed) {
  std::vector<std::string> notes;
  if (joiner.dropped() > 0) notes.push_back(dropped_in_words(joiner) + ".");
  if (joiner.joined() > 0) {
    notes.push_back(fmt::format(
        "{} of the file's {} lines are pieces of the line before (the text was wrapped somewhere) "
        "and were joined to it.",
        joiner.joined(), joiner.file_lines()));
  }
  if (joiner.glued() > 0) {
    notes.push_back(fmt::format(
        "{} {} without a line break behind another, and {} taken apart from it.", joiner.glued(),
        joiner.glued() == 1 ? "line stood" : "lines stood", joiner.glued() == 1 ? "was" : "were"));
  }
  for (const auto& [name, count] : collector.unread()) {
    notes.push_back(fmt::format(
        "The field {} has the form of a rail, and its value could not be read in {} {}.", name,
        count, count == 1 ? "line" : "lines"));
  }
  const auto untimed = std::ranges::count_if(placed.spans, [](const auto& span) { return !span; });
  if (untimed > 0) {
    notes.push_back(
        fmt::format("{} lines lack the time that the others carry, and were left out.", untimed));
  }
  notes.insert(notes.end(), placed.notes.begin(), placed.notes.end());
  return notes;
}

std::vector<PowerTrace> traces_of(const Collector& collector, const PlacedLines& placed) {
  std::vector<PowerTrace> traces;
  for (const std::string& name : collector.names()) {
    PowerTrace trace;
    trace.rail.name = name;
    trace.rail.sensor = "tegrastats";
    trace.rail.kind = RailKind::kPower;
    trace.rail.model.lsb = collector.lsb();
    traces.push_back(std::move(trace));
  }
  for (const Entry& entry : collector.entries()) {
    const auto& span = placed.spans[entry.line];
    if (!span) continue;
    PowerTrace& trace = traces[entry.rail];
    trace.before.push_back(span->before);
    trace.after.push_back(span->after);
    trace.power.emplace_back(static_cast<double>(entry.microwatts) / 1e6);
  }
  std::erase_if(traces, [](const PowerTrace& trace) { return trace.size() == 0; });
  return traces;
}

}  // namespace

Result<TegrastatsLog> read_tegrastats_log(std::istream& in,
                                          std::optional<std::chrono::milliseconds> interval) {
  Collector collector;
  LineJoiner joiner(
      [&](const TegrastatsLine& line, std::int64_t file_line) { collector.add(line, file_line); });
  for (std::string text; std::getline(in, text);) joiner.add(text);
  joiner.finish();
  const auto& times = collector.times();
  if (times.empty()) {
    return Error(
        ErrorCode::kParse,
        fmt::format("none of its {} lines was printed by tegrastats: a line starts with a date "
                    "or with RAM",
                    joiner.file_lines()));
  }
  if (collector.names().empty()) {
    return Error(
        ErrorCode::kUnknowable,
        fmt::format(
            "no line has a power rail: on JetPack 4 and 5 tegrastats shows them to root alone{}",
            joiner.dropped() > 0 ? "; " + dropped_in_words(joiner) : ""));
  }
  const auto placed = place_lines(times, interval);
  if (!placed) {
    return Error(
        ErrorCode::kInvalidArgument,
        "the lines carry no time (JetPack 4 prints none): name the interval at which they were "
        "printed");
  }
  TegrastatsLog log;
  log.times = placed->times;
  log.begin = placed->begin;
  log.lines = static_cast<std::int64_t>(times.size());
  log.dropped_lines = joiner.dropped();
  log.notes = notes_of(joiner, collector, *placed);
  log.traces = traces_of(collector, *placed);
  log.peak_celsius = collector.take_peaks();
  return log;
}

}  // namespace layerwatt
