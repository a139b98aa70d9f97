#include "attribution/checks/coverage_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Less of the run than this outside the readings is an end of a recording as any.
constexpr double kLeastPart = 0.01;

}  // namespace

std::string refuse_no_overlap(const PowerTrace& trace, const TimelineLook& look) {
  const bool is_late = trace.before.front() >= look.last;
  if (!is_late && trace.after.back() > look.first) return {};
  const double apart = is_late ? to_seconds(trace.before.front() - look.last)
                               : to_seconds(look.first - trace.after.back());
  return fmt::format(
      "the samples of rail {} and the timeline do not overlap: the first reading comes {} {} "
      "{}; are both of one recording and one clock (time zone, --start)?",
      trace.rail.name,
      format_si(is_late ? apart : to_seconds(look.first - trace.before.front()), "s"),
      is_late ? "after" : "before",
      is_late ? std::string("the end of the last pass")
              : fmt::format("the begin of the first pass, the last one {} before it",
                            format_si(apart, "s")));
}

std::optional<CheckFinding> check_coverage(const CheckedReadings& readings) {
  if (readings.size() < 2 || readings.busy.empty()) return std::nullopt;
  const double from = readings.seconds.front();
  const double to = readings.seconds.back();
  double all = 0.0;
  double before = 0.0;
  double behind = 0.0;
  for (const Stretch& s : readings.busy) {
    all += s.length();
    before += std::max(0.0, std::min(s.end, from) - s.begin);
    behind += std::max(0.0, s.end - std::max(s.begin, to));
  }
  if (before + behind < kLeastPart * all) return std::nullopt;
  std::string where;
  if (before >= kLeastPart * all) {
    where = fmt::format("begin {} after the first pass",
                        format_si(from - readings.busy.front().begin, "s"));
  }
  if (behind >= kLeastPart * all) {
    where += fmt::format("{}end {} before the last one does", where.empty() ? "" : " and ",
                         format_si(readings.busy.back().end - to, "s"));
  }
  return CheckFinding{
      RecordingCheck::kCoverage,
      fmt::format("The readings {}: {} % of what ran has none, and is taken to have "
                  "drawn what the rest drew.",
                  where, format_fixed(100.0 * (before + behind) / all, 0))};
}

}  // namespace layerwatt
