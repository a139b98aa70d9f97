#include "attribution/checks/overlap_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Passes that overlap for less than this part of their time do so by rounding of stamps.
constexpr double kOverlap = 0.02;

}  // namespace

double overlap_of_passes(const Timeline& timeline) {
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
  double shared = 0.0;
  double all = 0.0;
  Instant until = Instant::min();
  for (const Span& span : spans) {
    all += to_seconds(span.end - span.begin);
    if (span.begin < until) shared += to_seconds(std::min(until, span.end) - span.begin);
    until = std::max(until, span.end);
  }
  return all > 0.0 ? shared / all : 0.0;
}

std::optional<Finding> check_overlap(const Timeline& timeline) {
  const double part = overlap_of_passes(timeline);
  if (part < kOverlap) return std::nullopt;
  return Finding{RecordingCheck::kPasses,
                 fmt::format("Passes overlap ({} % of their time): layers of several passes draw "
                             "at once, so no layer is told, only what a pass costs on average.",
                             format_fixed(100.0 * part, 0))};
}

}  // namespace layerwatt
