#include "attribution/checks/overlap_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Passes that overlap for less than this part of their time do so by rounding of stamps.
constexpr double kOverlap = 0.02;
/// trtexec --infStreams and servers run a handful; run times a thousandfold make fifty and more.
constexpr double kMostStreams = 32.0;

/// Seconds of all passes, and those of them in which an earlier one still ran.
struct PassTimes {
  double all = 0.0;
  double shared = 0.0;
};

PassTimes pass_times(const Timeline& timeline) {
  const auto passes = static_cast<std::size_t>(std::max(0, pass_count(timeline)));
  struct Span {
    Instant begin = Instant::max();
    Instant end = Instant::min();
  };
  std::vector<Span> spans(passes);
  for (const Execution& e : timeline.executions) {
    Span& span = spans[static_cast<std::size_t>(e.pass)];
    span.begin = std::min(span.begin, e.start);
    span.end = std::max(span.end, e.end);
  }
  std::erase_if(spans, [](const Span& s) { return s.end <= s.begin; });
  std::ranges::sort(spans, {}, &Span::begin);
  PassTimes times;
  Instant until = Instant::min();
  for (const Span& span : spans) {
    times.all += to_seconds(span.end - span.begin);
    if (span.begin < until) times.shared += to_seconds(std::min(until, span.end) - span.begin);
    until = std::max(until, span.end);
  }
  return times;
}

}  // namespace

double overlap_of_passes(const Timeline& timeline) {
  const PassTimes times = pass_times(timeline);
  return times.all > 0.0 ? times.shared / times.all : 0.0;
}

std::string refuse_crowd(const Timeline& timeline) {
  const PassTimes times = pass_times(timeline);
  const double at_once = times.all / std::max(times.all - times.shared, 1e-12);
  if (at_once <= kMostStreams) return {};
  return fmt::format(
      "run times and stamps contradict each other: {} passes would run at once all the time; are "
      "run times of another unit than milliseconds?",
      format_fixed(at_once, 0));
}

std::optional<CheckFinding> check_overlap(const Timeline& timeline) {
  const double part = overlap_of_passes(timeline);
  if (part < kOverlap) return std::nullopt;
  return CheckFinding{
      RecordingCheck::kPasses,
      fmt::format("Passes overlap ({} % of their time): layers of several passes draw "
                  "at once, so no layer is told, only what a pass costs on average.",
                  format_fixed(100.0 * part, 0))};
}

}  // namespace layerwatt
